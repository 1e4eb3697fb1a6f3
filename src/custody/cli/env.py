"""`custody env …`: what runs where, and what ran when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import (
    answers,
    console,
    env_deployments,
    env_diff,
    env_groups,
    env_log,
    env_where,
    env_windows,
    options,
)
from custody.cli.answers import Answer
from custody.cli.beliefs import Belief, KnownAt
from custody.cli.console import Column
from custody.cli.groups import group
from custody.cli.references import Point, print_change
from custody.cli.times import Clock
from custody.cli.verdicts import then_and_now
from custody.kinds.extras import NOTHING
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.standing import Standing
    from custody.query.types import State


def register(app: typer.Typer) -> None:
    environments = group(
        "What runs where, and what ran when.", 'Example: custody env show prod --at "last thursday 02:30"'
    )
    environments.command("list")(list_)
    environments.command("show")(show)
    environments.command("log")(env_log.log)
    environments.command("diff")(env_diff.diff)
    environments.command("deployments")(env_deployments.deployments)
    environments.command("where")(env_where.where)
    environments.command("windows")(env_windows.windows)
    app.add_typer(environments, name="env")


def list_(
    ledger: options.Ledger = None,
    root: options.Root = None,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """List environments with their latest state.

    Example: custody env list
    """
    from custody.query.environments import environments

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        lines = environments(answer.index)
        groups = answer.judgement().groups()
        if not json:
            rows = [
                [
                    safe_text(one.name, 40),
                    str(one.services),
                    str(one.states),
                    *clock.cells(one.last_change),
                    *clock.cells(one.last_seen),
                    f"{one.basis}s",
                ]
                for one in lines
            ]
            for name, members in groups.items():
                console.say(f"{safe_text(name, 40)} is a group: {safe_text(', '.join(members), 200)}")
            console.table(
                rows,
                [
                    Column("environment", least=12),
                    Column("services"),
                    Column("states", drop=2),
                    *(column._replace(drop=column.drop * 5) for column in clock.columns("last change")),
                    *(column._replace(drop=column.drop * 5 or 3) for column in clock.columns("last report")),
                    Column("known from", drop=1),
                ],
            )
        return answer.finish([one._asdict() for one in lines])


def show(
    environment: Annotated[
        str, options.argument("ENV", "prod, prod#12, prod~1, or prod@{2026-11-19T02:30}.")
    ],
    at: Annotated[
        str | None, options.option("--at", metavar="WHEN", help='Such as "last thursday 02:30".')
    ] = None,
    known_at: KnownAt = None,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Show what runs in an environment, or what ran at a moment, with the entries that prove it.

    Example: custody env show prod --at "last thursday 02:30" --tz Europe/Oslo
    """
    clock = Clock(tz)
    point = Point(environment, at, clock)
    belief = Belief(known_at, clock)
    with answers.answering(ledger, root, json) as answer:
        if point.name in answer.judgement().groups():
            return env_groups.show_group(answer, point, belief, clock)
        belief.settle(answer.index, answer.snapshot.count)
        point.find(answer.index, belief)
        changed_by, now = point.later()
        later = len(changed_by)
        standing = _standings(answer, point, belief)
        if not json:
            belief.print_understood()
            point.print_head(clock)
            _print_state(point.state, standing, clock)
            told = ": nothing is known of it now"
            if now is not None:
                told = f": it is now state {now.number}, by entry {now.proof.entry[:12]}"
            belief.print_later(later, told)
        state = point.state
        return answer.finish(
            point.json()
            | {
                "state": state_json(state, standing) if state is not None else None,
                "knownAt": belief.json(later),
            }
        )


def _standings(answer: Answer, point: Point, belief: Belief) -> dict[str, Standing]:
    """Of each artifact of a state the verdict when it began to run, and the one at the moment that is asked about."""
    from custody.policy.standing import standings_at

    if point.state is None:
        return {}
    known = belief.known
    at = known.before if known is not None else None
    moment = min(point.when, known.time) if known is not None else point.when
    return standings_at(answer.judgement(), point.state, moment, at=at)


def _print_state(state: State | None, standing: Mapping[str, Standing], clock: Clock) -> None:
    if state is None:
        return
    rows = [
        [
            safe_text(one.service, 30),
            safe_text(one.name, 40),
            safe_text(one.version, 20),
            one.sha256[:12],
            one.commit[:8] if one.recorded else "unrecorded",
            str(one.instances),
            *clock.cells(one.since),
            safe_text(one.approved_by, 30) or "nobody",
            then_and_now(standing[one.sha256]),
        ]
        for one in state.services
    ]
    console.out()
    console.table(
        rows,
        [
            Column("service", least=16),
            Column("artifact", least=16, drop=1),
            Column("version", least=6, drop=3),
            Column("sha256"),
            Column("commit", drop=4),
            Column("count", drop=2),
            *(column._replace(drop=column.drop * 6 or 5) for column in clock.columns("since")),
            Column("approved by", least=11),
            Column("verdict", least=7, drop=3),
        ],
    )
    if state.changes:
        console.out()
        console.out(f"changed with state {state.number}:")
    for change in state.changes:
        print_change(change)


def state_json(state: State, standing: Mapping[str, Standing] = NOTHING) -> dict[str, object]:
    """A state as plain values, with the verdicts on what ran where they are known."""
    return state._asdict() | {
        "proof": state.proof._asdict(),
        "services": [one._asdict() | _outcomes(standing.get(one.sha256)) for one in state.services],
        "changes": [one._asdict() for one in state.changes],
    }


def _outcomes(standing: Standing | None) -> dict[str, object]:
    if standing is None:
        return {}
    return {"verdict": {"whenItStarted": standing.then.outcome, "atTheMoment": standing.now.outcome}}
