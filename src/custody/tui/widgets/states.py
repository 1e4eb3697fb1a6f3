"""A strip of an environment's states: one bar each, as high as much changed, the current one marked."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from custody.query.types import StateLine
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, MUTED

_BARS = "▁▂▃▄▅▆▇█"
_FEW = 4  # changes that make a full bar, where no state has more
_WIDEST = 5  # cells of a bar and the space behind it
_NARROWEST = 8


class StatesStrip(Widget):
    """Two lines: the bars, and below them the marker with the times at both ends."""

    DEFAULT_CSS = """
    StatesStrip { height: 2; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._states: Sequence[StateLine] = ()
        self._number = 0
        self._of = 0

    def window(self, number: int, of: int) -> tuple[int, int]:
        """How many states the strip leaves out on the left of this one, and how many it has room for."""
        room = max(self.size.width - 2, 1)
        return max(0, min(number - 1 - room // 2, of - room)), room

    def show(self, states: Sequence[StateLine], number: int, of: int) -> None:
        self._states, self._number, self._of = states, number, of
        self.refresh()

    def render(self) -> Content:
        states, width = self._states, self.size.width
        if not states or width < _NARROWEST:
            return Content("")
        pitch = max(1, min(_WIDEST, (width - 2) // len(states)))
        space = " " if pitch > 1 else ""
        most = max(_FEW, *(_changes(state) for state in states))
        bars: list[str | tuple[str, str]] = [("◂" if states[0].number > 1 else " ", MUTED)]
        for state in states:
            bar = _BARS[(_changes(state) * (len(_BARS) - 1) + most - 1) // most] * (pitch - len(space))
            bars.append((bar, f"{ACCENT} bold" if state.number == self._number else "$foreground 40%"))
            bars.append(space)
        bars.append(("▸" if states[-1].number < self._of else " ", MUTED))
        marker = 1 + (self._number - states[0].number) * pitch + (pitch - len(space) - 1) // 2
        return Content("\n").join(
            (Content.assemble(*bars), _scale(states, marker, 1 + len(states) * pitch, width))
        )


def _changes(state: StateLine) -> int:
    return state.started + state.stopped + state.replaced + state.scaled


def _scale(states: Sequence[StateLine], marker: int, end: int, width: int) -> Content:
    """The marker, with the first and last day at the ends of the bars where there is room beside it."""
    cells = [" "] * width
    first, last = utc(states[0].time)[:10], utc(states[-1].time)[:10]
    if marker > len(first) + 1:
        cells[1 : 1 + len(first)] = first
    start = max(end - len(last), marker + 2)
    if start + len(last) <= width and start > len(first) + 2:
        cells[start : start + len(last)] = last
    text = "".join(cells)
    return Content.assemble((text[:marker], MUTED), ("▲", ACCENT), (text[marker + 1 :], MUTED))
