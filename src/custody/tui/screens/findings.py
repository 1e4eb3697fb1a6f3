"""Findings: everything verification has to say, and behind each the check, what it expected and what it found."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget

from custody.errors import CustodyError
from custody.ledger.findings import CODES, Finding
from custody.query.explain import Explanation, explain
from custody.report.subject import Subject
from custody.tui.links import Link
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.state import Remark
from custody.tui.widgets.findings import COLUMNS, NO_ENTRY, finding_row, heading
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, facts, line, lines

_TONES = {"fault": FAULT, "gap": GAP, "note": MUTED}
_WEIGHTS = {
    "fault": "a fault: the ledger does not verify (exit 1)",
    "gap": "a gap: intact, and this file alone cannot prove it (exit 4)",
    "note": "a note: worth knowing, and nothing against the ledger",
}


class FindingsPane(VerticalScroll):
    """One finding, explained."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.focus_previous", "Back", id="findings.back"),
    ]
    DEFAULT_CSS = """
    FindingsPane { scrollbar-size-vertical: 1; }
    FindingsPane:focus { background: $boost; }
    FindingsPane Words { height: auto; }
    """


class FindingsScreen(LedgerScreen):
    """All findings, the one under the cursor explained below."""

    TAB = "findings"
    FIND = "code, weight, position or words"
    SIGNS: ClassVar[Sequence[Sign]] = (("✗  !  ·", "", "a fault, a gap, a note"),)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._remarks: list[Remark] = []
        self._explained: Remark | None = None

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            with Container(id="left"):
                yield Words(id="heading")
                yield Table(COLUMNS, id="findings")
            with FindingsPane():
                yield Words(id="finding")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def draw(self) -> None:
        state = self.state
        wanted = self.sought.lower()
        remarks = [one for one in state.remarks if wanted in _searchable(one)]
        self.query_one("#heading", Words).say(heading(state))
        if remarks == self._remarks and remarks:
            return
        self._remarks = remarks
        empty = (
            "Nothing is of that kind."
            if wanted
            else "Nothing so far."
            if not state.report
            else "Nothing was found."
        )
        table = self.query_one(Table)
        table.show_rows([finding_row(remark) for remark in remarks], empty)
        self._explain(table.cursor)

    def find(self, text: str) -> None:
        self.draw()

    @on(Table.Highlighted, "#findings")
    def explain_finding(self, event: Table.Highlighted) -> None:
        self._explain(event.index)

    def _explain(self, place: int) -> None:
        if place >= len(self._remarks):
            self._explained = None
            self.query_one("#finding", Words).say(Content(""))
            return
        remark, snapshot = self._remarks[place], self.state.snapshot
        if remark != self._explained:
            self._explained = remark
            finding = Finding(remark.code, remark.message, remark.position)
            self.ask("explain", lambda: explain(snapshot, finding), lambda told: self._show(remark, told))

    def _show(self, remark: Remark, told: Explanation) -> None:
        words = self.query_one("#finding", Words)
        words.say(lines((line((remark.code, f"{_TONES[remark.severity]} bold")), facts(_told(remark, told)))))

    def trouble(self, error: CustodyError) -> None:
        self.query_one("#finding", Words).say(line((str(error), FAULT), limit=400))

    @on(Table.Chosen, "#findings")
    def open_entry(self, event: Table.Chosen) -> None:
        """Its entry; a finding about the whole log has none."""
        position = self._remarks[event.index].position
        if position >= 0:
            self.ledger.go(Link("entries", entry=position))
        else:
            self.say(line((NO_ENTRY, MUTED)))

    def link(self) -> Link:
        return Link(self.TAB, find=self.sought)

    def follow(self, link: Link) -> None:
        if link.find:
            self.find_here(link.find)

    def subject(self) -> Subject:
        return Subject("findings")

    def command(self) -> Sequence[str]:
        return ("findings", *(("--code", self.sought) if self.sought in CODES else ()))


def _searchable(remark: Remark) -> str:
    return f"{remark.code} {remark.severity} {remark.position} {remark.message}".lower()


def _told(remark: Remark, told: Explanation) -> Iterator[tuple[str, Content]]:
    yield "Weight", line((_WEIGHTS[remark.severity], _TONES[remark.severity]))
    where = f"position {remark.position:,}, which enter opens" if remark.position >= 0 else "the whole log"
    yield "About", line(where)
    yield "Check", line(told.check, limit=400)
    yield "Expected", line((told.expected, GOOD), limit=600)
    yield "Found", line((told.found, _TONES[remark.severity]), limit=600)
    if told.found != remark.message and remark.message.lower() not in told.check.lower():
        yield "Said", line((remark.message, MUTED), limit=600)
