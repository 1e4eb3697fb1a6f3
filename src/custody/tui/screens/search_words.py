"""What a search found, as rows of a table and as lines below it. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from textual.content import Content

from custody.query.entries import EntryLine
from custody.query.moments import EnvironmentReference, Moment
from custody.query.names import MIN_DIGITS, Named
from custody.query.search import Hit, places_of
from custody.tui.links import Link
from custody.tui.searching import ENTRIES_SHOWN, SHOWN, Names, Searching
from custody.tui.state import State
from custody.tui.widgets.entry_table import MARKS
from custody.tui.widgets.grouped_table import Group
from custody.tui.widgets.table import Cell, Column, Pieces, Row
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, MUTED, Part, facts, line, lines

COLUMNS = (
    Column("", 1),
    Column("Kind", 11, from_width=50),
    Column("What", flex=3),
    Column("Found in", flex=4, from_width=36),
    Column("When (UTC)", 10, roomy=16, from_width=70, clip=True),
)
_VERIFIED = ("✓", "good")
_FOUND = f"{ACCENT} bold underline"
_LONG = 400

CAN_BE_SEARCHED = facts(
    (label, line((what, MUTED)))
    for label, what in (
        ("Artifacts", "name and version, fingerprint, commit"),
        ("Places", "environments, groups of them, services"),
        ("People", "who signed, who started a run, who wrote a commit"),
        ("Entries", "position (42), id, any words in them"),
        ("Digits", f"of a fingerprint, a commit or an id: the first {MIN_DIGITS} or more"),
        ("Words", "all have to be there, whole or as a word begins"),
    )
)
"""What stands where nothing is typed."""


class Item(NamedTuple):
    """One thing that was found: its row, where it leads, and what more there is to say of it."""

    row: Row
    link: Link
    told: Content


class Found(NamedTuple):
    """Everything that a text found: `entries` by position or id, `hits` by their words."""

    text: str = ""
    entries: Sequence[EntryLine] = ()
    names: Names = Names([], [], [])
    hits: Sequence[Hit] = ()


def groups(found: Found, state: State) -> tuple[list[Group], list[Item]]:
    """What was found by what it is, and all of it in the order of the rows."""
    wanted = found.text.split()
    named = [
        (title, [_named(one, wanted) for one in some[:SHOWN]], len(some) > SHOWN)
        for title, some in (
            ("Artifacts", found.names.artifacts),
            ("Environments and services", found.names.places),
            ("People", found.names.people),
        )
    ]
    there = {one.position for one in found.entries}
    entries = [_entry(one, found.text, state) for one in found.entries]
    entries += [_hit(one, wanted, state) for one in found.hits if one.position not in there]
    every = [*named, ("Entries", entries[:ENTRIES_SHOWN], len(entries) > ENTRIES_SHOWN)]
    if found.entries:  # a position or an id is meant as one
        every.insert(0, every.pop())
    shown = [
        Group(title, _count(len(items), more), [item.row for item in items]) for title, items, more in every
    ]
    return shown, [item for _, items, _ in every for item in items]


def about(state: State, searching: Searching | None, wanted: bool) -> Content:
    """What is searched, and what is not and why."""
    if searching is None:
        tone = FAULT if state.verdict.tone == "fault" else MUTED
        return line(
            ("Only positions and ids of entries are searched.  ", GAP), (state.refusal, tone), limit=_LONG
        )
    count = f"{state.count:,} entr{'y' if state.count == 1 else 'ies'}"
    match searching.stage:
        case "ready":
            return line((f"All is searched: names, and the texts of {count}", MUTED))
        case "reading":
            share = f"{int(searching.fraction * 100)} %"
            return line(("Names are searched; texts are being read, ", MUTED), share, (f" of {count}", MUTED))
        case "stopped":
            return line(("Only names are searched: the reading of texts was stopped; ctrl+b reads them", GAP))
        case "failed":
            return line(
                ("Only names are searched: texts cannot be read.  ", GAP), (searching.why, FAULT), limit=_LONG
            )
    return line((f"Names are searched, and the texts of {count} once you type" if not wanted else "", MUTED))


def nothing(state: State, searching: Searching | None) -> str:
    """What to say where nothing was found."""
    if searching is None:
        return "No entry has this position, or an id that begins like this."
    if searching.stage == "ready":
        return "Nothing is called like this, and no text has all of these words."
    return "Nothing is called like this." + (
        " Texts are still being read." if searching.stage == "reading" else ""
    )


def marked(text: str, wanted: Sequence[str], look: str, found: str) -> Iterator[tuple[str, str]]:
    """A text in pieces, the words that were looked for standing out."""
    at = 0
    for start, stop in places_of(text, wanted):
        if start > at:
            yield text[at:start], look
        yield text[start:stop], found
        at = stop
    if at < len(text):
        yield text[at:], look


def _count(shown: int, more: bool) -> str:
    return f"the first {shown}; there are more: type more of it" if more else f"{shown}"


def _cell(text: str, wanted: Sequence[str], look: str = "") -> Cell:
    return Pieces(marked(text, wanted, look, "found"))


def _parts(text: str, wanted: Sequence[str], look: str = "") -> list[Part]:
    return list(marked(text, wanted, look, _FOUND))


def _named(one: Named, wanted: Sequence[str]) -> Item:
    title = " ".join(
        part for part in (one.name or "without a name", one.detail if one.sha256 else "") if part
    )
    field, text = one.field, one.text
    if one.what == "artifact" and field == "name":
        where: Cell = (f"fingerprint {one.sha256}", "muted")
    elif one.what == "artifact":
        where = Pieces((((f"{field} "), "muted"), *marked(text, wanted, "", "found")))
    elif one.what == "service":
        where = Pieces(((f"{one.detail} in ", "muted"), *marked(one.environment, wanted, "", "found")))
    else:
        where = (one.detail or field, "muted")
    row = (_VERIFIED, (one.what, "muted"), _cell(title, wanted, "strong"), where, (utc(one.time), "muted"))
    told = [line(*_parts(title, wanted, "bold"), limit=_LONG)]
    if one.sha256:
        told.append(line(("sha256 ", MUTED), *_parts(one.sha256, wanted)))
    if field == "commit":
        told.append(line(("commit ", MUTED), *_parts(text, wanted)))
    if one.what in ("environment", "group", "service"):
        told.append(line((f"{one.detail} in {one.environment}" if one.environment else one.detail, MUTED)))
    if one.position >= 0:
        told.append(line((f"position {one.position:,}  {utc(one.time)}", MUTED)))
    return Item(row, _leads_to(one), lines(told))


def _leads_to(one: Named) -> Link:
    match one.what:
        case "artifact":
            return Link("artifacts", artifact=one.sha256)
        case "person":
            return Link("entries", entry=one.position)
        case "service" if one.until:  # to when it ran
            reference = EnvironmentReference(one.environment, moment_text=one.until)
            moment = Moment(one.until, "", one.until, "")
            return Link("environments", environment=reference, moment=moment, service=one.name)
    reference = EnvironmentReference(one.environment or one.name)
    return Link("environments", environment=reference, service=one.name if one.environment else "")


def _entry(one: EntryLine, text: str, state: State) -> Item:
    wanted = [text.strip()]
    by_id = one.id.startswith(text.strip().lower())
    where = (
        Pieces(((("id "), "muted"), *marked(one.id, wanted, "", "found")))
        if by_id
        else (f"position {one.position:,}", "found")
    )
    return _of_entry(
        one.position, one.id, one.kind, one.time, one.title, where, [], state, wanted if by_id else []
    )


def _hit(one: Hit, wanted: Sequence[str], state: State) -> Item:
    writer = state.standing(one.position, one.entry).writer
    where: Cell = ("a name in its header", "muted")
    if one.excerpt:
        where = _cell(one.excerpt, wanted)
    elif places_of(writer, wanted):
        where = Pieces((("signed by ", "muted"), *marked(writer, wanted, "", "found")))
    elif any(one.entry.startswith(word.lower()) for word in wanted):
        where = Pieces((("id ", "muted"), *marked(one.entry, wanted, "", "found")))
    excerpt = [line(*_parts(one.excerpt, wanted), limit=_LONG)] if one.excerpt else []
    return _of_entry(one.position, one.entry, one.kind, one.time, one.title, where, excerpt, state, wanted)


def _of_entry(
    position: int, entry: str, kind: str, time: str, title: str, where: Cell, excerpt: list[Content],
    state: State, wanted: Sequence[str],
) -> Item:  # fmt: skip
    """An entry, shown as verification has it: of one with a fault nothing that it claims is told."""
    standing = state.standing(position, entry)
    link = Link("entries", entry=position)
    tail = line((f"position {position:,}  id {entry}  {standing.writer}  {utc(time)}", MUTED), limit=_LONG)
    if standing.mark == "fault":
        why = f"{standing.code}: {standing.why}"
        row: Row = (MARKS["fault"], "", (why, "fault"), (f"position {position:,}", "muted"), "")
        return Item(row, link, lines((line((why, FAULT), limit=_LONG), tail)))
    look = "muted" if standing.mark == "waiting" else ""
    named = f"{position:{len(f'{state.count:,}')},}  {title or kind}"
    row = (MARKS[standing.mark], (kind, "muted"), _cell(named, wanted, look), where, (utc(time), "muted"))
    return Item(row, link, lines((line(*_parts(title or kind, wanted, "bold")), *excerpt, tail)))
