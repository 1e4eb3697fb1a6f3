"""How much of the code its tests ran: Cobertura's XML and JaCoCo's.

Lines and branches are counted from the lines of the report; what its header says of them counts only where it has no
lines at all. Rates are hundredths of a percent, rounded down: 79.999 % is not 80 %. Several reports add up, line by
line: reports of the same code are for the coverage tool to merge.

In Cobertura a line is covered when it was hit, and the lines of a class are those of its number, wherever in the class
they are listed. In JaCoCo a line is covered when any of its instructions ran, as JaCoCo itself counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from custody.errors import InputError
from custody.record.inputs import named, read_reports
from custody.record.report import Report, Wanted
from custody.record.xml import Dialect, read_xml

MAX_ELEMENTS = 2_000_000

_DIALECT = Dialect("coverage report", MAX_ELEMENTS, doctype=True)
_NUMBER = re.compile(r"[0-9]{1,15}")
_OF_BRANCHES = re.compile(r"\(([0-9]{1,9})/([0-9]{1,9})\)")
_MOST = 2**31
"""Of one line or header. All the lines of a report that fits stay below 2^53."""


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """Coverage reports as evidence. Raises InputError naming the file and why, also where there is no line at all.

    There is no rate of branches where no branch was measured: nothing that was not measured reaches a floor.
    """
    total = _Count()
    formats: dict[str, None] = {}

    def parse(data: bytes) -> str:
        reader = _Reader()
        read_xml(data, reader, _DIALECT)
        total.add(reader.outcome())
        formats[reader.format] = None
        return "application/xml"

    files = read_reports(paths, ".xml", "a Cobertura or JaCoCo XML file", parse)
    if not total.lines_valid:
        message = f"{named(paths)}: no line of code, and so nothing that could have been covered"
        raise InputError(message, code="no-lines")
    return Report(", ".join(formats), files, total.summary())


class _Count:
    """Lines and branches: how many there are, how many were covered."""

    def __init__(self) -> None:
        self.lines_covered = self.lines_valid = self.branches_covered = self.branches_valid = 0

    def add(self, other: _Count) -> None:
        self.lines(other.lines_covered, other.lines_valid)
        self.branches(other.branches_covered, other.branches_valid)

    def lines(self, covered: int, valid: int) -> None:
        self.lines_covered += covered
        self.lines_valid += valid

    def branches(self, covered: int, valid: int) -> None:
        self.branches_covered += covered
        self.branches_valid += valid

    def summary(self) -> dict[str, int]:
        found = {"lines": 10_000 * self.lines_covered // self.lines_valid}
        if self.branches_valid:
            found["branches"] = 10_000 * self.branches_covered // self.branches_valid
        return found | {
            "linesCovered": self.lines_covered,
            "linesValid": self.lines_valid,
            "branchesCovered": self.branches_covered,
            "branchesValid": self.branches_valid,
        }


class _Reader:
    """One report's elements; what they are is told by the root."""

    def __init__(self) -> None:
        self.format = ""
        self._lines = _Count()
        self._header = _Count()
        self._class: dict[int, tuple[bool, int, int]] = {}

    def outcome(self) -> _Count:
        """What the lines say; where there are none, the header."""
        return self._lines if self._lines.lines_valid else self._header

    def start(self, name: str, attributes: dict[str, str], inside: list[str]) -> None:
        if not inside:
            self._root(name, attributes)
        elif name == "line":
            if self.format == "jacoco" and inside[-1] == "sourcefile":
                self._jacoco_line(attributes)
            elif self.format == "cobertura" and "class" in inside:
                self._cobertura_line(attributes)
        elif name == "counter" and self.format == "jacoco" and len(inside) == 1:
            self._jacoco_counter(attributes)

    def end(self, name: str, inside: list[str]) -> None:
        if name == "class" and self._class:
            for hit, covered, valid in self._class.values():
                self._lines.lines(hit, 1)
                self._lines.branches(covered, valid)
            self._class = {}

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "coverage":
            self.format = "cobertura"
            for what, add in (("lines", self._header.lines), ("branches", self._header.branches)):
                if f"{what}-covered" in attributes and f"{what}-valid" in attributes:
                    covered, valid = (_number(attributes, f"{what}-{part}") for part in ("covered", "valid"))
                    add(*_part(covered, valid, what))
        elif name == "report":
            self.format = "jacoco"
        else:
            raise InputError(
                f"not Cobertura or JaCoCo: its root is <{name[:40]}>, not <coverage> or <report>"
            )

    def _cobertura_line(self, attributes: Mapping[str, str]) -> None:
        number, hit = _number(attributes, "number"), _number(attributes, "hits") > 0
        covered = valid = 0
        if attributes.get("branch", "").lower() == "true":
            found = _OF_BRANCHES.search(attributes.get("condition-coverage", "")[:100])
            if not found:
                raise InputError(f"line {number} has branches, and no condition-coverage says how many")
            covered, valid = _part(int(found[1]), int(found[2]), "branches")
        # The same line of a class, listed with its method as well, or once for each of its instances.
        if before := self._class.get(number):
            hit, covered, valid = hit or before[0], max(covered, before[1]), max(valid, before[2])
        self._class[number] = hit, covered, valid

    def _jacoco_line(self, attributes: Mapping[str, str]) -> None:
        missed, ran, no_branch, branch = (
            _number(attributes, name) if name in attributes else 0 for name in ("mi", "ci", "mb", "cb")
        )
        if missed or ran:
            self._lines.lines(ran > 0, 1)
        self._lines.branches(branch, branch + no_branch)

    def _jacoco_counter(self, attributes: Mapping[str, str]) -> None:
        what = attributes.get("type")
        if what in ("LINE", "BRANCH"):
            covered, missed = _number(attributes, "covered"), _number(attributes, "missed")
            (self._header.lines if what == "LINE" else self._header.branches)(covered, covered + missed)


def _part(covered: int, valid: int, what: str) -> tuple[int, int]:
    if covered > valid:
        raise InputError(f"{covered} of {valid} {what} covered, which cannot be")
    return covered, valid


def _number(attributes: Mapping[str, str], name: str) -> int:
    written = attributes.get(name, "")
    if not _NUMBER.fullmatch(written):
        said = f"is {written[:40]}, not a whole number" if name in attributes else "is missing"
        raise InputError(f"the {name} of an element {said}")
    return min(int(written), _MOST)
