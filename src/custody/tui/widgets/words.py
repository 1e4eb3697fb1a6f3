"""The only way for a text into a widget: one line, escaped, and never read as markup."""

from __future__ import annotations

from collections.abc import Iterable

from textual.content import Content
from textual.widgets import Static

from custody.text import LIMIT, safe_text
from custody.tui.plain import shown
from custody.tui.widgets.rows import Rows

Part = str | tuple[str, str]
"""A text, or a text and how it looks: a style that custody chose, such as `$text-error bold`."""

MUTED = "$quiet"
GOOD = "$text-success"
GAP = "$text-warning"
FAULT = "$text-error"
ACCENT = "$text-accent"


def line(*parts: Part, limit: int | None = LIMIT) -> Content:
    """One line of parts. Each is escaped, custody's own words too, so that none is forgotten."""
    assembled = []
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        assembled.append((shown(safe_text(text, limit)), style))
    return Content.assemble(*assembled)


def lines(rows: Iterable[Content]) -> Content:
    """Rows below one another; those that go on further in (`hanging`) still do."""
    told = list(rows)
    indents: dict[int, int] = {}
    at = 0
    for row in told:
        if isinstance(row, Rows):
            indents.update((at + number, indent) for number, indent in row.indents.items())
        at += row.plain.count("\n") + 1
    joined = Content("\n").join(told)
    return Rows(joined, indents) if indents else joined


def facts(rows: Iterable[tuple[str, Content]], width: int = 10) -> Content:
    """Labels and values, aligned, also where a value needs more than a line; a fact without a value is left out."""
    return lines(
        hanging(line((label.ljust(width), MUTED)) + value, width + _indent(value))
        for label, value in rows
        if value
    )


def hanging(row: Content, indent: int) -> Content:
    """A row that goes on so many cells further in, where it needs more than a line."""
    return Rows(row, {0: indent})


def _indent(row: Content) -> int:
    return row.indents.get(0, 0) if isinstance(row, Rows) else 0


class Words(Static):
    """A widget for such lines. It is given `Content` and never a `str`."""

    DEFAULT_CSS = """
    Words { width: 1fr; height: auto; }
    """

    def __init__(
        self, content: Content | None = None, *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(content or Content(""), id=id, classes=classes, markup=False)

    def say(self, content: Content) -> None:
        """Show this instead."""
        self.update(content)
