"""What an approver sees before they are asked, on standard error: the answer is what gets recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from custody.cli import console
from custody.cli.times import Clock
from custody.cli.verdicts import MARKS, WORDS
from custody.policy.verdict import GOOD
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.ledger.entry import Subject
    from custody.policy.approving import Asked
    from custody.policy.verdict import Verdict

_COMMITS_SHOWN = 20
_PEOPLE_SHOWN = 5


def print_asked(subject: Subject, environment: str, asked: Asked | None) -> None:
    """Everything about the artifact that bears on the answer, and what the answer would change."""
    console.say(f"artifact    {safe_text(subject.name)} sha256 {subject.sha256}")
    console.say(f"environment {safe_text(environment)}")
    if asked is None or asked.record is None:
        console.say("recorded    this ledger knows nothing of it: only its fingerprint is approved")
    else:
        _print_record(asked)
        _print_commits(asked)
    if asked is not None:
        _print_verdict(asked.before, "verdict now")
        _print_change(asked)


def why_for_nothing(asked: Asked) -> str:
    """Whose key it is that may record no approval, as the end of a sentence."""
    if not asked.recorder:
        return "is nobody's in the trust document"
    return f"is {safe_text(asked.recorder, 60)}'s, whose roles do not let them approve"


def _print_change(asked: Asked) -> None:
    if asked.after is None:
        console.say(f"your key    {why_for_nothing(asked)}: it would count for nothing")
        return
    whose = safe_text(asked.person, 60) or "somebody whom the trust document does not know"
    by = f" recorded by {safe_text(asked.recorder, 60)}" if asked.recorder != asked.person else ""
    console.say(f"with this   (the word of {whose}{by}): {WORDS[asked.after.outcome][0]}")
    changed = [
        (old, new)
        for old, new in zip(asked.before.controls, asked.after.controls, strict=True)
        if (old.state, old.sentence) != (new.state, new.sentence)
    ]
    for _, new in changed:
        console.say(f"  {MARKS[new.state]:8}{safe_text(new.name, 40)}: {safe_text(new.sentence, 300)}")
    if not changed and asked.before.policy:
        console.say("  it would change nothing: see why above")


def _print_record(asked: Asked) -> None:
    record = asked.record
    assert record is not None and record.body is not None
    body = record.body
    clock = Clock(None)
    if body.version:
        console.say(f"version     {safe_text(body.version, 60)}")
    writer = safe_text(record.proof.writer) or "an unknown writer"
    console.say(f"recorded    {clock.text(record.proof.time)} by {writer}, entry {record.proof.entry[:12]}")
    source = " ".join(safe_text(part, 200) for part in (record.repository, record.commit) if part)
    console.say(f"source      {source or 'not recorded'}")
    if body.source is not None and body.source.dirty:
        console.say("            the work tree may have held something other than the commit")


def _print_commits(asked: Asked) -> None:
    if asked.base is not None:
        console.say(
            f"since       commit {asked.base.commit[:12] or '(not recorded)'}, the last release approved for it"
        )
    count = len(asked.commits)
    if asked.record is not None and asked.record.commit and not count:
        console.say("            no commit is new")
    for one in asked.commits[-_COMMITS_SHOWN:]:
        authors = _people(one.authors) or "author not recorded"
        change = f" · {safe_text(one.change, 100)}" if one.change else ""
        seen = _people(one.approved_by)
        console.say(f"  {one.commit[:12]}  {authors}{change}" + (f" · reviewed by {seen}" if seen else ""))
    if count > _COMMITS_SHOWN:
        console.say(f"  … and {count - _COMMITS_SHOWN} earlier commits")


def _people(names: Sequence[str]) -> str:
    """A few of them: a list without end must not push the rest off the screen."""
    more = len(names) - _PEOPLE_SHOWN
    return ", ".join(safe_text(name, 60) for name in names[:_PEOPLE_SHOWN]) + (
        f" and {more} more" if more > 0 else ""
    )


def _print_verdict(verdict: Verdict, label: str) -> None:
    name = f"policy {safe_text(verdict.policy, 60)}: " if verdict.policy else ""
    console.say(f"{label:12}{name}{WORDS[verdict.outcome][0]}")
    for one in verdict.controls:
        sentence = (
            "" if one.state in GOOD and one.state != "excepted" else f": {safe_text(one.sentence, 300)}"
        )
        console.say(f"  {MARKS[one.state]:8}{safe_text(one.name, 40)}{sentence}")
    if verdict.reason:
        console.say(f"  {safe_text(verdict.reason, 300)}")
