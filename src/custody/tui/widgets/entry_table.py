"""The log as a table that reads only the entries in view, a block at a time."""

from __future__ import annotations

from typing import ClassVar

from textual.cache import LRUCache

from custody.errors import CustodyError
from custody.query.entries import EntryLine, page
from custody.tui.state import Standing, State
from custody.tui.widgets.asking import ask
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import utc

BLOCK = 64
_BLOCKS_KEPT = 48

MARKS = {"waiting": ("·", "muted"), "verified": ("✓", "good"), "idle": ("○", "gap"), "fault": ("✗", "fault")}
"""How an entry's standing is drawn."""

_UNTITLED = {"genesis": "a chain begins"}


class EntryTable(Table):
    """Every entry of the log, one row each."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("Position", 8, right=True),
        Column("Time (UTC)", 16, roomy=19, clip=True, from_width=60),
        Column("Kind", 10, from_width=40),
        Column("What it says", flex=3),
        Column("About", flex=1, from_width=140),
        Column("Writer", 14, roomy=16, from_width=50),
        Column("Chain", 10, from_width=100, clip=True),
    )

    def __init__(self, state: State, *, id: str | None = None) -> None:
        super().__init__(self.COLUMNS, empty="The ledger has no entries.", id=id)
        self.state = state
        self._blocks: LRUCache[int, list[EntryLine]] = LRUCache(_BLOCKS_KEPT)
        self._wanted: list[int] = []
        self._loading = False
        self._failure = ""

    @property
    def count(self) -> int:
        return self.state.count

    def row(self, index: int) -> Row | None:
        number = index // BLOCK
        block = self._blocks.get(number)
        if block is None:
            self._want(number)
            return ("·", "muted"), f"{index:,}", "", "", (self._failure, "fault"), "", "", ""
        line = next((line for line in block if line.position == index), None)
        if line is None:
            absent = ("no entry stands at this position", "fault")
            return MARKS["fault"], f"{index:,}", "", "", absent, "", "", ""
        return _row(line, self.state.standing(index, line.id))

    def _want(self, number: int) -> None:
        if number not in self._wanted and not self._failure:
            self._wanted.append(number)
            self.call_later(self._load)

    def _load(self) -> None:
        """Read the blocks that the rows in view are in; what was scrolled past is not read at all."""
        if self._loading:
            return  # what is wanted by then is read when this is done
        top = round(self.scroll_y)
        in_view = range(top // BLOCK, (top + self.size.height) // BLOCK + 1)
        wanted = [number for number in self._wanted if number in in_view]
        self._wanted = []
        if not wanted:
            return
        self._loading = True
        snapshot = self.state.snapshot
        ask(
            self,
            "rows",
            lambda: [(number, page(snapshot, number * BLOCK, BLOCK)) for number in wanted],
            self._take,
            self._fail,
        )

    def _take(self, blocks: list[tuple[int, list[EntryLine]]]) -> None:
        self._loading = False
        for number, lines in blocks:
            self._blocks[number] = lines
        self.changed()
        self._load()

    def _fail(self, error: CustodyError) -> None:
        self._loading = False
        self._failure = str(error)
        self.changed()


def _row(line: EntryLine, standing: Standing) -> Row:
    about = ", ".join(line.subjects)
    title: Cell = line.title or _UNTITLED.get(line.kind, "")
    kind: Cell = line.kind
    if standing.mark == "fault":
        # What it claims is not shown among facts; the pane below shows it as a claim.
        title, about = (f"{standing.code}: {standing.why}", "fault"), ""
    elif standing.mark == "waiting":
        title, kind, about = (line.title or _UNTITLED.get(line.kind, ""), "muted"), (line.kind, "muted"), ""
    elif standing.mark == "idle":
        title, kind = (f"counts for nothing: {line.title}", "muted"), (line.kind, "muted")
    return (
        MARKS[standing.mark],
        f"{line.position:,}",
        (utc(line.time), "muted"),
        kind,
        title,
        (about, "muted"),
        standing.writer or (("not yet", "muted") if standing.mark == "waiting" else ("nobody known", "gap")),
        (f"{_lane(line, standing)} {line.chain}", "fault" if standing.code == "fork" else "muted"),
    )


def _lane(line: EntryLine, standing: Standing) -> str:
    """Where in its chain an entry stands: it begins, goes on, ends, or forks."""
    if standing.code == "fork":
        return "╪"
    if not line.seq:
        return "╶" if line.last else "┌"
    return "└" if line.last else "│"
