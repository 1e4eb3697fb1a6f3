"""Entries: the log, the chain of the entry under the cursor, and everything about that entry."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widget import Widget

from custody import system
from custody.errors import CustodyError, UsageError
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.merkle import leaf_hash, verify_inclusion
from custody.ledger.reader import Snapshot
from custody.query.entries import ChainPlace, EntryDetail, chain_places, entry_detail, inclusion, page
from custody.query.exports import envelope, inclusion_proof
from custody.report.subject import Subject
from custody.tui.links import Link
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.entry_pane import EntryPane, Proved
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.chain import ChainStrip
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.prompt import WAITING
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, line

_MIN_DIGITS = 6
_ID = re.compile(f"[0-9a-f]{{{_MIN_DIGITS},64}}").fullmatch
_READ_AT_ONCE = 500
_LOOKED_THROUGH = 50_000  # entries, for one press of the key: bodies are read and hashed for it


class _Around(NamedTuple):
    """An entry, and its chain near it; `closed` says that the last of these places closes it."""

    detail: EntryDetail
    places: list[ChainPlace]
    closed: bool


class EntriesScreen(LedgerScreen):
    """The log as it stands in the file."""

    TAB = "entries"
    FIND = "words of a title, a kind or a subject"
    SIGNS: ClassVar[Sequence[Sign]] = (
        ("✓", GOOD, "verified: exactly as its writer's key signed it"),
        ("·", MUTED, "not verified yet: what it says is a claim"),
        ("○", GAP, "verified, but counts for nothing (see the findings)"),
        ("✗", FAULT, "a fault: never shown as a fact"),
        ("●──●──●]", MUTED, "the entries of a chain, the one on view marked; ] closes it"),
        ("●──●╌", MUTED, "a chain that goes on, or was not closed"),
        ("●  below ●", MUTED, "a fork: two entries at one place, both signed"),
        ("┌ │ └ ╪", MUTED, "in the table: a chain begins, goes on, ends, forks"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "ask_where", "Go to", id="entries.go-to", tooltip="Go to a position, or an entry by its id"),
        Binding("i", "prove", "Proof", id="entries.prove", tooltip="Prove that the entry is in the signed log"),
        Binding("x", "export", "Export", id="entries.export", tooltip="Export the entry to a file"),
        Binding("X", "export_proof", "Export proof", show=False, id="entries.export-proof",
                tooltip="Export the proof that the entry is in the log to a file"),
        Binding("n", "next(1)", "Next found", show=False, id="entries.next", tooltip="The next that is found here"),
        Binding("N", "next(-1)", "Found before", show=False, id="entries.previous",
                tooltip="The one before that is found here"),
        Binding("less_than_sign", "chain(-1)", "Chain back", key_display="<", show=False, id="entries.chain-back",
                tooltip="The entry before in its chain"),
        Binding("greater_than_sign", "chain(1)", "Chain on", key_display=">", show=False, id="entries.chain-on",
                tooltip="The next entry of its chain"),
        Binding("left_square_bracket", "scroll_pane(-1)", "Detail up", key_display="[", show=False,
                id="entries.pane-up"),
        Binding("right_square_bracket", "scroll_pane(1)", "Detail down", key_display="]", show=False,
                id="entries.pane-down"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._offered: object = None
        self._places: list[ChainPlace] = []
        self._is_closed = False

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            yield EntryTable(self.state, id="entries")
            with Vertical(id="entry"):
                yield ChainStrip()
                yield EntryPane()

    def on_mount(self) -> None:
        table = self.query_one(EntryTable)
        table.focus()
        self.show(table.cursor)

    def draw(self) -> None:
        self.query_one(EntryTable).changed()
        self.query_one(EntryPane).draw(self.state)
        self._draw_chain()
        self._offer()

    def link(self) -> Link:
        return Link(self.TAB, entry=self.query_one(EntryTable).cursor)

    def follow(self, link: Link) -> None:
        if link.entry >= 0:
            self.show(link.entry)

    def command(self) -> Sequence[str]:
        detail = self.query_one(EntryPane).detail
        return ("show", f"position:{detail.position}") if detail is not None else ()

    def subject(self) -> Subject:
        if not self.state.count:
            raise UsageError("There is no entry to report on: the ledger is empty.", code="entry")
        return Subject("entry", f"position:{self.query_one(EntryTable).cursor}")

    def show(self, position: int) -> None:
        """Put the cursor on an entry."""
        table = self.query_one(EntryTable)
        if table.cursor != position:
            table.go(position)
        else:
            self._read(position)
        table.focus()

    @on(Table.Highlighted, "#entries")
    def read_entry(self, event: Table.Highlighted) -> None:
        self._read(event.index)

    @on(ChainStrip.Chosen)
    def choose_in_chain(self, event: ChainStrip.Chosen) -> None:
        self.show(event.position)

    @on(Table.Chosen, "#entries")
    def enter_pane(self) -> None:
        """Enter goes on into the detail; escape or shift+tab come back."""
        self.add_class("-inside")
        self.query_one(EntryPane).focus()

    @on(EntryPane.Left)
    def leave_pane(self) -> None:
        self.remove_class("-inside")
        if self.query_one(EntryPane).has_focus:  # else the next key has already opened a line to type in
            self.query_one(EntryTable).focus()

    def _read(self, position: int) -> None:
        snapshot, strip = self.state.snapshot, self.query_one(ChainStrip)
        if self.state.count:
            self.ask("entry", lambda: _read(snapshot, position, strip.window), self._show_detail)

    def _show_detail(self, found: _Around) -> None:
        self._places, self._is_closed = found.places, found.closed
        self.query_one(EntryPane).show(found.detail, self.state)
        self._draw_chain()
        self._offer()

    def _draw_chain(self) -> None:
        detail, places = self.query_one(EntryPane).detail, self._places
        if detail is None:
            return
        marks = {at: self.state.mark(at) for place in places for at in place.positions}
        self.query_one(ChainStrip).show(places, marks, detail.position, self._is_closed)

    def trouble(self, error: CustodyError) -> None:
        self._places = []
        self.query_one(EntryPane).complain(str(error))

    # --- going to an entry

    def action_ask_where(self) -> None:
        self.prompt("Go to", "a position such as 120, or the first digits of an entry's id", self._go_where)

    def _go_where(self, text: str) -> str:
        wanted = text.strip().lower().replace(",", "").lstrip("#")
        snapshot, count = self.state.snapshot, self.state.count
        if wanted.isascii() and wanted.isdigit() and len(wanted) < _MIN_DIGITS + 4 and int(wanted) < count:
            self.show(int(wanted))
            return ""
        if _ID(wanted):
            self.ask("find", lambda: snapshot.find(wanted), self._found)
            return WAITING
        return f"positions go from 0 to {count - 1:,}" if count else "the ledger is empty"

    def _found(self, positions: list[int]) -> None:
        self.prompted("" if positions else "no entry has such an id")
        if positions:
            self.show(positions[0])

    def action_chain(self, by: int) -> None:
        """Along the chain, to the next place where anything is filed."""
        detail = self.query_one(EntryPane).detail
        seqs = {place.seq: place.positions[0] for place in self._places}
        there = [seq for seq in seqs if detail and (seq - detail.seq) * by > 0]
        if there:
            self.show(seqs[min(there) if by > 0 else max(there)])

    # --- finding: from the cursor on, and not a filter, so that the log keeps its order

    def find(self, text: str) -> None:
        if text:
            self._look(self.query_one(EntryTable).cursor, 1, text)

    def action_next(self, by: int) -> None:
        self._look(self.query_one(EntryTable).cursor + by, by, self.sought)

    def _look(self, start: int, by: int, text: str) -> None:
        snapshot, count = self.state.snapshot, self.state.count

        def arrive(found: int | None) -> None:
            if found is not None:
                table = self.query_one(EntryTable)
                table.go(found)
            else:
                looked = min(_LOOKED_THROUGH, count - start if by > 0 else start + 1)
                way = "further on" if by > 0 else "further back"
                self.say(line((f"Not in the {max(looked, 0):,} entries {way}.", MUTED)))

        self.ask("look", lambda: look_through(snapshot, start, by, count, text.lower()), arrive)

    # --- the pane

    def action_scroll_pane(self, by: int) -> None:
        pane = self.query_one(EntryPane)
        pane.scroll_relative(y=by * max(pane.size.height - 2, 1), animate=False)

    # --- proof and export

    def _offer(self) -> None:
        """The keys are drawn anew only if they change: they cost more than the rest of the screen."""
        offered = (self._can_prove(), self._can_export())
        if self._offered != offered:
            self._offered = offered
            self.refresh_bindings()

    def _can_prove(self) -> bool:
        report, detail = self.state.report, self.query_one(EntryPane).detail
        return report is not None and detail is not None and detail.position < report.covered

    def _can_export(self) -> bool:
        detail = self.query_one(EntryPane).detail
        return detail is not None and self.state.standing(detail.position, detail.id).mark in (
            "verified",
            "idle",
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A proof is offered where the verified checkpoint covers the entry; what is not verified is not exported."""
        if action in ("prove", "export_proof"):
            return self._can_prove() or None
        if action == "export":
            return self._can_export() or None
        if action == "next":
            return bool(self.sought)
        return super().check_action(action, parameters)

    def action_prove(self) -> None:
        pane, report = self.query_one(EntryPane), self.state.report
        if pane.detail is None or report is None:
            return
        snapshot, position, note = self.state.snapshot, pane.detail.position, report.checkpoint
        self.ask(
            "proof", lambda: prove(snapshot, position, note), lambda proof: pane.show_proof(proof, self.state)
        )

    def action_export(self) -> None:
        detail, snapshot = self.query_one(EntryPane).detail, self.state.snapshot
        if detail is not None:
            name = f"entry-{detail.position}.dsse.json"
            self._ask_file(name, lambda: envelope(snapshot, detail.position, detail.id) + b"\n")

    def action_export_proof(self) -> None:
        detail, report, snapshot = self.query_one(EntryPane).detail, self.state.report, self.state.snapshot
        if detail is not None and report is not None:
            covered, note = report.covered, report.checkpoint
            name = f"entry-{detail.position}.tlog-proof"
            self._ask_file(name, lambda: inclusion_proof(snapshot, detail.position, covered, note))

    def _ask_file(self, name: str, make: Callable[[], bytes]) -> None:
        def write(text: str) -> str:
            if not text.strip():
                return "which file?"
            path = Path(os.path.expanduser(text.strip()))

            def told(size: int) -> None:
                self.prompted("")
                self.say(line(("Written  ", GOOD), (str(path), "bold"), f"  {size:,} bytes", limit=600))

            def export() -> int:
                data = make()
                system.create_exclusive(path, data, 0o644)
                return len(data)

            self.ask_aloud(export, told)
            return WAITING

        self.prompt("Export to", "a new file; none is written over", write, text=name)

    def ask_aloud(self, question: Callable[[], int], then: Callable[[int], None]) -> None:
        """As `ask`, with what goes wrong said above the seal and not in the pane."""

        def failed(error: CustodyError) -> None:
            self.prompted("not written")
            self.say(line((str(error), FAULT), limit=600))

        ask(self, "export", question, then, failed)


def _read(snapshot: Snapshot, position: int, window: Callable[[int], tuple[int, int]]) -> _Around:
    detail = entry_detail(snapshot, position)
    places = chain_places(snapshot, detail.chain, *window(detail.seq)) if detail.chain else []
    closed = bool(places) and any(one.last for at in places[-1].positions for one in page(snapshot, at, 1))
    return _Around(detail, places, closed)


def look_through(snapshot: Snapshot, start: int, by: int, count: int, text: str) -> int | None:
    """The nearest position from `start` on (or back) whose title, kind or subject contains a text in lower case."""
    left = _LOOKED_THROUGH
    while 0 <= start < count and left > 0:
        size = min(_READ_AT_ONCE, left, count - start if by > 0 else start + 1)
        first = start if by > 0 else start - size + 1
        lines = page(snapshot, first, size)
        for one in lines if by > 0 else reversed(lines):
            if any(text in words.lower() for words in (one.title, one.kind, *one.subjects)):
                return one.position
        start += by * size
        left -= size
    return None


def prove(snapshot: Snapshot, position: int, note: str) -> Proved:
    """The path from an entry to the root in a checkpoint that was verified. Raises UsageError where there is none."""
    checkpoint = parse_checkpoint(note)
    path = inclusion(snapshot, position, checkpoint.size)
    row = snapshot.row(position)
    holds = row is not None and verify_inclusion(
        leaf_hash(row.header, row.signature), position, checkpoint.size, path, bytes.fromhex(checkpoint.root)
    )
    return Proved(position, checkpoint.size, checkpoint.root, tuple(path), holds)
