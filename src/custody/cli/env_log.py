"""`custody env log`: what started, stopped and changed."""

from __future__ import annotations

from custody.cli import answers, console, options
from custody.cli.beliefs import Belief, KnownAt
from custody.cli.console import Column
from custody.cli.references import SIGNS, shown_artifact
from custody.cli.times import Clock, Span, print_understood
from custody.text import safe_text


def log(
    environment: options.Environment,
    since: options.Since = None,
    until: options.Until = None,
    known_at: KnownAt = None,
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
    from custody.query.history import History

    clock = Clock(tz)
    span = Span(clock, since, until)
    belief = Belief(known_at, clock)
    with answers.answering(ledger, root, json) as answer:
        known = belief.settle(answer.index, answer.snapshot.count)
        lines = environments.log(
            answer.index, environment, span.since, span.until, known=known, limit=None if known else number
        )
        history = History(answer.index, environment, known)
        later = len(environments.hindsight_log(history, lines, span.since, span.until))
        lines = lines[-number:]
        if not json:
            print_understood("since", span.low)
            print_understood("until", span.high)
            belief.print_understood()
            rows = [
                [
                    *clock.cells(line.time),
                    f"#{line.number}",
                    f"{SIGNS[line.change.event]} {line.change.event}",
                    safe_text(line.change.service, 30),
                    shown_artifact(line.change),
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
            belief.print_later(later)
        value = [
            line._asdict() | {"change": line.change._asdict(), "proof": line.proof._asdict()}
            for line in lines
        ]
        return answer.finish({"changes": value, "knownAt": belief.json(later)})
