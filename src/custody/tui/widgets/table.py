"""A table of any length that draws only the rows in view.

Cells are escaped here and put into segments directly; nothing in them is ever read as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, NamedTuple, Self, TypeVar, overload
from unicodedata import category

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from custody.text import LIMIT, safe_text
from custody.tui import plain


class Pieces(tuple[tuple[str, str], ...]):
    """A text in pieces, each with the name of its look, or ""."""


Whole = str | tuple[str, str]
"""A text, or a text and the name of its look: one of `_LOOKS`."""

Cell = Whole | Pieces
"""Such a text, or one of which some stands out."""

Row = Sequence[Cell]

T = TypeVar("T")


class LazyRows(Sequence[Row], Generic[T]):
    """A row for each of some values, made when it is drawn: of ten thousand a screen shows fifty."""

    def __init__(self, values: Sequence[T], row: Callable[[T], Row]) -> None:
        self._values = values
        self._row = row

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return LazyRows(self._values[index], self._row)
        return self._row(self._values[index])


# How a cell looks: a colour of the theme (or the widget's own), and what must still be seen without colours. Component
# classes of CSS would do the same; ten of them for each table cost more than all the rest of the styling together.
_LOOKS: dict[str, tuple[str, Style]] = {
    "heading": ("quiet", Style(bold=True)),
    "muted": ("quiet", Style()),
    "good": ("text-success", Style()),
    "gap": ("text-warning", Style()),
    "fault": ("text-error", Style(bold=True)),
    "accent": ("text-accent", Style()),
    "strong": ("", Style(bold=True)),
    "struck": ("quiet", Style(strike=True)),
    "found": ("text-accent", Style(bold=True, underline=True)),
}
_GAP = 2
_TIGHT = 80  # narrower tables have one column of space between columns
_ROOMY = 100  # from this width on a column has its `roomy` width
_KEPT = 512


class Column(NamedTuple):
    """A column: its width in cells, or its share (`flex`) of what is left over.

    `roomy` is the width in a wide table, `from_width` the width of the table from which on it is shown. With
    `clip`, what does not fit is left off without a mark, as seconds of a time may be.
    """

    title: str
    width: int = 0
    flex: int = 0
    roomy: int = 0
    from_width: int = 0
    right: bool = False
    clip: bool = False


_WHOLE = Column("", flex=1)


class Table(ScrollView, can_focus=True):
    """Rows under a heading, one of them the cursor's."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    Table {
        scrollbar-size-vertical: 1;
        overflow-x: hidden;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "One up", show=False, id="table.up"),
        Binding("down,j", "move(1)", "One down", show=False, id="table.down"),
        Binding("pageup", "page(-1)", "A page up", show=False, id="table.page-up"),
        Binding("pagedown", "page(1)", "A page down", show=False, id="table.page-down"),
        Binding("home", "jump(0)", "First row", show=False, id="table.first"),
        Binding("end", "jump(-1)", "Last row", show=False, id="table.last"),
        Binding("enter", "choose", "Open", id="table.choose"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Highlighted(Message):
        """The cursor came to a row."""

        table: Table
        index: int

        @property
        def control(self) -> Table:
            return self.table

    @dataclass
    class Chosen(Message):
        """A row was chosen with enter or a double click."""

        table: Table
        index: int

        @property
        def control(self) -> Table:
            return self.table

    def __init__(
        self, columns: Sequence[Column], *, empty: str = "", id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.empty = empty
        self._rows: Sequence[Row] = ()
        self._looks: dict[str, Style] = {}
        self._strips: LRUCache[tuple[int, int], Strip] = LRUCache(_KEPT)

    # --- rows

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def row(self, index: int) -> Row | None:
        """A row; None while it is still to come."""
        return self._rows[index]

    def show_rows(self, rows: Sequence[Row], empty: str | None = None) -> None:
        """Show these rows, the cursor staying where it is as far as it can."""
        self._rows = rows
        if empty is not None:
            self.empty = empty
        self.changed()

    def changed(self) -> None:
        """The rows are other ones, or look different."""
        self._strips.clear()
        self.virtual_size = Size(self._width, self.count + 1)
        if self.cursor >= self.count:
            self.cursor = max(self.count - 1, 0)
        self.refresh()

    def focus(self, scroll_visible: bool = True) -> Self:
        """At once: asked for later, it would take away what the next key gives to a line to type in."""
        self.screen.set_focus(self, scroll_visible)
        return self

    # --- moving

    def go(self, index: int) -> None:
        """Put the cursor on a row, and the row in view."""
        self.cursor = max(0, min(index, self.count - 1))
        self._reveal()

    def watch_cursor(self, old: int, new: int) -> None:
        for index in (old, new):
            self.refresh_line(index + 1)
        self._reveal()
        if self.count:
            self.post_message(self.Highlighted(self, new))

    def _reveal(self) -> None:
        height = max(self.size.height - 1, 1)
        top = round(self.scroll_target_y)
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False)

    def action_move(self, by: int) -> None:
        self.go(self.cursor + by)

    def action_page(self, by: int) -> None:
        self.go(self.cursor + by * max(self.size.height - 2, 1))

    def action_jump(self, to: int) -> None:
        self.go(to if to >= 0 else self.count - 1)

    def action_choose(self) -> None:
        if self.count:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None or offset.y < 1:
            return
        index = round(self.scroll_y) + offset.y - 1
        if index >= self.count:
            return
        self.go(index)
        if event.chain == 2:
            self.action_choose()

    # --- drawing

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    def on_resize(self) -> None:
        self.changed()
        self._reveal()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._looks.clear()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        width = self._width
        if y == 0:
            cells = [(column.title, "heading") for column, _ in self._fitted(width)]
            return self._finish(self._strip(width, cells))
        index = round(self.scroll_y) + y - 1
        if index >= self.count:
            if y == 1 and self.empty:
                return self._finish(
                    Strip([Segment(fit(self.empty, width, _WHOLE), self._look("muted"))], width)
                )
            return self._finish(Strip.blank(width))
        strip = self._strips.get((index, width))
        if strip is None:
            row = self.row(index)
            if row is None:
                strip = Strip.blank(width)
            else:
                strip = self._row_strip(width, row)
                self._strips[index, width] = strip
        return self._finish(strip, at_cursor=index == self.cursor)

    def _finish(self, strip: Strip, *, at_cursor: bool = False) -> Strip:
        if not at_cursor:
            return strip.apply_style(self.rich_style)
        if not self.has_focus:
            return strip.apply_style(self.rich_style + Style(bgcolor=self._colour("cursor-away")))
        # On the cursor's ground only its own colour can be read; weight and strikes stay.
        ground = Style(
            color=self._colour("block-cursor-foreground"),
            bgcolor=self._colour("block-cursor-background"),
            bold=True,
        )
        return Strip(
            [Segment(text, (was or Style.null()) + ground) for text, was, _ in strip], strip.cell_length
        )

    def _colour(self, variable: str) -> str:
        return self.app.theme_variables[variable]

    def _look(self, name: str) -> Style:
        style = self._looks.get(name)
        if style is None:
            variable, weight = _LOOKS[name]
            style = self._looks[name] = weight + Style(color=self._colour(variable)) if variable else weight
        return style

    def _fitted(self, width: int) -> list[tuple[Column, int]]:
        """The columns that are shown in a table of this width, and how wide each is."""
        shown = [column for column in self.columns if width >= column.from_width]
        gaps = self._gap(width) * (len(shown) - 1)
        widths = [column.roomy if column.roomy and width >= _ROOMY else column.width for column in shown]
        left = max(width - gaps - sum(widths), 0)
        shares = sum(column.flex for column in shown)
        fitted = []
        for column, fixed in zip(shown, widths, strict=True):
            share = left * column.flex // shares if column.flex else 0
            left, shares = left - share, shares - column.flex
            fitted.append((column, fixed + share))
        return fitted

    def _gap(self, width: int) -> int:
        return 1 if width < _TIGHT else _GAP

    def _row_strip(self, width: int, row: Row) -> Strip:
        every = zip(self.columns, row, strict=True)
        shown = {column for column, _ in self._fitted(width)}
        return self._strip(width, [cell for column, cell in every if column in shown])

    def _segments(self, cell: Cell, room: int, column: Column) -> list[Segment]:
        pieces = pieces_of(cell, room, column)
        return [Segment(text, self._look(look) if look else None) for text, look in pieces]

    def _strip(self, width: int, cells: Sequence[Cell]) -> Strip:
        segments = []
        space = " " * self._gap(width)
        for number, ((column, room), cell) in enumerate(zip(self._fitted(width), cells, strict=True)):
            if number:
                segments.append(Segment(space))
            segments += self._segments(cell, room, column)
        return Strip(segments).adjust_cell_length(width)


def pieces_of(cell: Cell, room: int, column: Column) -> list[tuple[str, str]]:
    """A cell's texts, escaped, in exactly so many cells, each with its look."""
    if not isinstance(cell, Pieces):
        text, look = (cell, "") if isinstance(cell, str) else cell
        return [(fit(text, room, column), look)]
    pieces = [(plain.shown(safe_text(text, LIMIT)), look) for text, look in cell if text]
    length = sum(_widest(text) for text, _ in pieces)
    if length <= room:
        return [*pieces, (" " * (room - length), "")]
    cut, left = [], max(room - 1, 0)
    for text, look in pieces:
        cut.append((_beginning(text, left), look))
        left -= _widest(cut[-1][0])
    return [*cut, ("…" + " " * left if room > 0 else "", "")]


def fit(text: str, room: int, column: Column) -> str:
    """A text, escaped, in exactly so many cells. What does not fit ends in an ellipsis, which no text can imitate."""
    shown = plain.shown(safe_text(text, LIMIT))
    length = _widest(shown)
    if length <= room:
        return " " * (room - length) + shown if column.right else shown + " " * (room - length)
    mark = "" if column.clip or room < 1 else "…"
    shown = _beginning(shown, room - len(mark)) + mark
    return shown + " " * (room - _widest(shown))


def _widest(text: str) -> int:
    """How many cells a text takes at the most. Of marks that are drawn beside their letter terminals do not agree
    whether they take one: a name of many must not push what stands behind it out of sight."""
    if text.isascii():
        return len(text)
    return cell_len(text) + sum(category(char) == "Mc" and not cell_len(char) for char in text)


def _beginning(text: str, room: int) -> str:
    """As much of a text as fits."""
    cells = 0
    for at, char in enumerate(text):
        cells += _widest(char)
        if cells > room:
            return text[:at]
    return text
