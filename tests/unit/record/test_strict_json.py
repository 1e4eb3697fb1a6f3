"""JSON by a person's hand: any layout, one meaning."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import InputError
from custody.ledger import canonical
from custody.record.strict_json import MAX_SIZE, strict_json

Q = '"'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (' {\n\t"b" : [ 1, -2 , true, null ],\r\n "a":"\\u00e9é" } ', {"b": [1, -2, True, None], "a": "éé"}),
        ("0", 0),
        ("-0", 0),
        (str(2**53 - 1), 2**53 - 1),
        ('"\\ud83d\\ude00"', "😀"),
        ('"[[[[[[[[[[[[[[[[[[[[[[[["', "[" * 24),
        ('["\\"[[[[[[[[[[[[[[[[[[[[[["]', ['"' + "[" * 22]),
        ("[" * 16 + "]" * 16, eval("[" * 16 + "]" * 16)),
    ],
)
def test_what_is_read(text: str, value: object) -> None:
    assert strict_json(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a":1,"a":1}', 'the key "a" is there twice'),
        ('{"a":1,"\\u0061":2}', 'the key "a" is there twice'),
        ('[{"x":{"b":1,"c":1,"b":1}}]', 'the key "b" is there twice'),
        ("1.0", "1.0 is not an integer"),
        ("1e400", "1e400 is not an integer"),
        ("1e2", "not an integer"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        (str(2**53), "2^53 or more"),
        (str(-(2**53)), "2^53 or more"),
        ("9" * 5000, "2^53 or more"),
        ("[" * 17 + "]" * 17, "deeper than 16"),
        ('{"a":' * 17 + "1" + "}" * 17, "deeper than 16"),
        ("[" * 900_000, "deeper than 16"),
        ('"\\ud800"', "half a surrogate pair"),
        ('{"\\udc00":1}', "half a surrogate pair"),
        ('["a\\u0000b"]', "NUL"),
        ('{"\\u0000":1}', "NUL"),
        ("\ufeff{}", "not JSON"),
        ('"a\nb"', "not JSON: Invalid control character at, line 1, column 3"),
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1,]", "not JSON"),
        ("{'a':1}", "not JSON"),
        ("01", "not JSON"),
        ("1 2", "line 1, column 3"),
        ("// no\n1", "not JSON"),
        ("\u00a01", "not JSON"),
        ("[1]\x00", "not JSON"),
    ],
)
def test_what_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InputError) as caught:
        strict_json(text.encode())
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_other_encodings(encoding: str) -> None:
    with pytest.raises(InputError, match="not JSON"):
        strict_json('{"a":"é"}'.encode(encoding))
    with pytest.raises(InputError, match="not JSON in UTF-8"):
        strict_json(b'"\xed\xa0\x80"')


def test_size() -> None:
    assert strict_json(b" " * (MAX_SIZE - 1) + b"1") == 1
    with pytest.raises(InputError, match="more than the 1048576 allowed"):
        strict_json(b" " * MAX_SIZE + b"1")


def test_a_string_without_an_end_is_looked_at_once() -> None:
    # Were each quote a new beginning, this would be 10^11 steps: minutes.
    with pytest.raises(InputError, match="not JSON"):
        strict_json(b"[" + b"[]," * 17 + b'"' + rb"\"" * 500_000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(json_values)
def test_it_agrees_with_the_ledgers_own_reading(value: object) -> None:
    text = json.dumps(value, indent=1)
    try:
        read = strict_json(text.encode())
    except InputError:
        with pytest.raises(canonical.MalformedError):
            canonical.encode(value)  # type: ignore[arg-type]  # on purpose: floats have no place in it
    else:
        assert read == value
        assert canonical.decode(canonical.encode(read), MAX_SIZE) == read


@settings(max_examples=300)
@given(st.one_of(st.binary(), st.text(st.sampled_from('{}[]":,\\u0d8001eE.-tnN \n')).map(str.encode)))
def test_nothing_but_an_input_error_comes_out(data: bytes) -> None:
    try:
        strict_json(data)
    except InputError:
        return
    json.loads(data)
