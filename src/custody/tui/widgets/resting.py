"""Questions that may take a while: asked one after another in a single thread, and dropped when nobody waits for them.

A key that is held down asks a new one before the last is answered. Asked all at once they would fill every thread that
there is, and the next key would wait behind them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from textual.dom import DOMNode

from custody.errors import CustodyError
from custody.tui.widgets.asking import ask

Wanted = Callable[[], bool]


class Job(NamedTuple):
    """A question, which can find out whether anybody still wants to know, and what to do with the answer."""

    question: Callable[[Wanted], Any]
    then: Callable[[Any], None]


class Resting:
    """The questions of one widget."""

    def __init__(self, node: DOMNode, failed: Callable[[CustodyError], None]) -> None:
        self._node = node
        self._failed = failed
        self._jobs: list[Job] = []
        self._turn = 0
        self._running = False

    def ask(self, jobs: Sequence[Job]) -> None:
        """Ask these, and forget all that was asked before."""
        self._turn += 1
        self._jobs = list(jobs)
        self._next()

    def add(self, job: Job) -> None:
        """Ask this one behind the others."""
        self._jobs.append(job)
        self._next()

    def _next(self) -> None:
        if self._running or not self._jobs:
            return
        job, turn = self._jobs.pop(0), self._turn
        self._running = True

        def then(answer: Any) -> None:
            self._running = False
            if turn == self._turn:
                job.then(answer)
            self._next()

        def failed(error: CustodyError) -> None:
            self._running = False
            if turn == self._turn:
                self._failed(error)
            self._next()

        ask(self._node, "resting", lambda: job.question(lambda: turn == self._turn), then, failed)
