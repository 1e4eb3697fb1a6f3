"""All there is to say of one verified log, in the order of `custody findings`. Knows no screen.

What people did is judged act by act, which of a large ledger takes a while: in a thread of its own, that stops at the
next act, because nothing may keep a person who quits waiting.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Literal, cast

from custody.errors import CustodyError, UsageError
from custody.ledger.findings import CODES
from custody.query.index import NOTICES, Index
from custody.query.opening import Answers
from custody.tui.state import Remark, Weight
from custody.tui.work import Came, Crashed, Post

KEPT = 1000
"""Of each code; the rest are counted."""

Stage = Literal["waiting", "looking", "done", "stopped", "failed"]


class Looking:
    """What was found so far. It never waits."""

    def __init__(self, answers: Answers, post: Post) -> None:
        self._answers = answers
        self._post = post
        self._end = threading.Event()
        self.stage: Stage = "waiting"
        self.why = ""  # it failed
        self._begin_again()

    def _begin_again(self) -> None:
        self.found: list[Remark] = []  # which only grows, until it is another list
        self.counts: Counter[str] = Counter()  # by code
        self.beyond: Counter[Weight] = Counter()  # by weight, without what verification and the index said
        self.acts = 0  # that were looked at

    @property
    def index(self) -> Index:
        return self._answers.index

    def begin(self) -> None:
        """Look, unless that was done; from the start, where it was given up."""
        if self.stage in ("waiting", "stopped"):
            self._begin_again()
            self.stage, self._end = "looking", threading.Event()
            threading.Thread(target=self._run, args=(self._end,), name="findings", daemon=True).start()

    def stop(self) -> None:
        """Give it up."""
        self._end.set()
        if self.stage == "looking":
            self.stage = "stopped"

    def _run(self, end: threading.Event) -> None:
        try:
            self._look(end)
        except CustodyError as error:
            self._conclude(end, "failed", str(error))
        except Exception as error:  # noqa: BLE001 - a thread's own traceback would be written across the screen
            if not end.is_set():
                self._post(Crashed(error))
        else:
            self._conclude(end, "done", "")

    def _conclude(self, end: threading.Event, stage: Stage, why: str) -> None:
        if not end.is_set():
            self.stage, self.why = stage, why
            self._post(Came())

    def _look(self, end: threading.Event) -> None:
        from custody.report.findings import finding_lines

        def looked() -> None:
            if end.is_set():
                raise UsageError("stopped", code="stopped")
            self.acts += 1

        found, counts, beyond = self.found, self.counts, self.beyond  # another run has its own
        for line in finding_lines(self._answers, looked):
            if end.is_set():
                return
            weight = cast(Weight, line.severity)
            counts[line.code] += 1
            if line.code not in CODES and line.code not in NOTICES:
                beyond[weight] += 1
            if counts[line.code] <= KEPT:
                about = line.sha256, line.environment, line.time
                found.append(Remark(weight, line.code, line.position, line.message, *about))
