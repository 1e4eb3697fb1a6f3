"""The model of a report: plain values, without a word of Markdown, HTML or JSON.

A section's blocks and facts have keys, which are the names that the JSON writer gives them; `docs/report.md` lists
them. Any text may come from a ledger: no writer takes one for harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

Tone = Literal["good", "bad", "warn", "none"]


class Mark(NamedTuple):
    """A status in one word. The word says it all; the tone only makes it stand out."""

    word: str
    tone: Tone = "none"


class Digest(NamedTuple):
    """Digits that are shown whole: a fingerprint, a commit, an entry's id, a key."""

    text: str


class Instant(NamedTuple):
    """An instant as UTC text; "" where there is none. Writers show it in the report's zone too."""

    utc: str


class Counts(NamedTuple):
    """How many there are of each of some names."""

    of: tuple[tuple[str, int], ...]


class EntryRef(NamedTuple):
    """An entry, by its position and id."""

    position: int
    entry: str


Value: TypeAlias = "str | int | bool | Mark | Digest | Instant | EntryRef | Counts | list[Value] | None"
"""What a cell or a fact holds. None and "" say that there is nothing; a list is several values of one cell."""


Row: TypeAlias = tuple[Value, ...]


class Fact(NamedTuple):
    key: str
    label: str
    value: Value


@dataclass(frozen=True, slots=True)
class Facts:
    """Labelled values. With a `key` they are an object of their own in JSON, else they join the section's."""

    facts: tuple[Fact, ...]
    key: str = ""


class Column(NamedTuple):
    key: str
    heading: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many values as there are columns; `empty` is the sentence that stands for no rows."""

    key: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `empty` is the sentence that stands for one without items."""

    key: str
    items: tuple[Value, ...]
    empty: str = "None."


@dataclass(frozen=True, slots=True)
class Code:
    """Text of several lines that is shown as it is."""

    key: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence for people; programs find what it says in the facts."""

    text: str
    tone: Tone = "none"


Block = Facts | Table | Items | Code | Paragraph


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report. `basis` is what it rests on, which comes first; `exit` is the status of that verification."""

    subject: str
    title: str
    status: Mark
    exit: int
    zone: ZoneInfo
    basis: Section
    sections: tuple[Section, ...]


def named_entries(sections: Iterable[Section]) -> list[EntryRef]:
    """Every entry that sections name, by position."""
    found = {
        value.position: value
        for section in sections
        for block in section.blocks
        for value in _values(block)
        if isinstance(value, EntryRef)
    }
    return [found[position] for position in sorted(found)]


def table(key: str, *columns: tuple[str, str], empty: str = "None.") -> _TableMaker:
    """A table to be filled: `table("path", ("when", "When"), …)(rows)`."""
    return _TableMaker(key, tuple(Column(*column) for column in columns), empty)


class _TableMaker(NamedTuple):
    key: str
    columns: tuple[Column, ...]
    empty: str

    def __call__(self, rows: Iterable[Row]) -> Table:
        return Table(self.key, self.columns, tuple(rows), self.empty)


def facts(*listed: tuple[str, str, Value], key: str = "") -> Facts:
    """Facts as (key, label, value)."""
    return Facts(tuple(Fact(*one) for one in listed), key)


def _values(block: Block) -> Iterator[Value]:
    if isinstance(block, Facts):
        for fact in block.facts:
            yield from _flat(fact.value)
    elif isinstance(block, Table):
        for row in block.rows:
            for value in row:
                yield from _flat(value)
    elif isinstance(block, Items):
        for value in block.items:
            yield from _flat(value)


def _flat(value: Value) -> Iterator[Value]:
    if isinstance(value, list):
        for one in value:
            yield from _flat(one)
    else:
        yield value
