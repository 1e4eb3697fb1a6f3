"""The report on findings: all there is to say against a ledger, and against what it tells of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from custody.ledger.findings import CODES, Severity
from custody.policy import conduct
from custody.policy.judgement import Judgement
from custody.query.index import NOTICES
from custody.query.opening import Answers
from custody.query.remarks import remarks
from custody.report.asked import Asked
from custody.report.document import Document, Row, Section, table
from custody.report.head import SEVERITIES, compose, entry_at, not_listed, refuses
from custody.report.resting import with_entries

_GRAVITY: tuple[Severity, ...] = ("fault", "gap", "note")


class Line(NamedTuple):
    """One finding. `position` is -1 where it concerns the whole log; a severity beside verification's is "conduct".

    Of conduct it names what was done, where and when: an artifact's `sha256`, an `environment` and a `time`, each ""
    where there is none.
    """

    severity: str
    code: str
    position: int
    entry: str
    message: str
    sha256: str = ""
    environment: str = ""
    time: str = ""


def finding_lines(answers: Answers, looked: Callable[[], object] = lambda: None) -> Iterator[Line]:
    """What verification found, the gravest first, what answers leave out, and, of a ledger without a fault, what was
    done amiss. `looked` is as for `conduct.conduct`, which may take a while.
    """
    for finding in sorted(answers.report.findings, key=lambda one: _GRAVITY.index(one.severity)):
        yield Line(finding.severity, finding.code, finding.position, finding.entry, finding.message)
    index = answers.index
    for code in NOTICES:
        for position, entry, message in index.notices(code):
            yield Line("note", code, position, entry, message)
    if refuses(answers):
        return
    judgement = Judgement(answers.snapshot, index, answers.trust)
    for one in remarks(index, judgement.interval):
        yield Line("note", one.code, one.position, one.entry, one.message)
    for act in conduct.conduct(judgement, looked):
        about = act.sha256, act.environment, act.proof.time
        yield Line("conduct", act.code, act.proof.position, act.proof.entry, act.message, *about)


def findings_report(answers: Answers, asked: Asked) -> Document:
    """Every finding of a ledger."""
    if refuses(answers):
        return compose(answers, asked, "findings", "", ())
    title = f"Findings: {answers.snapshot.path.name}"
    return compose(answers, asked, "findings", title, with_entries(answers, [findings_section(answers)]))


def findings_section(answers: Answers) -> Section:
    """Findings by code, and one by one."""
    lines = list(finding_lines(answers))
    counts = Counter(one.code for one in lines)
    counts.update(answers.report.counts - counts)  # those that were counted and not kept
    severities = {one.code: one.severity for one in lines}
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
    one_by_one = listed(_row(answers, one) for one in lines)
    by_code = ((SEVERITIES[severities[code]], code, counts[code], _meaning(code)) for code in sorted(counts))
    return Section("findings", "Findings", (codes(by_code), one_by_one, *not_listed(answers.report)))


def _row(answers: Answers, one: Line) -> Row:
    at = entry_at(answers, one.position, one.entry)
    return SEVERITIES[one.severity], one.code, at, one.message


def _meaning(code: str) -> str:
    return CODES[code].meaning if code in CODES else conduct.CODES.get(code, "")
