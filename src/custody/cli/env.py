"""`custody env …`: what runs where, and what ran when."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.groups import group
from custody.cli.times import Clock, print_understood
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.moments import Moment
    from custody.query.types import ChangeLine, State

Environment = Annotated[str, options.argument("ENV", "The environment.")]
_SIGNS = {"started": "+", "stopped": "-", "replaced": "~", "scaled": "="}
_STYLES = {"started": "good", "stopped": "bad", "replaced": "warn", "scaled": "dim"}


def register(app: typer.Typer) -> None:
    environments = group(
        "What runs where, and what ran when.", 'Example: custody env show prod --at "last thursday 02:30"'
    )
    environments.command("list")(list_)
    environments.command("show")(show)
    environments.command("log")(log)
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
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Show what runs in an environment, or what ran at a moment, with the entries that prove it.

    Example: custody env show prod --at "last thursday 02:30" --tz Europe/Oslo
    """
    from custody.query import environments
    from custody.query.moments import parse_reference

    reference = parse_reference(environment)
    clock = Clock(tz)
    if at is not None and reference != parse_reference(reference.environment):
        raise UsageError(f"--at and {environment} each name a moment: use one of them", code="moment")
    when = at if at is not None else reference.moment_text
    moment = clock.moment(when) if when is not None else None
    with answers.answering(ledger, root, json) as answer:
        index, name = answer.index, reference.environment
        state: State | None
        if moment is not None:
            state = environments.state_at(index, name, moment.utc)
        elif reference.index is not None:
            state = environments.state_number(index, name, reference.index)
            if state is None:
                of = environments.latest(index, name).of
                raise UsageError(f"{name} has {of} states: there is no {environment}", code="state")
        else:
            newest = environments.latest(index, name)
            state = environments.state_number(index, name, newest.of - (reference.back or 0))
            if state is None:
                message = f"{name} has {newest.of} states: there is no {environment}"
                raise UsageError(message, code="state")
        if not json:
            _print_state(state, name, moment, clock)
        return answer.finish(
            {
                "environment": name,
                "moment": asdict(moment) if moment is not None else None,
                "state": _state_json(state) if state is not None else None,
                "known": state is not None,
            }
        )


def log(
    environment: Environment,
    since: Annotated[
        str | None, options.option("--since", metavar="WHEN", help="From this moment on.")
    ] = None,
    until: Annotated[str | None, options.option("--until", metavar="WHEN", help="To this moment.")] = None,
    number: options.Number = 50,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """List what started, stopped and changed in an environment, the newest last.

    Example: custody env log prod --since "7 days ago"
    """
    from custody.query import environments

    clock = Clock(tz)
    low = clock.moment(since) if since is not None else None
    high = clock.moment(until) if until is not None else None
    if low is not None and high is not None and low.utc > high.utc:
        raise UsageError(
            f"--since {low.utc} is behind --until {high.utc}: nothing lies between", code="moment"
        )
    with answers.answering(ledger, root, json) as answer:
        lines = environments.log(answer.index, environment, low.utc if low else "", high.utc if high else "")
        lines = lines[-number:]
        if not json:
            print_understood("since", low)
            print_understood("until", high)
            rows = [
                [
                    *clock.cells(line.time),
                    f"#{line.number}",
                    f"{_SIGNS[line.change.event]} {line.change.event}",
                    safe_text(line.change.service, 30),
                    _artifact(line.change),
                    line.commit[:8],
                    safe_text(line.approved_by, 30) or "nobody",
                    line.proof.entry[:12],
                ]
                for line in lines
            ]
            console.table(
                rows,
                [
                    *(column._replace(drop=column.drop * 5) for column in clock.columns("when")),
                    Column("state", drop=3),
                    Column("what"),
                    Column("service", least=10, drop=1),
                    Column("artifact", least=23, wraps=True),
                    Column("commit", drop=4),
                    Column("approved by", least=11, drop=2),
                    Column("entry", drop=2),
                ],
            )
        return answer.finish(
            [
                line._asdict() | {"change": line.change._asdict(), "proof": line.proof._asdict()}
                for line in lines
            ]
        )


def _print_state(state: State | None, environment: str, moment: Moment | None, clock: Clock) -> None:
    print_understood("understood", moment)
    if state is None:
        console.out(f"{safe_text(environment)}: not known: nothing had been reported of it by then")
        return
    console.out(f"environment {safe_text(state.environment)}, state {state.number} of {state.of}")
    until = f"until {clock.text(state.until)}" if state.until else "and is the latest known"
    console.out(f"since       {clock.text(state.time)}, {until}")
    writer = safe_text(state.proof.writer) or "unknown"
    console.out(f"proven by   entry {state.proof.entry} (position {state.proof.position}, by {writer})")
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
        ],
    )
    if state.changes:
        console.out()
        console.out(f"changed with state {state.number}:")
    for change in state.changes:
        text = f"{_SIGNS[change.event]} {change.event:8} {safe_text(change.service, 30)}  {_artifact(change)}"
        console.out(console.style(text, _STYLES[change.event]))


def _artifact(change: ChangeLine) -> str:
    count = f" {change.before}→{change.after}" if change.event == "scaled" else ""
    version = f" {safe_text(change.version, 20)}" if change.version else ""
    return f"{safe_text(change.name, 40)}{version} {change.sha256[:12]}{count}"


def _state_json(state: State) -> dict[str, object]:
    return state._asdict() | {
        "proof": state.proof._asdict(),
        "services": [one._asdict() for one in state.services],
        "changes": [one._asdict() for one in state.changes],
    }
