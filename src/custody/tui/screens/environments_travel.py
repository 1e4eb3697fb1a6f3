"""The body of the Environments tab: where the cursor is, what is read for it, and how that is drawn. It has no keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import ClassVar

from textual import events, on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from custody.errors import CustodyError
from custody.policy.standing import Standing as Verdicts
from custody.policy.verdict import Verdict
from custody.query.days import by_day
from custody.query.index import Index
from custody.query.moments import EnvironmentReference, Moment
from custody.query.types import ChangeLine, ServiceLine
from custody.query.zones import find_zone
from custody.tui.links import Link
from custody.tui.screens import environments_reading as reading
from custody.tui.screens.base import AnswersScreen
from custody.tui.screens.environments_asked import Belief
from custody.tui.screens.environments_difference import DifferenceView
from custody.tui.screens.environments_moment import Clocks
from custody.tui.screens.environments_pane import EnvironmentPane
from custody.tui.screens.environments_reading import LATEST, Basics, Cursor, Listed, Move, Reading
from custody.tui.screens.environments_words import Shown, service_facts
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.days import DayChart
from custody.tui.widgets.resting import Job, Resting
from custody.tui.widgets.states import StatesStrip
from custody.tui.widgets.table import Column, Row, Table
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import FAULT, GAP, MUTED, Words, line

_SHORT = 18  # lines; in fewer only what is essential of a moment leaves room for its services


class TravelScreen(AnswersScreen):
    """A list of environments and groups; one of them, or two, at one moment; what differs; deployments by day."""

    TAB = "environments"
    LIST: ClassVar[tuple[Column, ...]] = (
        Column("Environment", flex=1),
        Column("States", 6, right=True, from_width=18),
        Column("Last change", 11, from_width=34),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._basics: Basics | None = None
        self._drawn: Index | None = None
        self._reading: Reading | None = None
        self._moves: list[Move] = []
        self._busy = False
        self._mark: tuple[Cursor, str] | None = None  # with the words that name it on the command line
        self._belief = Belief()
        self._wanted: Link | None = None
        self._resting = Resting(self, self.trouble)

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="body"):
            yield Table(self.LIST, id="list")
            with Vertical(id="main"):
                with Horizontal(id="sides"):
                    yield EnvironmentPane(id="one")
                    yield EnvironmentPane(id="other")
                yield DifferenceView()
                yield Words(id="facts")
                yield DayChart()

    def on_mount(self) -> None:
        self._clocks = Clocks(find_zone(self.ledger.start.zone))
        self._panes = (self.query_one("#one", EnvironmentPane), self.query_one("#other", EnvironmentPane))
        self._difference = self.query_one(DifferenceView)
        self._panes[0].table.focus()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < _SHORT, "-short")

    # --- what the app asks of a screen

    def draw_answers(self, index: Index) -> None:
        if self._drawn is index:
            return
        if self._reading is not None and self._wanted is None:
            self._wanted = self.link()  # verified again from the start: the same moment, by what is known now
        self._resting.ask(())
        self._drawn, self._basics, self._reading, self._mark = index, None, None, None
        self._belief = Belief()
        self._busy, self._moves = False, []
        snapshot, verification = self.state.snapshot, self.state.verification
        trust = verification.trust if verification is not None else None
        self.ask("basics", lambda: Basics(snapshot, index, trust), self._begin)

    def link(self) -> Link:
        if self._reading is None:
            return Link(self.TAB)
        cursor = self._reading.cursor
        name, when = cursor.side.about.name, cursor.instant
        chosen = self._panes[cursor.active].chosen
        artifact = chosen.about.sha256 if chosen is not None else ""
        if when == LATEST:
            reference = EnvironmentReference(name)
            return Link(self.TAB, artifact=artifact, environment=reference, find=self.sought)
        # To an instant and no number: a merge may bring states in front of this one.
        reference, moment = EnvironmentReference(name, moment_text=when), Moment(when, "", when, "")
        return Link(self.TAB, artifact=artifact, environment=reference, moment=moment, find=self.sought)

    def follow(self, link: Link) -> None:
        if link.environment is not None:
            self._wanted = link
            self.find_here(link.find)
            if self._basics is not None:
                self._seek()

    def command(self) -> Sequence[str]:
        if self._reading is None:
            return "env", "list"
        here, about = self._named(), self._reading.cursor.side.about
        if not (here and self._is_meant(about)):
            return ()
        if self._mark is None:
            return "env", "show", here, *self._belief.words
        other, named = self._mark[0].side.about, self._mark[1]
        if not (named and self._is_meant(other)) or (other != about and (other.is_group or about.is_group)):
            return ()
        return "env", "diff", named, here, *self._belief.words

    def _is_meant(self, about: Listed) -> bool:
        """Whether its name is it: where a group has an environment's name, the command line means the group."""
        basics = self._basics
        return basics is not None and basics.listed[basics.find(about.name)] == about

    def find(self, text: str) -> None:
        for pane in self._panes:
            pane.find(text)
        self._difference.find(text)
        self._draw_facts()

    # --- beginning

    def _begin(self, basics: Basics) -> None:
        if basics.index is not self._drawn:
            return
        self._basics = basics
        self.query_one("#list", Table).show_rows([_row(one) for one in basics.listed], "None.")
        if not basics.listed:
            words = line(("No snapshot and no deployment is recorded.", MUTED))
            self._panes[0].query_one(".moment", Words).say(words)
        elif self._wanted is not None:
            self._seek()
        else:
            self._go(reading.show(basics.listed[0], self._belief.known))

    def _seek(self) -> None:
        """The state that a link names: by number, counted back, or at a moment."""
        basics, link, self._wanted = self._basics, self._wanted, None
        reference = link.environment if link is not None else None
        if basics is None or link is None or reference is None:
            return
        place = basics.find(reference.environment)
        if place < 0:
            self.say(line(("Nothing is known of that environment.", FAULT)))
            if self._reading is None and basics.listed:
                self._go(reading.show(basics.listed[0], self._belief.known))
            return
        moves = [reading.show(basics.listed[place], self._belief.known)]
        self._panes[0].prefer(link.service, link.artifact)
        if link.moment is not None:
            moves.append(reading.instant(link.moment.utc))
            self._say_understood(link.moment)
        elif reference.index is not None or reference.back:
            moves.append(reading.number(reference.index or -(reference.back or 0)))
        else:
            moves.append(reading.instant(LATEST))
        self._go(*moves)

    def _say_understood(self, moment: Moment) -> None:
        if moment.how:
            self.say(
                line(moment.phrase, (f" = {moment.utc} ({moment.local}; {moment.how})", MUTED), limit=400)
            )

    # --- moving

    def _go(self, *moves: Move) -> None:
        """Take these moves behind those that still wait; what they lead to is read once for all of them."""
        self._moves += moves
        basics = self._basics
        if self._busy or basics is None:
            return
        taken, self._moves, self._busy = self._moves, [], True
        cursor = self._reading.cursor if self._reading is not None else Cursor(())
        mark = self._mark[0] if self._mark is not None else None
        rooms = [max(pane.strip.room, 1) for pane in self._panes]

        def stuck(error: CustodyError) -> None:
            if basics is self._basics:
                self._busy = False
                self.trouble(error)

        ask(self, "reading", lambda: reading.read(basics, cursor, taken, mark, rooms),
            partial(self._show, basics, rooms), stuck)  # fmt: skip

    def _show(self, basics: Basics, rooms: list[int], found: Reading) -> None:
        if basics is not self._basics:
            return
        self._busy = False
        first, self._reading = self._reading is None, found
        if found.complaint:
            self.say(line((found.complaint, GAP), limit=300))
        cursor = found.cursor
        if self.has_class("-beside") and len(cursor.sides) == 1:
            self._panes[0].table.focus()
        self.set_class(len(cursor.sides) > 1, "-beside")
        for number, (pane, view) in enumerate(zip(self._panes, found.views, strict=False)):
            mark = self._mark[0].side if self._mark is not None else None
            marked = mark.place.number if mark and mark.about == view.side.about else 0
            pane.show(view, cursor, self._clocks, self._belief.text, marked, self._aside(cursor, number))
        at = basics.listed.index(cursor.side.about)
        with self.prevent(Table.Highlighted):
            self.query_one("#list", Table).go(at)
        self.set_class(found.compared is not None, "-marked")
        if found.compared is not None and self._mark is not None:
            self._difference.show(self._mark[0], cursor, found.compared)
        self._draw_facts()
        self._rest(basics, found)
        if first:
            self.call_later(self.refresh_bindings)
        if self._moves or rooms != [max(pane.strip.room, 1) for pane in self._panes]:
            self._go()

    def _aside(self, cursor: Cursor, side: int) -> str:
        """Which of two sides steps; or that there is a list, where it has no room."""
        if len(cursor.sides) > 1:
            return "← → step here" if side == cursor.active else ""
        listed = self._basics.listed if self._basics is not None else []
        if self.query_one("#list", Table).display or len(listed) < 2:
            return ""
        return f"{listed.index(cursor.side.about) + 1} of {len(listed)}: e lists them"

    def _rest(self, basics: Basics, found: Reading) -> None:
        """What takes longer than a step, once there are no steps."""
        jobs = []
        for pane, view in zip(self._panes, found.views, strict=False):
            jobs.append(Job(partial(reading.silences, basics, view), pane.silent))
            jobs.append(Job(partial(reading.sights, view, found.cursor.instant), pane.sighted))
        jobs += self._chart_jobs(basics, found)
        for pane, view in zip(self._panes, found.views, strict=False):
            question = partial(reading.verdicts, basics, found.cursor, view.side)
            jobs.append(Job(question, partial(self._judged, pane)))
        self._resting.ask(jobs)

    def _judged(self, pane: EnvironmentPane, verdicts: reading.VerdictsByService) -> None:
        pane.judged(verdicts)
        self._draw_facts(ask=True)

    def _chart_jobs(self, basics: Basics, found: Reading) -> list[Job]:
        chart = self.query_one(DayChart)
        if not chart.display:
            return []
        here = _day(found.cursor.instant or basics.now)
        first, last = chart.span(here, _day(basics.now))
        histories = found.cursor.side.timeline.histories
        return [Job(lambda wanted: by_day(histories, first, last), lambda days: chart.show(days, here))]

    # --- drawing what is below the panes

    def _active(self) -> EnvironmentPane:
        return self._panes[self._reading.cursor.active if self._reading is not None else 0]

    def _draw_facts(self, *, ask: bool = False) -> None:
        """What there is to say of the row under the cursor; with `ask`, also the verdict of when it began to run."""
        words, found, basics = self.query_one("#facts", Words), self._reading, self._basics
        if found is None or basics is None:
            return
        if found.compared is not None:
            words.say(self._difference.facts(words.content_size.height))
            return
        pane = self._active()
        chosen = pane.chosen
        verdict = pane.verdict_on(chosen) if chosen is not None else None
        words.say(service_facts(chosen, verdict, None) if chosen is not None else Content(""))
        if (
            ask
            and chosen is not None
            and chosen.service is not None
            and verdict is not None
            and verdict.policy
        ):
            question = partial(
                reading.verdict_when_it_began, basics, found.cursor.side, chosen.service, verdict
            )
            self._resting.add(Job(question, partial(self._compare_verdicts, chosen, verdict)))

    def _compare_verdicts(self, chosen: Shown, verdict: Verdict, told: Verdicts) -> None:
        """The verdict of when it began to run came; it is shown if the cursor is still there."""
        if self._active().chosen is chosen:
            self.query_one("#facts", Words).say(service_facts(chosen, verdict, told))

    # --- what happens in the widgets

    @on(Table.Highlighted, "#list")
    def choose_environment(self, event: Table.Highlighted) -> None:
        if self._basics is not None and event.index < len(self._basics.listed):
            self._go(reading.show(self._basics.listed[event.index], self._belief.known))

    @on(Table.Chosen, "#list")
    def leave_list(self) -> None:
        self._focus_rows()

    @on(Table.Highlighted, ".services")
    def describe_service(self, event: Table.Highlighted) -> None:
        pane = next(one for one in self._panes if one.table is event.table)
        pane.remember(event.index)
        self._draw_facts(ask=True)

    @on(Table.Highlighted, "#changes")
    def describe_change(self) -> None:
        self._difference.remember()
        self._draw_facts()

    @on(Table.Chosen, ".services")
    @on(Table.Chosen, "#changes")
    def open_artifact(self) -> None:
        """The page of the artifact under the cursor."""
        about = self._under_cursor()
        if about is not None:
            self.ledger.go(Link("artifacts", artifact=about.sha256))

    def _under_cursor(self) -> ServiceLine | ChangeLine | None:
        if self._reading is not None and self._reading.compared is not None:
            difference = self._difference.chosen
            return difference.change if difference is not None else None
        chosen = self._active().chosen
        return chosen.about if chosen is not None else None

    @on(StatesStrip.Chosen)
    def choose_state(self, event: StatesStrip.Chosen) -> None:
        side = next(n for n, pane in enumerate(self._panes) if pane.strip is event.strip)
        self._go(reading.activate(side), reading.number(event.number))

    @on(StatesStrip.Resized)
    def make_room(self) -> None:
        if self._reading is not None:
            self._go()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Steps go by the states of the side that has the focus."""
        for number, pane in enumerate(self._panes):
            if (
                self._reading is not None
                and event.widget is pane.table
                and number != self._reading.cursor.active
            ):
                self._go(reading.activate(number))
        if event.widget.id != "list":
            self.remove_class("-choosing")

    def _named(self) -> str:
        """The cursor as the command line names it; "" where it has no name for it."""
        assert self._reading is not None
        cursor, view = self._reading.cursor, self._reading.views[self._reading.cursor.active]
        name, state = cursor.side.about.name, view.standing.state
        if cursor.instant == LATEST:
            return name
        if state is not None and state.until == cursor.instant:
            # Another state began at the same millisecond; those of a group have no numbers there.
            return "" if cursor.side.about.is_group else f"{name}#{state.number}"
        return f"{name}@{{{cursor.instant}}}"

    def _focus_rows(self) -> None:
        (self._difference.table if self._mark is not None else self._active().table).focus()
        self.remove_class("-choosing")

    def trouble(self, error: CustodyError) -> None:
        if self._basics is not None and self._basics.index is not self.state.index:
            return  # it was asked of an index that is gone since everything is verified again
        self.say(line((str(error), FAULT), limit=400))


def _row(one: Listed) -> Row:
    name = (f"{one.name} (group)", "accent") if one.is_group else (one.name, "strong")
    return name, f"{one.states:,}", (utc(one.last_change)[:10], "muted")


def _day(instant: str) -> date:
    try:
        return date.fromisoformat(instant[:10])
    except ValueError:
        return date.min
