"""The tree of commands. Imports only the group that is asked for, so that `custody append` stays quick."""

from __future__ import annotations

from importlib import import_module

import typer

from custody import __version__
from custody.cli import console

# Command -> the module under custody.cli that registers it, in the order of the help.
COMMANDS = {
    "init": "ledger",
    "key": "key",
    "append": "append",
    "seal": "seal",
    "merge": "ledger",
    "checkpoint": "ledger",
    "redact": "ledger",
    "verify": "verify",
    "trust": "trust",
    "log": "log",
    "show": "log",
    "artifacts": "artifacts",
    "trace": "artifacts",
    "env": "env",
    "export": "export",
    "tui": "tui",
}


def build(only: str | None = None) -> typer.Typer:
    """The command tree; with `only`, of the module that has this command."""
    app = typer.Typer(
        name="custody",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        help="A chain of custody for software: record it, prove it, ask it. Offline, in one file.",
        epilog="Exit: 0 verified, 1 not verified, 2 usage, 3 refused to open, 4 intact with a stated gap, "
        "5 not acknowledged.",
    )
    app.callback(invoke_without_command=True)(_root)
    modules = dict.fromkeys(COMMANDS.values()) if only is None else [COMMANDS[only]]
    for module in modules:
        import_module(f"custody.cli.{module}").register(app)
    return app


def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        console.out(f"custody {__version__}")
        raise typer.Exit
