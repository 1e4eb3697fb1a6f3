"""JUnit XML, the report that nearly every test runner can write, read without trusting it.

No tree is built: expat's events are counted as they come. There is no DTD and hence no entity; depth, size,
elements, attributes and names are bounded. What counts are the test cases, not what a suite says of itself in
its header. The format has no standard; the elements read here are those all dialects share (testsuites,
testsuite, testcase and in it failure, error, skipped).
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from xml.parsers import expat

from custody.errors import InputError, RefusedError
from custody.record.report import Report, ReportFile, Wanted
from custody.system import read_regular

MAX_SIZE = 32 * 1024 * 1024
MAX_TOTAL = 64 * 1024 * 1024
MAX_FILES = 4096
MAX_DEPTH = 64
MAX_ELEMENTS = 500_000
MAX_ATTRIBUTES = 256
MAX_NAMES = 1000
"""Different names of elements and attributes in one file; a parser keeps each of them in memory."""
MAX_TAG = 2 * 1024 * 1024
"""Bytes of one tag or comment, which a parser sees only when it has the whole of it. Text comes in pieces."""

KEPT_FAILED = 50
KEPT_SUITES = 50
KEPT_NAME = 300
"""Characters of a name that are kept."""

_MAX_TIME_MS = 2**53 - 1
# After a handler has raised, expat goes on to the end of what it was given; so it is given little at a time.
_CHUNK = 256 * 1024
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_SECONDS = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")


@dataclass(frozen=True, slots=True)
class JUnitFile:
    """A report as it was read, to be attached. Names are unique within one `JUnit`."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class JUnit:
    """What the reports say together. Every test case counts once; an error weighs more than a failure.

    `errors` also has what a suite reports outside of any test case. `suites` and `failed` (test cases with a
    failure or an error) are the first names in order of reading.
    """

    tests: int
    failures: int
    errors: int
    skipped: int
    time_ms: int
    suites: tuple[str, ...]
    failed: tuple[str, ...]
    files: tuple[JUnitFile, ...]

    @property
    def result(self) -> Literal["pass", "fail"]:
        """Passes when nothing failed; skipped is allowed, and there is at least one test case."""
        return "fail" if self.failures or self.errors else "pass"


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """JUnit reports as evidence."""
    if not paths:
        raise InputError("which report? Name a JUnit XML file or a folder of them", code="file")
    found = read_junit(paths)
    summary = {
        "tests": found.tests,
        "failures": found.failures,
        "errors": found.errors,
        "skipped": found.skipped,
        "timeMs": found.time_ms,
    }
    files = tuple(ReportFile(file.name, file.data, "application/xml") for file in found.files)
    return Report("junit", files, summary, found.failed)


def read_junit(paths: Sequence[Path]) -> JUnit:
    """The reports at the given paths; a folder stands for its own `*.xml` files in order of name.

    Raises InputError naming the file and why: not readable, not JUnit, hostile, the same file twice, or no
    test case in all of them.
    """
    count = _Count()
    files: list[JUnitFile] = []
    names: set[str] = set()
    seen: dict[str, Path] = {}
    total = 0
    for path in _files(paths):
        if len(seen) == MAX_FILES:
            raise InputError(f"{path}: more than {MAX_FILES} reports; record them in several entries")
        try:
            data = read_regular(path, MAX_SIZE)
        except RefusedError as error:
            raise InputError(str(error), code=error.code) from None
        real = os.path.realpath(path)
        if real in seen:
            raise InputError(f"{path}: the same file as {seen[real]}; name each report once")
        seen[real] = path
        total += len(data)
        if total > MAX_TOTAL:
            raise InputError(f"{path}: {MAX_TOTAL} bytes of reports exceeded; record them in several entries")
        try:
            _read(data, count)
        except InputError as error:
            raise InputError(f"{path}: {error}", code=error.code) from None
        files.append(JUnitFile(_unique_name(path, names), data))
    if not count.tests:
        where = ", ".join(str(path) for path in paths[:3]) or "no file named"
        raise InputError(f"{where}: no test case, and so nothing that could have passed", code="no-tests")
    return JUnit(
        count.tests,
        count.failures,
        count.errors,
        count.skipped,
        min(count.microseconds // 1000, _MAX_TIME_MS),
        tuple(count.suites),
        tuple(count.failed),
        tuple(files),
    )


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            if not path.is_dir():
                yield path
                continue
            inside = sorted(name for name in os.listdir(path) if name.endswith(".xml"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise InputError(f"{path}: cannot be read ({reason})", code="unreadable") from None
        if not inside:
            raise InputError(f"{path}: no *.xml file in this folder", code="not-found")
        yield from (path / name for name in inside)


def _unique_name(path: Path, taken: set[str]) -> str:
    """The file's own name, numbered if taken. What is not UTF-8 in it is escaped: a ledger holds no other."""
    name = path.name.encode("utf-8", "backslashreplace").decode()
    stem, dot, suffix = name.rpartition(".")
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{stem}-{number}{dot}{suffix}"
    taken.add(unique)
    return unique


class _Count:
    """What the test cases of all files add up to."""

    def __init__(self) -> None:
        self.tests = self.failures = self.errors = self.skipped = self.microseconds = 0
        self.suites: dict[str, None] = {}
        self.failed: list[str] = []

    def suite(self, name: str) -> None:
        if name and len(self.suites) < KEPT_SUITES:
            self.suites[name[:KEPT_NAME]] = None

    def case(self, name: str, seconds: str, outcomes: set[str]) -> None:
        self.tests += 1
        self.microseconds += _microseconds(seconds)
        if "error" in outcomes:
            self.errors += 1
        elif "failure" in outcomes:
            self.failures += 1
        elif "skipped" in outcomes:
            self.skipped += 1
        if outcomes & {"error", "failure"} and len(self.failed) < KEPT_FAILED:
            self.failed.append(name[:KEPT_NAME])


def _microseconds(seconds: str) -> int:
    """Some runners write `1,234.5`. A time that is none counts as nothing: it decides nothing either."""
    seconds = seconds.strip()[:40].replace(",", "")
    if not _SECONDS.fullmatch(seconds):
        return 0
    return min(round(float(seconds) * 1_000_000), _MAX_TIME_MS)


def _read(data: bytes, count: _Count) -> None:
    """Adds one report to the count. Raises InputError with the reason only."""
    if b"\0" in data[:200] or data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise InputError("not in UTF-8; have the test runner write its report in UTF-8")
    # An entity can only be declared here, and expat might expand it before a handler could refuse.
    prolog = _PROLOG.match(data)
    if prolog and data.startswith(b"<!DOCTYPE", prolog.end()):
        raise _doctype()
    parser = expat.ParserCreate("utf-8")
    reader = _Reader(count)
    parser.XmlDeclHandler = reader.declaration
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    try:
        for at in range(0, len(data), _CHUNK):
            parser.Parse(data[at : at + _CHUNK], False)
            if at + _CHUNK - parser.CurrentByteIndex > MAX_TAG + _CHUNK:
                raise InputError(f"a tag or comment of more than {MAX_TAG} bytes")
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(f"not well-formed XML ({reason}, line {error.lineno})") from None


def _doctype() -> InputError:
    return InputError("it has a DOCTYPE, which a test report does not need and custody does not read")


class _Reader:
    """Expat's events of one file, and nothing kept but the names of the open elements and one test case."""

    def __init__(self, count: _Count) -> None:
        self._count = count
        self._open: list[str] = []
        self._names: set[str] = set()
        self._elements = 0
        self._case: tuple[str, str] = ("", "")
        self._outcomes: set[str] = set()

    def declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if encoding is not None and encoding.lower() not in ("utf-8", "utf8", "us-ascii", "ascii"):
            raise InputError(f"its encoding is {encoding[:40]}; have the test runner write UTF-8")

    def doctype(self, name: str, system: str | None, public: str | None, internal: int) -> None:
        raise _doctype()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise InputError(f"nested deeper than {MAX_DEPTH}")
        self._elements += 1
        if self._elements > MAX_ELEMENTS:
            raise InputError(f"more than {MAX_ELEMENTS} elements")
        if len(attributes) > MAX_ATTRIBUTES:
            raise InputError(f"an element with more than {MAX_ATTRIBUTES} attributes")
        self._names.add(name)
        self._names.update(attributes)
        if len(self._names) > MAX_NAMES:
            raise InputError(f"more than {MAX_NAMES} different names of elements and attributes")
        parent = self._open[-1] if self._open else None
        name = name.rpartition(":")[2]
        self._open.append(name)
        if parent is None and name not in ("testsuites", "testsuite"):
            raise InputError(f"not JUnit: its root is <{name[:40]}> and not <testsuites> or <testsuite>")
        if name == "testsuite":
            self._count.suite(attributes.get("name", ""))
        elif name == "testcase":
            if parent not in ("testsuites", "testsuite"):
                raise InputError("not JUnit: a <testcase> outside of a <testsuite>")
            names = attributes.get("classname", ""), attributes.get("name", "")
            self._case = (".".join(filter(None, names)) or "(no name)", attributes.get("time", ""))
            self._outcomes = set()
        elif parent == "testcase":
            self._outcomes.add(name)
        elif name in ("failure", "error") and parent in ("testsuites", "testsuite"):
            self._count.errors += 1

    def end(self, name: str) -> None:
        if self._open.pop() == "testcase":
            self._count.case(*self._case, self._outcomes)
