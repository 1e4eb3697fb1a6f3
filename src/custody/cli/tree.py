"""The tree of commands. Imports only the group that is asked for, so that `custody append` stays quick."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.exceptions import TyperException

from custody import __version__
from custody.cli import console, groups
from custody.errors import UsageError

# Command -> the module under custody.cli that registers it, in the order of the help.
COMMANDS = {
    "init": "ledger",
    "key": "key",
    "fingerprint": "fingerprint",
    "append": "append",
    "import": "importing",
    "seal": "seal",
    "ci": "ci",
    "merge": "ledger",
    "checkpoint": "ledger",
    "redact": "redact",
    "verify": "verify",
    "trust": "trust",
    "log": "log",
    "show": "log",
    "findings": "findings",
    "artifacts": "artifacts",
    "trace": "trace",
    "env": "env",
    "gate": "gate",
    "search": "search",
    "export": "export",
    "report": "report",
    "tui": "tui",
}


class _Root(groups.Group):
    def list_commands(self, ctx: Any) -> list[str]:
        return sorted(super().list_commands(ctx), key=list(COMMANDS).index)


def build(only: str | None = None, within: str | None = None) -> typer.Typer:
    """The command tree; with `only`, of the module that has this command, and of `append` what is named `within`."""
    app = groups.group(
        "A chain of custody for software: record it, prove it, ask it. Offline, in one file.",
        "Example: custody verify payments.ledger --root root.pub",
        name="custody",
        cls=_Root,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog="Exit: 0 verified or done, 1 not verified, 2 wrong usage or input, 3 refused to open, "
        "4 intact with a stated gap, 5 not acknowledged, 6 the gate said no.",
    )
    app.callback(invoke_without_command=True)(_root)
    modules = dict.fromkeys(COMMANDS.values()) if only is None else [COMMANDS[only]]
    for name in modules:
        module = import_module(f"custody.cli.{name}")
        if name == "append":
            module.register(app, within)
        else:
            module.register(app)
    return app


def invoke(app: typer.Typer) -> Any:
    """Run the command line. What the library that parses it has to say becomes an error of custody's."""
    try:
        status = app(prog_name="custody", standalone_mode=False)
    except TyperException as error:
        path = getattr(getattr(error, "ctx", None), "command_path", "custody")
        raise UsageError(f"{error.format_message().rstrip('.')} (see `{path} --help`)") from None
    except SystemExit as leaving:  # the library's way to say that nobody reads the help it prints
        if leaving.code == 1:
            raise console.nobody_reads() from None
        raise
    except (EOFError, typer.Abort):
        raise UsageError("the answer to a question was missing", code="no-answer") from None
    if status == console.INTERRUPTED:
        raise KeyboardInterrupt
    return status


def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    if version:
        console.out(f"custody {__version__}")
        raise typer.Exit
