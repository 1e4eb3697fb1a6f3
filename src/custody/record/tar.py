"""Where the members of a tar archive are, without extracting any (POSIX.1-2017, `pax`, "ustar Interchange Format").

Written for archives that nobody vouches for: memory does not grow with the archive, nothing is allocated because a
header says so, links and devices lead nowhere, and one archive has one reading. Members that are split into pieces
("sparse") are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

BLOCK = 512
MAX_RECORDS = 256 * 1024
"""Bytes of extended headers in front of one member."""

_REGULAR = frozenset((b"0", b"\0", b"7"))
_WITHOUT_DATA = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_PAX, _GNU_NAME, _GNU_LINK, _GNU_SPARSE = b"x", b"L", b"K", b"S"


class MalformedTarError(Exception):
    """Not a tar archive from here on. The message says why."""


class Member(NamedTuple):
    """A regular file: its name, and where in the archive its bytes are."""

    name: bytes
    offset: int
    size: int


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with these 512 bytes says that it is a tar archive of today's forms."""
    return len(head) == BLOCK and head[257:262] == b"ustar" and _sum_fits(head)


def members(file: BinaryIO, length: int) -> Iterator[Member]:
    """The regular files of an archive of `length` bytes, in order. Raises MalformedTarError; OSError is left alone."""
    at, said = 0, _Said()
    while at < length:  # two empty blocks end an archive, and where they are missing its end does
        header = _read(file, at, BLOCK, length)
        if header == bytes(BLOCK):
            return
        if not _sum_fits(header):
            raise MalformedTarError(f"the header at byte {at} is damaged")
        at += BLOCK
        kind, size = header[156:157], _number(header[124:136])
        if kind in (_PAX, _GNU_NAME, _GNU_LINK):
            if size > MAX_RECORDS:
                raise MalformedTarError(f"an extended header of {size} bytes")
            said = said.and_more(kind, _read(file, at, size, length))
            at += _padded(size)
            continue
        if kind == _GNU_SPARSE:
            more = header[482]
            while more:
                more = _read(file, at, BLOCK, length)[504]
                at += BLOCK
        if said.size is not None:
            size = said.size
        size = 0 if kind in _WITHOUT_DATA else size
        if at + size > length:
            raise MalformedTarError(f"the member at byte {at} goes beyond the end")
        if kind in _REGULAR and not said.sparse:
            yield Member(said.name or _name(header), at, size)
        at, said = at + _padded(size), _Said()


class _Said(NamedTuple):
    """What extended headers said of the next member."""

    name: bytes = b""
    size: int | None = None
    sparse: bool = False

    def and_more(self, kind: bytes, data: bytes) -> _Said:
        if kind == _GNU_NAME:
            return self._replace(name=data.partition(b"\0")[0])
        return self._with_records(data) if kind == _PAX else self

    def _with_records(self, data: bytes) -> _Said:
        said = self
        while data:
            digits, _, _ = data[:12].partition(b" ")
            if not digits.isdigit() or not len(digits) < int(digits) <= len(data):
                raise MalformedTarError("an extended header that is no list of records")
            record, data = data[len(digits) + 1 : int(digits)], data[int(digits) :]
            key, separator, value = record[:-1].partition(b"=")
            if not separator or record[-1:] != b"\n":
                raise MalformedTarError("an extended header that is no list of records")
            if key == b"path":
                said = said._replace(name=value)
            elif key == b"size":
                if not value.isdigit() or len(value) > 19:
                    raise MalformedTarError("a size that is no number")
                said = said._replace(size=int(value))
            elif key.startswith(b"GNU.sparse."):
                said = said._replace(sparse=True)
        return said


def _read(file: BinaryIO, at: int, size: int, length: int) -> bytes:
    if at + size > length:
        raise MalformedTarError("it ends in the middle of a member")
    file.seek(at)
    data = file.read(size)
    if len(data) != size:
        raise MalformedTarError("it ends in the middle of a member")
    return data


def _padded(size: int) -> int:
    return (size + BLOCK - 1) // BLOCK * BLOCK


def _name(header: bytes) -> bytes:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _number(field: bytes) -> int:
    """Octal digits, or, where the first bit is set, a number of base 256."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0") or b"0"
    if not text.isdigit() or b"8" in text or b"9" in text:
        raise MalformedTarError("a size that is no number")
    return int(text, 8)


def _sum_fits(header: bytes) -> bool:
    """The sum of all bytes, its own field counted as blanks."""
    try:
        said = _number(header[148:156])
    except MalformedTarError:
        return False
    return said == sum(header[:148]) + 8 * 0x20 + sum(header[156:])
