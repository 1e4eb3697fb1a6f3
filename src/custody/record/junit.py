"""JUnit XML, the report that nearly every test runner can write, read without trusting it.

What counts are the test cases, not what a suite says of itself in its header. The format has no standard; the
elements read here are those all dialects share (testsuites, testsuite, testcase and in it failure, error, skipped).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from custody.errors import InputError
from custody.record.inputs import named, read_reports
from custody.record.report import KEPT, KEPT_NAME, Report, ReportFile, Wanted
from custody.record.xml import Dialect, read_xml

MAX_ELEMENTS = 500_000

KEPT_SUITES = 50

_DIALECT = Dialect("test report", MAX_ELEMENTS)
_MAX_TIME_MS = 2**53 - 1
_SECONDS = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,20})?(?:[eE][+-]?[0-9]{1,2})?")


class JUnit(NamedTuple):
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
    files: tuple[ReportFile, ...]

    @property
    def result(self) -> Literal["pass", "fail"]:
        """Passes when nothing failed; skipped is allowed, and there is at least one test case."""
        return "fail" if self.failures or self.errors else "pass"


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """JUnit reports as evidence."""
    found = read_junit(paths)
    summary = {
        "tests": found.tests,
        "failures": found.failures,
        "errors": found.errors,
        "skipped": found.skipped,
        "timeMs": found.time_ms,
    }
    return Report("junit", found.files, summary, found.failed)


def read_junit(paths: Sequence[Path]) -> JUnit:
    """The reports at the given paths; a folder stands for its own `*.xml` files in order of name.

    Raises InputError naming the file and why: not readable, not JUnit, hostile, the same file twice, or no
    test case in all of them.
    """
    count = Count()

    def parse(data: bytes) -> str:
        read_cases(data, count)
        return "application/xml"

    files = read_reports(paths, ".xml", "a JUnit XML file", parse)
    if not count.tests:
        message = f"{named(paths)}: no test case, and so nothing that could have passed"
        raise InputError(message, code="no-tests")
    return JUnit(
        count.tests,
        count.failures,
        count.errors,
        count.skipped,
        min(count.microseconds // 1000, _MAX_TIME_MS),
        tuple(count.suites),
        tuple(count.failed),
        files,
    )


def read_cases(data: bytes, count: Count) -> None:
    """Tells the count of each suite and test case of one report. Raises InputError with the reason only."""
    read_xml(data, _Reader(count), _DIALECT)


class Count:
    """What the test cases of all files add up to."""

    def __init__(self) -> None:
        self.tests = self.failures = self.errors = self.skipped = self.microseconds = 0
        self.suites: dict[str, None] = {}
        self.failed: list[str] = []

    def suite(self, name: str) -> None:
        if name and len(self.suites) < KEPT_SUITES:
            self.suites[name[:KEPT_NAME]] = None

    def case(self, name: str, seconds: str, outcomes: set[str]) -> None:
        """A test case: `outcomes` are the elements in it, such as "failure"."""
        self.tests += 1
        self.microseconds += _microseconds(seconds)
        if "error" in outcomes:
            self.errors += 1
        elif "failure" in outcomes:
            self.failures += 1
        elif "skipped" in outcomes:
            self.skipped += 1
        if outcomes & {"error", "failure"} and len(self.failed) < KEPT:
            self.failed.append(name[:KEPT_NAME])


def _microseconds(seconds: str) -> int:
    """Some runners write `1,234.5`. A time that is none counts as nothing: it decides nothing either."""
    seconds = seconds.strip()[:40].replace(",", "")
    if not _SECONDS.fullmatch(seconds):
        return 0
    return min(round(float(seconds) * 1_000_000), _MAX_TIME_MS)


class _Reader:
    """One file's elements, and nothing kept but one test case."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._case: tuple[str, str] = ("", "")
        self._outcomes: set[str] = set()

    def start(self, name: str, attributes: dict[str, str], inside: list[str]) -> None:
        parent = inside[-1] if inside else None
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

    def end(self, name: str, inside: list[str]) -> None:
        if name == "testcase":
            self._count.case(*self._case, self._outcomes)
