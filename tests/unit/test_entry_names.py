"""How a person names an entry: by position, by a part of its id, and what happens where it could be either."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from custody.cli.answers import resolve_entry
from custody.errors import UsageError


class Shelf:
    """The three things a snapshot is asked for here."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.ids = [one.ljust(64, "0") for one in ids]
        self.count = len(self.ids)

    def row(self, position: int) -> object | None:
        return self.ids[position] if 0 <= position < self.count else None

    def find(self, prefix: str) -> list[int]:
        return [at for at, one in enumerate(self.ids) if one.startswith(prefix)]


def resolve(ids: Sequence[str], given: str) -> int:
    return resolve_entry(Shelf(ids), given)  # type: ignore[arg-type]


def test_a_position_and_a_prefix() -> None:
    ids = ["aaaaaa", "bbbbbb", "cccccc"]
    assert resolve(ids, "1") == 1
    assert resolve(ids, "position:1") == 1
    assert resolve(ids, "cccccc") == 2


def test_an_id_that_begins_with_nothing_but_digits_is_an_id() -> None:
    assert resolve(["aaaaaa", "399672756838"], "399672756838") == 1


def test_what_could_be_both_is_refused_until_it_is_said() -> None:
    ids = ["123456" if at == 7 else f"a{at:06}" for at in range(123_460)]
    with pytest.raises(UsageError, match="say position:123456, or more of the id"):
        resolve(ids, "123456")
    assert resolve(ids, "position:123456") == 123_456
    assert resolve(ids, "12345600") == 7


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("3", "no entry at position 3; the last is 2"),
        ("position:3", "no entry at position 3"),
        ("999999999999", "no entry at position 999999999999"),
        ("dddddd", "no entries have an id"),
        ("abcde", "6 or more hex digits"),
        ("ABCDEF", "6 or more hex digits"),
        ("position:aaaaaa", "6 or more hex digits"),
        ("-1", "6 or more hex digits"),
        ("", "6 or more hex digits"),
        ("١٢٣", "6 or more hex digits"),
    ],
)
def test_what_names_no_entry(given: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        resolve(["aaaaaa", "bbbbbb", "cccccc"], given)


def test_a_prefix_that_two_ids_share() -> None:
    with pytest.raises(UsageError, match="2 entries have an id that begins with aaaaaa"):
        resolve(["aaaaaa1", "aaaaaa2"], "aaaaaa")
