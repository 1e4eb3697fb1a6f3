"""Lengths of time, read and shown."""

from __future__ import annotations

import contextlib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.query.durations import parse_duration, shown_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h", 3600),
        ("90 minutes", 5400),
        ("1h30m", 5400),
        ("1 hour 30 min", 5400),
        ("2 Days, 3 hours", 183600),
        ("45s", 45),
        ("1w", 604800),
    ],
)
def test_lengths(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text", ["", "1", "h", "1h30", "0s", "-1h", "1.5h", "1 month", "2 years", "999999999w", "1h ago", "１h"]
)
def test_what_is_no_length(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text)
    assert caught.value.code == "duration"


@given(st.text(max_size=40))
def test_any_text_is_a_length_or_an_error_of_custodys(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert parse_duration(text) > timedelta(0)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 s"),
        (65, "1 min 5 s"),
        (3605, "1 h"),
        (90000, "1 d 1 h"),
        (86400 * 2 + 10800, "2 d 3 h"),
        (-70, "-1 min 10 s"),
    ],
)
def test_shown_in_two_units(seconds: int, shown: str) -> None:
    assert shown_duration(seconds) == shown
