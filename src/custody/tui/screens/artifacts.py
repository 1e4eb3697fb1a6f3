"""Artifacts: which there are, and the whole path of the one under the cursor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widget import Widget

from custody.errors import CustodyError
from custody.query.artifacts import find_artifacts, list_artifacts
from custody.query.index import Index
from custody.query.trace import trace
from custody.query.types import ArtifactLine, TimelineItem, Trace
from custody.tui.links import Link
from custody.tui.screens.base import AnswersScreen
from custody.tui.session import Session
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import FAULT, GAP, MUTED, Words, facts, line

SHOWN = 1000  # of the newest; the filter reaches the others


class ArtifactsScreen(AnswersScreen):
    """A list of artifacts, and one artifact's timeline."""

    TAB = "artifacts"
    SEARCH = "name, fingerprint, commit or version"
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

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._lines: list[ArtifactLine] = []
        self._items: tuple[TimelineItem, ...] = ()
        self._drawn: Index | None = None
        self._on_view = ""
        self._wanted = ""

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            yield Table(self.LIST, id="list")
            with Vertical(id="detail"):
                yield Words(id="about")
                yield Table(self.TIMELINE, id="timeline")

    def on_mount(self) -> None:
        self.query_one("#list", Table).focus()

    def draw_answers(self, index: Index) -> None:
        if self._drawn is not index:
            self.search(self.searched)

    def search(self, text: str) -> None:
        self._drawn = self.state.index
        self._list(text)

    def link(self) -> Link:
        return Link(self.TAB, artifact=self._on_view, search=self.searched)

    def follow(self, link: Link) -> None:
        if link.artifact or link.search:
            self._wanted = link.artifact
            self.search_for(link.search)

    def command(self) -> Sequence[str]:
        if self._on_view:
            return "trace", self._on_view
        return ("artifacts", *([self.searched] if self.searched else []))

    def _list(self, text: str) -> None:
        index = self.state.index
        if index is not None:
            self.ask("list", lambda: list_artifacts(index, text=text, limit=SHOWN), self._show_list)

    def _show_list(self, found: list[ArtifactLine]) -> None:
        self._lines = found
        table = self.query_one("#list", Table)
        table.show_rows([_line_row(one) for one in found], "No artifact of that kind is recorded.")
        if self._wanted:
            self._find(self._wanted)
        elif found:
            table.go(0)
            self._trace(found[0].sha256)
        else:
            self._clear(Content(""))
        self._wanted = ""

    def _find(self, wanted: str) -> None:
        """An artifact that may be far down the list, or have run without ever being recorded."""
        index = self.state.index
        if index is not None:
            self.ask("find", lambda: find_artifacts(index, wanted), lambda found: self._arrive(wanted, found))

    def _arrive(self, wanted: str, found: list[str]) -> None:
        if len(found) != 1:
            told = f"{len(found)} artifacts are meant" if found else "No artifact is meant"
            self.say(line((f"{told} by ", GAP), (wanted, "bold")))
        if found:
            place = next((place for place, one in enumerate(self._lines) if one.sha256 == found[0]), None)
            if place is not None:
                self.query_one("#list", Table).go(place)
            self._trace(found[0])

    @on(Table.Highlighted, "#list")
    def read_artifact(self, event: Table.Highlighted) -> None:
        if event.index < len(self._lines):
            self._trace(self._lines[event.index].sha256)

    @on(Table.Chosen, "#list")
    def enter_timeline(self) -> None:
        self.query_one("#timeline", Table).focus()

    @on(Table.Chosen, "#timeline")
    def open_entry(self, event: Table.Chosen) -> None:
        self.ledger.go(Link("entries", entry=self._items[event.index].proof.position))

    def _trace(self, sha256: str) -> None:
        index = self.state.index
        if index is not None:
            self.ask("trace", lambda: trace(index, sha256), self._show_trace)

    def _show_trace(self, found: Trace) -> None:
        self._items = found.items
        self._on_view = found.artifact.sha256
        self.query_one("#about", Words).say(facts(_about(found)))
        table = self.query_one("#timeline", Table)
        table.show_rows([_item_row(item) for item in found.items])
        table.go(0)

    def trouble(self, error: CustodyError) -> None:
        self._clear(line((str(error), FAULT)))

    def _clear(self, instead: Content) -> None:
        self._items = ()
        self._on_view = ""
        self.query_one("#about", Words).say(instead)
        self.query_one("#timeline", Table).show_rows([])


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
