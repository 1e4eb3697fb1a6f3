"""Environments, the time machine: what ran in one of them, or in two beside one another, at any moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from custody.errors import UsageError
from custody.report.subject import Subject
from custody.tui.links import Link
from custody.tui.screens import environments_asked as asked
from custody.tui.screens import environments_reading as reading
from custody.tui.screens.environments_reading import LATEST, Listed
from custody.tui.screens.environments_travel import TravelScreen
from custody.tui.screens.help import Sign
from custody.tui.widgets.days import DayChart
from custody.tui.widgets.prompt import Prompt
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import MUTED, line

_OWN = frozenset({
    "step", "day", "first", "latest", "go_to", "change", "mark", "beside", "known", "chart", "entry", "choose",
    "environment",
})  # fmt: skip


class EnvironmentsScreen(TravelScreen):
    """The keys of the time machine."""

    FIND = "service, artifact, version or fingerprint"
    SIGNS: ClassVar[Sequence[Sign]] = (
        ("▁▂▃▄▅▆▇█", MUTED, "in the timeline: a state, as high as much changed in it"),
        ("▲  M", MUTED, "in the timeline: the cursor, the mark"),
        ("?", MUTED, "in the timeline: nobody reported for longer than the policy's interval"),
        ("◂  ▸", MUTED, "in the timeline: there is more before, and behind"),
        ("+  ×", MUTED, "started, stopped"),
        ("~  =", MUTED, "another artifact in its place, another count of it"),
        ("✓  ✗  ?  ·", "", "a verdict: yes, no, nobody can tell, not asked or not known yet"),
        ("·", MUTED, "in the chart: a day without a deployment"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Earlier", id="environments.earlier", priority=True, tooltip="One state earlier"),
        Binding("right", "step(1)", "Later", id="environments.later", priority=True, tooltip="One state later"),
        Binding("g", "go_to", "Go to", id="environments.go-to", tooltip="Go to a moment in words, or to a state"),
        Binding("n", "change(1)", "Next change", id="environments.next-change",
                tooltip="The next change of the service under the cursor"),
        Binding("d", "mark", "Difference", id="environments.mark",
                tooltip="Mark this moment, and show what differs from it; again drops the mark"),
        Binding("b", "beside", "Beside", id="environments.beside",
                tooltip="Another environment beside this one, locked in time; again takes it away"),
        Binding("e", "choose", "List", id="environments.choose", tooltip="Choose from the list of environments"),
        Binding("N", "change(-1)", "Last change", show=False, id="environments.last-change",
                tooltip="The change before of the service under the cursor"),
        Binding("shift+left", "day(-1)", "Day earlier", show=False, id="environments.day-earlier", priority=True,
                tooltip="24 hours earlier"),
        Binding("shift+right", "day(1)", "Day later", show=False, id="environments.day-later", priority=True,
                tooltip="24 hours later"),
        Binding("home", "first", "First", show=False, id="environments.first", priority=True,
                tooltip="The first state"),
        Binding("end", "latest", "Latest", show=False, id="environments.latest", priority=True,
                tooltip="The latest state"),
        Binding("left_square_bracket", "environment(-1)", "Environment before", key_display="[", show=False,
                id="environments.previous", tooltip="The environment before this one in the list, at this moment"),
        Binding("right_square_bracket", "environment(1)", "Next environment", key_display="]", show=False,
                id="environments.next", tooltip="The next environment of the list, at this moment"),
        Binding("K", "known", "Known at", show=False, id="environments.known",
                tooltip="Show what was known at some moment, without what came later"),
        Binding("c", "chart", "Chart", show=False, id="environments.chart", tooltip="Deployments by day, or not"),
        Binding("o", "entry", "Entry", show=False, id="environments.entry",
                tooltip="The entry that proves this state"),
    ]  # fmt: skip

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What moves in time waits for a moment to move from; and while something is typed, its keys are the line's."""
        if action in _OWN:
            if self.query_one(Prompt).is_open:
                return False
            return True if self._reading is not None and not self.state.refusal else None
        return super().check_action(action, parameters)

    def answered_subject(self) -> Subject:
        if self._reading is None:
            raise UsageError("There is no environment to report on.", code="environment")
        mark = self._mark[0] if self._mark is not None else None
        return asked.subject(self._reading, mark, self._belief, self._clocks.zone)

    # --- actions

    def action_step(self, by: int) -> None:
        self._go(reading.step(by))

    def action_day(self, by: int) -> None:
        self._go(reading.day(by))

    def action_first(self) -> None:
        self._go(reading.number(1))

    def action_latest(self) -> None:
        self._go(reading.instant(LATEST))

    def action_change(self, by: int) -> None:
        about = self._under_cursor()
        if about is not None:
            self._go(reading.changed(about.service, later=by > 0))

    def action_go_to(self) -> None:
        self.prompt("Go to", "last thursday 02:30, 2026-11-19T02:30, #12 or ~1", self._go_to)

    def _go_to(self, text: str) -> str:
        try:
            wanted = asked.moment_or_state(text, self._clocks.zone)
        except UsageError as error:
            return str(error)
        if isinstance(wanted, int):
            self._go(reading.number(wanted))
        else:
            self._say_understood(wanted)
            self._go(reading.instant(wanted.utc))
        return ""

    def action_known(self) -> None:
        hint = "a moment, or position:42; nothing for all that is known now"
        self.prompt("Known at", hint, self._believe, text=self._belief.given)

    def _believe(self, text: str) -> str:
        if self._basics is None:
            return ""
        try:
            self._belief = asked.belief(text, self._basics.arrivals, self.state.count, self._clocks.zone)
        except UsageError as error:
            return str(error)
        if self._mark is not None:
            self._mark = None
            self.say(line(("The mark is gone: it was of what was known before.", MUTED)))
        self._go(reading.believe(self._belief.known))
        return ""

    def action_mark(self) -> None:
        if self._reading is None:
            return
        self._mark = (self._reading.cursor, self._named()) if self._mark is None else None
        self.set_class(self._mark is not None, "-marked")
        self._focus_rows()
        self._go()

    def action_beside(self) -> None:
        if self._reading is not None and len(self._reading.cursor.sides) > 1:
            self._go(reading.beside(None, None))
            return
        other = self._other()
        if other is None:
            self.say(line(("There is no other environment.", MUTED)))
            return
        self.prompt("Beside", f"{other.name}, or the beginning of another's name", self._beside)

    def _other(self) -> Listed | None:
        """The environment behind this one in the list."""
        if self._basics is None or self._reading is None or len(self._basics.listed) < 2:
            return None
        listed = self._basics.listed
        return listed[(listed.index(self._reading.cursor.side.about) + 1) % len(listed)]

    def _beside(self, text: str) -> str:
        other = self._other()
        if self._basics is not None and other is not None:
            try:
                other = asked.beside(text, self._basics.listed, other)
            except UsageError as error:
                return str(error)
            self._go(reading.beside(other, self._belief.known))
        return ""

    def action_choose(self) -> None:
        table = self.query_one("#list", Table)
        if table.has_focus:
            self._focus_rows()
        else:
            self.add_class("-choosing")
            table.focus()

    def action_environment(self, by: int) -> None:
        if self._basics is not None and self._reading is not None:
            table = self.query_one("#list", Table)
            table.go((table.cursor + by) % len(self._basics.listed))

    def action_chart(self) -> None:
        shown = self.query_one(DayChart).display
        self.set_class(not shown, "-charted").set_class(shown, "-uncharted")
        self.call_after_refresh(self._go)

    def action_entry(self) -> None:
        if self._reading is not None:
            state = self._reading.views[self._reading.cursor.active].standing.state
            if state is not None:
                self.ledger.go(Link("entries", entry=state.proof.position))
