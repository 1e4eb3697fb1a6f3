"""What every reading command shares: open through the gate, verify, say by whose root, answer.

The exit status of an answer is that of the verification it rests on. Where there is a fault there is no answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custody.cli import console
from custody.cli.recording import ledger_path, open_given, read_checkpoint
from custody.errors import NotVerifiedError, UsageError
from custody.ledger.findings import Finding
from custody.ledger.reader import Snapshot
from custody.text import safe_text
from custody.trust.expectations import expect
from custody.trust.verification import Expectations, Report

if TYPE_CHECKING:
    from custody.policy.judgement import Judgement
    from custody.query.index import Index
    from custody.query.opening import Answers


@dataclass(slots=True)
class Answer:
    """A verified ledger, ready for questions."""

    answers: Answers
    json: bool = False

    @property
    def snapshot(self) -> Snapshot:
        return self.answers.snapshot

    @property
    def report(self) -> Report:
        return self.answers.report

    @property
    def index(self) -> Index:
        return self.answers.index

    def judgement(self) -> Judgement:
        """What verdicts on its artifacts come from."""
        from custody.policy.judgement import Judgement

        return Judgement(self.snapshot, self.index, self.answers.trust)

    def finish(self, value: Any) -> int:
        """For --json: the answer with what it rests on. The command's exit status."""
        if self.json:
            console.out_json({"verification": report_json(self.report, findings=False), "answer": value})
        return self.report.exit


@contextmanager
def answering(given: str | None, roots: Sequence[str] | None, json: bool) -> Iterator[Answer]:
    """Open, verify and index the ledger, or find it done. Raises NotVerifiedError where there is a fault."""
    from custody.query.opening import passed

    with (
        open_given(ledger_path(given), passed=passed) as snapshot,
        answering_of(snapshot, roots, json) as answer,
    ):
        yield answer


@contextmanager
def answering_of(snapshot: Snapshot, roots: Sequence[str] | None, json: bool) -> Iterator[Answer]:
    """As `answering`, of a ledger that is open."""
    from custody.query.opening import open_answers

    progress = console.Progress("verifying")
    answers = open_answers(snapshot, expectations(snapshot.origin, roots), progress)
    progress.close()
    with answers.index:
        if answers.report.exit == NotVerifiedError.exit:
            raise _refusal(answers.report)
        if not json:
            console.say(verdict_line(answers.report))
        yield Answer(answers, json)


def expectations(
    origin: str, roots: Sequence[str] | None, checkpoints: Sequence[str] | None = None
) -> Expectations:
    """What verification is to hold the ledger to, from the command's flags and this machine's memory."""
    return expect(
        origin,
        tuple(map(root_fingerprint, roots or ())),
        tuple(read_checkpoint(Path(one)) for one in checkpoints or ()),
    )


def root_fingerprint(given: str) -> str:
    """The fingerprint that --root means: itself, or that of a public key file or text."""
    import re

    from custody.keys.ed25519 import PublicKey
    from custody.keys.files import read_public_file

    if re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", given):
        return given
    if given.startswith("ssh-ed25519 ") or re.fullmatch(r"[0-9a-f]{64}", given):
        return PublicKey.from_text(given).fingerprint
    return read_public_file(Path(given)).fingerprint


def verdict_line(report: Report) -> str:
    """One line: what was proven, of which origin, under which root."""
    word = {0: "verified", 1: "NOT VERIFIED", 4: "intact, with a gap"}[report.exit]
    judged = f"by root {', '.join(report.roots)}" if report.roots else "by no root"
    gaps = sorted(code for code in report.counts if _severity(code) == "gap")
    stated = f": {', '.join(gaps)}" if report.exit == 4 else ""
    return f"{word}{stated} · {safe_text(report.origin) or '(no origin)'} · {report.size} entries · {judged}"


def report_json(report: Report, findings: bool = True) -> dict[str, Any]:
    """A verification's result for programs."""
    result: dict[str, Any] = {
        "exit": report.exit,
        "origin": report.origin,
        "roots": list(report.roots),
        "fileSha256": report.file_sha256,
        "size": report.size,
        "rootHash": report.root,
        "coveredSize": report.covered,
        "trustVersion": report.trust_version,
        "counts": dict(sorted(report.counts.items())),
    }
    if findings:
        result["checkpoint"] = report.checkpoint
        result["findings"] = [finding_json(finding) for finding in report.findings]
    return result


def finding_json(finding: Finding) -> dict[str, Any]:
    value: dict[str, Any] = {"code": finding.code, "severity": finding.severity, "message": finding.message}
    if finding.position >= 0:
        value["position"] = finding.position
    if finding.entry:
        value["entry"] = finding.entry
    return value


def resolve_entry(snapshot: Snapshot, given: str) -> int:
    """A position, `position:N`, or an id (prefix) to a position; of 6 digits and more it may be either.

    Raises UsageError where there is no such entry, and where there are two.
    """
    stated = given.removeprefix("position:")
    is_position = stated.isascii() and stated.isdigit() and len(stated) < 16
    is_prefix = stated == given and 6 <= len(given) <= 64 and not set(given) - set("0123456789abcdef")
    if not is_position and not is_prefix:
        raise UsageError(
            "an entry is named by its position, or by 6 or more hex digits of its id", code="entry"
        )
    at = int(stated) if is_position and snapshot.row(int(stated)) is not None else None
    ids = snapshot.find(given) if is_prefix else []
    if at is not None and ids:
        raise UsageError(
            f"{given} is a position and the beginning of an id too: say position:{at}, or more of the id",
            code="entry",
        )
    if at is not None:
        return at
    if is_position and not ids:
        raise UsageError(
            f"there is no entry at position {stated}; the last is {snapshot.count - 1}", code="entry"
        )
    if len(ids) != 1:
        raise UsageError(f"{len(ids) or 'no'} entries have an id that begins with {given}", code="entry")
    return ids[0]


def writer_of(answer: Answer, key: str) -> str:
    """The identity that the trust document in force gives a key (hex), or ""."""
    document = answer.answers.trust
    return document.name_of(key) if document is not None else ""


def key_fingerprint(key: str) -> str:
    """A key (hex) as people know it."""
    from custody.keys.ed25519 import PublicKey

    return PublicKey.from_hex(key).fingerprint if key else "(none)"


def _refusal(report: Report) -> NotVerifiedError:
    first = next(one for one in report.findings if one.severity == "fault")
    where = f" at position {first.position}" if first.position >= 0 else ""
    return NotVerifiedError(
        f"{first.code}{where}: {first.message}; see `custody verify`", code="not-verified"
    )


def _severity(code: str) -> str:
    from custody.ledger.findings import CODES

    return CODES[code].severity
