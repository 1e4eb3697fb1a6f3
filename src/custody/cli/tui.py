"""`custody tui`: open a ledger in the terminal."""

from __future__ import annotations

import sys

import typer

from custody.cli import answers, options
from custody.cli.recording import ledger_path, open_given
from custody.errors import UsageError


def register(app: typer.Typer) -> None:
    app.command("tui")(tui)


def tui(
    ledger: options.LedgerArgument = None,
    option: options.Ledger = None,
    root: options.Root = None,
) -> int:
    """Browse a ledger, watch it being verified, and step through the life of its environments.

    Example: custody tui payments.ledger --root root.pub
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "there is no terminal here: `custody verify`, `trace` and `env show` answer without one"
        )
    with open_given(ledger_path(ledger, option=option)) as snapshot:
        expectations = answers.expectations(snapshot.origin, root)
        from custody.tui.app import run

        return run(snapshot, expectations)
