"""What differs between a moment that was marked and the cursor."""

from __future__ import annotations

from collections.abc import Iterable

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from custody.query.diffs import DiffLine
from custody.tui.screens.environments_reading import Compared, Cursor
from custody.tui.screens.environments_words import CHANGES, between, change_facts, change_row
from custody.tui.widgets.table import LazyRows, Table
from custody.tui.widgets.words import Words, lines


class DifferenceView(Vertical):
    """From where to where, and a row for each service that differs."""

    def __init__(self) -> None:
        super().__init__(id="difference")
        self._compared: Compared | None = None
        self._shown: list[DiffLine] = []
        self._service = ""
        self._sought = ""

    def compose(self) -> Iterable[Widget]:
        yield Words(id="between")
        yield Table(CHANGES, id="changes")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def chosen(self) -> DiffLine | None:
        """The difference under the cursor."""
        at = self.table.cursor
        return self._shown[at] if at < len(self._shown) else None

    def show(self, mark: Cursor, cursor: Cursor, compared: Compared) -> None:
        self._compared = compared
        self.query_one("#between", Words).say(lines(between(mark, cursor, compared)))
        self._draw()

    def find(self, text: str) -> None:
        """Show the services that a text finds, and no others."""
        self._sought = text.lower()
        self._draw()

    def remember(self) -> None:
        """The cursor came to a service, and stays with it."""
        self._service = self.chosen.change.service if self.chosen is not None else ""

    def facts(self, room: int) -> Content:
        """What there is to say of the difference under the cursor, in so many lines."""
        if self._compared is None or self.chosen is None:
            return Content("")
        return change_facts(self.chosen, self._compared, max(room - 2, 1))

    def _draw(self) -> None:
        compared = self._compared
        if compared is None:
            return
        self._shown = [one for one in compared.difference.lines if _holds(one, self._sought)]
        empty = "" if compared.complaint else "No difference: the same runs in the same services, as often."
        at = next((n for n, one in enumerate(self._shown) if one.change.service == self._service), 0)
        with self.prevent(Table.Highlighted):
            self.table.show_rows(LazyRows(self._shown, lambda one: change_row(one, compared)), empty)
            self.table.go(at)


def _holds(one: DiffLine, text: str) -> bool:
    change = one.change
    return any(text in part.lower() for part in (change.service, change.name, change.version, change.sha256))
