"""A table whose rows stand in groups, each under a line of its own that the cursor passes over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from textual.strip import Strip

from custody.tui.widgets.table import Column, Pieces, Row, Table


class Group(NamedTuple):
    """A heading of one or two cells' worth of text, and the rows below it."""

    title: str
    remark: str
    rows: Sequence[Row]


class _Heading(Pieces):
    """A line over the rows of a group, as wide as the table."""


class GroupedTable(Table):
    """Rows under headings. Places in it count headings too; `item` says which of the rows stands at one."""

    _items: Sequence[int] = ()  # for each line the number of its row among all rows; -1 for a heading

    def show_groups(self, groups: Sequence[Group], empty: str, *, again: bool = False) -> None:
        """Show these, without those that have no rows; the cursor on the first row, or where it is (`again`)."""
        rows: list[Row] = []
        items: list[int] = []
        number = 0
        for group in groups:
            if group.rows:
                items.append(-1)
                rows.append(_Heading(((group.title, "heading"), (f"  {group.remark}", "muted"))))
            items += range(number, number + len(group.rows))
            rows += group.rows
            number += len(group.rows)
        self._items = items
        self.show_rows(rows, empty)
        self.go(self.cursor if again else 0)

    def item(self, index: int) -> int:
        """The number of the row at a place, counted over all groups; -1 where there is none."""
        return self._items[index] if 0 <= index < len(self._items) else -1

    def go(self, index: int) -> None:
        """Put the cursor on a row: of a heading on the one behind it, going up on the one in front."""
        index = max(0, min(index, self.count - 1))
        if self.item(index) < 0:
            back = index < self.cursor and index > 0
            index = index - 1 if back else max(0, min(index + 1, self.count - 1))
        super().go(index)
        if index and self.item(index - 1) < 0 and round(self.scroll_target_y) >= index:
            self.scroll_to(y=index - 1, animate=False)

    def next_group(self, by: int) -> None:
        """The first row of the next group, or of the one before."""
        heads = [place for place, item in enumerate(self._items) if item < 0]
        here = [place for place in heads if place < self.cursor]
        there = [place for place in heads if place > self.cursor] if by > 0 else here[:-1]
        if there:
            self.go((there[0] if by > 0 else there[-1]) + 1)

    def _row_strip(self, width: int, row: Row) -> Strip:
        if not isinstance(row, _Heading):
            return super()._row_strip(width, row)
        return Strip(self._segments(row, width, Column("")), width)
