"""`custody env windows`: when nobody reported what ran."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock, Span, print_understood
from custody.text import safe_text

_UNLESS_SAID = timedelta(hours=1)


def windows(
    environment: options.Environment,
    interval: Annotated[
        str | None,
        options.option(
            "--interval",
            metavar="LENGTH",
            help="How long a silence may be: 1h, 90m, 2 days; by default what the policy declares, or 1h.",
        ),
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """List blind windows: stretches longer than an interval in which nobody reported what ran.

    Example: custody env windows prod --interval 30m
    """
    from custody.query.durations import parse_duration, shown_duration
    from custody.query.windows import last_moment
    from custody.query.windows import windows as find

    clock = Clock(tz)
    given = parse_duration(interval) if interval is not None else None
    span = Span(clock, since, until)
    with answers.answering(ledger, root, json) as answer:
        length = given or answer.judgement().interval(environment) or _UNLESS_SAID
        end = span.until or last_moment(answer.index)
        found = find(answer.index, environment, length, since=span.since, until=end)
        if not json:
            print_understood("since", span.low)
            print_understood("until", span.high)
            if span.high is None:
                console.out(f"{'until':12}{clock.text(end)}, the last moment that this ledger knows of")
            rows = [
                [
                    *clock.cells(one.since),
                    *(clock.cells(one.until)),
                    safe_text(one.part, 60),
                    shown_duration(one.seconds),
                    one.before.entry[:12],
                    one.after.entry[:12] if one.after else "no report",
                ]
                for one in found
            ]
            console.table(
                rows,
                [
                    *(column._replace(drop=column.drop * 3) for column in clock.columns("from")),
                    *(column._replace(drop=column.drop * 3) for column in clock.columns("to")),
                    Column("part", least=10, drop=2),
                    Column("length"),
                    Column("after entry", drop=2),
                    Column("until entry", drop=1),
                ],
            )
            if not found:
                console.out(f"no silence longer than {shown_duration(length.total_seconds())}")
        return answer.finish(
            {
                "environment": environment,
                "intervalSeconds": length.total_seconds(),
                "until": end,
                "windows": [
                    one._asdict()
                    | {"before": one.before._asdict(), "after": one.after._asdict() if one.after else None}
                    for one in found
                ],
            }
        )
