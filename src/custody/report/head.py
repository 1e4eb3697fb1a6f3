"""What every report begins with: which file, judged by whom, with what result, asked when, by which command.

`compose` is the one way to a report. Of a ledger that does not verify it holds what is wrong with it and nothing
else, whatever was asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from importlib.metadata import version

from custody import __version__
from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import entry_id, parse_header
from custody.ledger.findings import CODES
from custody.ledger.timestamps import from_datetime
from custody.query.opening import Answers
from custody.report.asked import Asked, shell_line
from custody.report.document import (
    Block,
    Code,
    Digest,
    Document,
    EntryRef,
    Instant,
    Mark,
    Paragraph,
    Section,
    Table,
    facts,
    table,
)
from custody.trust.verification import Report

STATUS = {
    EXIT_OK: Mark("verified", "good"),
    EXIT_NOT_VERIFIED: Mark("NOT VERIFIED", "bad"),
    EXIT_GAP: Mark("intact, with the gaps stated below", "warn"),
}
SEVERITIES = {
    "fault": Mark("fault", "bad"),
    "gap": Mark("gap", "warn"),
    "note": Mark("note"),
    "conduct": Mark("conduct", "warn"),
}


def refuses(answers: Answers) -> bool:
    """Whether the ledger has a fault, so that no report of anything else in it can be made."""
    return answers.report.exit == EXIT_NOT_VERIFIED


def compose(
    answers: Answers, asked: Asked, subject: str, title: str, sections: Iterable[Section]
) -> Document:
    """A report on what was asked. `sections` are looked at only if the ledger verifies.

    Raises RefusedError for a ledger that was opened in place and is no longer what was verified.
    """
    report = answers.report
    if refuses(answers):
        return not_verified(answers, asked, subject)
    made = Document(
        subject, title, STATUS[report.exit], report.exit, asked.zone, basis(answers, asked), tuple(sections)
    )
    answers.snapshot.confirm_unchanged()
    return made


def not_verified(answers: Answers, asked: Asked, subject: str) -> Document:
    """The report on anything in a ledger that has a fault: that it has, and every finding."""
    title = f"NOT VERIFIED: {answers.snapshot.path.name}"
    status = STATUS[EXIT_NOT_VERIFIED]
    return Document(subject, title, status, EXIT_NOT_VERIFIED, asked.zone, basis(answers, asked), ())


def basis(answers: Answers, asked: Asked) -> Section:
    """What the report rests on: with every fault and gap, and of a ledger that does not verify the notes too."""
    report, snapshot = answers.report, answers.snapshot
    failed = refuses(answers)
    severities = ("fault", "gap", "note") if failed else ("fault", "gap")
    (sqlite,) = answers.index.row("SELECT sqlite_version()") or ("",)
    blocks: list[Block] = [
        facts(
            ("ledger", "Ledger", snapshot.path.name),
            ("sha256", "SHA-256", Digest(report.file_sha256)),
            ("origin", "Origin", report.origin),
            ("roots", "Judged by root", [Digest(root) for root in report.roots]),
            ("result", "Result", STATUS[report.exit]),
            ("size", "Entries", report.size),
            ("coveredSize", "Covered by a checkpoint", report.covered),
            ("rootHash", "Root of the log's tree", Digest(report.root)),
            ("trustVersion", "Version of the trust document", report.trust_version or None),
            ("lastTime", "Newest entry, as it claims", Instant(_last_time(answers))),
        ),
        finding_table(answers, severities, empty="No fault and no gap was found."),
        *not_listed(report, severities),
        Code("checkpoint", "Checkpoint", report.checkpoint)
        if report.checkpoint
        else facts(("checkpoint", "Checkpoint", None)),
        _asked(asked),
        facts(
            ("custody", "Version of custody", __version__),
            ("sqlite", "Version of SQLite", str(sqlite)),
            ("pynacl", "Version of PyNaCl", version("pynacl")),
            key="software",
        ),
        Code("command", "The command that makes this report", shell_line(asked.command)),
    ]
    if failed:
        said = (
            "This ledger does not verify. Nothing that it says can be relied on: here is only what was found."
        )
        blocks.insert(0, Paragraph(said, "bad"))
    return Section("basis", "What this report rests on", tuple(blocks))


def finding_table(
    answers: Answers, severities: tuple[str, ...] = ("fault", "gap", "note"), empty: str = "None."
) -> Table:
    """The findings of some severities, by position."""
    columns = (("severity", "Severity"), ("code", "Code"), ("at", "Entry"), ("message", "What"))
    make = table("findings", *columns, empty=empty)
    return make(
        [
            (
                SEVERITIES[one.severity],
                one.code,
                entry_at(answers, one.position, one.entry),
                one.message,
            )
            for one in answers.report.findings
            if one.severity in severities
        ]
    )


def entry_at(answers: Answers, position: int, entry: str) -> EntryRef | None:
    """The entry that a finding is about; None where it concerns the whole log."""
    if position < 0:
        return None
    row = answers.snapshot.row(position) if not entry else None
    return EntryRef(position, entry if row is None else entry_id(row.header))


def _asked(asked: Asked) -> Block:
    now = from_datetime(asked.now)
    local = asked.now.astimezone(asked.zone).isoformat(" ", "seconds")
    phrases = (
        (phrase.use, f"Asked for {phrase.use}", f"{phrase.moment.phrase} = {phrase.moment.utc} "
         f"({phrase.moment.local}; {phrase.moment.how})")
        for phrase in asked.phrases
    )  # fmt: skip
    return facts(
        ("utc", "Asked at (UTC)", now),
        ("local", "Asked at (local time)", f"{local} {asked.zone.key}"),
        *phrases,
        key="asked",
    )


def not_listed(report: Report, severities: tuple[str, ...] = ("fault", "gap", "note")) -> list[Paragraph]:
    """Of each code only the first thousand are kept: the rest are counted."""
    listed = Counter(one.code for one in report.findings)
    return [
        Paragraph(f"And {count - listed[code]} more findings of the code {code}.", "warn")
        for code, count in sorted(report.counts.items())
        if count > listed[code] and CODES[code].severity in severities
    ]


def _last_time(answers: Answers) -> str:
    """The claimed time of the entry at the log's end; "" where what stands there is none."""
    row = answers.snapshot.row(answers.snapshot.count - 1)
    try:
        return parse_header(row.header).time if row is not None else ""
    except MalformedError:
        return ""
