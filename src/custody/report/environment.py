"""The report on an environment: what ran at a moment, and what changed in a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from custody.policy.verdict import Verdict
from custody.query.opening import Answers
from custody.query.types import ChangeLine, LogLine, State
from custody.report.artifact import mark_of, ref
from custody.report.asked import Asked
from custody.report.document import (
    Block,
    Digest,
    Document,
    Instant,
    Mark,
    Paragraph,
    Row,
    Section,
    Table,
    Tone,
    facts,
    table,
)
from custody.report.head import compose, refuses
from custody.report.resting import with_entries

_EVENTS: dict[str, Tone] = {"started": "good", "stopped": "bad", "replaced": "warn", "scaled": "none"}
_CHANGES = (
    ("event", "What"),
    ("service", "Service"),
    ("name", "Artifact"),
    ("version", "Version"),
    ("sha256", "SHA-256"),
    ("previousSha256", "In place of"),
    ("before", "Count before"),
    ("after", "Count after"),
)


class Changes(NamedTuple):
    """What an environment's log says from one instant to another; "" where that end is open."""

    since: str
    until: str
    lines: Sequence[LogLine]


def environment_report(
    answers: Answers,
    asked: Asked,
    environment: str,
    state: State | None,
    changes: Changes | None = None,
    *,
    at: str = "",
    verdicts: Mapping[str, Verdict] | None = None,
) -> Document:
    """What ran in a state of an environment; None where nothing had been reported of it yet.

    `at` is the instant that was asked for, if one was. `verdicts` are a policy's words, by fingerprint, on what ran.
    """
    if refuses(answers):
        return compose(answers, asked, "environment", "", ())
    sections = [_state(environment, state, at, verdicts)]
    if changes is not None:
        sections.append(_changes(changes))
    title = f"Environment: {environment}"
    return compose(answers, asked, "environment", title, with_entries(answers, sections))


def _state(environment: str, state: State | None, at: str, verdicts: Mapping[str, Verdict] | None) -> Section:
    asked_for = ("at", "At", Instant(at) if at else None)
    if state is None:
        blocks: tuple[Block, ...] = (
            facts(("environment", "Environment", environment), asked_for, ("known", "Known", False)),
            Paragraph("Not known: nothing had been reported of it by then.", "warn"),
        )
        return Section("state", "What ran", blocks)
    told = facts(
        ("environment", "Environment", state.environment),
        asked_for,
        ("known", "Known", True),
        ("number", "State", state.number),
        ("of", "States in all", state.of),
        ("since", "Since", Instant(state.time)),
        ("until", "Until", Instant(state.until) if state.until else None),
        ("writer", "Reported by", state.proof.writer),
        ("proof", "Entry", ref(state.proof)),
    )
    changed = table("changes", ("event", "Changed with it"), *_CHANGES[1:], empty="Nothing changed with it.")
    return Section(
        "state",
        "What ran",
        (told, _services(state, verdicts), changed(map(_change, state.changes))),
    )


def _services(state: State, verdicts: Mapping[str, Verdict] | None) -> Table:
    make = table(
        "services",
        ("service", "Service"),
        ("name", "Artifact"),
        ("version", "Version"),
        ("sha256", "SHA-256"),
        ("commit", "Commit"),
        ("instances", "Count"),
        ("since", "Since"),
        ("recorded", "Recorded"),
        ("approvedBy", "Approved by"),
        *((("verdict", "Verdict"),) if verdicts is not None else ()),
        empty="Nothing ran.",
    )
    rows: list[Row] = []
    for one in state.services:
        row: Row = (
            one.service,
            one.name,
            one.version,
            Digest(one.sha256),
            Digest(one.commit) if one.commit else None,
            one.instances,
            Instant(one.since),
            Mark("recorded") if one.recorded else Mark("unrecorded", "warn"),
            one.approved_by or None,
        )
        if verdicts is not None:
            verdict = verdicts.get(one.sha256)
            row = (*row, mark_of(verdict) if verdict is not None else None)
        rows.append(row)
    return make(rows)


def _changes(changes: Changes) -> Section:
    bounds = facts(
        ("since", "From", Instant(changes.since) if changes.since else None),
        ("until", "To", Instant(changes.until) if changes.until else None),
    )
    make = table(
        "log",
        ("time", "When, as claimed"),
        ("state", "State"),
        *_CHANGES,
        ("commit", "Commit"),
        ("approvedBy", "Approved by"),
        ("proof", "Entry"),
        empty="Nothing changed.",
    )
    rows = make(
        (
            Instant(line.time),
            line.number,
            *_change(line.change),
            Digest(line.commit) if line.commit else None,
            line.approved_by or None,
            ref(line.proof),
        )
        for line in changes.lines
    )
    return Section("log", "What changed", (bounds, rows))


def _change(change: ChangeLine) -> Row:
    return (
        Mark(change.event, _EVENTS[change.event]),
        change.service,
        change.name,
        change.version,
        Digest(change.sha256),
        Digest(change.previous_sha256) if change.previous_sha256 else None,
        change.before,
        change.after,
    )
