"""One ledger that is open: its state, and the worker that verifies it. The app owns as many as a person opened."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from textual.message import Message

from custody.ledger.reader import Snapshot
from custody.query.opening import Answers
from custody.trust.verification import Expectations
from custody.tui.judging import Judging
from custody.tui.looking import Looking
from custody.tui.searching import Searching
from custody.tui.state import State
from custody.tui.work import Began, Concluded, Failed, Indexed, Paused, Post, Progressed, Work

Worker = Callable[[Post, Snapshot, Expectations], Work]


@dataclass
class Said(Message):
    """What a session's worker said. One that was replaced meanwhile (`work`) is not listened to any more."""

    session: Session
    work: int
    what: Message


class Session:
    """A ledger on view. Only the app's message handlers change it."""

    def __init__(
        self,
        number: int,
        snapshot: Snapshot,
        expectations: Expectations,
        post: Post,
        worker: Worker = Work,
    ) -> None:
        self.number = number
        self.state = State(snapshot, expectations)
        self._post = post
        self._worker = worker
        self._runs = 0
        self.sought = ""  # what was last searched for
        self._searching: Searching | None = None
        self._looking: Looking | None = None
        self.work = self._make()

    def _make(self) -> Work:
        self._runs += 1
        run = self._runs
        return self._worker(
            lambda message: self._post(Said(self, run, message)),
            self.state.snapshot,
            self.state.expectations,
        )

    @property
    def answers(self) -> Answers | None:
        """What questions are answered from; None as long as they are not."""
        state = self.state
        if state.refusal or state.report is None or state.index is None:
            return None
        return Answers(state.snapshot, state.expectations, state.report, state.index)

    @property
    def searching(self) -> Searching | None:
        """What can be searched of it; None as long as no question is answered."""
        answers = self.answers
        if answers is not None and (self._searching is None or self._searching.index is not answers.index):
            self._searching = Searching(answers, Judging(self.state, answers.index), self._say(self._runs))
        return self._searching if answers is not None else None

    @property
    def looking(self) -> Looking | None:
        """What is looked for beyond what verification finds; None as long as no question is answered."""
        answers = self.answers
        if answers is not None and (self._looking is None or self._looking.index is not answers.index):
            self._looking = Looking(answers, self._say(self._runs))
        return self._looking if answers is not None else None

    def leave(self) -> None:
        """Another ledger came to the front: what takes long and nobody looks at is given up."""
        if self._looking is not None:
            self._looking.stop()

    def _say(self, run: int) -> Post:
        """For a thread that works on the answers of this run of the verification."""

        def post(message: Message) -> None:
            with suppress(RuntimeError):  # a loop that is closed already has nobody left to tell
                self._post(Said(self, run, message))

        return post

    def _let_go(self) -> None:
        """What rests on answers that are about to go."""
        if self._searching is not None:
            self._searching.close()
        if self._looking is not None:
            self._looking.stop()
        self._searching = self._looking = None

    def verify_again(self) -> None:
        """From the start, with every signature, whatever is remembered. The worker before this one must be stopped."""
        self._let_go()
        self.state.restart()
        self.state.paused = False
        self.work = self._make()
        self.work.full = True
        self.work.start()

    def hear(self, said: Said) -> None:
        """Write what the worker said into the state."""
        if said.work != self._runs:
            if isinstance(said.what, Indexed):
                said.what.index.close()
            return
        state = self.state
        match said.what:
            case Began(container=container):
                self._let_go()
                state.restart()
                state.stage = "container" if container else "entries"
            case Progressed() as step:
                state.stage = "entries"
                state.elapsed = step.elapsed
                state.take(step.judged, step.findings, step.done, step.chains)
            case Paused(paused=paused):
                state.paused = paused
            case Concluded() as end:
                state.elapsed = end.elapsed
                state.conclude(end.report, end.verification)
            case Indexed(index=index):
                state.answer_from(index)
            case Failed(error=error):
                state.error = str(error)
                state.stage = "stopped"

    def close(self) -> None:
        """Stop verifying, and let the file go."""
        self.work.stop()
        self._let_go()
        if self.state.index is not None:
            self.state.index.close()
        self.state.snapshot.close()
