"""The entry point. Imports only the group of commands that is asked for, so that `custody append` stays quick."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import typer

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
    import typer

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

    @app.callback(invoke_without_command=True)
    def root(
        context: typer.Context,
        version: bool = typer.Option(False, "--version", help="Print the version and exit."),
    ) -> None:
        if version:
            from custody import __version__
            from custody.cli import console

            console.out(f"custody {__version__}")
            raise typer.Exit

    modules = dict.fromkeys(COMMANDS.values()) if only is None else [COMMANDS[only]]
    for module in modules:
        import_module(f"custody.cli.{module}").register(app)
    return app


def main() -> NoReturn:
    """Run the command line and exit."""
    from custody.cli import console

    console.run(_invoke)


def _invoke() -> Any:
    asked = next((argument for argument in sys.argv[1:2] if argument in COMMANDS), None)
    return build(asked)(prog_name="custody", standalone_mode=False)
