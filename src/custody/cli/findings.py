"""`custody findings`: everything there is to say against a ledger, and what in it counts for nothing and why."""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.recording import ledger_path, open_given
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    app.command("findings")(findings)


def findings(
    ledger: options.LedgerArgument = None,
    option: options.Ledger = None,
    root: options.Root = None,
    code: Annotated[
        str | None, options.option("--code", help="Only findings of this code, such as unknown-writer.")
    ] = None,
    json: options.Json = False,
) -> int:
    """List every finding of verification, what answers leave out, and what was done that should not have been.

    Example: custody findings payments.ledger --code role
    """
    from custody.query.opening import open_answers, passed
    from custody.report.findings import finding_lines

    path = ledger_path(ledger, option=option)
    with open_given(path, passed=passed) as snapshot:
        progress = console.Progress("verifying")
        found = open_answers(snapshot, answers.expectations(snapshot.origin, root), progress)
        progress.close()
        with found.index:
            lines = [line for line in finding_lines(found) if code in (None, line.code)]
            report = found.report
    if json:
        value = [line._asdict() for line in lines]
        console.out_json({"verification": answers.report_json(report, findings=False), "answer": value})
        return report.exit
    console.say(answers.verdict_line(report))
    rows = [
        [
            line.severity,
            line.code,
            str(line.position) if line.position >= 0 else "",
            line.entry[:12],
            safe_text(line.message, 300),
        ]
        for line in lines
    ]
    columns = [
        Column("severity"),
        Column("code"),
        Column("at"),
        Column("entry", drop=1),
        Column("what", least=30, wraps=True),
    ]
    console.table(rows, columns)
    if not rows:
        console.say("nothing to say" if code is None else f"nothing of the code {safe_text(code, 60)}")
    counted = sum(report.counts.values()) - len(report.findings)
    if counted > 0 and code is None:
        console.say(f"… and {counted} more, of codes that are listed with the first thousand")
    return report.exit
