"""`custody export events`: everything that happened, for tools that people already have."""

from __future__ import annotations

import csv
import io
import json as jsonlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated

from custody.cli import answers, console, options
from custody.cli.delivery import Output, deliver
from custody.cli.times import Clock, Span
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.events import EventRow

# A spreadsheet takes what begins like this for a formula, also behind spaces. (Tabs are escaped anyhow.)
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def events(
    format: Annotated[
        str, options.option("--format", choices=("csv", "jsonl"), help="csv, or jsonl: an object a line.")
    ] = "csv",
    environment: Annotated[
        str | None, options.option("--env", metavar="ENV", help="Only of this environment.")
    ] = None,
    since: options.Since = None,
    until: options.Until = None,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    output: Output = None,
    json: options.Json = False,
) -> int:
    """Export what happened, one row an event, in one order: artifacts, checks, approvals, deployments, changes.

    Example: custody export events --format csv -o events.csv
    """
    from custody.query.events import events as read
    from custody.query.history import History

    span = Span(Clock(tz), since, until)
    with answers.answering(ledger, root, json) as answer:
        if environment is not None:
            History(answer.index, environment)  # that there is none of this name is no empty export
        rows = read(answer.index, environment=environment or "", since=span.since, until=span.until or "~")
        if json and output is None:
            return answer.finish([row._asdict() for row in rows])
        write = _csv if format == "csv" else _jsonl
        if output is None:
            for piece in write(rows):  # as they come: a long history is never held as a whole
                console.out_content(piece)
        else:
            deliver("".join(write(rows)).encode("utf-8"), output, {} if json else None)
        return answer.report.exit


def _csv(rows: Iterable[EventRow]) -> Iterator[str]:
    """RFC 4180, a heading first: what neither drives the terminal that it is shown on nor runs in a spreadsheet."""
    from custody.query.events import EventRow

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(EventRow._fields)
    for row in rows:
        writer.writerow([_harmless(value) for value in row])
        yield text.getvalue()
        text.seek(0)
        text.truncate()
    yield text.getvalue()


def _harmless(value: object) -> object:
    if not isinstance(value, str):
        return value
    value = safe_text(value, None)
    return f"'{value}" if value.lstrip(" ").startswith(_FORMULA) else value


def _jsonl(rows: Iterable[EventRow]) -> Iterator[str]:
    for row in rows:
        yield jsonlib.dumps(row._asdict(), ensure_ascii=True, separators=(",", ":")) + "\n"
