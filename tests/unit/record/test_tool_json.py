"""JSON of tools: what is read that strict JSON refuses, and what is refused all the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.record import tool_json
from custody.record.tool_json import (
    flag,
    index,
    items,
    member,
    members,
    needed,
    parse_tool_json,
    read_tool_json,
    text,
    texts,
)


@pytest.mark.parametrize(
    "value", [1.5, -0.0, 1e300, 2**60, [[[1]]], {"a": {"b": None}}, "é", "\U0001f600", True]
)
def test_what_tools_write_is_read(value: Any) -> None:
    assert parse_tool_json(json.dumps(value, indent=2).encode()) == value
    assert parse_tool_json(b"\xef\xbb\xbf" + json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b'{"a"', b"nul", b"'a'", b"{}{}", b"[1,]", b"\0", b'"a\nb"'),
        *(b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1" * 401, b"0." + b"1" * 400),
        *(b'{"a":1,"a":2}', b'{"b":{"a":1,"\\u0061":2}}', b'"\\u0000"', b'"\\ud800"', b'{"\\ud800":1}'),
        *(b"\xff", '"a"'.encode("utf-16"), b'"\xed\xa0\x80"', b"\xef\xbb\xbf\xef\xbb\xbf1"),
        *(
            b"[" * 101 + b"]" * 101,
            b"[" * 1_000_000,
            b'{"a":' * 1_000_000,
            b'"' + b"[" * 10 + b'"' + b"[" * 101,
        ),
    ],
)
def test_what_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        parse_tool_json(data)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_key_that_is_there_twice_is_quoted_on_one_line() -> None:
    with pytest.raises(InputError, match='the key "a b" is there twice'):
        parse_tool_json(b'{"a\\nb":1,"a\\nb":2}')


def test_depth_is_counted_outside_of_strings() -> None:
    assert parse_tool_json(b"[" * 100 + b"]" * 100)
    assert parse_tool_json(b'["' + b"[" * 1000 + b'"]') == ["[" * 1000]


@pytest.mark.parametrize("unit", [b"[],", b"{},", b'"",', b"0,", b'""', b'"\\"'])
def test_the_number_of_values_is_bounded_before_any_is_made(
    unit: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool_json, "MAX_VALUES", 1000)
    monkeypatch.setattr(tool_json, "_MAX_QUOTES", 4000)

    def never(*arguments: Any, **more: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(json, "loads", never)
    with pytest.raises(InputError, match="more than 1000 values"):
        parse_tool_json(b"[" + unit * 5000)


def test_a_file_is_named_and_its_size_bounded(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b"[1]")
    assert read_tool_json(path) == (b"[1]", [1])
    path.write_bytes(b"[1")
    with pytest.raises(InputError, match=r"a\.json: not JSON"):
        read_tool_json(path)
    with path.open("wb") as file:
        file.truncate(tool_json.MAX_SIZE + 1)
    with pytest.raises(InputError, match=r"a\.json: 67108865 bytes"):
        read_tool_json(path)
    with pytest.raises(InputError, match="no such file"):
        read_tool_json(tmp_path / "none.json")


VALUES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.lists(st.integers())
    | st.just({})
)


@given(VALUES)
def test_a_member_is_of_its_type_or_refused(value: Any) -> None:
    parent = {"a": value}
    kinds = [
        (member, dict, {}), (members, list, []), (items, list, []), (text, str, ""), (texts, list, []),
        (index, int, -1), (flag, bool, None),
    ]  # fmt: skip
    for look_up, kind, absent in kinds:
        assert look_up({}, "a", "it") == absent  # type: ignore[operator]
        said = ""
        try:
            found = look_up(parent, "a", "it")  # type: ignore[operator]
        except InputError as error:
            said = str(error)
        if said:
            assert value is not None and said.startswith("it.a is not ")
        else:
            assert isinstance(found, kind) or found is absent
            assert found == (absent if value is None else value)
    assert type(value) is not bool or flag(parent, "a", "it") is value


def test_what_is_needed() -> None:
    assert needed({"a": "x"}, "a", "it") == "x"
    for parent in ({}, {"a": ""}, {"a": " "}, {"a": None}, {"a": 1}):
        with pytest.raises(InputError, match=r"^it\.a is "):
            needed(parent, "a", "it")
