"""`custody artifacts`: binaries, and where they stand."""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    app.command("artifacts")(artifacts)


def artifacts(
    text: Annotated[
        str | None,
        options.argument("TEXT", "Only those whose name, fingerprint, commit or version has this."),
    ] = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    number: options.Number = 30,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """List artifacts, the newest first, with their checks, approvals and where they run.

    Example: custody artifacts payments-api
    """
    from custody.query.artifacts import list_artifacts

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        lines = list_artifacts(answer.index, text=text or "", limit=number)
        if not json:
            rows = [
                [
                    safe_text(line.name, 40),
                    safe_text(line.version, 20),
                    line.sha256[:12],
                    line.commit[:8],
                    f"{line.passed} ok" + (f", {line.failed} failed" if line.failed else ""),
                    _places(line.approved),
                    _places(line.running_in),
                    *clock.cells(line.proof.time),
                ]
                for line in lines
            ]
            console.table(
                rows,
                [
                    Column("artifact", least=12),
                    Column("version", least=8, drop=4),
                    Column("sha256"),
                    Column("commit", drop=3),
                    Column("checks"),
                    Column("approved for", least=12, drop=2),
                    Column("runs in", least=7),
                    *(column._replace(drop=5) for column in clock.columns("recorded")),
                ],
            )
        return answer.finish([line._asdict() | {"proof": line.proof._asdict()} for line in lines])


def _places(names: tuple[str, ...]) -> str:
    return ", ".join(safe_text(name, 30) for name in names)
