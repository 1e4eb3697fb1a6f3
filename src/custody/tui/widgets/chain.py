"""A chain drawn as a strip: a node for each entry, how each stands, forks below, the entry on view marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from custody.query.entries import ChainPlace
from custody.tui.state import Mark
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, line

NODES: dict[Mark, tuple[str, str]] = {
    "waiting": ("·", MUTED), "verified": ("●", GOOD), "idle": ("○", GAP), "fault": ("✗", FAULT),
}  # fmt: skip
_LABEL = 9
_PITCH = 3  # cells of a node and the line that leads on


class ChainStrip(Widget):
    """Two lines: the chain, and below it what forks off."""

    DEFAULT_CSS = """
    ChainStrip { height: 2; }
    ChainStrip.-forked { min-height: 2; }
    """

    class Chosen(Message):
        """A node was clicked."""

        def __init__(self, position: int) -> None:
            super().__init__()
            self.position = position

    def __init__(self) -> None:
        super().__init__()
        self._places: Sequence[ChainPlace] = ()
        self._marks: dict[int, Mark] = {}
        self._position = -1
        self._ends = False

    def window(self, seq: int) -> tuple[int, int]:
        """The first seq to draw so that this one is in the middle, and how many there is room for."""
        room = max((self.size.width - _LABEL) // _PITCH, 1)
        return max(0, seq - room // 2), room

    def show(self, places: Sequence[ChainPlace], marks: dict[int, Mark], position: int, closed: bool) -> None:
        """`marks` says of each position how it stands; `closed`, whether the last place closes the chain."""
        drawn = (list(places), marks, position, closed)
        if drawn != (self._places, self._marks, self._position, self._ends):
            self._places, self._marks, self._position, self._ends = drawn
            self.set_class(any(len(place.positions) > 1 for place in places), "-forked")
            self.refresh()

    def render(self) -> Content:
        places = self._places
        if not places:
            return Content("")
        above = [line(("chain  … " if places[0].seq else "chain    ", MUTED))]
        below = [line(" " * _LABEL)]
        for number, place in enumerate(places):
            last = number == len(places) - 1
            link = ("]" if self._ends else "╌") if last else "─"
            gap = not last and places[number + 1].seq != place.seq + 1
            above.append(self._node(place.positions[0]))
            above.append(line((link * (1 if last else 2), FAULT if gap else MUTED)))
            if len(place.positions) > 1:
                more = f"{len(place.positions) - 2}+" if len(place.positions) > 2 else " "
                below += [self._node(place.positions[1]), line((f"{more} "[:2], FAULT))]
            else:
                below.append(line("   "))
        return Content("\n").join((Content("").join(above), Content("").join(below)))

    def _node(self, position: int) -> Content:
        sign, look = NODES[self._marks.get(position, "waiting")]
        if position == self._position:
            return line((sign, f"{ACCENT} reverse bold"))
        return line((sign, look))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        place = -1 if offset is None else (offset.x - _LABEL) // _PITCH
        if offset is not None and 0 <= place < len(self._places):
            positions = self._places[place].positions
            self.post_message(self.Chosen(positions[min(offset.y, len(positions) - 1)]))
