"""A logical environment on the command line: what its members run, as one."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

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

    if point.reference.index is not None or point.reference.back is not None:
        message = f"{point.name} is a group, whose states are its members': name a member, or a moment"
        raise UsageError(message, code="group")
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
            "members": [
                {
                    "environment": name,
                    "state": state.number if state is not None else None,
                    "proof": state.proof._asdict() if state is not None else None,
                }
                for name, state in found.members
            ],
            "services": [
                one._asdict() | {"verdict": verdicts[one.service, one.sha256].outcome}
                for one in found.services
            ],
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


def _print(found: GroupState, verdicts: dict[tuple[str, str], Verdict], clock: Clock) -> None:
    console.out(f"group       {safe_text(found.name)} of {len(found.members)} environments")
    for name, state in found.members:
        if state is None:
            console.out(f"  {safe_text(name)}: not known: nothing had been reported of it by then")
        else:
            proof = state.proof
            console.out(
                f"  {safe_text(name)}: state {state.number} of {state.of}, since {clock.text(state.time)}, "
                f"entry {proof.entry[:12]}"
            )
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
