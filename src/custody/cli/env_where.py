"""`custody env where`: where something runs and ran."""

from __future__ import annotations

from typing import Annotated

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.errors import UsageError
from custody.text import safe_text


def where(
    query: Annotated[str, options.argument("QUERY", "A fingerprint, commit, name or service.")],
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Tell where an artifact runs and ran, from when to when; of a name, every artifact that has it.

    Example: custody env where payments-api
    """
    from custody.query.whereabouts import find_everywhere, whereabouts

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        found = find_everywhere(answer.index, query)
        if not found:
            raise UsageError(f"nothing here is known as {query}: try `custody artifacts`", code="unknown")
        spans = whereabouts(answer.index, found)
        if not json:
            rows = [
                [
                    sha256[:12],
                    safe_text(span.environment, 30),
                    safe_text(span.service, 30),
                    *clock.cells(span.since),
                    *(clock.cells(span.until) if span.until else ["still", *clock.cells("")[1:]]),
                    span.proof.entry[:12],
                ]
                for sha256, span in spans
            ]
            console.table(
                rows,
                [
                    Column("sha256"),
                    Column("environment", least=8),
                    Column("service", least=8),
                    *(column._replace(drop=column.drop * 5) for column in clock.columns("since")),
                    *(column._replace(drop=column.drop * 5) for column in clock.columns("until")),
                    Column("entry", drop=1),
                ],
            )
            if not spans:
                console.out("it is known, and no report shows it running anywhere")
        return answer.finish(
            [{"sha256": sha256} | span._asdict() | {"proof": span.proof._asdict()} for sha256, span in spans]
        )
