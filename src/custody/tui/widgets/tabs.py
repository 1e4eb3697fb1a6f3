"""The row of tabs at the top, and the ledger's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from textual import events
from textual.content import Content
from textual.widget import Widget

from custody.tui.links import Link
from custody.tui.widgets.words import ACCENT, MUTED, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

TABS: Mapping[str, str] = {
    "overview": "Overview",
    "artifacts": "Artifacts",
    "environments": "Environments",
    "approvals": "Approvals",
    "entries": "Entries",
    "findings": "Findings",
}
_LEAST_NAME = 12  # cells; a name that is cut shorter says nothing


class TabRow(Widget):
    """The tabs with their number keys; where there is no room, only the current one has its title."""

    DEFAULT_CSS = """
    TabRow { height: 1; background: $panel; color: $foreground 75%; text-wrap: nowrap; }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._place = ""
        self._starts: list[tuple[int, str]] = []

    def show(self, place: str) -> None:
        """Which ledger this is."""
        if place != self._place:
            self._place = place
            self.refresh()

    def render(self) -> Content:
        width = self.size.width
        full = sum(len(title) + 4 for title in TABS.values())
        self._starts = []
        parts, at = [], 0
        for number, (tab, title) in enumerate(TABS.items(), 1):
            current = tab == self._current
            text = f" {title}" if current or full <= width else ""
            self._starts.append((at, tab))
            ground = " on $background" if current else ""
            look = f"$foreground bold{ground}" if current else ""
            parts.append(line((f" {number}", f"{ACCENT}{ground}"), (f"{text} ", look)))
            at += len(text) + 3
        room = width - at - 2
        name = line((self._place, MUTED), limit=400)
        if room >= min(_LEAST_NAME, name.cell_length):
            parts.append(Content(" " * (max(room - name.cell_length, 0) + 1)))
            parts.append(name.truncate(room, ellipsis=True))
        return Content("").join(parts)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        chosen = [tab for start, tab in self._starts if offset is not None and start <= offset.x]
        if chosen:
            cast("CustodyApp", self.app).go(Link(chosen[-1]))
