"""One ledger that is open: its state, and the worker that verifies it. The app owns as many as a person opened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.message import Message

from custody.ledger.reader import Snapshot
from custody.trust.verification import Expectations
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
        self.work = self._make()

    def _make(self) -> Work:
        self._runs += 1
        run = self._runs
        return self._worker(
            lambda message: self._post(Said(self, run, message)),
            self.state.snapshot,
            self.state.expectations,
        )

    def verify_again(self) -> None:
        """From the start, with every signature, whatever is remembered. The worker before this one must be stopped."""
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
        if self.state.index is not None:
            self.state.index.close()
        self.state.snapshot.close()
