"""JSON that some tool printed, of any size in reason, read without trusting it.

Looser than `strict_json`, because tools write floats, deep trees and byte order marks; as strict where it matters:
one meaning only (no key twice), bounded size, depth and number of values, no constant that is not JSON.

The functions that take a `place` look up a member of an object: absent and null are the same (half of the tools
print the one for the other), and anything of a wrong type is an InputError that names the place.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from custody.errors import InputError, RefusedError
from custody.record.strict_json import check_text, too_deep, unique
from custody.system import read_regular

MAX_SIZE = 64 * 1024 * 1024
"""Bytes: what an attachment can hold."""
MAX_DEPTH = 100
MAX_DIGITS = 400
MAX_VALUES = 4_000_000
"""Values, as far as commas and brackets tell: sixteen bytes of text each. An empty list takes sixty in memory."""
_MAX_QUOTES = 4 * MAX_VALUES
"""Of a key and of a value in text, without those that are escaped."""

_SPACE = re.compile(r"[ \t\n\r]*")


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
    text = _checked_text(data)
    value = _parsed(text, json.loads)
    if "\\u" in text:
        check_text(value)
    return value


def parse_tool_documents(data: bytes) -> list[Any]:
    """The values of JSON texts that stand one after the other, a line each or not. Raises InputError as above."""
    text = _checked_text(data)
    values: list[Any] = _parsed(text, _documents)
    if "\\u" in text:
        check_text(values)
    return values


def _checked_text(data: bytes) -> str:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"not JSON in UTF-8: a bad byte at offset {error.start}") from None
    _check_size(text)
    if too_deep(text, MAX_DEPTH):
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}")
    return text


def _documents(text: str, **hooks: Any) -> list[Any]:
    decode = json.JSONDecoder(**hooks).raw_decode
    found = []
    place = _SPACE.match(text).end()  # type: ignore[union-attr]
    while place < len(text):
        value, end = decode(text, place)
        found.append(value)
        place = _SPACE.match(text, end).end()  # type: ignore[union-attr]
    return found


def _parsed(text: str, parse: Callable[..., Any]) -> Any:
    try:
        return parse(
            text, object_pairs_hook=unique, parse_constant=_constant, parse_int=_integer, parse_float=_float
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"not JSON: {error.msg.partition(' (')[0]}, {place}") from None
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())  # it may quote a key, which may have lines of its own
        raise InputError(f"not JSON that can be relied on: {reason}") from None


def _check_size(text: str) -> None:
    """Before anything is made of it: a value is a comma or a bracket away from the one before."""
    values = text.count(",") + text.count("[") + text.count("{")
    if values > MAX_VALUES or text.count('"') - text.count('\\"') > _MAX_QUOTES:
        raise InputError(f"JSON of more than {MAX_VALUES} values")


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    return int(text)


def _float(text: str) -> float:
    if len(text) > MAX_DIGITS:
        raise ValueError("a number of too many digits")
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is out of range")
    return number


# --- members of an object

Object = dict[str, Any]


def an_object(value: Any, place: str) -> Object:
    """The value itself, which must be an object."""
    if isinstance(value, dict):
        return value
    raise _wrong(place, "an object")


def member(parent: Object, key: str, place: str) -> Object:
    """An object; empty where it is absent."""
    value = parent.get(key)
    return {} if value is None else an_object(value, f"{place}.{key}")


def members(parent: Object, key: str, place: str) -> list[Object]:
    """A list of objects; empty where it is absent."""
    found = items(parent, key, place)
    for value in found:
        if not isinstance(value, dict):
            raise _wrong(f"{place}.{key}", "a list of objects")
    return found


def items(parent: Object, key: str, place: str) -> list[Any]:
    """A list of anything; empty where it is absent."""
    value = parent.get(key)
    if value is None:
        return []
    if isinstance(value, list):
        return value
    raise _wrong(f"{place}.{key}", "a list")


def text(parent: Object, key: str, place: str) -> str:
    """Text; "" where it is absent."""
    value = parent.get(key)
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise _wrong(f"{place}.{key}", "text")


def texts(parent: Object, key: str, place: str) -> list[str]:
    """A list of texts; empty where it is absent."""
    found = items(parent, key, place)
    for value in found:
        if not isinstance(value, str):
            raise _wrong(f"{place}.{key}", "a list of texts")
    return found


def index(parent: Object, key: str, place: str) -> int:
    """A whole number from 0 up; -1 where it is absent."""
    value = parent.get(key)
    if value is None:
        return -1
    if type(value) is int and -1 <= value < 2**53:
        return value
    raise _wrong(f"{place}.{key}", "a whole number")


def flag(parent: Object, key: str, place: str) -> bool | None:
    """True or false; None where it is absent."""
    value = parent.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise _wrong(f"{place}.{key}", "true or false")


def needed(parent: Object, key: str, place: str) -> str:
    """Text that must be there, and not be blank."""
    value = text(parent, key, place)
    if value.strip():
        return value
    raise InputError(f"{place}.{key} is missing" if key not in parent else f"{place}.{key} is empty")


def _wrong(place: str, wanted: str) -> InputError:
    return InputError(f"{place} is not {wanted}")
