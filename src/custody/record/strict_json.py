"""JSON that a person or a tool wrote, read as strictly as a ledger's own, but with any layout.

The rules are those of `ledger.canonical` less the canonical form: what passes here has one meaning only, and
can be written to a ledger as it was understood.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import NoReturn

from custody.errors import InputError
from custody.ledger.canonical import MAX_DEPTH, MAX_INTEGER, Json

MAX_SIZE = 1024 * 1024
"""Bytes."""


def strict_json(data: bytes) -> Json:
    """The value of a JSON text (RFC 8259) in UTF-8.

    Raises InputError for anything over 1 MiB or nested deeper than 16, for a duplicate key, a number that is
    no integer or reaches 2^53, NaN and its like, a byte order mark, NUL or half a surrogate pair in a string.
    The message does not name the file: the caller knows it.
    """
    if len(data) > MAX_SIZE:
        raise InputError(f"{len(data)} bytes, more than the {MAX_SIZE} allowed")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"not JSON in UTF-8: a bad byte at offset {error.start}") from None
    # Before parsing: what depth is too deep for Python's own parser differs from version to version.
    if too_deep(text):
        raise InputError(f"not strict JSON: nested deeper than {MAX_DEPTH}")
    try:
        value: Json = _parse(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InputError(f"not JSON: {error.msg.partition(' (')[0]}, {place}") from None
    except ValueError as error:
        raise InputError(f"not strict JSON: {error}") from None
    # Only an escape can make a NUL or half a pair: the bytes themselves were refused above.
    if "\\u" in text:
        check_text(value)
    return value


_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def too_deep(text: str, most: int = MAX_DEPTH) -> bool:
    """Whether brackets outside strings nest deeper than `most`. A string that is never closed runs to the end."""
    if text.count("[") + text.count("{") <= most:
        return False
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        if found[0] in ("[", "{"):
            depth += 1
            if depth > most:
                return True
        elif found[0] in ("]", "}"):
            depth -= 1
    return False


def unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object's members. Raises ValueError for a key that is there twice."""
    members = dict(pairs)
    if len(members) != len(pairs):
        names = Counter(key for key, _ in pairs)
        twice = names.most_common(1)[0][0]
        raise ValueError(f'the key "{twice[:100]}" is there twice')
    return members


def _integer(digits: str) -> int:
    # The length comes first: Python refuses to convert very long numbers, in words of its own.
    if len(digits) > 17 or abs(number := int(digits)) > MAX_INTEGER:
        raise ValueError(f"{digits[:20]} is an integer of 2^53 or more")
    return number


def _refuse_float(digits: str) -> NoReturn:
    raise ValueError(f"{digits[:20]} is not an integer")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_parse = json.JSONDecoder(
    object_pairs_hook=unique,
    parse_int=_integer,
    parse_float=_refuse_float,
    parse_constant=_refuse_constant,
).decode


def check_text(value: Json) -> None:
    """Raises InputError for text that a ledger cannot hold, which only an escape can make."""
    if isinstance(value, str):
        if "\0" in value:
            raise InputError("not strict JSON: NUL in a string")
        if any("\ud800" <= char <= "\udfff" for char in value):
            raise InputError("not strict JSON: half a surrogate pair in a string")
    elif isinstance(value, dict):
        for key, item in value.items():
            check_text(key)
            check_text(item)
    elif isinstance(value, list):
        for item in value:
            check_text(item)
