"""Environments: what ran in one of them, state by state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from custody.errors import CustodyError
from custody.query.environments import environments, state_at, state_number, states
from custody.query.index import Index
from custody.query.moments import EnvironmentReference
from custody.query.types import ChangeLine, EnvironmentLine, ServiceLine, State, StateLine
from custody.tui.links import Link
from custody.tui.screens.base import AnswersScreen
from custody.tui.session import Session
from custody.tui.widgets.states import StatesStrip
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import lasting, local, utc
from custody.tui.widgets.words import ACCENT, FAULT, GAP, MUTED, Words, facts, line, lines

LATEST = 0  # states count from 1
_BASIS = {"snapshot": "as snapshots saw it", "deployment": "as deployments left it; no snapshot was recorded"}


class Shown(NamedTuple):
    """A row of the services: what runs, or what has just stopped, and the change that this state brought it."""

    service: ServiceLine | None
    change: ChangeLine | None

    @property
    def name(self) -> str:
        return self.service.service if self.service else self.change.service if self.change else ""


class EnvironmentsScreen(AnswersScreen):
    """A list of environments, and one state of one of them."""

    TAB = "environments"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Earlier", id="environments.earlier", priority=True),
        Binding("right", "step(1)", "Later", id="environments.later", priority=True),
        Binding("home", "first", "First", id="environments.first", priority=True),
        Binding("end", "latest", "Latest", id="environments.latest", priority=True),
        Binding("t", "trace", "Trace", id="environments.trace", tooltip="The whole path of the artifact"),
    ]
    LIST: ClassVar[tuple[Column, ...]] = (
        Column("Environment", flex=1),
        Column("States", 6, right=True),
        Column("Last change", 11, from_width=28),
    )
    SERVICES: ClassVar[tuple[Column, ...]] = (
        Column("Change", 10),
        Column("Service", flex=3),
        Column("Artifact", flex=4, from_width=70),
        Column("Version", 9, roomy=12),
        Column("Commit", 8, from_width=115, clip=True),
        Column("Fingerprint", 12, from_width=130, clip=True),
        Column("No.", 3, right=True),
        Column("Since (UTC)", 16, from_width=95, clip=True),
        Column("Approved by", 15, roomy=16),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._lines: list[EnvironmentLine] = []
        self._shown: list[Shown] = []
        self._on_view: State | None = None
        self._environment = ""  # what was asked for last, which may not be on view yet
        self._number = 0
        self._drawn: Index | None = None
        self._wanted: Link | None = None

    def compose_body(self) -> Iterable[Widget]:
        with Horizontal(id="body"):
            yield Table(self.LIST, id="list")
            with Vertical(id="state"):
                yield Words(id="moment")
                yield StatesStrip()
                yield Table(self.SERVICES, id="services")
                yield Words(id="service")

    def on_mount(self) -> None:
        self.query_one("#list", Table).focus()

    def draw_answers(self, index: Index) -> None:
        if self._drawn is not index:
            self._drawn = index
            self.ask("list", lambda: environments(index), self._show_list)

    def link(self) -> Link:
        reference = EnvironmentReference(self._environment, self._number) if self._number else None
        return Link(self.TAB, environment=reference)

    def follow(self, link: Link) -> None:
        if link.environment is not None:
            self._wanted, self._drawn = link, None
            self.draw()

    def command(self) -> Sequence[str]:
        return ("env", "show", f"{self._environment}#{self._number}") if self._number else ("env", "list")

    def _show_list(self, found: list[EnvironmentLine]) -> None:
        self._lines = found
        table = self.query_one("#list", Table)
        table.show_rows([_environment_row(one) for one in found], "None.")
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            self._seek(wanted)
        elif found:
            self._open(found[table.cursor].name, LATEST)
        else:
            self.query_one("#moment", Words).say(line(("No snapshot and no deployment is recorded.", MUTED)))

    def _seek(self, link: Link) -> None:
        """The state that a link names: by number, counted back, or at a moment."""
        reference, index = link.environment, self.state.index
        place = next(
            (at for at, one in enumerate(self._lines) if reference and one.name == reference.environment),
            None,
        )
        if reference is None or place is None or index is None:
            self.say(line(("Nothing is known of that environment.", FAULT)))
            return
        name, of = reference.environment, self._lines[place].states
        with self.prevent(Table.Highlighted):
            self.query_one("#list", Table).go(place)
        moment = link.moment
        if moment is not None:
            self.say(
                line(moment.phrase, (f" = {moment.utc} ({moment.local}; {moment.how})", MUTED), limit=400)
            )
            self.ask("seek", lambda: state_at(index, name, moment.utc), self._found)
        else:
            self._open(name, reference.index or max(of - (reference.back or 0), 1))

    def _found(self, state: State | None) -> None:
        if state is None:
            self.say(line(("Nothing was reported of it by then.", FAULT)))
        else:
            self._open(state.environment, state.number)

    @on(Table.Highlighted, "#list")
    def choose_environment(self, event: Table.Highlighted) -> None:
        if event.index < len(self._lines):
            self._open(self._lines[event.index].name, LATEST)

    # --- stepping

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Stepping and tracing wait for a state to step from."""
        if action in ("step", "first", "latest", "trace"):
            return True if self._on_view else None
        return super().check_action(action, parameters)

    def action_step(self, by: int) -> None:
        self._open(self._environment, max(self._number + by, 1))

    def action_first(self) -> None:
        self._open(self._environment, 1)

    def action_latest(self) -> None:
        self._open(self._environment, LATEST)

    def _open(self, environment: str, number: int) -> None:
        index, strip = self.state.index, self.query_one(StatesStrip)
        of = next((one.states for one in self._lines if one.name == environment), 0)
        if index is None or not of:
            return
        number = of if number == LATEST else min(number, of)
        self._environment, self._number = environment, number
        offset, room = strip.window(number, of)
        self.ask("state", lambda: _read(index, environment, number, offset, room), self._show_state)

    def _show_state(self, found: tuple[State | None, list[StateLine]]) -> None:
        state, window = found
        if state is None:
            return
        if self._on_view is None:
            self.call_later(self.refresh_bindings)
        self._on_view = state
        about = next(one for one in self._lines if one.name == state.environment)
        self.query_one("#moment", Words).say(_moment(state, about, wide=self.size.width >= 100))
        self.query_one(StatesStrip).show(window, state.number, state.of)
        self._shown = _rows(state)
        table = self.query_one("#services", Table)
        table.show_rows([_service_row(one) for one in self._shown], "Nothing ran here.")
        # The first of what changed here is what the person came to see.
        table.go(next((place for place, one in enumerate(self._shown) if one.change), 0))
        self._describe(table.cursor)

    # --- services

    @on(Table.Highlighted, "#services")
    def describe_service(self, event: Table.Highlighted) -> None:
        self._describe(event.index)

    @on(Table.Chosen)
    def open_entry(self) -> None:
        """The entry that proves the state on view."""
        if self._on_view is not None:
            self.ledger.go(Link("entries", entry=self._on_view.proof.position))

    def action_trace(self) -> None:
        cursor = self.query_one("#services", Table).cursor
        if cursor < len(self._shown):
            one = self._shown[cursor]
            about = one.service or one.change
            if about is not None:
                self.ledger.go(Link("artifacts", artifact=about.sha256))

    def _describe(self, index: int) -> None:
        words = self.query_one("#service", Words)
        words.say(facts(_service_facts(self._shown[index])) if index < len(self._shown) else Content(""))

    def trouble(self, error: CustodyError) -> None:
        self.query_one("#moment", Words).say(line((str(error), FAULT)))


def _read(
    index: Index, environment: str, number: int, offset: int, room: int
) -> tuple[State | None, list[StateLine]]:
    return state_number(index, environment, number), states(index, environment, limit=room, offset=offset)


def _rows(state: State) -> list[Shown]:
    """What runs, and what has stopped, by service."""
    changes = {(one.service, one.sha256): one for one in state.changes}
    rows = [Shown(one, changes.get((one.service, one.sha256))) for one in state.services]
    rows += [Shown(None, one) for one in state.changes if one.event == "stopped"]
    return sorted(rows, key=lambda row: row.name)


def _moment(state: State, about: EnvironmentLine, *, wide: bool) -> Content:
    proof = state.proof
    number = f"state {state.number:,} of {state.of:,}"
    basis = f"   {_BASIS[about.basis]}" if wide else ""
    if state.until:
        held = f"until {utc(state.until)} UTC, for {lasting(state.time, state.until)}"
    else:
        held = f"still so at {utc(about.last_seen)} UTC, when it was last reported"
    signer = f"by {proof.writer}" if proof.writer else "by nobody known"
    return lines(
        (
            line((state.environment, "bold"), (f"  {number}", ACCENT), (basis, MUTED)),
            line((f"{utc(state.time)} UTC", "bold"), (f"   {local(state.time)} here", MUTED)),
            line((held, MUTED)),
            line(
                ("proved by entry ", MUTED),
                f"#{proof.position:,}",
                (f" {signer}; enter opens it", MUTED),
            ),
        )
    )


def _environment_row(one: EnvironmentLine) -> Row:
    return (one.name, "strong"), f"{one.states:,}", (utc(one.last_change)[:10], "muted")


def _change_cell(change: ChangeLine | None) -> Cell:
    if change is None:
        return ""
    match change.event:
        case "started":
            return "+ started", "good"
        case "stopped":
            return "× stopped", "fault"
        case "replaced":
            return "~ changed", "accent"
        case "scaled":
            return f"{change.before}→{change.after} scaled", "accent"


def _service_row(one: Shown) -> Row:
    change, service = _change_cell(one.change), one.service
    if service is None:
        gone = one.change
        assert gone is not None
        return change, (gone.service, "struck"), (gone.name, "struck"), (gone.version, "struck"), "", \
            (gone.sha256, "muted"), "0", "", ""  # fmt: skip
    return (
        change,
        (service.service, "strong"),
        service.name if service.recorded else (f"{service.name} (not recorded)", "gap"),
        service.version,
        (service.commit, "muted"),
        (service.sha256, "muted"),
        str(service.instances),
        (utc(service.since), "muted"),
        service.approved_by or ("! nobody", "gap"),
    )


def _service_facts(one: Shown) -> Iterator[tuple[str, Content]]:
    service, change = one.service, one.change
    sha256 = service.sha256 if service else change.sha256 if change else ""
    if service is None:
        yield "Stopped", line((f"{one.name} ran until this state", MUTED))
    else:
        was = f"  instead of {change.previous_sha256[:12]}" if change and change.previous_sha256 else ""
        recorded = "" if service.recorded else "  ! no entry records it"
        yield "Artifact", line(f"{service.name} {service.version}".rstrip(), (was, MUTED), (recorded, GAP))
        commit = f"  commit {service.commit[:12]}" if service.commit else ""
        yield "Since", line(f"{utc(service.since)} UTC", (commit, MUTED))
    yield "SHA-256", line(sha256)
