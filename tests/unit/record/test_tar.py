"""What an archive's headers can say that the standard library's writer does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from custody.record.tar import BLOCK, MAX_RECORDS, MalformedTarError, Member, is_tar, members


def header(name: bytes, size: int | bytes = 0, kind: bytes = b"0", magic: bytes = b"ustar\x0000") -> bytes:
    number = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(
        name.ljust(100, b"\0") + b"0000644\0" + b"0000000\0" * 2 + number + b"00000000000\0" + b" " * 8
    )
    block += (kind + b"\0" * 100 + magic).ljust(BLOCK - len(block), b"\0")
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % BLOCK)


def pax(*records: bytes) -> bytes:
    data = b"".join(records)
    return header(b"pax", len(data), b"x") + padded(data)


def found(data: bytes) -> list[Member]:
    return list(members(BytesIO(data), len(data)))


def record(text: bytes) -> bytes:
    """With its length in front, which counts itself."""
    length = len(text) + 2
    while len(b"%d" % length) + len(text) + 2 != length:
        length += 1
    return b"%d %s\n" % (length, text)


END = bytes(2 * BLOCK)
FILE = header(b"a", 5) + padded(b"hello")


def test_a_file_is_where_it_is() -> None:
    assert found(FILE + END) == found(FILE) == [Member(b"a", BLOCK, 5)]
    assert found(END) == found(b"") == []
    assert is_tar(FILE[:BLOCK]) and not is_tar(FILE[:511]) and not is_tar(bytes(BLOCK))
    assert not is_tar(header(b"a", magic=b"none\0\0\0\0"))
    assert not is_tar(b"b" + FILE[1:BLOCK])


def test_extended_headers_have_the_last_word() -> None:
    data = pax(record(b"size=5"), record(b"mtime=1.5")) + header(b"x", 0) + padded(b"hello") + FILE
    assert [(one.name, one.size) for one in found(data)] == [(b"x", 5), (b"a", 5)]
    data = pax(record("path=é/b=c".encode())) + FILE + FILE
    assert [one.name for one in found(data)] == ["é/b=c".encode(), b"a"]
    long = b"n" * 300
    data = header(b"././@LongLink", len(long) + 1, b"L") + padded(long + b"\0") + FILE
    assert [one.name for one in found(data)] == [long]


def test_a_prefix_belongs_to_the_name_in_one_form_only() -> None:
    block = bytearray(header(b"name"))
    block[345:351] = b"prefix"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert found(bytes(block))[0].name == b"prefix/name"
    block[257:265] = b"ustar  \0"
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert found(bytes(block))[0].name == b"name"


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_what_has_no_data_has_none_whatever_its_size_says(kind: bytes) -> None:
    assert found(header(b"link", 5, kind) + FILE) == [Member(b"a", 2 * BLOCK, 5)]


def test_what_is_in_pieces_is_passed_over() -> None:
    sparse = bytearray(header(b"s", 5, b"S"))
    sparse[482] = 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse)
    more = bytes(504) + b"\1" + bytes(7)
    data = bytes(sparse) + more + bytes(BLOCK) + padded(b"hello") + FILE
    assert [one.name for one in found(data)] == [b"a"]
    data = pax(record(b"GNU.sparse.major=1")) + header(b"s", 5) + padded(b"hello") + FILE
    assert [one.name for one in found(data)] == [b"a"]


def test_large_sizes_are_of_base_256() -> None:
    size = b"\x80" + (2**40).to_bytes(11, "big")
    with pytest.raises(MalformedTarError, match="beyond the end"):
        found(header(b"a", size))
    assert found(header(b"a", b"\x80" + (5).to_bytes(11, "big")) + padded(b"hello"))[0].size == 5


@pytest.mark.parametrize(
    "data",
    [
        FILE[: BLOCK + 4],
        FILE[: BLOCK - 1],
        FILE + b"x",
        FILE + b"x" * BLOCK,
        header(b"a", b"-0000000001\0"),
        header(b"a", b"99999999999\0"),
        header(b"a", b"\xff" * 12),
        header(b"a", 8**11 - 1),
        header(b"x", MAX_RECORDS + 1, b"x") + bytes(MAX_RECORDS + BLOCK),
        header(b"x", MAX_RECORDS + 1, b"L") + bytes(MAX_RECORDS + BLOCK),
        pax(b"0 a=b\n") + FILE,
        pax(b"99 a=b\n") + FILE,
        pax(b"-6 a=b\n") + FILE,
        pax(b"6 abc\n") + FILE,
        pax(b"6 a=bc") + FILE,
        pax(b"999999999999999999999 a=b\n") + FILE,
        pax(record(b"size=-5")) + FILE,
        pax(record(b"size=5x")) + FILE,
        pax(record(b"size=" + b"9" * 20)) + FILE,
        pax(b"10 size="),
    ],
    ids=range(20),
)
def test_what_is_damaged_is_said_to_be(data: bytes) -> None:
    with pytest.raises(MalformedTarError):
        found(data)


@pytest.mark.skipif(shutil.which("tar") is None, reason="tar is not installed")
@pytest.mark.parametrize("form", ["gnu", "pax", "ustar", "oldgnu", "v7"])
def test_archives_of_the_system_s_tar(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "files"
    (folder / ("d" * 60)).mkdir(parents=True)
    (folder / ("d" * 60) / ("f" * 30)).write_bytes(os.urandom(700))
    (folder / "empty").touch()
    (folder / "link").symlink_to("empty")
    os.link(folder / "empty", folder / "second")
    subprocess.run(["tar", f"--format={form}", "-cf", "x.tar", "files"], cwd=tmp_path, check=True, timeout=30)
    data = (tmp_path / "x.tar").read_bytes()
    with tarfile.open(tmp_path / "x.tar") as tar:
        expected = [(info.name.encode(), info.offset_data, info.size) for info in tar if info.isreg()]
    assert [tuple(one) for one in found(data)] == expected
    assert is_tar(data[:BLOCK]) is (form != "v7")
