"""A logical environment on the command line: what its members run, as one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from custody.cli import console
from custody.cli.answers import Answer
from custody.cli.beliefs import Belief
from custody.cli.console import Column
from custody.cli.references import SIGNS, Point, shown_artifact
from custody.cli.times import Clock, Span, print_understood
from custody.cli.verdicts import word
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.verdict import Verdict
    from custody.query.groups import GroupState


def show_group(answer: Answer, point: Point, belief: Belief, clock: Clock) -> int:
    """What runs in the members of a group that the policy in force declares, or what ran at a moment."""
    from custody.query.clocks import END_OF_TIME
    from custody.query.groups import group_state

    _check(point)
    judgement = answer.judgement()
    when = point.moment.utc if point.moment is not None else END_OF_TIME
    known = belief.settle(answer.index, answer.snapshot.count)
    found = group_state(answer.index, judgement.groups(), point.name, when, known)
    moment = min(when, judgement.now)
    # Each is judged where it runs: approvals and decisions are for members.
    verdicts = {
        (f"{member}/{one.service}", one.sha256): judgement.verdict(one.sha256, member, moment=moment)
        for member, state in found.members
        if state is not None
        for one in state.services
    }
    if not answer.json:
        belief.print_understood()
        print_understood("understood", point.moment)
        _print(found, verdicts, clock)
    return answer.finish(
        {
            "group": found.name,
            "moment": asdict(point.moment) if point.moment is not None else None,
            "unknown": list(found.unknown),
            "members": _members_json(found),
            "services": [
                one._asdict() | {"verdict": verdicts[one.service, one.sha256].outcome}
                for one in found.services
            ],
        }
    )


def diff_groups(answer: Answer, points: tuple[Point, Point], belief: Belief, clock: Clock) -> int:
    """What differs between two moments of one group, member by member.

    Raises UsageError "group" for a group and something else: their services have other names, and all would differ.
    """
    from custody.cli.env_diff import line_json, print_lines
    from custody.query.clocks import END_OF_TIME
    from custody.query.environments import hindsight
    from custody.query.groups import group_state, members_of
    from custody.query.timeline import Timeline

    groups = answer.judgement().groups()
    name = points[0].name
    if name != points[1].name:
        group = name if name in groups else points[1].name
        message = (
            f"{group} is a group, which is compared with itself alone: name a member, or two moments of it"
        )
        raise UsageError(message, code="group")
    for point in points:
        _check(point)
    known = belief.settle(answer.index, answer.snapshot.count)
    timeline = Timeline(answer.index, name, members_of(groups, name), known)
    whens = [point.moment.utc if point.moment is not None else END_OF_TIME for point in points]
    before, after = places = [timeline.at(when) for when in whens]
    found = None
    if before.number and after.number:
        found = timeline.difference(before, timeline, after)
    later = 0
    if known is not None:
        told = [
            hindsight(history, timeline.member(place, number), when)
            for place, when in zip(places, whens, strict=True)
            for number, history in enumerate(timeline.histories)
        ]
        later = len(frozenset().union(*(one.later for one in told)))
    states = [group_state(answer.index, groups, name, when, known) for when in whens]
    if not answer.json:
        belief.print_understood()
        for label, point, state in zip(("from", "to"), points, states, strict=True):
            print_understood("understood", point.moment)
            _print_members(label, state, clock)
            console.out()
        for member in found.unknown if found is not None else ():
            text = f"{safe_text(member)}: not known at one of the two moments, so nothing of it is compared"
            console.out(console.style(text, "warn"))
        print_lines(found.lines if found is not None else None)
        belief.print_later(later)
    return answer.finish(
        {
            "group": name,
            "from": _moment_json(points[0], states[0]),
            "to": _moment_json(points[1], states[1]),
            "known": found is not None,
            "unknown": list(found.unknown) if found is not None else [],
            "changes": [line_json(line) for line in found.lines] if found is not None else [],
            "knownAt": belief.json(later),
        }
    )


def log_group(answer: Answer, name: str, span: Span, number: int, clock: Clock) -> int:
    """The changes in all members of a group, the newest last."""
    from custody.query.groups import group_log

    judgement = answer.judgement()
    lines = group_log(answer.index, judgement.groups(), name, span.since, span.until, limit=number)
    verdicts = [
        judgement.verdict(line.change.sha256, member, moment=line.time)
        if line.change.event in ("started", "replaced")
        else None
        for member, line in lines
    ]
    if not answer.json:
        print_understood("since", span.low)
        print_understood("until", span.high)
        rows = [
            [
                *clock.cells(line.time),
                safe_text(member, 30),
                f"{SIGNS[line.change.event]} {line.change.event}",
                safe_text(line.change.service, 30),
                shown_artifact(line.change),
                safe_text(line.approved_by, 30) or "nobody",
                word(verdict) if verdict is not None else "",
                line.proof.entry[:12],
            ]
            for (member, line), verdict in zip(lines, verdicts, strict=True)
        ]
        console.table(
            rows,
            [
                *(column._replace(drop=column.drop * 5) for column in clock.columns("when")),
                Column("environment", least=8),
                Column("what"),
                Column("service", least=10, drop=1),
                Column("artifact", least=23, wraps=True),
                Column("approved by", least=11, drop=2),
                Column("verdict", drop=3),
                Column("entry", drop=2),
            ],
        )
    changes = [
        line._asdict()
        | {"environment": member, "change": line.change._asdict(), "proof": line.proof._asdict()}
        | {"verdict": verdict.outcome if verdict is not None and verdict.policy else None}
        for (member, line), verdict in zip(lines, verdicts, strict=True)
    ]
    return answer.finish({"group": name, "changes": changes})


def _check(point: Point) -> None:
    """A group has no states of its own to be numbered."""
    if point.reference.index is not None or point.reference.back is not None:
        message = f"{point.name} is a group, whose states are its members': name a member, or a moment"
        raise UsageError(message, code="group")


def _moment_json(point: Point, found: GroupState) -> dict[str, Any]:
    moment = asdict(point.moment) if point.moment is not None else None
    return {"moment": moment, "members": _members_json(found)}


def _members_json(found: GroupState) -> list[dict[str, Any]]:
    return [
        {
            "environment": name,
            "state": state.number if state is not None else None,
            "proof": state.proof._asdict() if state is not None else None,
        }
        for name, state in found.members
    ]


def _print_members(label: str, found: GroupState, clock: Clock) -> None:
    """Which state of each member it is, and the entry that proves it."""
    console.out(f"{label:11} {safe_text(found.name)} of {len(found.members)} environments")
    for name, state in found.members:
        if state is None:
            console.out(f"  {safe_text(name)}: not known: nothing had been reported of it by then")
        else:
            proof = state.proof
            console.out(
                f"  {safe_text(name)}: state {state.number} of {state.of}, since {clock.text(state.time)}, "
                f"entry {proof.entry[:12]}"
            )


def _print(found: GroupState, verdicts: dict[tuple[str, str], Verdict], clock: Clock) -> None:
    _print_members("group", found, clock)
    rows = [
        [
            safe_text(one.service, 50),
            safe_text(one.name, 40),
            safe_text(one.version, 20),
            one.sha256[:12],
            str(one.instances),
            safe_text(one.approved_by, 30) or "nobody",
            word(verdicts[one.service, one.sha256]),
        ]
        for one in found.services
    ]
    console.out()
    console.table(
        rows,
        [
            Column("service", least=16),
            Column("artifact", least=12, drop=1),
            Column("version", least=6, drop=3),
            Column("sha256"),
            Column("count", drop=2),
            Column("approved by", least=11),
            Column("verdict", drop=2),
        ],
    )
