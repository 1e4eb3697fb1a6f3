"""The one strict JSON of custody: RFC 8785 canonical form, without floats.

A text is accepted only if it is, byte for byte, the canonical encoding of the value it decodes to. That one
comparison rules out duplicate keys, odd whitespace, odd escapes, odd numbers, byte order marks and other
encodings; the checks beside it rule out what canonical JSON would allow and custody does not.
"""

from __future__ import annotations

import re
from json.decoder import JSONDecoder
from json.encoder import JSONEncoder
from typing import NoReturn

from custody.errors import CustodyError

MAX_DEPTH = 16
MAX_INTEGER = 2**53 - 1

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]
JsonObject = dict[str, Json]


class MalformedError(CustodyError):
    """Bytes that are not what they must be; the message names the rule they break."""

    code = "malformed"
    exit = 1


def decode(data: bytes, limit: int) -> Json:
    """The value of a canonical JSON text of at most `limit` bytes. Raises MalformedError."""
    if len(data) > limit:
        raise MalformedError(f"{len(data)} bytes, more than the {limit} allowed")
    value = _parse(data)
    _require_canonical(data, value)
    return value


def decode_object(data: bytes, limit: int) -> JsonObject:
    """As `decode`, for a text that must be an object."""
    value = decode(data, limit)
    if not isinstance(value, dict):
        raise MalformedError("not a JSON object")
    return value


def decode_again(data: bytes) -> JsonObject:
    """The object of a text that was found to be canonical before. That is not checked again, which takes longer than
    all the rest. Raises MalformedError for what cannot have been."""
    try:
        text = data.decode("utf-8")
        value, end = _parse_sound(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not strict JSON: {_reason(error)}") from None
    if not isinstance(value, dict) or end != len(text):
        raise MalformedError("not a JSON object")
    return value


def encode(value: Json) -> bytes:
    """The canonical encoding. Raises MalformedError for a value that has none here, such as a float."""
    try:
        data = _encode(value)
    except (ValueError, TypeError, RecursionError) as error:
        raise MalformedError(f"not strict JSON: {_reason(error)}") from None
    parsed = _parse(data)
    if parsed != value:  # such as a tuple, or a key that is no text
        _require_canonical(data, parsed)
    return data


def _parse(data: bytes) -> Json:
    """The value of a text that keeps every rule but perhaps the form. Raises MalformedError."""
    # The count bounds the depth, so that almost no text pays for the exact one.
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _depth(data) > MAX_DEPTH:
        raise MalformedError(f"nested deeper than {MAX_DEPTH}")
    try:
        text = data.decode("utf-8")
        value: Json = _parse_start(text)[0]  # what may follow it is ruled out by the form
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not strict JSON: {_reason(error)}") from None
    if "\\u0000" in text and _has_nul(value):
        raise MalformedError("not strict JSON: NUL in a string")
    return value


def _require_canonical(data: bytes, value: Json) -> None:
    try:
        canonical = _encode(value)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"not strict JSON: {_reason(error)}") from None
    if canonical != data:
        raise MalformedError("not in canonical form (RFC 8785)")


def _refuse_float(text: str) -> NoReturn:
    raise ValueError("a number that is not an integer")


def _refuse_constant(text: str) -> NoReturn:
    raise ValueError("a constant that is not JSON")


def _integer(text: str) -> int:
    # The length comes first: Python itself refuses to convert very long numbers.
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        raise ValueError("an integer of 2^53 or more")
    return number


_parse_start = JSONDecoder(
    parse_float=_refuse_float, parse_constant=_refuse_constant, parse_int=_integer
).raw_decode
_parse_sound = JSONDecoder().raw_decode
_in_code_point_order = JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode
_as_ordered = JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
_ASTRAL = re.compile(rb"[\xf0-\xf4]")
# A string that is never closed runs to the end, so that no input makes this start over at each quote.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)


def _encode(value: Json) -> bytes:
    data = _in_code_point_order(value).encode("utf-8")
    # RFC 8785 orders keys by UTF-16 code units; code points order the same below U+10000.
    if not data.isascii() and _ASTRAL.search(data):
        return _as_ordered(_utf16_ordered(value)).encode("utf-8")
    return data


def _utf16_ordered(value: Json) -> Json:
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return {key: _utf16_ordered(value[key]) for key in keys}
    if isinstance(value, list):
        return [_utf16_ordered(item) for item in value]
    return value


def _depth(data: bytes) -> int:
    """The deepest nesting of brackets outside strings, whether or not the text is JSON."""
    deepest = depth = 0
    for byte in _STRING.sub(b"", data):
        if byte in b"{[":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"}]":
            depth -= 1
    return deepest


def _has_nul(value: Json) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any("\0" in key or _has_nul(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_has_nul(item) for item in value)
    return False


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeError):
        return "not UTF-8"
    if isinstance(error, RecursionError):
        return "nested too deep"
    return str(error).partition(": line ")[0]
