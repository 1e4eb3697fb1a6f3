"""Conditions on a JSON document: `risk.score <= 3`, `scan.tool == "grype"`, `items[0].name exists`. No I/O.

A path, an operator and a JSON scalar, and nothing to run: no pattern, no expression. A path is keys joined by dots and
`[N]` for the items of a list, counted from 0; a key that is not plain stands in double quotes, as JSON writes it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from custody.errors import InputError, UsageError
from custody.record.tool_json import parse_tool_json
from custody.text import safe_text

MAX_LENGTH = 1000
"""Characters of one condition."""
MAX_CONDITIONS = 100
EXISTS = "exists"

_STRING = r'"(?:[^"\\]|\\.)*+"'
_KEY = re.compile(rf"[A-Za-z0-9_$@:/+-]+|{_STRING}")
_ITEM = re.compile(r"\[([0-9]{1,9})\]")
_REST = re.compile(r"[ \t]+exists[ \t]*|[ \t]*(==|!=|<=|>=|<|>)[ \t]*(.+)", re.DOTALL)
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_NOTHING = object()


class Condition(NamedTuple):
    """`path` is keys and indices; `value` a JSON scalar, and None where the operator is `exists`."""

    path: tuple[str | int, ...]
    operator: str
    value: bool | int | float | str | None = None


def parse_condition(text: str) -> Condition:
    """A condition as it is written. Raises UsageError."""
    if len(text) > MAX_LENGTH:
        raise UsageError(f"a condition of {len(text)} characters: at most {MAX_LENGTH}", code="condition")
    path, at = _path(text)
    rest = _REST.fullmatch(text, at)
    if rest is None:
        raise _wrong(text)
    if rest[1] is None:
        return Condition(path, EXISTS)
    try:
        value = parse_tool_json(rest[2].encode("utf-8"))
    except (InputError, UnicodeEncodeError):
        raise _wrong(text, "its value is not JSON (text stands in double quotes)") from None
    if isinstance(value, list | dict) or value in (float("inf"), float("-inf")):
        raise _wrong(text, "its value must be text, a number, true, false or null")
    if rest[1] in _ORDER and (value is None or isinstance(value, bool)):
        raise _wrong(text, f"{rest[1]} is for numbers and text")
    return Condition(path, rest[1], value)


def holds(condition: Condition, value: Any) -> bool:
    """Whether a JSON value meets a condition.

    A path that leads nowhere fails it, whatever the operator. So does a comparison of two types, of which JSON has
    four here: text, number, boolean, null. Numbers compare as numbers (1 and 1.0 are one), text by code points.
    """
    found = _at(condition.path, value)
    if found is _NOTHING:
        return False
    if condition.operator == EXISTS:
        return True
    kind = _kind(found)
    if kind is None or kind != _kind(condition.value):
        return False
    if condition.operator == "==":
        return bool(found == condition.value)
    if condition.operator == "!=":
        return bool(found != condition.value)
    return kind in ("number", "text") and _ORDER[condition.operator](found, condition.value)


def _path(text: str) -> tuple[tuple[str | int, ...], int]:
    """The path at the beginning of a condition, and where it ends."""
    path: list[str | int] = []
    at = len(text) - len(text.lstrip(" \t"))
    while True:
        if item := _ITEM.match(text, at):
            path.append(int(item[1]))
            at = item.end()
            continue
        if path and text[at : at + 1] != ".":
            return tuple(path), at
        key = _KEY.match(text, at + 1 if path else at)
        if key is None:
            raise _wrong(text, "it begins with no path")
        path.append(_key(key[0], text))
        at = key.end()


def _key(written: str, text: str) -> str:
    if not written.startswith('"'):
        return written
    try:
        return str(parse_tool_json(written.encode("utf-8")))
    except (InputError, UnicodeEncodeError):
        raise _wrong(text, "a key in quotes that is not JSON") from None


def _at(path: tuple[str | int, ...], value: Any) -> Any:
    for step in path:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return _NOTHING
            value = value[step]
        else:
            if not isinstance(value, dict) or step not in value:
                return _NOTHING
            value = value[step]
    return value


def _kind(value: Any) -> str | None:
    """The type of a scalar, so that true is not 1."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else None


def _wrong(text: str, why: str = "") -> UsageError:
    example = "it is a path, one of == != < <= > >= and a JSON value, or a path and `exists`"
    return UsageError(f"not a condition: {safe_text(text, 100)}: {why or example}", code="condition")
