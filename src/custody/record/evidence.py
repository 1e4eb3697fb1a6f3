"""The types of evidence: what reads each, and by which rule it passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, cast

from custody.errors import InputError, UsageError
from custody.record.report import Report, Result, Wanted, judge
from custody.text import safe_text

Reader = Callable[[Sequence[Path], Wanted], Report]


class Rule(NamedTuple):
    """How a type is read and judged.

    `reader` is "module:function" of this room. `limits` hold unless others are given, and always where `strict`:
    then they can only be added to. With `needs_floor` at least one floor has to be given. `asks` names what else the
    type takes of `Wanted`. `figures` are all that it ever counts.
    """

    reader: str
    figures: frozenset[str]
    limits: Mapping[str, int] = {}
    strict: bool = False
    needs_floor: bool = False
    asks: frozenset[str] = frozenset()


TYPES: dict[str, Rule] = {
    "junit": Rule(
        "junit:read",
        frozenset({"tests", "failures", "errors", "skipped", "timeMs"}),
        {"failures": 0, "errors": 0},
        strict=True,
    ),
    "pull-request": Rule(
        "pull_request:read",
        frozenset({"commits", "authors", "approvals", "stale", "objections", "merged"}),
    ),
    "provenance": Rule(
        "statement:provenance",
        frozenset({"subjects", "signatures", "verified"}),
        asks=frozenset({"public_key"}),
    ),
    "attestation": Rule(
        "statement:attestation",
        frozenset({"subjects", "signatures", "verified"}),
        asks=frozenset({"public_key"}),
    ),
    "custom": Rule(
        "custom:read",
        frozenset({"reports", "conditions", "unmet"}),
        {"unmet": 0},
        strict=True,
        asks=frozenset({"conditions", "schema"}),
    ),
    "sarif": Rule("sarif:read", frozenset({"error", "warning", "note", "none", "suppressed"}), {"error": 0}),
    "sbom": Rule(
        "sbom:read",
        frozenset(
            {
                "components",
                "unlicensed",
                "unversioned",
                "dependencies",
                "dangling",
                "licences",
                "licencesLeftOut",
            }
        ),
        {"dangling": 0},
    ),
    "vulnerabilities": Rule(
        "vulnerabilities:read",
        frozenset({"critical", "high", "medium", "low", "negligible", "unknown", "fixable", "suppressed"}),
        {"critical": 0, "high": 0, "unknown": 0},
    ),
    "coverage": Rule(
        "coverage:read",
        frozenset({"lines", "branches", "linesCovered", "linesValid", "branchesCovered", "branchesValid"}),
        needs_floor=True,
    ),
}
"""Beside these there is `generic`, of which the result is said outright and nothing is read."""

GENERIC = "generic"

AT_MOST = {"lines": 10_000, "branches": 10_000, "merged": 1, "verified": 1}
"""Figures that have a highest value."""

RATES = frozenset({"lines", "branches"})
"""Figures that are rates, in hundredths of a percent."""


class Outcome(NamedTuple):
    """A report and what it comes to under the limits and floors that held."""

    report: Report
    result: Result
    limits: dict[str, int]
    floors: dict[str, int]


def read_evidence(
    type: str,
    paths: Sequence[Path],
    wanted: Wanted,
    limits: Mapping[str, int],
    floors: Mapping[str, int],
) -> Outcome:
    """Read the reports of one type and judge them. Raises InputError for the files, UsageError for the rest."""
    rule = TYPES[type]
    for name in Wanted._fields:
        if name != "artifact" and getattr(wanted, name) and name not in rule.asks:
            raise UsageError(f"{type} evidence takes no --{name.replace('_', '-')}", code="option")
    if rule.strict and (twice := limits.keys() & rule.limits.keys()):
        raise UsageError(f"{type} always passes by its own limit of {', '.join(sorted(twice))}", code="limit")
    if rule.needs_floor and not floors:
        message = f"{type} needs a --floor to be judged by, such as lines=80% (lines=0 leaves it to a policy)"
        raise UsageError(message, code="floor")
    module, _, function = rule.reader.partition(":")
    reader = cast(Reader, getattr(import_module(f"custody.record.{module}"), function))
    report = reader(paths, wanted)
    limits, floors = {**rule.limits, **limits}, dict(floors)
    for name in (*limits, *floors):
        if name not in report.summary:
            known = ", ".join(report.summary) or "nothing"
            message = f"{safe_text(name, 60)} is nothing that {type} counts; it counts {known}"
            raise UsageError(message, code="limit")
    said = report.result or "pass"
    result = said if said == "fail" else judge(report.summary, limits, floors)
    return Outcome(report, result, limits, floors)


def parse_bounds(given: Sequence[str], option: str) -> dict[str, int]:
    """NAME=NUMBER, or NAME=NUMBER% which stands for hundredths of a percent. Raises UsageError."""
    found: dict[str, int] = {}
    for item in given:
        name, separator, text = item.partition("=")
        value = parse_figure(text)
        if not separator or not name or value is None:
            raise UsageError(f"{option} wants NAME=NUMBER, not {safe_text(item, 60)}", code="limit")
        if name in found:
            raise UsageError(f"{option} gives {safe_text(name, 60)} twice", code="limit")
        found[name] = value
    return found


def parse_figure(text: str) -> int | None:
    """A whole number, or hundredths of a percent where it ends in %; None where it is neither."""
    whole, dot, part = text.removesuffix("%").partition(".")
    if not (whole.isascii() and whole.isdigit() and len(whole) <= 12):
        return None
    if not text.endswith("%"):
        return None if dot else int(whole)
    if dot and not (part.isascii() and part.isdigit() and len(part) <= 2):
        return None
    return int(whole) * 100 + int(part.ljust(2, "0") if dot else 0)


def require_files(paths: Sequence[Path], what: str) -> None:
    """Raises InputError where no file was named."""
    if not paths:
        raise InputError(f"which file? Name {what}", code="file")
