"""What is called by a text: artifacts, environments and services, people; and entries by position and id."""

from __future__ import annotations

from pathlib import Path

import pytest
from facts import Log, digest
from harness import world
from hypothesis import given
from hypothesis import strategies as st

from custody.kinds import Note
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft
from custody.query.index import Index
from custody.query.names import find_entries, named_artifacts, named_people, named_places
from custody.query.search import fold, places_of

COMMIT = "c0ffee" + "1" * 34


@pytest.fixture(scope="module")
def index() -> Index:
    book = Log()
    ci = book.chain("ci-builder", flow="release", run={"actor": "dev-4"})
    book.artifact(ci, 1, "payments-api", "one", version="1.0 É", commit=COMMIT)
    book.artifact(ci, 2, "payments-api", "two", version="2.0")
    source = {
        "parents": ["e" * 40],
        "author": {"name": "Åse of acme"},
        "committer": {"name": "x"},
        "signature": "none",
        "dirty": False,
    }
    book.artifact(ci, 3, "web", "three", commit="d" * 40, source=source)
    watch = book.chain("reporter", minute=4)
    book.snapshot(watch, 5, ("api", "two", 1), ("mailer", "four", 1), environment="prod-eu")
    book.snapshot(watch, 6, ("api", "two", 1), environment="prod-eu")
    book.snapshot(watch, 7, ("api", "one", 1), environment="staging")
    return book.index()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("payments", ["two", "one"]),  # the newest first
        ("PAYMENTS 1.0", ["one"]),
        ("2.0 api", ["two"]),
        ("É", ["one"]),
        (COMMIT[:6], ["one"]),
        (digest("two")[:4], ["two"]),
        (digest("two").upper(), ["two"]),
        ("mailer", ["four"]),  # which nobody recorded
        (digest("four")[:6], ["four"]),
        (digest("two")[:3], []),
        ("%", []),
        ("' OR 1 --", []),
        ("", []),
        ("nothing", []),
    ],
)
def test_artifacts(index: Index, text: str, found: list[str]) -> None:
    assert [one.sha256 for one in named_artifacts(index, text, 9)] == [digest(one) for one in found]


def test_an_artifact_says_in_what_it_was_found(index: Index) -> None:
    assert [(one.field, one.text) for one in named_artifacts(index, COMMIT[:7], 9)] == [("commit", COMMIT)]
    (one,) = named_artifacts(index, digest("two")[:8], 9)
    assert (one.field, one.text, one.name, one.detail) == (
        "fingerprint",
        digest("two"),
        "payments-api",
        "2.0",
    )


def test_no_more_than_asked_for(index: Index) -> None:
    assert len(named_artifacts(index, "payments", 1)) == 1
    assert len(named_places(index, "prod", 1, ("prod",))) == 1
    assert len(named_people(index, "e", 1)) == 1


def test_environments_groups_and_services(index: Index) -> None:
    found = named_places(index, "PROD", 9, ("prod", "elsewhere"))
    assert [(one.what, one.name) for one in found[:2]] == [("group", "prod"), ("environment", "prod-eu")]
    assert [(one.name, one.environment, one.detail) for one in found[2:]] == [
        ("api", "prod-eu", "runs"), ("mailer", "prod-eu", "ran"),
    ]  # fmt: skip
    (gone,) = named_places(index, "mail prod", 9)
    assert gone.until == gone.time != ""
    assert {(one.name, one.environment) for one in named_places(index, "api", 9)} == {
        ("api", "prod-eu"), ("api", "staging"),
    }  # fmt: skip


def test_people(index: Index) -> None:
    def found(text: str) -> list[tuple[str, str]]:
        return [(one.field, one.name) for one in named_people(index, text, 9)]

    assert found("BUILD") == [("signed", "ci-builder")]
    assert found("dev-4") == [("started a run", "dev-4")]
    assert found("åse") == found("ase acme") == [("author of a commit", "Åse of acme")]
    assert found("") == []


def test_entries_by_position_and_by_id(tmp_path: Path) -> None:
    path = tmp_path / "main.ledger"
    world.make_main(path)
    world.append(path, [Draft("note", Note("x").write(), last=True)], fixed=world.Fixed("names"))
    with open_ledger(path) as snapshot:
        second = find_entries(snapshot, "1", 9)
        assert [one.position for one in second] == [1]
        identity = second[0].id
        for text in ("#1", " position:1 ", identity[:4], identity, identity.upper()):
            assert 1 in [one.position for one in find_entries(snapshot, text, 9)], text
        for text in ("", identity[:3], "g" * 8, "-1", "1,5", "1.0", "9" * 18, "0x1", identity + "0"):
            assert find_entries(snapshot, text, 9) == [], text


@given(st.text(), st.lists(st.text(max_size=4), max_size=3))
def test_words_are_found_where_they_stand(text: str, words: list[str]) -> None:
    assert len(fold(text)) == len(text)
    last = 0
    for start, stop in places_of(text, words):
        assert last <= start < stop <= len(text)
        assert any(fold(text[start:stop]) == fold(word) or len(word) != stop - start for word in words)
        last = stop


def test_small_letters_and_accents() -> None:
    assert places_of("Der CAFÉ, cafe\u0301", ["cafe"]) == [(4, 8), (10, 14)]
    assert places_of("cafe", ["CAFE\u0301"]) == [(0, 4)]
    assert places_of("각", ["가"]) == []  # a letter of its own, and no accent on another
    assert places_of("aab", ["a", "aab"]) == [(0, 3)]
