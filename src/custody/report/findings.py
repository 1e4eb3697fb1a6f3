"""The report on findings: everything that verification has to say, and every entry that answers leave out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from custody.ledger.findings import CODES
from custody.query.opening import Answers
from custody.report.asked import Asked
from custody.report.document import Document, EntryRef, Row, Section, table
from custody.report.head import SEVERITIES, compose, not_listed, refuses
from custody.report.resting import with_entries

_MEANINGS = {
    "unreadable": "An entry's body is not of its kind's form; it counts for nothing.",
    "ambiguous-binding": "An artifact's name does not stand for one fingerprint in its trail; it counts for nothing.",
}


class Remark(NamedTuple):
    """Something to be said beside what verification says, such as of somebody's conduct. `position` may be -1."""

    severity: str
    code: str
    position: int
    entry: str
    message: str


def findings_report(answers: Answers, asked: Asked, more: Iterable[Remark] = ()) -> Document:
    """Every finding of a ledger, with `more` that was found by other means."""
    if refuses(answers):
        return compose(answers, asked, "findings", "", ())
    title = f"Findings: {answers.snapshot.path.name}"
    return compose(
        answers, asked, "findings", title, with_entries(answers, [findings_section(answers, more)])
    )


def findings_section(answers: Answers, more: Iterable[Remark] = ()) -> Section:
    """Findings by code, and one by one."""
    remarks = [*_remarks(answers), *more]
    counts = dict(answers.report.counts)
    severities: dict[str, str] = {code: CODES[code].severity for code in counts}
    for one in remarks:
        if one.code not in answers.report.counts:
            counts[one.code] = counts.get(one.code, 0) + 1
            severities[one.code] = one.severity
    codes = table(
        "codes",
        ("severity", "Severity"),
        ("code", "Code"),
        ("count", "How many"),
        ("meaning", "Meaning"),
        empty="There are no findings.",
    )
    listed = table(
        "findings",
        ("severity", "Severity"),
        ("code", "Code"),
        ("at", "Entry"),
        ("message", "What"),
        empty="There are none to list.",
    )
    return Section(
        "findings",
        "Findings",
        (
            codes(
                (SEVERITIES[severities[code]], code, counts[code], _meaning(code)) for code in sorted(counts)
            ),
            listed(map(_row, remarks)),
            *not_listed(answers.report),
        ),
    )


def _remarks(answers: Answers) -> Iterator[Remark]:
    for finding in answers.report.findings:
        yield Remark(finding.severity, finding.code, finding.position, finding.entry, finding.message)
    for code, told in (
        ("unreadable", answers.index.unreadable),
        ("ambiguous-binding", answers.index.ambiguous),
    ):
        for position, entry, message in told:
            yield Remark("note", code, position, entry, message)


def _row(one: Remark) -> Row:
    at = EntryRef(one.position, one.entry) if one.position >= 0 else None
    return SEVERITIES[one.severity], one.code, at, one.message


def _meaning(code: str) -> str:
    return CODES[code].meaning if code in CODES else _MEANINGS.get(code, "")
