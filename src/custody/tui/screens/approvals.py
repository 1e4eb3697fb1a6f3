"""Approvals: whose word was given, for what and where."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.containers import Container
from textual.widget import Widget

from custody.query.approvals import ApprovalLine, list_approvals
from custody.query.index import Index
from custody.tui.links import Link
from custody.tui.screens.base import AnswersScreen
from custody.tui.session import Session
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import utc

SHOWN = 1000  # of the newest; the search reaches the others


class ApprovalsScreen(AnswersScreen):
    """Approvals and rejections, the newest first."""

    TAB = "approvals"
    SEARCH = "artifact, environment, person or reason"
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("Time (UTC)", 16, roomy=19, clip=True, from_width=60),
        Column("Decision", 9),
        Column("Environment", 11, flex=1, from_width=40),
        Column("Artifact", flex=2),
        Column("Fingerprint", 12, from_width=100, clip=True),
        Column("Reason", flex=3, from_width=100),
        Column("By", 14, roomy=18, from_width=50),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._drawn: Index | None = None
        self._lines: list[ApprovalLine] = []

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            yield Table(self.COLUMNS, id="list")

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def draw_answers(self, index: Index) -> None:
        if self._drawn is not index:
            self._drawn = index
            self.search(self.searched)

    def search(self, text: str) -> None:
        index = self.state.index
        if index is not None:
            self.ask("list", lambda: list_approvals(index, text=text, limit=SHOWN), self._show)

    def _show(self, found: list[ApprovalLine]) -> None:
        self._lines = found
        nothing = "No approval is recorded." if not self.searched else "No approval is of that kind."
        self.query_one(Table).show_rows([_row(one) for one in found], nothing)

    @on(Table.Chosen, "#list")
    def open_entry(self, event: Table.Chosen) -> None:
        self.ledger.go(Link("entries", entry=self._lines[event.index].proof.position))

    def link(self) -> Link:
        return Link(self.TAB, search=self.searched)

    def follow(self, link: Link) -> None:
        if link.search:
            self.search_for(link.search)

    def command(self) -> Sequence[str]:
        return "log", "--kind", "approval"


def _row(one: ApprovalLine) -> Row:
    good = one.decision == "approved"
    sign: Cell = ("✓", "good") if good else ("✗", "fault")
    decision: Cell = one.decision
    if not one.in_force:
        sign, decision = ("○", "muted"), (f"{one.decision}, replaced", "muted")
    return (
        sign,
        (utc(one.proof.time), "muted"),
        decision,
        (one.environment, "strong"),
        one.name,
        (one.sha256, "muted"),
        (one.detail, "muted"),
        one.proof.writer or ("nobody known", "gap"),
    )
