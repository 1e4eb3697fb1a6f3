"""XML that some tool printed, read without trusting it.

No tree is built: expat's events are handed on as they come. There is no DTD and hence no entity; depth, size,
elements, attributes and names are bounded.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Protocol
from xml.parsers import expat

from custody.errors import InputError

MAX_DEPTH = 64
MAX_ATTRIBUTES = 256
MAX_NAMES = 1000
"""Different names of elements and attributes in one file; a parser keeps each of them in memory."""
MAX_TAG = 2 * 1024 * 1024
"""Bytes of one tag or comment, which a parser sees only when it has the whole of it. Text comes in pieces."""

# After a handler has raised, expat goes on to the end of what it was given; so it is given little at a time.
_CHUNK = 256 * 1024
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_LITERAL = rb"(?:\"[^\"<>&\[\]]{0,500}+\"|'[^'<>&\[\]]{0,500}+')"
_DOCTYPE = re.compile(
    rb"<!DOCTYPE[ \t\r\n]++[A-Za-z_:][A-Za-z0-9_.:-]{0,99}+"
    rb"(?:[ \t\r\n]++(?:SYSTEM|PUBLIC[ \t\r\n]++"
    + _LITERAL
    + rb")[ \t\r\n]++"
    + _LITERAL
    + rb")?[ \t\r\n]*+>"
)


class Reader(Protocol):
    """Who is told of a file's elements. A name is without its prefix; `inside` are the open elements around it."""

    def start(self, name: str, attributes: dict[str, str], inside: list[str]) -> None: ...

    def end(self, name: str, inside: list[str]) -> None: ...


class Dialect(NamedTuple):
    """What a type of report may be: for errors `what` it is, its number of elements, and whether it may have a
    DOCTYPE that refers to a DTD elsewhere, which is not read either way."""

    what: str
    max_elements: int
    doctype: bool = False


def read_xml(data: bytes, reader: Reader, dialect: Dialect) -> None:
    """Tells the reader of each element. Raises InputError with the reason only, or what the reader raises."""
    if b"\0" in data[:200] or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError(f"not in UTF-8; have the {dialect.what} written in UTF-8")
    data = _without_doctype(data, dialect)
    parser = expat.ParserCreate("utf-8")
    events = _Events(reader, dialect)
    parser.XmlDeclHandler = events.declaration
    parser.StartDoctypeDeclHandler = events.doctype
    parser.StartElementHandler = events.start
    parser.EndElementHandler = events.end
    try:
        for at in range(0, len(data), _CHUNK):
            parser.Parse(data[at : at + _CHUNK], False)
            if at + _CHUNK - parser.CurrentByteIndex > MAX_TAG + _CHUNK:
                raise InputError(f"a tag or comment of more than {MAX_TAG} bytes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(f"not well-formed XML ({reason}, line {error.lineno})") from None


def _without_doctype(data: bytes, dialect: Dialect) -> bytes:
    """The same bytes without the DOCTYPE that a dialect may have.

    An entity can only be declared in a DOCTYPE, and expat might expand it before a handler could refuse. Where one is
    allowed it can declare nothing (it has no internal subset, and what it refers to is never read), and expat does
    not see it at all: beside one, expat would pass over entities that nobody declared, in place of refusing them.
    """
    prolog = _PROLOG.match(data)
    at = prolog.end() if prolog else 0
    if not data.startswith(b"<!DOCTYPE", at):
        return data
    found = _DOCTYPE.match(data, at) if dialect.doctype else None
    if not found:
        raise _doctype(dialect)
    # Lines stay where they were, for errors.
    return data[:at] + re.sub(rb"[^\r\n]", b" ", found[0]) + data[found.end() :]


def _doctype(dialect: Dialect) -> InputError:
    if dialect.doctype:
        message = f"its DOCTYPE has more than a {dialect.what}'s needs, and custody reads no declarations"
    else:
        message = f"it has a DOCTYPE, which a {dialect.what} does not need and custody does not read"
    return InputError(message)


class _Events:
    """Expat's events of one file, within bounds, and nothing kept but the names of the open elements."""

    def __init__(self, reader: Reader, dialect: Dialect) -> None:
        self._reader = reader
        self._dialect = dialect
        self._open: list[str] = []
        self._names: set[str] = set()
        self._left = dialect.max_elements

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            message = f"its encoding is {encoding[:40]}; have the {self._dialect.what} written in UTF-8"
            raise InputError(message)

    def doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        raise _doctype(self._dialect)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise InputError(f"nested deeper than {MAX_DEPTH}")
        self._left -= 1
        if self._left < 0:
            raise InputError(f"more than {self._dialect.max_elements} elements")
        if len(attributes) > MAX_ATTRIBUTES:
            raise InputError(f"an element with more than {MAX_ATTRIBUTES} attributes")
        self._names.add(name)
        self._names.update(attributes)
        if len(self._names) > MAX_NAMES:
            raise InputError(f"more than {MAX_NAMES} different names of elements and attributes")
        name = name.rpartition(":")[2]
        self._reader.start(name, attributes, self._open)
        self._open.append(name)

    def end(self, name: str) -> None:
        self._reader.end(self._open.pop(), self._open)
