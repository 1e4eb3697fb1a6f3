"""Bodies that are known by their form: what is taken for sound without being decoded is what decoding calls sound."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.ledger import canonical
from custody.ledger.body import Forms, is_sure, shape
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_BODY

SALT = "0f" * 16
# Keys and texts out of what a shape is made of, so that they meet in every way.
TEXT = st.text('a":,0}\\[', max_size=4) | st.sampled_from(
    ["salt", SALT, ':"', '":', ":5,", "é", "\x7f", "\n"]
)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
BODIES = st.dictionaries(TEXT, VALUES, max_size=4).map(lambda body: canonical.encode({**body, "salt": SALT}))


def sound(body: bytes) -> bool:
    """The slow way: decoded, and the salt looked at."""
    try:
        value = canonical.decode_object(body, MAX_BODY)
    except MalformedError:
        return False
    salt = value.get("salt")
    return isinstance(salt, str) and len(salt) == 32 and set(salt) <= set("0123456789abcdef")


@st.composite
def altered(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A sound body, and the like of it: a stretch of it replaced by something that could be confused with it."""
    body = draw(BODIES)
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 12)))
    pieces = [
        '"',
        '":',
        '""',
        ",",
        "}",
        "0",
        "00",
        "1",
        "-1",
        "1.5",
        "\0",
        "\\",
        '\\"',
        "é",
        "",
        ":5,",
        '":"a"',
        " ",
    ]
    middle = "".join(draw(st.lists(st.sampled_from(pieces), max_size=4))).encode()
    return body, body[:start] + middle + body[end:]


@given(altered())
def test_what_has_the_form_of_a_sound_body_is_sound(pair: tuple[bytes, bytes]) -> None:
    body, other = pair
    forms = Forms()
    forms.add(body)
    if forms.has(other):
        assert sound(other)


@given(BODIES)
def test_what_was_added_is_known_where_its_shape_is_sure(body: bytes) -> None:
    forms = Forms()
    forms.add(body)
    values_out = shape(body)
    if values_out is not None and is_sure(values_out):
        assert forms.has(body)


def report(**values: Any) -> bytes:
    return canonical.encode({"control": "lint", "salt": SALT, "tests": {"name": "a", "run": 7}, **values})


def test_results_that_differ_in_their_values_have_one_shape() -> None:
    one = report()
    assert shape(one) == b'{"control\0,"salt\0,"tests":{"name\0,"run\0}}'
    assert shape(report(control="unit-tests", salt="a0" * 16, tests={"name": "", "run": 0})) == shape(one)
    assert shape(report(more=1)) != shape(one)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"run":7', b'"run":07'),
        (b'"run":7', b'"run":7.5'),
        (b'"run":7', b'"run":7e5'),
        (b'"run":7', b'"run":9007199254740992'),
        (b'"run":7', b'"run":\0'),
        (b'"run":7', b'"run":'),
        (b'":7', b"\0"),
        (b'"run":7', b'"run":7 '),
        (b'"name":"a"', b'"name":"\\u0041"'),
        (b'"name":"a"', b'"name":"\n"'),
        (b'"name":"a"', b'"name":"\xff"'),
        (b'"name":"a"', b'"name":"a""b"'),
        (b'"name":"a"', b'"name":"a","name":"b"'),
        (SALT.encode(), b"0F" * 16),
        (SALT.encode(), b"0f" * 15),
        (b'{"control":', b' {"control":'),
        (b"}}", b"}}}"),
        (b"}}", b"}} "),
    ],
)  # fmt: skip
def test_a_known_shape_excuses_nothing(old: bytes, new: bytes) -> None:
    forms = Forms()
    forms.add(report())
    other = report().replace(old, new)
    assert other != report()
    assert not sound(other)
    assert not forms.has(other)


@pytest.mark.parametrize(
    "body",
    [
        {"a": [":5,", ":6,"]},  # what looks like the end of a key is the beginning of a string
        {":5,": 1},
        {"a": '\\":1,'},
        {"a": '\\":1,"'},
        {"a": {"salt": SALT}},
    ],
)
def test_where_it_is_not_sure_what_was_taken_out_nothing_is_remembered(body: dict[str, Any]) -> None:
    data = canonical.encode({**body, "salt": SALT, "z": 1})
    values_out = shape(data)
    assert values_out is not None and not is_sure(values_out)
    forms = Forms()
    forms.add(data)
    assert not forms.has(data)


def test_the_salt_of_an_object_inside_is_not_the_body_s() -> None:
    forms = Forms()
    forms.add(canonical.encode({"a": {"b": 1}, "salt": SALT, "z": 1}))
    assert not forms.has(canonical.encode({"a": {"b": SALT}, "salt": "none", "z": 1}))


def test_a_number_that_is_too_large_is_not_taken_for_the_beginning_of_a_smaller_one() -> None:
    forms = Forms()
    forms.add(report(tests=1234567890123456))
    assert not forms.has(report(tests=1234567890123456).replace(b":1234", b":9234"))


@pytest.mark.parametrize("last", [{"z": 1}, {}])
def test_large_bodies_are_not_kept(last: dict[str, Any]) -> None:
    forms = Forms()
    body = canonical.encode({"a": ["x" * 70_000], "salt": SALT, **last})
    forms.add(body)
    assert not forms.has(body)
