"""A group of commands: its help, and what it says when no command, or an unknown one, is named."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from custody.cli import console
from custody.errors import UsageError

# A paragraph behind a backspace is not laid out anew.
_EXAMPLE = re.compile(r"(?<!\x08\n)^Examples?:", re.MULTILINE)


class _Plain:
    """Takes a parameter's text as it is, which is what it comes to when its type is text.

    The library builds a validator for each parameter of a command, used or not, and to that end imports a validation
    library that takes longer than all of custody. Whatever is not plainly text or a default is left to it.
    """

    def __init__(self, validator: Callable[[], Any], annotation: object) -> None:
        self._validator = validator
        self._annotation = annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        several = param.multiple or param.nargs == -1
        if value is None:
            return () if several else None
        if self._annotation is str and type(value) is str:
            return value
        if self._annotation == list[str] and several and type(value) in (list, tuple):
            return list(value)
        if self._annotation is float and type(value) is float:
            return value
        return self._validator().coerce(value, param=param, ctx=ctx)


def _quickened(params: list[Any]) -> list[Any]:
    for param in params:
        annotation = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if hasattr(param, "get_runtime_param") and "get_runtime_param" not in vars(param):
            plain = _Plain(param.get_runtime_param, annotation)
            param.get_runtime_param = lambda plain=plain: plain
    return params


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
        if command is not None:
            _quickened(command.get_params(ctx))
        return command

    def get_params(self, ctx: Any) -> list[Any]:
        return _quickened(super().get_params(ctx))


def group(*help: str, cls: type[Group] = Group, **options: Any) -> typer.Typer:
    """An empty group. `help` is its paragraphs."""
    text = _EXAMPLE.sub("\b\n\\g<0>", "\n\n".join(help))
    return typer.Typer(cls=cls, rich_markup_mode=None, help=text, **options)
