"""The report on a subject, and the question as it is asked: one way for whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime

from custody.errors import UsageError
from custody.policy.judgement import Judgement
from custody.query.environments import environments, find_state, log
from custody.query.history import History
from custody.query.moments import parse_reference
from custody.query.opening import Answers
from custody.report.artifact import artifact_report
from custody.report.asked import Asked
from custody.report.document import Document
from custody.report.entry import entry_report
from custody.report.environment import Changes, environment_report
from custody.report.findings import findings_report
from custody.report.head import not_verified, refuses
from custody.report.ledger import ledger_report
from custody.report.subject import PACK, Subject, Way, words


def ask(found: Answers, subject: Subject, way: Way, ledger: str) -> Asked:
    """The question as it is asked now, of the ledger at a path, judged by the roots that it was judged by."""
    told = words(subject, way)
    end = told.index("--") if "--" in told else len(told)
    roots = (part for root in found.report.roots for part in ("--root", root))
    out = ("--out", way.folder) if way.form == PACK else ()
    command = ("custody", *told[:end], "--ledger", ledger, *roots, *out, *told[end:])
    return Asked(datetime.now(UTC), way.zone, command, subject.phrases)


def answer(found: Answers, asked: Asked, subject: Subject) -> Document:
    """The report. Of a ledger with a fault it says that, whatever the subject. Raises UsageError, RefusedError."""
    if refuses(found):
        return not_verified(found, asked, subject.kind)
    if subject.kind == "artifact":
        return artifact_report(found, asked, subject.query)
    if subject.kind == "environment":
        return _environment(found, asked, subject)
    if subject.kind == "findings":
        return findings_report(found, asked)
    if subject.kind == "entry":
        return entry_report(found, asked, int(subject.query.removeprefix("position:")))
    return ledger_report(found, asked)


def _environment(found: Answers, asked: Asked, subject: Subject) -> Document:
    reference = parse_reference(subject.query)
    name, index = reference.environment, found.index
    _check_group(found, name)
    at = subject.at.utc if subject.at is not None else None
    state, _ = find_state(History(index, name), reference, at)
    changes = None
    if subject.since is not None or subject.until is not None:
        since = subject.since.utc if subject.since is not None else ""
        until = subject.until.utc if subject.until is not None else ""
        changes = Changes(since, until, log(index, name, since, until))
    return environment_report(found, asked, name, state, changes, at=at or "")


def _check_group(found: Answers, name: str) -> None:
    """What is known as a group alone has no state of its own to be reported."""
    if any(one.name == name for one in environments(found.index)):
        return
    members = Judgement(found.snapshot, found.index, found.trust).groups().get(name)
    if members:
        message = (
            f"{name} is a group, and a report is on one environment: name a member, {' or '.join(members)}"
        )
        raise UsageError(message, code="group")
