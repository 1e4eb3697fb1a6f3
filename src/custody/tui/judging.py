"""Verdicts for the screens of one ledger. Knows no screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from custody.policy.judgement import Judgement
from custody.policy.standing import governed
from custody.query.index import Index
from custody.trust.anchors import find_governing
from custody.trust.document import TrustDocument
from custody.tui.state import State


class Judging:
    """Judges by one index, in threads: one question after the other, because they share what was read for them."""

    def __init__(self, state: State, index: Index) -> None:
        self.index = index
        self._state = state
        self._lock = Lock()
        self._judgement: Judgement | None = None
        self._governed: tuple[str, ...] | None = None

    @contextmanager
    def judge(self) -> Iterator[Judgement]:
        """Whom to ask. Never in a handler: it may take a while until another question is answered."""
        with self._lock:
            if self._judgement is None:
                self._judgement = Judgement(self._state.snapshot, self.index, self._trust())
            yield self._judgement

    def governed(self) -> tuple[str, ...]:
        """The environments that a policy governs now. Never in a handler."""
        with self.judge() as judgement:
            if self._governed is None:
                self._governed = tuple(governed(judgement))
            return self._governed

    def _trust(self) -> TrustDocument | None:
        state = self._state
        if state.verification is not None:
            return state.verification.trust
        return find_governing(state.snapshot, state.expectations.judged_by).current
