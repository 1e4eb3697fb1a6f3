"""Approvals: what waits for whom, whose word was given, and one's own word given with one's own key."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar, Literal, cast

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widget import Widget
from textual.worker import WorkType

from custody.errors import CustodyError, UsageError
from custody.kinds import Word
from custody.ledger.writer import Receipt
from custody.policy.waiting import Waiting, WaitingList
from custody.query.approvals import ApprovalLine, list_approvals
from custody.query.index import Index
from custody.query.moments import EnvironmentReference
from custody.report.subject import Subject
from custody.tui.judging import Judging
from custody.tui.links import Link
from custody.tui.screens import approvals_words as words
from custody.tui.screens.approvals_pane import AskedPane
from custody.tui.screens.approvals_reading import (
    Question,
    known_identity,
    read_question,
    read_waiting,
    why_read_only,
)
from custody.tui.screens.artifacts_reading import find_meant
from custody.tui.screens.base import AnswersScreen, LedgerScreen
from custody.tui.screens.help import Sign
from custody.tui.screens.signing import SigningScreen
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, line

View = Literal["waiting", "given"]

SHOWN = 1000
"""Of the newest that were given; what is found here reaches the others."""


class ApprovalsScreen(AnswersScreen):
    """What waits, or what was given, and beside it what an approver must see."""

    TAB = "approvals"
    FIND = "artifact, environment, person or reason"
    SIGNS: ClassVar[Sequence[Sign]] = (
        ("·", MUTED, "nobody has said anything yet, or not enough people"),
        ("✗", FAULT, "somebody said no, or an approval is there that does not count"),
        ("?", GAP, "what is there cannot be read, or nobody can be shown to be apart"),
        ("✓  ○", "", "an approval that was given; a word that its giver replaced"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "answer('approved')", "Approve", id="approvals.approve",
                tooltip="Approve it with your own key, and record it in the ledger"),
        Binding("x", "answer('rejected')", "Reject", id="approvals.reject",
                tooltip="Reject it with your own key and a reason, and record it in the ledger"),
        Binding("w", "turn", "Waiting or given", id="approvals.view",
                tooltip="What waits for an approval, or what was given"),
        Binding("o", "entry", "Entry", show=False, id="approvals.entry",
                tooltip="Open the entry that gave it, or that recorded what waits"),
        Binding("t", "artifact", "Artifact", show=False, id="approvals.artifact",
                tooltip="Open the artifact's page"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.pane = AskedPane(id="asked")
        self._drawn: Index | None = None
        self._judging: Judging | None = None
        self._view: View = "waiting"
        self._waiting: WaitingList | None = None
        self._shown: list[Waiting] = []
        self._given: list[ApprovalLine] = []
        self._wanted: tuple[str, str] | None = None
        self._about = ""  # the fingerprint of what is asked about, or is about to be
        self._me = ""
        self._read_only = ""

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            with Container(id="left"):
                yield Words(id="about-list")
                yield Table(words.WAITING, empty="What waits is being looked for.", id="waiting")
                yield Table(words.GIVEN, id="given")
            yield self.pane

    def on_mount(self) -> None:
        self._turn_to("waiting")
        self.query_one("#waiting").focus()

    # --- what is asked of every screen

    def draw_answers(self, index: Index) -> None:
        if self._drawn is not index:
            if (
                self.pane.question is not None and self._wanted is None
            ):  # verified again: it stays the same question
                asked = self.pane.question.asked
                self._wanted = asked.artifact, asked.environment
            self._drawn = index
            self._judging = judging = Judging(self.state, index)
            snapshot, wanted = self.state.snapshot, self.ledger.start.read_only
            self._waiting = None
            ask(
                self, "read-only", lambda: why_read_only(snapshot, wanted), self._take_read_only, self.trouble
            )
            ask(self, "me", lambda: known_identity(judging, os.environ), self._take_me, self.trouble)
            self.ask("waiting", lambda: read_waiting(judging), self._take_waiting)
            self._list_given()

    def find(self, text: str) -> None:
        self._list_waiting()
        self._list_given()

    def link(self) -> Link:
        found = self.pane.question
        if found is None:
            return Link(self.TAB, find=self.sought)
        environment = EnvironmentReference(found.asked.environment)
        return Link(self.TAB, artifact=found.asked.artifact, environment=environment, find=self.sought)

    def follow(self, link: Link) -> None:
        if link.find:
            self.find_here(link.find)
        if link.artifact and link.environment is not None:
            self._wanted = link.artifact, link.environment.environment
            self._find_wanted()

    def command(self) -> Sequence[str]:
        found = self.pane.question
        if found is not None and (self._view == "waiting" or self.pane.has_focus):
            return "gate", found.asked.artifact, "--env", found.asked.environment
        return "log", "--kind", "approval"

    def answered_subject(self) -> Subject:
        if self._about:
            return Subject("artifact", self._about)
        raise UsageError(
            "There is no artifact to report on: nothing is chosen. w shows the other list.", code="artifact"
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is answered where nothing is asked."""
        if action in ("answer", "turn", "entry", "artifact") and self.state.refusal:
            return None
        if action in ("answer", "entry", "artifact") and self.pane.question is None:
            return None
        return super().check_action(action, parameters)

    def trouble(self, error: CustodyError) -> None:
        self._about = ""
        self.pane.clear(line((str(error), FAULT), limit=400))
        self.refresh_bindings()

    # --- what there is

    def _take_read_only(self, why: str) -> None:
        self._read_only = why
        self._say_about()

    def _take_me(self, identity: str) -> None:
        self._me = identity
        found = self.pane.question
        if identity and found is not None and found.asked.recorder != identity:
            self._read(found.asked.artifact, found.asked.environment)

    def _take_waiting(self, found: WaitingList) -> None:
        first, self._waiting = self._waiting is None, found
        self._list_waiting()
        if first and not found.found and self._wanted is None and self._view == "waiting":
            at_it = self.focused is self._table
            self._turn_to("given")  # where nothing waits, what was given says more
            if at_it:
                self._table.focus()
            self._say_about()
            self._read_row(self._table.cursor)

    def _list_waiting(self) -> None:
        found = self._waiting
        if found is None:
            return
        self._shown = [one for one in found.found if words.finds(one, self.sought)]
        table = self.query_one("#waiting", Table)
        nothing = "Nothing that waits is of that kind." if self.sought else "Nothing waits for an approval."
        table.show_rows([words.waiting_row(one) for one in self._shown], nothing)
        self._say_about()
        if self._wanted is not None:
            self._find_wanted()
        elif self._view == "waiting":
            table.go(0)
            self._read_row(0)

    def _list_given(self) -> None:
        index, text = self.state.index, self.sought
        if index is not None:
            self.ask("given", lambda: list_approvals(index, text=text, limit=SHOWN), self._show_given)

    def _show_given(self, found: list[ApprovalLine]) -> None:
        self._given = found
        nothing = "No approval is of that kind." if self.sought else "No approval is recorded."
        table = self.query_one("#given", Table)
        table.show_rows([words.given_row(one) for one in found], nothing)
        self._say_about()
        if self._view == "given":
            self._read_row(table.cursor)

    def _say_about(self) -> None:
        words_ = self.query_one("#about-list", Words)
        if self._view == "given":
            words_.say(words.about_given(len(self._given), SHOWN, self._read_only))
        elif self._waiting is not None:
            words_.say(words.about_waiting(self._waiting, len(self._shown), self._read_only))

    # --- the two lists

    @property
    def _table(self) -> Table:
        return self.query_one(f"#{self._view}", Table)

    def _turn_to(self, view: View) -> None:
        self._view = view
        self.set_class(view == "given", "-given")

    def action_turn(self) -> None:
        self.remove_class("-inside")
        self._turn_to("given" if self._view == "waiting" else "waiting")
        self._table.focus()
        self._say_about()
        self._read_row(self._table.cursor)

    @on(Table.Highlighted)
    def read_row(self, event: Table.Highlighted) -> None:
        if event.table is self._table and self._wanted is None:
            self._read_row(event.index)

    def _read_row(self, place: int) -> None:
        if self._view == "waiting" and place < len(self._shown):
            one = self._shown[place]
            self._read(one.artifact.sha256, one.environment)
        elif self._view == "given" and place < len(self._given):
            self._read(self._given[place].sha256, self._given[place].environment)
        elif self._waiting is not None:
            self._about = ""
            self.pane.clear(line(("Nothing is chosen.", MUTED)))
            self.refresh_bindings()

    @on(Table.Chosen)
    def enter_pane(self) -> None:
        """Enter goes on into what an approver must see; escape comes back."""
        self.add_class("-inside")
        self.pane.focus()

    @on(AskedPane.Left)
    def leave_pane(self) -> None:
        self.remove_class("-inside")
        if self.pane.has_focus:  # else the next key has already opened a line to type in
            self._table.focus()

    # --- one question

    def _find_wanted(self) -> None:
        """What a link named: in the list of what waits, or by itself."""
        if self._wanted is None or self._judging is None or self._waiting is None:
            return
        judging, (wanted, environment) = self._judging, self._wanted

        def arrive(meant: list[str]) -> None:
            sha256 = meant[0]
            places = [
                place
                for place, one in enumerate(self._shown)
                if (one.artifact.sha256, one.environment) == (sha256, environment)
            ]
            if places:
                self.query_one("#waiting", Table).go(places[0])
            self._wanted = None
            self._read(sha256, environment)

        def failed(error: CustodyError) -> None:
            self._wanted = None
            self.trouble(error)

        ask(self, "find", lambda: find_meant(judging, wanted), arrive, failed)

    def _read(self, sha256: str, environment: str) -> None:
        judging, me = self._judging, self._me
        if judging is not None:
            self._about = sha256
            self.ask("question", lambda: read_question(judging, sha256, environment, me), self._show_question)

    def _show_question(self, found: Question) -> None:
        self.pane.show(found)
        self.refresh_bindings()
        if found.asked.recorder != self._me:  # whose key is at hand was found out meanwhile
            self._read(found.asked.artifact, found.asked.environment)

    def action_entry(self) -> None:
        place = self._table.cursor
        if self._view == "given" and place < len(self._given):
            self.ledger.go(Link("entries", entry=self._given[place].proof.position))
        elif self.pane.question is not None:
            self.ledger.go(Link("entries", entry=self.pane.question.line.proof.position))

    def action_artifact(self) -> None:
        found = self.pane.question
        if found is not None:
            environment = EnvironmentReference(found.asked.environment)
            self.ledger.go(Link("artifacts", artifact=found.asked.artifact, environment=environment))

    # --- an answer

    def action_answer(self, decision: Word) -> None:
        found, judging = self.pane.question, self._judging
        if found is None or judging is None:
            return
        if self._read_only:
            self.say(
                line(("Read-only: ", f"{GAP} bold"), self._read_only, ", so nothing can be recorded here.")
            )
            return
        if self.state.changed:
            self.say(line(("The file was changed on disk: ctrl+r opens it again. Then look again.", GAP)))
            return
        screen = SigningScreen(self.session, judging, found, decision)
        self.ledger.push_screen(screen, partial(self._answered, found, decision))

    def _answered(self, found: Question, decision: Word, receipt: Receipt | None) -> None:
        if receipt is None:
            return
        name = found.line.name or found.asked.artifact[:12]
        said = line(
            (f"✓ {decision.capitalize()}  ", f"{GOOD} bold"),
            f"{name} for {found.asked.environment}, recorded at position {receipt.position:,}",
            (f"  id {receipt.id}", MUTED),
            limit=400,
        )
        # By the app: this screen goes with the file as it was.
        self.ledger.run_worker(cast(WorkType[None], partial(_open_again, self, said)))


async def _open_again(screen: ApprovalsScreen, said: Content) -> None:
    """The ledger as it is now, through the gate and verified, with a word on what was recorded."""
    app = screen.ledger
    await app.reopen()
    shown = app.screen_stack[0]
    if isinstance(shown, LedgerScreen):
        shown.call_later(shown.say, said)
