"""`custody env …`: what runs where, and what ran when."""

from __future__ import annotations

import os
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from custody.query.moments import Moment
    from custody.query.types import ChangeLine, State

Environment = Annotated[
    str, typer.Argument(metavar="ENV", help="The environment.", callback=options.not_empty)
]
Zone = Annotated[
    str | None,
    options.option("--tz", envvar="TZ", metavar="ZONE", help="Your time zone, such as Europe/Oslo."),
]
_SIGNS = {"started": "+", "stopped": "-", "replaced": "~", "scaled": "="}
_STYLES = {"started": "good", "stopped": "bad", "replaced": "warn", "scaled": "dim"}


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="What runs where, and what ran when."
    )
    group.command("list")(list_)
    group.command("show")(show)
    group.command("log")(log)
    app.add_typer(group, name="env")


def list_(ledger: options.Ledger = None, root: options.Root = None, json: options.Json = False) -> int:
    """List environments with their latest state."""
    from custody.query.environments import environments

    with answers.answering(ledger, root, json) as answer:
        lines = environments(answer.index)
        if not json:
            rows = [
                [
                    safe_text(one.name, 40),
                    str(one.services),
                    str(one.states),
                    one.last_change,
                    one.last_seen,
                    f"{one.basis}s",
                ]
                for one in lines
            ]
            console.table(
                rows, ["environment", "services", "states", "last change", "last report", "known from"]
            )
        return answer.finish([one._asdict() for one in lines])


def show(
    environment: Annotated[
        str, typer.Argument(metavar="ENV", help="prod, prod#12, prod~1, or prod@{2026-11-19T02:30}.")
    ],
    at: Annotated[
        str | None, options.option("--at", metavar="WHEN", help='Such as "last thursday 02:30".')
    ] = None,
    tz: Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Show what runs in an environment, or what ran at a moment, with the entries that prove it.

    Example: custody env show prod --at "last thursday 02:30" --tz Europe/Oslo
    """
    from custody.query import environments
    from custody.query.moments import parse_moment, parse_reference

    reference = parse_reference(environment)
    zone = _zone(tz)
    if at is not None and reference != parse_reference(reference.environment):
        raise UsageError(f"--at and {environment} each name a moment: use one of them", code="moment")
    when = at if at is not None else reference.moment_text
    moment = parse_moment(when, now=datetime.now(UTC), tz=zone) if when is not None else None
    with answers.answering(ledger, root, json) as answer:
        index, name = answer.index, reference.environment
        state: State | None
        if moment is not None:
            state = environments.state_at(index, name, moment.utc)
        elif reference.index is not None:
            state = environments.state_number(index, name, reference.index)
        else:
            newest = environments.latest(index, name)
            state = environments.state_number(index, name, newest.of - (reference.back or 0))
        if not json:
            _print_state(state, name, moment, zone)
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
    number: Annotated[
        int, typer.Option("-n", "--number", min=1, help="How many changes, the newest last.")
    ] = 50,
    tz: Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """List what started, stopped and changed in an environment.

    Example: custody env log prod --since "7 days ago"
    """
    from custody.query import environments
    from custody.query.moments import parse_moment

    zone = _zone(tz)
    now = datetime.now(UTC)
    low = parse_moment(since, now=now, tz=zone) if since is not None else None
    high = parse_moment(until, now=now, tz=zone) if until is not None else None
    with answers.answering(ledger, root, json) as answer:
        lines = environments.log(answer.index, environment, low.utc if low else "", high.utc if high else "")
        lines = lines[-number:]
        if not json:
            for bound, moment in (("since", low), ("until", high)):
                if moment is not None:
                    console.out(f"{bound} {moment.utc} ({safe_text(moment.local)}; {safe_text(moment.how)})")
            rows = [
                [
                    line.time,
                    f"#{line.number}",
                    f"{_SIGNS[line.change.event]} {line.change.event}",
                    safe_text(line.change.service, 30),
                    _artifact(line.change),
                    line.commit[:8],
                    safe_text(line.approved_by, 30) or "-",
                    line.proof.entry[:12],
                ]
                for line in lines
            ]
            console.table(
                rows, ["when", "state", "what", "service", "artifact", "commit", "approved by", "entry"]
            )
        return answer.finish(
            [
                line._asdict() | {"change": line.change._asdict(), "proof": line.proof._asdict()}
                for line in lines
            ]
        )


def _print_state(state: State | None, environment: str, moment: Moment | None, zone: ZoneInfo) -> None:
    if moment is not None:
        local = f"{safe_text(moment.local)}; {safe_text(moment.how)}"
        console.out(f"understood  {safe_text(moment.phrase)} = {moment.utc} ({local})")
    if state is None:
        console.out(f"{safe_text(environment)}: not known then: nothing had been reported yet")
        return
    until = f"until {state.until}" if state.until else "and is the latest known"
    console.out(
        f"environment {safe_text(state.environment)}, state {state.number} of {state.of}, since {state.time}, {until}"
    )
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
            one.since,
            safe_text(one.approved_by, 30) or "nobody",
        ]
        for one in state.services
    ]
    console.out()
    console.table(
        rows, ["service", "artifact", "version", "sha256", "commit", "count", "since", "approved by"]
    )
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


def _zone(given: str | None) -> ZoneInfo:
    """The person's zone: --tz, the TZ variable, this machine's, or UTC."""
    from custody.query.moments import find_zone

    return find_zone(given or _local_zone())


def _local_zone() -> str:
    target = os.path.realpath("/etc/localtime")
    _, separator, name = target.partition("zoneinfo/")
    return name if separator else "UTC"
