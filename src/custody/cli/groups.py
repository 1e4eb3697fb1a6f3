"""A group of commands: its help, and what it says when no command, or an unknown one, is named."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from custody.cli import console
from custody.errors import UsageError


class Group(TyperGroup):
    """Without a command a group shows its help, on standard error, and fails: nothing was asked, nothing answered."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args and not ctx.resilient_parsing:
            console.say(ctx.get_help())
            raise UsageError(f"which command? `{ctx.command_path} --help` lists them")
        return super().parse_args(ctx, args)


def group(*help: str, cls: type[Group] = Group, **options: Any) -> typer.Typer:
    """An empty group. `help` is its paragraphs."""
    return typer.Typer(cls=cls, rich_markup_mode=None, help="\n\n".join(help), **options)
