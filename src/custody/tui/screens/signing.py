"""Signing: a reason, one's own key, a last look, and the word is recorded."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING, ClassVar, Literal, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen

from custody.errors import CustodyError, NotAcknowledgedError
from custody.keys.ed25519 import Signer
from custody.kinds import Word
from custody.ledger.writer import Receipt
from custody.policy.approving import NOBODY
from custody.tui.judging import Judging
from custody.tui.screens import approvals_words as words
from custody.tui.screens.approvals_reading import (
    KeyChoice,
    Keys,
    Question,
    find_keys,
    identity_of,
    objection,
    open_key,
    read_question,
    record,
)
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.keys import Keys as KeyRow
from custody.tui.widgets.prompt import WAITING, Line, Prompt
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, MUTED, Words, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

Step = Literal["reason", "key", "look", "recording"]


class SigningScreen(ModalScreen[Receipt | None]):
    """Asks step by step, and gives back the receipt of what was recorded; None for nothing.

    It is modal, so that no other key leads away half-way. The key and its passphrase are here as long as this screen
    is, and no longer.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "sign", "Sign and record", id="signing.sign",
                tooltip="Sign it with this key, and record it in the ledger"),
        Binding("escape", "leave", "Back", id="signing.back",
                tooltip="One step back; from the first, away: nothing is recorded"),
    ]  # fmt: skip

    def __init__(self, session: Session, judging: Judging, question: Question, decision: Word) -> None:
        super().__init__()
        self._session = session
        self._judging = judging
        self._question = question
        self._decision: Word = decision
        self._reason = ""
        self._step: Step = "reason"
        self._choices: tuple[KeyChoice, ...] = ()
        self._signer: Signer | None = None
        self._objection = ""
        self._once = secrets.token_hex(16)  # to try again after an error records it once

    def compose(self) -> ComposeResult:
        yield Words(id="title")
        yield Words(id="step")
        yield Table(words.KEYS, empty="The keys are being looked for.", id="keys")
        with VerticalScroll(id="look"):
            yield Words(id="to-sign")
        yield Words(id="trouble")
        yield Prompt()
        yield Seal()
        yield KeyRow()

    def on_mount(self) -> None:
        one, asked = self._question.line, self._question.asked
        verb = "Approve" if self._decision == "approved" else "Reject"
        title = line((f"{verb}  ", "bold"), (one.name or "without a name", "bold"), f" {one.version}".rstrip(),
                     (f"  {asked.artifact[:12]} for {asked.environment}", MUTED), limit=400)  # fmt: skip
        self.query_one("#title", Words).say(title)
        self.query_one(Seal).show(self._session.state.verdict)
        self._ask_reason()

    def on_unmount(self) -> None:
        self._signer = None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is signed before the last look, and nothing that would not count."""
        if action == "sign":
            return self._step == "look" and not self._objection and self._signer is not None
        if action == "leave":
            return self._step != "recording"
        return super().check_action(action, parameters)

    def _go(self, step: Step, said: str) -> None:
        self._step = step
        self.query_one("#step", Words).say(line((said, MUTED), limit=400))
        for name in ("key", "look"):
            self.set_class(step == name or (step == "recording" and name == "look"), f"-{name}")
        self._complain("")
        self.refresh_bindings()

    def _complain(self, what: str) -> None:
        box = self.query_one("#trouble", Words)
        box.set_class(bool(what), "-shown")
        box.say(line((f"✗ {what}", FAULT), limit=800))

    # --- 1: why

    def _ask_reason(self) -> None:
        needed = self._decision == "rejected"
        self._go(
            "reason", "Why? A rejection needs a reason." if needed else "Why? Enter alone gives no reason."
        )
        hint = "why it must not go there" if needed else "such as: change 4711"
        self.query_one(Prompt).open("Reason", hint, self._take_reason, text=self._reason)

    def _take_reason(self, text: str) -> str:
        self._reason = text.strip()
        if self._decision == "rejected" and not self._reason:
            return "a rejection needs a reason"
        self.call_later(self._ask_key)
        return ""

    # --- 2: with which key

    def _ask_key(self) -> None:
        self._signer = None
        self._go(
            "key", "With your own key: choose it. Private keys are read when they are chosen, and not kept."
        )
        self.query_one("#keys", Table).focus()
        judging = self._judging
        ask(self, "keys", lambda: find_keys(judging, os.environ), self._show_keys, self._trouble)

    def _show_keys(self, found: Keys) -> None:
        self._choices = found.choices
        self.query_one("#keys", Table).show_rows([words.key_row(one) for one in found.choices])
        if found.trouble:
            self._complain(found.trouble)

    @on(Table.Chosen, "#keys")
    def choose_key(self, event: Table.Chosen) -> None:
        choice = self._choices[event.index]
        if choice.source == "other":
            hint = "a private key file, or a .pub file or SHA256:… of a key in the ssh-agent"
            self.query_one(Prompt).open("Key", hint, self._take_path)
        else:
            self._open(choice)

    def _take_path(self, text: str) -> str:
        if not text.strip():
            return "which file?"
        self._open(KeyChoice("other", text))
        return WAITING

    def _open(self, choice: KeyChoice, passphrase: str | None = None) -> None:
        def failed(error: CustodyError) -> None:
            if error.code == "encrypted-key" and passphrase is None:
                self._ask_passphrase(choice)
                return
            self._complain(str(error))  # whole, which a prompt has no room for
            if self.query_one(Prompt).is_open:
                self.query_one(Prompt).answered("see above")

        ask(self, "open", lambda: open_key(choice, os.environ, passphrase), self._take_key, failed)

    def _ask_passphrase(self, choice: KeyChoice) -> None:
        def take(text: str) -> str:
            self._complain("")
            self._open(choice, text)
            return WAITING

        prompt = self.query_one(Prompt)
        prompt.close()
        self.call_later(
            prompt.open, "Passphrase", "of the key; it is not shown and not kept", take, secret=True
        )

    def _take_key(self, signer: Signer) -> None:
        self.query_one(Prompt).answered("")
        self._signer = signer
        judging, asked, decision = self._judging, self._question.asked, self._decision

        def think() -> Question:
            person = identity_of(judging, signer)
            return read_question(judging, asked.artifact, asked.environment, person, decision)

        ask(self, "look", think, self._look, self._trouble)

    # --- 3: a last look

    def _look(self, found: Question) -> None:
        if self._signer is None:
            return
        self._question = found
        why = objection(found.asked, self._decision)
        key = self._signer.public.fingerprint
        self._objection = f"{NOBODY}: {key}" if why == NOBODY else why
        ready = "y signs it and records it in the ledger; escape chooses another key."
        self._go("look", "It would not count, so it is not recorded." if why else ready)
        told = words.to_sign(found, self._decision, self._reason, key, self._objection)
        self.query_one("#to-sign", Words).say(told)
        self.query_one("#look", VerticalScroll).focus()

    # --- 4: recorded

    def action_sign(self) -> None:
        signer = self._signer
        if signer is None:
            return
        cast("CustodyApp", self.app).recording = True
        self._go("recording", "It is being recorded. A key in an agent may want to be touched.")
        judging, snapshot, question = self._judging, self._session.state.snapshot, self._question
        decision, reason, once = self._decision, self._reason, self._once
        ask(
            self,
            "record",
            lambda: record(judging, snapshot, question, signer, decision, reason, once),
            self._done,
            self._not_recorded,
        )

    def _done(self, receipt: Receipt) -> None:
        self._signer = None
        self.dismiss(receipt)

    def _not_recorded(self, error: CustodyError) -> None:
        doubt = isinstance(error, NotAcknowledgedError)
        said = "It may be recorded or not. y tries again" if doubt else "It was not recorded. y tries again"
        self._go("look", f"{said}; escape chooses another key.")
        self._complain(str(error))

    def _trouble(self, error: CustodyError) -> None:
        self._complain(str(error))

    # --- back

    def action_leave(self) -> None:
        if self._step == "look":
            self._ask_key()
        elif self._step == "key":
            self._ask_reason()
        else:
            self.dismiss(None)

    @on(Line.Closed)
    def prompt_closed(self) -> None:
        """Escape out of the reason leaves; out of another prompt it leads back to the keys."""
        if self._step == "reason":
            self.call_later(self._leave_if_still, "reason")

    def _leave_if_still(self, step: Step) -> None:
        if self._step == step and not self.query_one(Prompt).is_open:
            self.dismiss(None)
