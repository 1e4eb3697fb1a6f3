"""Strict JSON: what is accepted is exactly what an independent writer of RFC 8785 writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.ledger import canonical
from custody.ledger.canonical import MAX_DEPTH, MalformedError

LIMIT = 100_000
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)
SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def quote(text: str) -> str:
    """RFC 8785 §3.2.2.2, by hand."""
    return '"' + "".join(SHORT.get(c) or (f"\\u{ord(c):04x}" if c < " " else c) for c in text) + '"'


def write(value: Any) -> str:
    """RFC 8785, by hand, for what custody allows."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))  # §3.2.3: UTF-16 code units
    return "{" + ",".join(f"{quote(key)}:{write(value[key])}" for key in keys) + "}"


def depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth, inner), default=0)


def accepted(data: bytes) -> bool:
    try:
        canonical.decode(data, LIMIT)
    except MalformedError:
        return False
    return True


@given(VALUES)
def test_encoding_is_rfc_8785_and_comes_back(value: Any) -> None:
    data = write(value).encode()
    if depth(value) <= MAX_DEPTH:
        assert canonical.encode(value) == data
        assert canonical.decode(data, LIMIT) == value
    else:
        assert not accepted(data)


@given(VALUES, st.data())
def test_another_spelling_of_the_same_value_is_refused(value: Any, data: st.DataObject) -> None:
    exact = write(value).encode()
    other = data.draw(
        st.sampled_from(
            [
                json.dumps(value).encode(),
                json.dumps(value, indent=1, sort_keys=True).encode(),
                json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(),
                exact + b"\n",
                b" " + exact,
                exact.decode().encode("utf-16"),
                b"\xef\xbb\xbf" + exact,
            ]
        )
    )
    assert accepted(other) == (other == exact and depth(value) <= MAX_DEPTH)


@given(VALUES, st.integers(0, 10_000), st.integers(0, 255))
def test_a_changed_byte_is_another_value_or_none(value: Any, place: int, byte: int) -> None:
    """Whatever is accepted is the one spelling of what it means: no two texts are one value."""
    exact = write(value).encode()
    changed = bytearray(exact)
    changed[place % len(exact)] = byte
    try:
        found = canonical.decode(bytes(changed), LIMIT)
    except MalformedError:
        return
    assert write(found).encode() == changed
    assert (write(found) == write(value)) == (bytes(changed) == exact)


@given(st.binary(max_size=200))
def test_no_bytes_at_all_do_more_than_be_refused(data: bytes) -> None:
    accepted(data)


@given(st.text('{}[]",:\\0a', max_size=80))
def test_texts_of_brackets_and_quotes_are_refused_or_exact(text: str) -> None:
    data = text.encode()
    if accepted(data):
        assert write(json.loads(text)) == text


@given(st.integers(1, 40), st.booleans())
def test_depth_is_counted_exactly(levels: int, objects: bool) -> None:
    text = '{"":' * levels + "0" + "}" * levels if objects else "[" * levels + "]" * levels
    assert accepted(text.encode()) == (levels <= MAX_DEPTH)


@given(TEXT)
def test_brackets_inside_strings_are_no_depth(text: str) -> None:
    value = [text + "[{" * 20]
    assert canonical.decode(canonical.encode(value), LIMIT) == value


@pytest.mark.parametrize("levels", [900, 1_000, 5_000, 5_000_000])
def test_case_23_deep_nesting_has_one_verdict_on_every_python(levels: int) -> None:
    with pytest.raises(MalformedError, match="nested deeper than 16"):
        canonical.decode(b"[" * levels, 10_000_000)


def test_a_string_that_is_never_closed_is_no_reason_to_start_over_at_each_quote() -> None:
    with pytest.raises(MalformedError):
        canonical.decode(b'"\\' * 500_000 + b"[" * 20, 10_000_000)


@pytest.mark.parametrize(
    "value", [1.5, float("nan"), 2**53, -(2**53), "\ud800", {"a": "\0"}, b"bytes", {"a": {1, 2}}, [[]]]
)
def test_what_has_no_encoding_is_not_encoded(value: Any) -> None:
    if value == [[]]:
        for _ in range(16):
            value = [value]
    with pytest.raises(MalformedError):
        canonical.encode(value)


def test_the_limit_is_in_bytes() -> None:
    data = canonical.encode("ä" * 10)
    assert canonical.decode(data, len(data)) == "ä" * 10
    with pytest.raises(MalformedError, match="22 bytes, more than the 21"):
        canonical.decode(data, len(data) - 1)


@given(st.dictionaries(TEXT, VALUES, max_size=4))
def test_what_was_decoded_is_decoded_again_to_the_same(value: Any) -> None:
    data = canonical.encode(value)
    assert canonical.decode_again(data) == canonical.decode_object(data, len(data))


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"7", b"{}x", b"{", b"\xff", b'{"a":' * 100_000, b"[" * 100_000]
)
def test_what_was_never_decoded_is_not_decoded_again(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.decode_again(data)


def test_an_object_is_asked_for_and_something_else_is_there() -> None:
    with pytest.raises(MalformedError, match="not a JSON object"):
        canonical.decode_object(b"[]", 10)
