"""A chart of deployments by day: a bar and its number for each, so that it can be read without bars too."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from textual.content import Content
from textual.widget import Widget

from custody.query.days import Day
from custody.tui.widgets.states import BARS
from custody.tui.widgets.words import ACCENT, MUTED, Part, line

_PITCH = 4  # cells of a day
_LABEL = 10  # cells in front of the days
_MOST = 999


class DayChart(Widget):
    """Bars, the numbers behind them, and the days; the cursor's day is marked."""

    DEFAULT_CSS = """
    DayChart { height: 6; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._days: Sequence[Day] = ()
        self._here = date.min

    def span(self, here: date, last: date) -> tuple[date, date]:
        """The first and the last day that there is room for, with this one among them."""
        room = max((self.size.width - _LABEL) // _PITCH, 1)
        try:
            end = min(last, here + timedelta(room // 2))
            return end - timedelta(room - 1), end
        except OverflowError:
            return here, here

    def show(self, days: Sequence[Day], here: date) -> None:
        self._days, self._here = days, here
        self.refresh()

    def render(self) -> Content:
        days = self._days
        if not days:
            return Content("")
        seen = [day.seen for day in days]
        declared = [day.declared for day in days]
        # Where both are known the bars are what was seen: it is what ran.
        bars = [n or 0 for n in (seen if any(seen) or not any(declared) else declared)]
        most = max(*bars, 1)
        rows = [
            self._row(
                "", ["" if not n else BARS[(n * (len(BARS) - 1) + most - 1) // most] * 2 for n in bars]
            ),
            self._row("seen", [_number(n) for n in seen]),
            self._row("declared", [_number(n) for n in declared]),
            self._row("day", [f"{day.day:%d}" for day in days], "bold"),
            self._months(),
        ]
        title = line(("Deployments by day (UTC)", "bold"), ("  seen: began to run, by the reports", MUTED))
        return Content("\n").join((title, *rows))

    def _row(self, label: str, cells: Sequence[str], look: str = "") -> Content:
        parts: list[Part] = [(label.ljust(_LABEL), MUTED)]
        for day, cell in zip(self._days, cells, strict=True):
            here = day.day == self._here
            style = f"{ACCENT} bold" if here else look or ("" if cell != "·" else MUTED)
            parts.append((cell.rjust(_PITCH - 1) + " ", style))
        return Content("").join(line(part) for part in parts)

    def _months(self) -> Content:
        """The cursor's day has a sign, and where a month begins its name stands, or where the first of the days is."""
        cells = [" "] * (_PITCH * len(self._days))
        here = next((at for at, day in enumerate(self._days) if day.day == self._here), None)
        taken = -1
        for at, day in enumerate(self._days):
            start, name = at * _PITCH + 1, f"{day.day:%b %Y}"
            begins = day.day.day == 1 or (at == 0 and not any(one.day.day == 1 for one in self._days[1:3]))
            if begins and start > taken and start + len(name) <= len(cells):
                cells[start : start + len(name)] = name
                taken = start + len(name)
        if here is not None and cells[here * _PITCH + 2] == " ":
            cells[here * _PITCH + 2] = "▲"
        return line(" " * _LABEL, ("".join(cells), MUTED), limit=None)


def _number(count: int | None) -> str:
    if count is None:
        return ""
    if not count:
        return "·"
    return str(count) if count <= _MOST else "1k+"
