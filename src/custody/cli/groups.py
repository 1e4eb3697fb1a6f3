"""A group of commands: its help, and what it says when no command, or an unknown one, is named."""

from __future__ import annotations

import re
from typing import Any

import typer
from typer.core import TyperGroup

from custody.cli import console
from custody.errors import UsageError

# A paragraph behind a backspace is not laid out anew.
_EXAMPLE = re.compile(r"(?<!\x08\n)^Examples?:", re.MULTILINE)


class Group(TyperGroup):
    """Without a command a group shows its help, on standard error, and fails: nothing was asked, nothing answered."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            console.say(ctx.get_help())
            raise UsageError(f"which command? `{ctx.command_path} --help` lists them")
        return super().parse_args(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        command = super().get_command(ctx, cmd_name)
        if command is not None and command.help:
            command.help = _EXAMPLE.sub("\b\n\\g<0>", command.help)
        return command


def group(*help: str, cls: type[Group] = Group, **options: Any) -> typer.Typer:
    """An empty group. `help` is its paragraphs."""
    text = _EXAMPLE.sub("\b\n\\g<0>", "\n\n".join(help))
    return typer.Typer(cls=cls, rich_markup_mode=None, help=text, **options)
