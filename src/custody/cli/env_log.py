"""`custody env log`: what started, stopped and changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from custody.cli import answers, console, options
from custody.cli.answers import Answer
from custody.cli.beliefs import Belief, KnownAt
from custody.cli.console import Column
from custody.cli.env_groups import log_group
from custody.cli.references import SIGNS, shown_artifact
from custody.cli.times import Clock, Span, print_understood
from custody.cli.verdicts import word
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.verdict import Verdict
    from custody.query.clocks import Known
    from custody.query.types import LogLine


_NOT_KNOWN = "not known: nothing had been reported of it by then"


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
    from custody.query.clocks import END_OF_TIME
    from custody.query.history import History

    clock = Clock(tz)
    span = Span(clock, since, until)
    belief = Belief(known_at, clock)
    with answers.answering(ledger, root, json) as answer:
        if environment in answer.judgement().groups():
            if known_at is not None:
                raise UsageError(
                    f"{environment} is a group: --known-at is for one of its members", code="group"
                )
            return log_group(answer, environment, span, number, clock)
        known = belief.settle(answer.index, answer.snapshot.count)
        lines = environments.log(
            answer.index, environment, span.since, span.until, known=known, limit=None if known else number
        )
        history = History(answer.index, environment, known)
        later = len(environments.hindsight_log(history, lines, span.since, span.until))
        lines = lines[-number:]
        verdicts = _verdicts(answer, environment, lines, known)
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
                    word(verdict) if verdict is not None else "",
                    line.proof.entry[:12],
                ]
                for line, verdict in zip(lines, verdicts, strict=True)
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
                    Column("verdict", drop=3),
                    Column("entry", drop=2),
                ],
            )
            if not lines:
                unknown = history.number_at(span.until or END_OF_TIME) == 0
                console.out(_NOT_KNOWN if unknown else "no change was seen in that time")
            belief.print_later(later)
        value = [
            line._asdict()
            | {"change": line.change._asdict(), "proof": line.proof._asdict()}
            | {"verdict": verdict.outcome if verdict is not None else None}
            for line, verdict in zip(lines, verdicts, strict=True)
        ]
        return answer.finish({"changes": value, "knownAt": belief.json(later)})


def _verdicts(
    answer: Answer, environment: str, lines: Sequence[LogLine], known: Known | None
) -> list[Verdict | None]:
    """What the policy then in force said of what came; of what went, or where nothing judged, None."""
    judgement = answer.judgement()
    at = known.before if known is not None else None
    found: list[Verdict | None] = []
    for line in lines:
        comes = line.change.event in ("started", "replaced")
        verdict = (
            judgement.verdict(line.change.sha256, environment, moment=line.time, at=at) if comes else None
        )
        found.append(verdict if verdict is not None and verdict.policy else None)
    return found
