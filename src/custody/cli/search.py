"""`custody search`: entries by the words in them."""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    app.command("search")(search)


def search(
    text: Annotated[
        list[str], options.argument("TEXT...", "Words, or how they begin; an entry has to have all of them.")
    ],
    ledger: options.Ledger = None,
    root: options.Root = None,
    number: options.Number = 20,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """Find entries by fingerprint, commit, name, person, entry id, or any text in them; the best first.

    Example: custody search payments risk-officer
    """
    from custody.query.search import open_words, split
    from custody.query.search import search as find

    clock = Clock(tz)
    wanted = " ".join(text)
    split(wanted)  # what cannot be looked for is said at once
    with answers.answering(ledger, root, json) as answer:
        progress = console.Progress("indexing")
        words = open_words(answer.answers, progress)
        progress.close()
        with words:
            hits = find(answer.answers, words, wanted, limit=number)
        if not json:
            rows = [
                [
                    str(hit.position),
                    *clock.cells(hit.time),
                    hit.kind,
                    safe_text(hit.title, 80),
                    safe_text(hit.excerpt, 140),
                    hit.entry[:12],
                ]
                for hit in hits
            ]
            console.table(
                rows,
                [
                    Column("position"),
                    *(column._replace(drop=column.drop * 4 or 3) for column in clock.columns("claimed")),
                    Column("kind", drop=1),
                    Column("what", least=12),
                    Column("where it says so", least=16, drop=2, wraps=True),
                    Column("entry"),
                ],
            )
            if not hits:
                console.say("no entry has all of these words")
        return answer.finish([hit._asdict() for hit in hits])
