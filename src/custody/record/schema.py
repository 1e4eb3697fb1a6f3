"""A stated subset of JSON Schema 2020-12 (draft-bhutton-json-schema-01 and -validation-01), judged by values. No I/O.

The keywords are those of `KEYWORDS`; any other is an error and not passed over, as the standard would have it: a
schema that is not understood in full must not be what something passes by. There is no `$ref` and no `pattern`, so the
work is bounded by the sizes of schema and document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from custody.errors import InputError
from custody.text import safe_text

KEYWORDS = frozenset(
    "type const enum required properties additionalProperties items"
    " minItems maxItems minLength maxLength minimum maximum".split()
)
ANNOTATIONS = frozenset("title description $schema $id $comment".split())
MAX_DEPTH = 32
"""Of schemas in schemas."""
MAX_ENUM = 1000
MAX_VIOLATIONS = 100
"""How many are found before the search ends."""

_TYPES: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "boolean": lambda value: isinstance(value, bool),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": lambda value: _is_number(value),
    "integer": lambda value: _is_number(value) and (isinstance(value, int) or value.is_integer()),
}
# Keyword -> the values it concerns, what of them is bounded, whether from above, and in which words.
_BOUNDS: dict[str, tuple[str, Callable[[Any], Any], bool, str]] = {
    "minItems": ("array", len, False, "items"),
    "maxItems": ("array", len, True, "items"),
    "minLength": ("string", len, False, "characters"),
    "maxLength": ("string", len, True, "characters"),
    "minimum": ("number", lambda value: value, False, ""),
    "maximum": ("number", lambda value: value, True, ""),
}


def check_schema(schema: Any) -> None:
    """Raises InputError, saying where, for a schema that is not of the subset."""
    _check(schema, "the schema", 0)


def violations(schema: Any, value: Any) -> list[str]:
    """What of a JSON value is not as a (checked) schema says, at most MAX_VIOLATIONS; empty where it conforms."""
    found: list[str] = []
    for violation in _judge(schema, value, "", {}):
        found.append(violation)
        if len(found) == MAX_VIOLATIONS:
            break
    return found


Enums = dict[int, tuple[frozenset[Any], list[Any]]]
"""By the identity of a schema's list: its scalars, for one look in place of a thousand, and the rest of it."""


def _judge(schema: Any, value: Any, place: str, enums: Enums) -> Iterator[str]:
    where = place or "the document"
    if isinstance(schema, bool):
        if not schema:
            yield f"{where} must not be there"
        return
    if "type" in schema:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_TYPES[name](value) for name in types):
            yield f"{where} is not of type {' or '.join(types)}"
    if "const" in schema and not _same(schema["const"], value):
        yield f"{where} is not what it must be"
    if "enum" in schema and not _is_among(value, schema["enum"], enums):
        yield f"{where} is none of what it may be"
    for keyword, (type, measure, above, unit) in _BOUNDS.items():
        if keyword in schema and _TYPES[type](value):
            size, bound = measure(value), schema[keyword]
            if size > bound if above else size < bound:
                what = f"has {size} {unit}" if unit else f"is {size}"
                yield f"{where} {what}, {'more' if above else 'less'} than {bound}"
    if isinstance(value, dict):
        yield from _judge_members(schema, value, place, enums)
    elif isinstance(value, list) and "items" in schema:
        for index, item in enumerate(value):
            yield from _judge(schema["items"], item, f"{place}[{index}]", enums)


def _judge_members(schema: dict[str, Any], value: dict[str, Any], place: str, enums: Enums) -> Iterator[str]:
    for name in schema.get("required", []):
        if name not in value:
            yield f"{_member(place, name)} is missing"
    properties = schema.get("properties", {})
    for name, item in value.items():
        if name in properties:
            yield from _judge(properties[name], item, _member(place, name), enums)
        elif schema.get("additionalProperties") is False:
            yield f"{_member(place, name)} must not be there"


def _member(place: str, name: str) -> str:
    return f"{place}.{name[:100]}" if place else name[:100] or '""'


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_among(value: Any, enum: list[Any], enums: Enums) -> bool:
    if id(enum) not in enums:
        scalars = [item for item in enum if not isinstance(item, list | dict)]
        rest = [item for item in enum if isinstance(item, list | dict)]
        enums[id(enum)] = frozenset((isinstance(item, bool), item) for item in scalars), rest
    scalars_of, rest = enums[id(enum)]
    if isinstance(value, list | dict):
        return any(_same(item, value) for item in rest)
    return (isinstance(value, bool), value) in scalars_of


def _same(one: Any, other: Any) -> bool:
    """Equality of JSON: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _check(schema: Any, place: str, depth: int) -> None:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, dict):
        raise InputError(f"{place} must be an object, true or false", code="schema")
    if depth > MAX_DEPTH:
        raise InputError(f"a schema nested deeper than {MAX_DEPTH}", code="schema")
    for keyword, value in schema.items():
        where = f"{place}.{safe_text(keyword, 60)}"
        if keyword in ANNOTATIONS:
            continue
        if keyword not in KEYWORDS:
            message = (
                f"{where} is a keyword that custody does not judge by; it knows {', '.join(sorted(KEYWORDS))}"
            )
            raise InputError(message, code="schema")
        if keyword == "properties":
            if not isinstance(value, dict):
                raise _wrong(where, "an object of schemas")
            for name, inner in value.items():
                _check(inner, f"{where}.{safe_text(name, 60)}", depth + 1)
        elif keyword == "items":
            _check(value, where, depth + 1)
        else:
            _check_keyword(keyword, value, where)


def _check_keyword(keyword: str, value: Any, where: str) -> None:
    if keyword == "type":
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
            raise _wrong(where, f"one or more of {', '.join(_TYPES)}")
    elif keyword == "enum":
        if not isinstance(value, list) or not 0 < len(value) <= MAX_ENUM:
            raise _wrong(where, f"a list of 1 to {MAX_ENUM} values")
    elif keyword == "required":
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise _wrong(where, "a list of names")
    elif keyword == "additionalProperties":
        if not isinstance(value, bool):
            raise _wrong(where, "true or false")
    elif keyword in ("minimum", "maximum"):
        if not _is_number(value):
            raise _wrong(where, "a number")
    elif keyword != "const" and (not _TYPES["integer"](value) or value < 0):
        raise _wrong(where, "a whole number from 0 up")


def _wrong(where: str, wanted: str) -> InputError:
    return InputError(f"{where} must be {wanted}", code="schema")
