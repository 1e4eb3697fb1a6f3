"""One environment at one moment: what is said of the moment, the states around it, and the services as they were."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from textual.containers import Vertical
from textual.widget import Widget

from custody.policy.verdict import Verdict
from custody.query.types import StateLine
from custody.query.windows import Window
from custody.tui.screens.environments_moment import Clocks, Looked, briefly, moment
from custody.tui.screens.environments_reading import Cursor, Sight, View
from custody.tui.screens.environments_words import SERVICES, Shown, rows_of, service_row
from custody.tui.widgets.states import StatesStrip
from custody.tui.widgets.table import LazyRows, Table
from custody.tui.widgets.words import Words, lines

_NO_VERDICTS: Mapping[tuple[str, str], Verdict] = {}


class EnvironmentPane(Vertical):
    """Draws a `View`. It keeps the cursor on the service that it was on, from state to state."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.shown: list[Shown] = []
        self.verdicts = _NO_VERDICTS
        self._view: View | None = None
        self._cursor: Cursor | None = None
        self._service = self._preferred = self._runs = ""
        self._artifact = ""  # of that service: what came and what stopped in it stand in two rows
        self._windows: Sequence[Window] = ()
        self._sights: Sequence[Sight] = ()
        self._is_late = False  # whether they are those of the moment before
        self._clocks: Clocks | None = None
        self._known = self._aside = ""
        self._marked = 0
        self._sought = ""

    def compose(self) -> Iterable[Widget]:
        yield Words(classes="moment")
        yield StatesStrip()
        yield Table(SERVICES, classes="services")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def strip(self) -> StatesStrip:
        return self.query_one(StatesStrip)

    @property
    def chosen(self) -> Shown | None:
        """The service under the cursor."""
        at = self.table.cursor
        return self.shown[at] if at < len(self.shown) else None

    def show(
        self, view: View, cursor: Cursor, clocks: Clocks, known: str, marked: int, aside: str = ""
    ) -> None:
        """Another moment: its verdicts and blind windows are still to come. `aside` stands behind its name."""
        was = self._view
        if was is None or was.side.about != view.side.about:
            self._service, self._windows, self._sights = "", (), ()
        if was is None or (was.side.about, was.side.place) != (view.side.about, view.side.place):
            self._artifact = ""  # of another state it is the service that is followed
        self._service, self._preferred = self._preferred or self._service, ""
        self._is_late = True
        self._view, self._cursor, self._clocks = view, cursor, clocks
        self._known, self._marked, self._aside = known, marked, aside
        self.verdicts = _NO_VERDICTS
        self.draw_moment()
        self._draw_services(first=not self._service)

    def prefer(self, service: str, artifact: str) -> None:
        """Put the cursor on a service, or on the first that runs an artifact (`Shown.runs`), once the next moment is
        shown.
        """
        self._preferred, self._runs = service, artifact

    def find(self, text: str) -> None:
        """Show the services that a text finds, and no others."""
        self._sought = text
        self._draw_services(first=False)

    def judged(self, verdicts: Mapping[tuple[str, str], Verdict]) -> None:
        """The verdicts came."""
        self.verdicts = verdicts
        self._draw_rows()

    def silent(self, windows: Sequence[Window]) -> None:
        """The blind windows came."""
        self._windows = windows
        self.draw_moment()

    def sighted(self, sights: Sequence[Sight]) -> None:
        """How well the moment was looked at came."""
        self._sights, self._is_late = sights, False
        self.draw_moment()

    def remember(self, index: int) -> None:
        """The cursor came to a service."""
        if index < len(self.shown):
            self._service, self._artifact = self.shown[index].about.service, self.shown[index].about.sha256

    def on_resize(self) -> None:
        self.draw_moment()

    # --- drawing

    def draw_moment(self) -> None:
        """What is said of the moment, and the states around it, in the room there is."""
        view, cursor = self._view, self._cursor
        if view is None or cursor is None or self._clocks is None:
            return
        words = self.query_one(".moment", Words)
        if self.screen.has_class("-tiny"):
            words.say(briefly(view, cursor))
        else:
            here = self._here(view, cursor)
            width = self.content_size.width
            looked = Looked(here, self._sights, self._is_late)
            told = moment(view, cursor, self._clocks, width, looked, self._known, self._aside)
            words.say(lines(told))
        side = view.side
        blind = {number for number, since, until in _spans(view.bars) if self._is_blind(since, until)}
        self.strip.show(view.bars, side.place.number, side.timeline.count, self._marked, blind)

    def _here(self, view: View, cursor: Cursor) -> list[Window]:
        """The blind windows that the cursor is in."""
        state = view.standing.state
        if state is None:
            return []
        at = cursor.instant or "~"
        return [one for one in self._windows if one.since <= at and (at < one.until or one.after is None)]

    def _is_blind(self, since: str, until: str) -> bool:
        return any(one.since < until and since < one.until for one in self._windows)

    def _draw_services(self, *, first: bool) -> None:
        """The services, the cursor on the one that it was on, or at `first` where something changed."""
        view = self._view
        self.shown = rows_of(view.standing.state if view is not None else None, self._sought)
        runs, self._runs = self._runs, ""
        at = next((n for n, one in enumerate(self.shown) if runs and one.runs(runs)), None)
        if at is not None:
            self._service = self.shown[at].about.service
        else:
            here = [
                (n, one.about.sha256)
                for n, one in enumerate(self.shown)
                if one.about.service == self._service
            ]
            at = next((n for n, sha256 in here if sha256 == self._artifact), here[0][0] if here else None)
        if at is None:
            at = self._changed() if first else min(self.table.cursor, max(len(self.shown) - 1, 0))
        service = self._service
        with self.prevent(Table.Highlighted):
            self._draw_rows()
            self.table.go(at)
        self._service = service or (self.shown[at].about.service if self.shown else "")
        if self.shown and self.shown[at].about.service == self._service:
            self._artifact = self.shown[at].about.sha256

    def _changed(self) -> int:
        """The row of the first service that just changed: of what runs in it, if anything does."""
        service = next((one.about.service for one in self.shown if one.change), "")
        rows = [n for n, one in enumerate(self.shown) if one.about.service == service]
        return next((n for n in rows if self.shown[n].service is not None), rows[0] if rows else 0)

    def _draw_rows(self) -> None:
        known = self._view is not None and self._view.standing.state is not None
        empty = "None that is looked for." if self._sought else "Nothing ran here." if known else "Not known."
        self.table.show_rows(LazyRows(self.shown, lambda one: service_row(one, self.verdict_on(one))), empty)

    def verdict_on(self, one: Shown) -> Verdict | None:
        """The verdict on a row, once it is there."""
        return self.verdicts.get((one.about.service, one.about.sha256)) if one.service else None


def _spans(bars: Sequence[StateLine]) -> Iterable[tuple[int, str, str]]:
    """Each state on view with when it began, and when the next did."""
    ends = [*(bar.time for bar in bars[1:]), "~"][: len(bars)]
    return ((bar.number, bar.time, end) for bar, end in zip(bars, ends, strict=True))
