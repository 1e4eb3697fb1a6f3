"""Reading a policy's tables strictly: the right type, the right form, or one error with the line and the reason."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from custody.errors import InputError
from custody.ledger.entry import NAME
from custody.policy.globs import MAX_GLOB
from custody.policy.lines import Path, key_lines
from custody.text import safe_text

MAX_ITEMS = 100
"""Items of one list, entries of one table."""
MAX_TIME = timedelta(days=36_525)

_is_name = re.compile(NAME).fullmatch
_is_name_glob = re.compile(NAME.replace("+-]", "+*?-]")).fullmatch
_is_time = re.compile(r"(\d{1,9})(min|h|d|w)", re.ASCII).fullmatch
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the document `text`, and where it stands in it."""

    text: str
    path: Path
    values: Mapping[str, Any]

    def wrong(self, why: str, *steps: str | int) -> InputError:
        """What is wrong with something in this table (or with the table), as an error that names it and its line."""
        return wrong(self.text, (*self.path, *steps), why)

    def only(self, known: Collection[str], what: str) -> None:
        """That every key is one of these; the nearest is suggested for one that is not."""
        for key in self.values:
            if key not in known:
                raise self.wrong(f"{what} has no such key{suggestion(key, known)}", key)

    def table(self, key: str) -> Table:
        """The table under a key, empty where there is none."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(f"must be a table such as [{'.'.join(map(str, (*self.path, key)))}]", key)
        if len(value) > MAX_ITEMS:
            raise self.wrong(f"has {len(value)} keys: at most {MAX_ITEMS}", key)
        return Table(self.text, (*self.path, key), value)

    def tables(self) -> Iterator[tuple[str, Table]]:
        """The tables in this one, by their names."""
        for key in self.values:
            yield self.checked_name(key, key), self.table(key)

    def take(self, key: str) -> Any:
        if key not in self.values:
            raise self.wrong(f"needs the key {key}")
        return self.values[key]

    def name(self, key: str) -> str:
        return self.checked_name(self.take(key), key)

    def checked_name(self, value: object, *steps: str | int) -> str:
        if not isinstance(value, str) or not _is_name(value):
            raise self.wrong("must be a name: 1 to 200 letters, digits and . _ / @ : + -", *steps)
        return value

    def choice(self, key: str, choices: Collection[str], default: str | None = None) -> str:
        value = self.take(key) if default is None else self.values.get(key, default)
        if not isinstance(value, str) or value not in choices:
            raise self.wrong(f"must be one of {', '.join(choices)}{suggestion(value, choices)}", key)
        return value

    def flag(self, key: str, default: bool) -> bool:
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong("must be true or false", key)
        return value

    def count(self, key: str, default: int, most: int) -> int:
        value = self.values.get(key, default)
        if type(value) is not int or not 1 <= value <= most:
            raise self.wrong(f"must be a whole number from 1 to {most}", key)
        return value

    def items(self, key: str, *, may_be_empty: bool = False) -> tuple[str, ...]:
        """A list of different texts, () where there is none."""
        if key not in self.values:
            return ()
        value = self.values[key]
        if not isinstance(value, list):
            raise self.wrong('must be a list of texts, such as ["a", "b"]', key)
        if not value and not may_be_empty:
            raise self.wrong("is an empty list: name something, or leave the key out", key)
        if len(value) > MAX_ITEMS:
            raise self.wrong(f"has {len(value)} items: at most {MAX_ITEMS}", key)
        seen = set()
        for index, item in enumerate(value):
            if not isinstance(item, str) or not item:
                raise self.wrong("must be a text that is not empty", key, index)
            if item in seen:
                raise self.wrong(f"{safe_text(item, _SHOWN)} stands in it twice", key, index)
            seen.add(item)
        return tuple(value)

    def names(self, key: str) -> tuple[str, ...]:
        return tuple(self.checked_name(item, key, index) for index, item in enumerate(self.items(key)))

    def globs(self, key: str) -> tuple[str, ...]:
        """Globs over any text."""
        return tuple(self.checked_glob(item, key, index) for index, item in enumerate(self.items(key)))

    def name_globs(self, key: str) -> tuple[str, ...]:
        """Globs over names (those of environments, say)."""
        return tuple(self.checked_name_glob(item, key, index) for index, item in enumerate(self.items(key)))

    def checked_glob(self, value: object, *steps: str | int) -> str:
        if not isinstance(value, str) or not value:
            raise self.wrong(
                "must be a glob: a text in which * stands for any characters and ? for one", *steps
            )
        if len(value) > MAX_GLOB:
            raise self.wrong(f"is a glob of {len(value)} characters: at most {MAX_GLOB}", *steps)
        if not value.isprintable():
            raise self.wrong("is a glob with control characters in it", *steps)
        return value

    def checked_name_glob(self, value: object, *steps: str | int) -> str:
        glob = self.checked_glob(value, *steps)
        if not _is_name_glob(glob):
            message = "is a glob that no name can match: names are of letters, digits and . _ / @ : + -"
            raise self.wrong(message, *steps)
        return glob

    def time(self, key: str) -> timedelta:
        """A length of time: a whole number of minutes, hours, days or weeks, such as 30d."""
        value = self.take(key)
        found = _is_time(value) if isinstance(value, str) else None
        if found is None:
            raise self.wrong('must be a length of time such as "90min", "12h", "30d" or "2w"', key)
        number = int(found[1])
        if number == 0:
            raise self.wrong("is no time at all, and nothing could keep to it", key)
        if number > MAX_TIME / timedelta(**{_UNITS[found[2]]: 1}):
            raise self.wrong("is longer than a hundred years", key)
        return timedelta(**{_UNITS[found[2]]: number})


def wrong(text: str, path: Sequence[str | int], why: str) -> InputError:
    """An error about a place in a document; of what is not there, the line of what it would be in."""
    lines = key_lines(text)
    known = next((length for length in range(len(path), 0, -1) if tuple(path[:length]) in lines), 0)
    where = f"line {lines[tuple(path[:known])]}: " if known else ""
    place = "".join(
        f"[{step}]" if isinstance(step, int) else f".{safe_text(step, _SHOWN)}" for step in path
    ).removeprefix(".")
    return InputError(f"{where}{place or 'the policy'}: {why}", code="policy")


def suggestion(given: object, known: Collection[str]) -> str:
    """What somebody may have meant who mistyped one of these, as the end of a sentence."""
    if not isinstance(given, str) or len(given) > _SHOWN:
        return ""
    from difflib import get_close_matches

    lower = given.lower().replace("_", "-")
    near = get_close_matches(lower, known, 1) or get_close_matches(given, known, 1)
    return f"; did you mean {near[0]}?" if near else ""
