"""Artifacts: which there are, and the whole path of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from custody.errors import CustodyError
from custody.query.artifacts import list_artifacts
from custody.query.trace import trace
from custody.query.types import ArtifactLine, TimelineItem, Trace
from custody.tui.screens.base import LedgerScreen
from custody.tui.state import State
from custody.tui.widgets.prompt import Line, Prompt
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import FAULT, GAP, MUTED, Words, facts, line

SHOWN = 1000  # of the newest; the filter reaches the others


class ArtifactsScreen(LedgerScreen):
    """A list of artifacts, and one artifact's timeline."""

    MODE = "artifacts"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Filter", key_display="/", id="artifacts.filter",
                tooltip="Filter by name, fingerprint, commit or version"),
    ]  # fmt: skip
    LIST: ClassVar[tuple[Column, ...]] = (
        Column("Artifact", flex=3),
        Column("Version", 10, roomy=12),
        Column("Fingerprint", 12, clip=True),
        Column("Checks", 9),
        Column("Approved for", 12, flex=1),
        Column("Runs in", 10, flex=1),
    )
    TIMELINE: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("Time (UTC)", 16, roomy=19, clip=True),
        Column("What happened", flex=3),
        Column("Detail", flex=2, from_width=100),
        Column("By", 12, roomy=16),
        Column("Entry", 7, right=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[ArtifactLine] = []
        self._items: tuple[TimelineItem, ...] = ()
        self._asked = False
        self._wanted = ""

    def compose_body(self) -> Iterable[Widget]:
        yield Words(id="warning")
        with Container(id="body"):
            yield Table(self.LIST, id="list")
            with Vertical(id="detail"):
                yield Words(id="about")
                yield Table(self.TIMELINE, id="timeline")
        yield Prompt("Filter", "name, fingerprint, commit or version")

    def on_mount(self) -> None:
        self.query_one("#list", Table).focus()

    def draw(self) -> None:
        warn(self.query_one("#warning", Words), self.state)
        if self.state.index is None:
            self._asked = False
            self.query_one("#list", Table).show_rows([], waiting(self.state))
        elif not self._asked:
            self._asked = True
            self._list("")

    def show(self, sha256: str) -> None:
        """Put the cursor on one artifact."""
        self._wanted = sha256
        self._asked = True
        self.query_one(Prompt).close()
        self._list("")

    def _list(self, text: str) -> None:
        index = self.state.index
        if index is not None:
            self.ask("list", lambda: list_artifacts(index, text=text, limit=SHOWN), self._show_list)

    def _show_list(self, found: list[ArtifactLine]) -> None:
        self._lines = found
        table = self.query_one("#list", Table)
        table.show_rows([_line_row(one) for one in found], "No artifact of that kind is recorded.")
        if self._wanted:
            place = next(
                (place for place, one in enumerate(found) if one.sha256 == self._wanted), table.cursor
            )
            table.go(place)
            self._trace(self._wanted)  # which may be far down the list, or run without ever being recorded
        elif found:
            table.go(0)
            self._trace(found[0].sha256)
        else:
            self._clear(Content(""))
        self._wanted = ""

    @on(Table.Highlighted, "#list")
    def follow(self, event: Table.Highlighted) -> None:
        if event.index < len(self._lines):
            self._trace(self._lines[event.index].sha256)

    @on(Table.Chosen, "#list")
    def enter_timeline(self) -> None:
        self.query_one("#timeline", Table).focus()

    @on(Table.Chosen, "#timeline")
    def open_entry(self, event: Table.Chosen) -> None:
        self.ledger.show_entry(self._items[event.index].proof.position)

    def _trace(self, sha256: str) -> None:
        index = self.state.index
        if index is not None:
            self.ask("trace", lambda: trace(index, sha256), self._show_trace)

    def _show_trace(self, found: Trace) -> None:
        self._items = found.items
        self.query_one("#about", Words).say(facts(_about(found)))
        table = self.query_one("#timeline", Table)
        table.show_rows([_item_row(item) for item in found.items])
        table.go(0)

    def trouble(self, error: CustodyError) -> None:
        self._clear(line((str(error), FAULT)))

    def _clear(self, instead: Content) -> None:
        self._items = ()
        self.query_one("#about", Words).say(instead)
        self.query_one("#timeline", Table).show_rows([])

    # --- filtering

    def action_filter(self) -> None:
        self.query_one(Prompt).open()

    @on(Input.Changed)
    def filter_list(self, event: Input.Changed) -> None:
        if self.query_one(Prompt).is_open:
            self._list(event.value.strip())

    @on(Input.Submitted)
    def keep_filter(self) -> None:
        self.query_one("#list", Table).focus()

    @on(Line.Left)
    def drop_filter(self) -> None:
        self.query_one(Prompt).close()
        self.query_one("#list", Table).focus()
        self._list("")


def waiting(state: State) -> str:
    """Why there are no answers yet."""
    if state.error:
        return "No answers: the file was refused."
    return "Answers come when every entry is verified."


def warn(words: Words, state: State) -> None:
    """Say above answers that the ledger they come from has a fault."""
    faulty = state.report is not None and state.first_fault is not None
    words.set_class(faulty, "-shown")
    if faulty:
        words.say(
            line(
                ("✗ This ledger has faults. What follows rests on the entries without one.", f"{FAULT} bold")
            )
        )


def _line_row(one: ArtifactLine) -> Row:
    checks = " ".join(
        text
        for text in (f"✓{one.passed}" if one.passed else "", f"✗{one.failed}" if one.failed else "")
        if text
    )
    look = "fault" if one.failed else "good"
    approved: Cell = ", ".join(one.approved) or ("nowhere", "muted")
    if one.rejected:
        approved = (f"{', '.join(one.approved)} ✗ {', '.join(one.rejected)}".strip(), "gap")
    return (
        (one.name, "strong"),
        one.version,
        (one.sha256, "muted"),
        (checks, look) if checks else ("none", "muted"),
        approved,
        (", ".join(one.running_in), "accent"),
    )


def _about(found: Trace) -> Iterator[tuple[str, Content]]:
    one, chain = found.artifact, found.chain
    yield (
        "Artifact",
        line(
            (one.name, "bold"),
            f" {one.version}".rstrip(),
            (f"  {one.size:,} bytes" if one.size else "", MUTED),
        ),
    )
    yield "SHA-256", line(one.sha256)
    yield "Source", line(one.repository, f" commit {one.commit}" if one.commit else "")
    if chain is not None:
        build = " ".join(part for part in (chain.flow, chain.trail, chain.job) if part)
        yield (
            "Build",
            line(
                build, (f" by {chain.writer}" if chain.writer else "", MUTED), (f"  {chain.run_url}", MUTED)
            ),
        )
    else:
        yield "Build", line(("no entry that counts records this artifact", GAP))
    runs = [
        f"{span.environment} as {span.service} since {utc(span.since)}"
        for span in found.running
        if not span.until
    ]
    yield "Runs in", line(", ".join(runs) or ("nowhere now", MUTED), limit=400)


def _item_row(item: TimelineItem) -> Row:
    sign: Cell = ("·", "muted") if item.good is None else ("✓", "good") if item.good else ("✗", "fault")
    title: Cell = item.title
    if item.superseded:
        sign, title = ("○", "muted"), (f"superseded: {item.title}", "muted")
    proof = item.proof
    writer: Cell = proof.writer or ("nobody known", "gap")
    return sign, (utc(proof.time), "muted"), title, (item.detail, "muted"), writer, f"{proof.position:,}"
