"""JSON that some tool printed, of any size in reason, read without trusting it.

Looser than `strict_json`, because tools write floats, deep trees and byte order marks; as strict where it matters:
one meaning only (no key twice), bounded size and depth, no constant that is not JSON.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from custody.errors import InputError, RefusedError
from custody.record.strict_json import check_text, too_deep, unique
from custody.system import read_regular

MAX_SIZE = 64 * 1024 * 1024
"""Bytes: what an attachment can hold."""
MAX_DEPTH = 100
MAX_DIGITS = 400


def read_tool_json(path: Path) -> tuple[bytes, Any]:
    """A file's bytes and the value of its JSON. Raises InputError naming the file and why."""
    try:
        data = read_regular(path, MAX_SIZE)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    try:
        return data, parse_tool_json(data)
    except InputError as error:
        raise InputError(f"{path}: {error}", code=error.code) from None


def parse_tool_json(data: bytes) -> Any:
    """The value of a JSON text in UTF-8. Raises InputError with the reason only."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not JSON in UTF-8: a bad byte at offset {error.start}") from None
    if too_deep(text, MAX_DEPTH):
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}")
    try:
        value = json.loads(
            text, object_pairs_hook=unique, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"not JSON: {error.msg.partition(' (')[0]}, {place}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"not JSON that can be relied on: {error}") from None
    if "\\u" in text:
        check_text(value)
    return value


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return int(text)


def _float(text: str) -> float:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return float(text)
