"""The report on an environment: what ran at a moment, and what changed in a while."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from custody.policy.judgement import Judgement
from custody.policy.standing import Standing, standings_at
from custody.query.artifacts import artifact_line, timeline
from custody.query.opening import Answers
from custody.query.types import ChangeLine, LogLine, State
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
    facts,
    table,
)
from custody.report.head import compose, refuses
from custody.report.resting import ref, with_entries
from custody.report.verdicts import verdict_entries, verdict_mark

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
) -> Document:
    """What ran in a state of an environment, with the verdicts on it; None where nothing had been reported of it yet.

    `at` is the instant that was asked for, if one was.
    """
    if refuses(answers):
        return compose(answers, asked, "environment", "", ())
    standing: dict[str, Standing] = {}
    if state is not None:
        judgement = Judgement(answers.snapshot, answers.index, answers.trust)
        standing = standings_at(judgement, state, at or (state.time if state.until else judgement.now))
    sections = [_state(environment, state, at, standing)]
    if changes is not None:
        sections.append(_changes(changes))
    named = [(one.sha256, one.name) for one in state.services] if state is not None else []
    if changes is not None:
        named += [(line.change.sha256, line.change.name) for line in changes.lines]
    sections.append(_grounds(answers, standing, named))
    title = f"Environment: {environment}"
    return compose(answers, asked, "environment", title, with_entries(answers, sections))


def _state(environment: str, state: State | None, at: str, standing: Mapping[str, Standing]) -> Section:
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
        (told, _services(state, standing), changed(map(_change, state.changes))),
    )


def _services(state: State, standing: Mapping[str, Standing]) -> Table:
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
        ("verdictThen", "Verdict then"),
        ("verdictNow", "Verdict at that moment"),
        empty="Nothing ran.",
    )
    return make(
        (
            one.service,
            one.name,
            one.version,
            Digest(one.sha256),
            Digest(one.commit) if one.commit else None,
            one.instances,
            Instant(one.since),
            Mark("recorded") if one.recorded else Mark("unrecorded", "warn"),
            one.approved_by,
            verdict_mark(standing[one.sha256].then),
            verdict_mark(standing[one.sha256].now),
        )
        for one in state.services
    )


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
            line.approved_by,
            ref(line.proof),
        )
        for line in changes.lines
    )
    return Section("log", "What changed", (bounds, rows))


def _change(change: ChangeLine) -> Row:
    return (
        Mark(change.event),
        change.service,
        change.name,
        change.version,
        Digest(change.sha256),
        Digest(change.previous_sha256) if change.previous_sha256 else None,
        change.before,
        change.after,
    )


def _grounds(answers: Answers, standing: Mapping[str, Standing], named: Iterable[tuple[str, str]]) -> Section:
    """The entries that stand behind what is told of each artifact: those that recorded, approved and judged it."""
    rows: list[Row] = []
    for sha256, name in dict(named).items():
        line = artifact_line(answers.index, sha256)
        found = {ref(one.proof) for one in timeline(answers.index, sha256) if one.kind == "approval"}
        if line is not None:
            found.add(ref(line.proof))
        for verdict in standing.get(sha256, ()):
            found.update(verdict_entries(verdict))
        rows.append((name, Digest(sha256), [*sorted(found)]))
    make = table(
        "artifacts",
        ("name", "Artifact"),
        ("sha256", "SHA-256"),
        ("entries", "Entries"),
        empty="It names none.",
    )
    return Section("artifacts", "What recorded, approved and judged these artifacts", (make(rows),))
