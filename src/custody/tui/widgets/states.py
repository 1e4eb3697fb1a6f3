"""A timeline of an environment's states: one bar each, as high as much changed, with the cursor and other signs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from custody.query.types import StateLine
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import ACCENT, GAP, MUTED, line

BARS = "▁▂▃▄▅▆▇█"
_FEW = 4  # changes that make a full bar, where no state has more
_WIDEST = 5  # cells of a bar and the space behind it
_NARROWEST = 8
_HERE, _MARK, _BLIND = "▲", "M", "?"
_LEGEND = {_HERE: "here", _MARK: "the mark", _BLIND: "nobody looked for too long"}
_LOOKS = {_HERE: f"{ACCENT} bold", _MARK: f"{ACCENT} bold", _BLIND: f"{GAP} bold"}
_DATE = 10  # cells


class StatesStrip(Widget):
    """Three lines: the bars; signs below them; the days at both ends, with what the signs mean between."""

    DEFAULT_CSS = """
    StatesStrip { height: 3; }
    """

    class Chosen(Message):
        """A bar was clicked."""

        def __init__(self, strip: StatesStrip, number: int) -> None:
            super().__init__()
            self.strip = strip
            self.number = number

        @property
        def control(self) -> StatesStrip:
            return self.strip

    @dataclass
    class Resized(Message):
        """There is room for another number of states."""

    def __init__(self) -> None:
        super().__init__()
        self._states: Sequence[StateLine] = ()
        self._number = 0
        self._of = 0
        self._marked = 0
        self._blind: Collection[int] = ()

    @property
    def room(self) -> int:
        """How many states there is room for."""
        return max(self.size.width - 2, 1)

    def show(
        self, states: Sequence[StateLine], number: int, of: int, marked: int = 0, blind: Collection[int] = ()
    ) -> None:
        """States of `of`, the cursor at `number` (0: in front of the first), one `marked` (0: none); `blind` are those
        in which nobody looked for too long."""
        shown = (list(states), number, of, marked, blind)
        if shown != (self._states, self._number, self._of, self._marked, self._blind):
            self._states, self._number, self._of, self._marked, self._blind = shown
            self.refresh()

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def render(self) -> Content:
        states, width = self._states, self.size.width
        if not states or width < _NARROWEST:
            return Content("")
        pitch = self._pitch()
        bar = max(pitch - 1, 1)
        space = " " * (pitch - bar)
        most = max(_FEW, *(_changes(state) for state in states))
        bars = [line(("◂" if states[0].number > 1 else " ", MUTED))]
        signs = [line(" ")]
        for state in states:
            height = BARS[(_changes(state) * (len(BARS) - 1) + most - 1) // most]
            here = state.number == self._number
            bars.append(line((height * bar, f"{ACCENT} bold" if here else MUTED), space))
            sign = self._sign(state.number)
            left = (bar - 1) // 2
            signs.append(line(" " * left, (sign or " ", _LOOKS.get(sign, "")), " " * (pitch - left - 1)))
        bars.append(line(("▸" if states[-1].number < self._of else " ", MUTED)))
        below = self._scale(min(width, 2 + len(states) * pitch), width)
        return Content("\n").join((Content("").join(bars), Content("").join(signs), below))

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        place = -1 if offset is None else (offset.x - 1) // self._pitch()
        if 0 <= place < len(self._states):
            self.post_message(self.Chosen(self, self._states[place].number))

    def _pitch(self) -> int:
        return max(1, min(_WIDEST, self.room // max(len(self._states), 1)))

    def _sign(self, number: int) -> str:
        if number == self._number:
            return _HERE
        if number == self._marked:
            return _MARK
        return _BLIND if number in self._blind else ""

    def _scale(self, end: int, width: int) -> Content:
        """The first and the last day, and what the signs on view mean, as far as there is room."""
        first, last = utc(self._states[0].time)[:_DATE], utc(self._states[-1].time)[:_DATE]
        signs = dict.fromkeys(filter(None, (self._sign(state.number) for state in self._states)))
        days = first if first == last or end < 2 * _DATE + 3 else f"{first} to {last}"
        parts = [line((f" {days}", MUTED))]
        at = len(days) + 1
        for sign in sorted(signs, key=list(_LEGEND).index):
            text = f" {_LEGEND[sign]}"
            at += 4 + len(text)
            if at <= width:
                parts += [line("   "), line((sign, _LOOKS[sign])), line((text, MUTED))]
        return Content("").join(parts)


def _changes(state: StateLine) -> int:
    return state.started + state.stopped + state.replaced + state.scaled
