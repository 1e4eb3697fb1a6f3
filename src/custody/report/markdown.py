"""A report as Markdown (CommonMark with the tables of GitHub's): no text of it makes a link, an element or a column.

A text stands as it is only where it has nothing in it that any reader of Markdown acts on, and in a code span
otherwise: there nothing is read as markup, bare addresses and mentions included, which a backslash does not prevent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from custody.report import wording
from custody.report.document import (
    Block,
    Code,
    Counts,
    Digest,
    Document,
    EntryRef,
    Facts,
    Instant,
    Items,
    Mark,
    Paragraph,
    Section,
    Table,
    Value,
)

_TAME = re.compile(
    r"(?![0-9]+[.)](?: |$))(?!.*  )(?!.* $)"  # no item of a list, no run of blanks
    r"[^\W_](?:[^\W_]|[ ,;'()·%–-]|/(?!/)|:(?= |$)|\.(?= |$|[0-9]))*"  # no address, no mention, no markup
)
_TICKS = re.compile("`+")


def write(document: Document) -> str:
    """The whole report."""
    lines = [f"# {inline(document.title)}", "", f"**{_mark(document.status)}**", ""]
    for section in (document.basis, *document.sections):
        lines += _section(section, document.zone)
    return "\n".join(lines).rstrip("\n") + "\n"


def inline(text: str) -> str:
    """A text inside a paragraph, a heading or an item."""
    shown = wording.words(text)
    return shown if _TAME.fullmatch(shown) else code_span(shown)


def code_span(shown: str) -> str:
    """CommonMark §6.1: fenced by more backticks than it has in a row; one blank on either side is taken away again."""
    if not shown:
        return wording.NOTHING
    fence = "`" * (_longest(shown) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _section(section: Section, zone: ZoneInfo) -> list[str]:
    lines = [f"## {inline(section.title)}", ""]
    for block in section.blocks:
        lines += [*_block(block, zone), ""]
    return lines


def _block(block: Block, zone: ZoneInfo) -> list[str]:
    if isinstance(block, Paragraph):
        return [f"**{inline(block.text)}**" if block.tone in ("bad", "warn") else inline(block.text)]
    if isinstance(block, Facts):
        told = ((inline(fact.label), _value(fact.value, zone)) for fact in block.facts)
        return _table(("What", "Value"), told)
    if isinstance(block, Table):
        if not block.rows:
            return [inline(block.empty)]
        block = wording.filled(block)
        headings = tuple(inline(column.heading) for column in block.columns)
        return _table(headings, (tuple(_value(value, zone) for value in row) for row in block.rows))
    if isinstance(block, Items):
        return [f"- {_value(item, zone)}" for item in block.items] or [inline(block.empty)]
    return _code(block)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    return [_row(headings), _row(("---",) * len(headings)), *map(_row, rows)]


def _row(cells: tuple[str, ...]) -> str:
    # GFM: a pipe of a cell's own is escaped even in a code span, where it is the one character that can be.
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _code(block: Code) -> list[str]:
    lines = wording.code_lines(block.text)
    fence = "`" * max(3, _longest(block.text) + 1)
    return [f"{inline(block.label)}:", "", fence + "text", *lines, fence]


def _value(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, list):
        return ", ".join(_listed(one, zone) for one in value) or wording.NOTHING
    if value is None or value == "":
        return wording.NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mark):
        return _mark(value)
    if isinstance(value, Digest):
        return code_span(wording.words(value.text))
    if isinstance(value, Instant):
        return " = ".join(wording.instants(value.utc, zone)) or wording.NOTHING
    if isinstance(value, Counts):
        return ", ".join(inline(f"{count} {name}") for name, count in value.of) or wording.NOTHING
    if isinstance(value, EntryRef):
        return f"{value.position} {code_span(wording.words(value.entry[: wording.SHORT]))}"
    return inline(str(value))


def _listed(value: Value, zone: ZoneInfo) -> str:
    """One of several values in a cell; of an entry its position will do, by which the last table has its id."""
    return str(value.position) if isinstance(value, EntryRef) else _value(value, zone)


def _mark(mark: Mark) -> str:
    return wording.SIGNS[mark.tone] + inline(mark.word)


def _longest(text: str) -> int:
    return max((len(run) for run in _TICKS.findall(text)), default=0)
