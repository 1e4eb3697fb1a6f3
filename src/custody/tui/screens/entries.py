"""Entries: the log, and everything about the entry under the cursor."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input

from custody.errors import CustodyError
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.merkle import leaf_hash, verify_inclusion
from custody.ledger.reader import Snapshot
from custody.query.entries import EntryDetail, entry_detail, inclusion
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.entry_pane import EntryPane, Proved
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.prompt import Line, Prompt
from custody.tui.widgets.table import Table

_MIN_DIGITS = 6
_ID = re.compile(f"[0-9a-f]{{{_MIN_DIGITS},64}}").fullmatch


class EntriesScreen(LedgerScreen):
    """The log as it stands in the file."""

    MODE = "entries"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "ask_where", "Go to", id="entries.go-to", tooltip="Go to a position, or an entry by its id"),
        Binding("p", "prove", "Proof", id="entries.prove", tooltip="Prove that the entry is in the signed log"),
        Binding("left_square_bracket", "scroll_pane(-1)", "Detail up", key_display="[", show=False,
                id="entries.pane-up"),
        Binding("right_square_bracket", "scroll_pane(1)", "Detail down", key_display="]", id="entries.pane-down"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._provable = False

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            yield EntryTable(self.state, id="entries")
            yield EntryPane()
        yield Prompt("Go to", "a position such as 120, or the first digits of an entry's id")

    def on_mount(self) -> None:
        table = self.query_one(EntryTable)
        table.focus()
        self.show(table.cursor)

    def draw(self) -> None:
        self.query_one(EntryTable).changed()
        self.query_one(EntryPane).draw(self.state)
        self._offer_proof()

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

    @on(Table.Chosen, "#entries")
    def enter_pane(self) -> None:
        """Enter goes on into the detail; escape or shift+tab come back."""
        self.query_one(EntryPane).focus()

    def _read(self, position: int) -> None:
        snapshot = self.state.snapshot
        if self.state.count:
            self.ask("entry", lambda: entry_detail(snapshot, position), self._show_detail)

    def _show_detail(self, detail: EntryDetail) -> None:
        self.query_one(EntryPane).show(detail, self.state)
        self._offer_proof()

    def trouble(self, error: CustodyError) -> None:
        self.query_one(EntryPane).complain(str(error))

    # --- going to an entry

    def action_ask_where(self) -> None:
        self.query_one(Prompt).open()

    @on(Line.Left)
    def leave_prompt(self) -> None:
        self.query_one(Prompt).close()
        self.query_one(EntryTable).focus()

    @on(Input.Submitted)
    def go_where(self, event: Input.Submitted) -> None:
        wanted = event.value.strip().lower().replace(",", "").lstrip("#")
        snapshot, count = self.state.snapshot, self.state.count
        if wanted.isascii() and wanted.isdigit() and len(wanted) < _MIN_DIGITS + 4 and int(wanted) < count:
            self._arrive(int(wanted))
        elif _ID(wanted):
            self.ask("find", lambda: snapshot.find(wanted), self._found)
        else:
            last = f"positions go from 0 to {count - 1:,}" if count else "the ledger is empty"
            self.query_one(Prompt).complain(last)

    def _found(self, positions: list[int]) -> None:
        if positions:
            self._arrive(positions[0])
        else:
            self.query_one(Prompt).complain("no entry has such an id")

    def _arrive(self, position: int) -> None:
        self.query_one(Prompt).close()
        self.show(position)

    # --- the pane

    def action_scroll_pane(self, by: int) -> None:
        pane = self.query_one(EntryPane)
        pane.scroll_relative(y=by * max(pane.size.height - 2, 1), animate=False)

    def _offer_proof(self) -> None:
        """The keys are drawn anew only if they change: they cost more than the rest of the screen."""
        if self._provable != (provable := self._can_prove()):
            self._provable = provable
            self.refresh_bindings()

    def _can_prove(self) -> bool:
        report, detail = self.state.report, self.query_one(EntryPane).detail
        return report is not None and detail is not None and detail.position < report.covered

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A proof is offered where the verified checkpoint covers the entry."""
        if action == "prove":
            return self._can_prove() or None
        return super().check_action(action, parameters)

    def action_prove(self) -> None:
        pane, report = self.query_one(EntryPane), self.state.report
        if pane.detail is None or report is None:
            return
        snapshot, position, note = self.state.snapshot, pane.detail.position, report.checkpoint
        self.ask(
            "proof", lambda: prove(snapshot, position, note), lambda proof: pane.show_proof(proof, self.state)
        )


def prove(snapshot: Snapshot, position: int, note: str) -> Proved:
    """The path from an entry to the root in a checkpoint that was verified. Raises UsageError where there is none."""
    checkpoint = parse_checkpoint(note)
    path = inclusion(snapshot, position, checkpoint.size)
    row = snapshot.row(position)
    holds = row is not None and verify_inclusion(
        leaf_hash(row.header, row.signature), position, checkpoint.size, path, bytes.fromhex(checkpoint.root)
    )
    return Proved(position, checkpoint.size, checkpoint.root, tuple(path), holds)
