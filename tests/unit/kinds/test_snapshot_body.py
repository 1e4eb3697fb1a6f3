"""A snapshot's body: what it says of bytes that nobody saw, of a part of an environment, and of nothing new."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from custody.kinds import Running, Scope, Snapshot, read_body
from custody.kinds.scope import WHOLE, is_pattern, matches
from custody.ledger.canonical import JsonObject, MalformedError
from custody.ledger.entry import Subject

A, B = "a" * 64, "b" * 64
API: JsonObject = {"service": "shop/api", "artifact": {"name": "api", "sha256": A}, "count": 1}


def read(running: Any) -> Snapshot:
    body = read_body("snapshot", {"environment": "prod", "running": running})
    assert isinstance(body, Snapshot)
    return body


def refused(running: Any) -> str:
    with pytest.raises(MalformedError, match=r"^snapshot\.running") as caught:
        read(running)
    return str(caught.value)


def test_a_list_says_what_it_said_before_there_were_reports() -> None:
    body = read([API])
    assert body == Snapshot("prod", (Running("shop/api", Subject("api", A)),))
    assert body.write() == {"environment": "prod", "running": [API]}
    assert (body.scope, body.unchanged, body.running[0].basis) == (WHOLE, "", "fingerprint")


def test_what_is_unresolved_equals_no_fingerprint() -> None:
    one = Running.unresolved("api", "api", A)
    assert not re.fullmatch("[0-9a-f]{64}", one.artifact.sha256)
    assert one.artifact.sha256 != Running.unresolved("api", "api", B).artifact.sha256
    assert one.artifact.sha256 == Running.unresolved("web", "other", A).artifact.sha256
    assert one.write() == {"service": "api", "count": 1, "unresolved": {"name": "api", "reference": A}}


def test_it_is_known_by_one_thing() -> None:
    image = {"service": "x", "image": {"name": "x", "id": A}, "count": 1}
    assert read([image]).running[0] == Running("x", Subject("x", A), basis="image-id")
    for odd in (
        {**image, **API},
        {"service": "x", "count": 1},
        {**API, "unresolved": {"name": "x", "reference": "y"}},
    ):
        assert "must have one of artifact, image, unresolved" in refused([odd])
    refused([{**image, "image": {"name": "x", "id": A.upper()}}])
    assert "reference" in refused(
        [{"service": "x", "count": 1, "unresolved": {"name": "x", "reference": ""}}]
    )


def test_a_part_names_itself_and_lists_nothing_else() -> None:
    body = read({"list": [API], "include": ["shop/*"], "exclude": ["shop/db"]})
    assert body.scope == Scope(("shop/*",), ("shop/db",))
    assert read(body.write()["running"]) == body
    assert read({"list": [], "include": ["shop/*"]}).running == ()
    assert "not about shop/api" in refused({"list": [API], "include": ["web/*"]})
    assert "not about shop/api" in refused({"list": [API], "exclude": ["*api"]})


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"list": [API]},
        {"include": ["*"]},
        {"list": [API], "include": []},
        {"list": [API], "include": [], "exclude": []},
        {"list": [API], "include": ["a b"]},
        {"list": [API], "include": ["[a-z]*"]},
        {"list": [API], "include": ["x" * 201]},
        {"list": [API], "include": [""]},
        {"list": [API], "include": ["*"] * 21},
        {"list": [API], "include": "*"},
        {"list": [API], "include": ["*"], "unchanged": A},
        {"unchanged": A, "list": []},
        {"unchanged": A[:-1]},
        {"unchanged": A.upper()},
        {"unchanged": None},
    ],
)
def test_other_reports_are_none(report: Any) -> None:
    refused(report)


def test_unchanged_names_an_entry_and_nothing_else() -> None:
    body = read({"unchanged": A})
    assert (body.unchanged, body.running, body.scope) == (A, (), WHOLE)
    assert body.write() == {"environment": "prod", "running": {"unchanged": A}}


LETTERS = st.text("ab/", max_size=8)


@example("*a*b", "aab")
@example("*a*b*", "xayabz")
@example("**", "")
@example("a?*", "a")
@given(st.text("ab/*?", min_size=1, max_size=8), LETTERS)
def test_a_glob_matches_as_the_shell_would_were_a_slash_no_more_than_a_letter(
    pattern: str, name: str
) -> None:
    assert matches(pattern, name) == (re.match(translate(pattern), name) is not None)


@given(
    st.lists(st.text("ab*?", min_size=1, max_size=4), max_size=3),
    st.lists(st.text("ab*?", min_size=1), max_size=3),
)
def test_a_scope_is_what_is_included_less_what_is_excluded(include: list[str], exclude: list[str]) -> None:
    scope = Scope(tuple(include), tuple(exclude))
    for name in ("", "a", "ab", "ba", "aab"):
        inside = Scope(tuple(include)).covers(name)
        assert scope.covers(name) == (inside and not any(Scope((one,)).covers(name) for one in exclude))
        assert WHOLE.covers(name)


def test_a_glob_of_a_stranger_costs_no_more_than_its_length() -> None:
    """Where a match is tried again and again, this one takes 10^30 years."""
    hostile = "*a" * 99 + "*b"
    assert is_pattern(hostile)
    assert not matches(hostile, "a" * 200)
    assert matches(hostile, "a" * 199 + "b")
