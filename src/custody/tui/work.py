"""Verification behind the screen: a thread that verifies, fills the index, and only posts messages.

The thread is a daemon with no executor around it, because nothing may keep a person who quits waiting: it stops at
the next step, and where it cannot (SQLite checks a large file's structure in one go) it dies with the process.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import cast

from textual.message import Message

from custody.errors import EXIT_NOT_VERIFIED, CustodyError, RefusedError, UsageError
from custody.ledger.findings import Finding
from custody.ledger.reader import Snapshot, open_ledger
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.trust.expectations import remember
from custody.trust.verification import Expectations, Report, Step, Verification

POST_EVERY = 0.1  # seconds; a screen has no use for more
LARGE = 100_000  # entries; an index of more takes too much memory, at some 270 bytes for each
_JOIN = 5.0  # seconds that the worker's processes are given to end by themselves

Post = Callable[[Message], object]
Steps = Generator[Step, None, None]  # which can be closed half-way


@dataclass
class Began(Message):
    """Verification began, or began again; `container` says that the file's structure is checked first."""

    container: bool


@dataclass
class Progressed(Message):
    """Entries judged since the last message, as (position, id, writer, counts), and what is wrong with them."""

    judged: list[tuple[int, str, str, bool]]
    findings: list[Finding]
    done: int
    chains: int
    elapsed: float  # seconds


@dataclass
class Concluded(Message):
    """The whole log is verified."""

    report: Report
    elapsed: float
    verification: Verification


@dataclass
class Paused(Message):
    """Verification waits, or goes on."""

    paused: bool


@dataclass
class Indexed(Message):
    """Questions can be answered."""

    index: Index


@dataclass
class Came(Message):
    """What was asked for behind the screen is there, or will not come."""


@dataclass
class Failed(Message):
    """Verification could not go on; the error's line says why."""

    error: CustodyError


@dataclass
class Crashed(Message):
    """Something that nobody foresaw."""

    error: Exception


class Work:
    """The verification of one snapshot. `post` must be safe to call from another thread."""

    def __init__(
        self,
        post: Post,
        snapshot: Snapshot,
        expectations: Expectations,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._post_message = post
        self._snapshot = snapshot
        self._expectations = expectations
        self._clock = clock
        self.full = False  # whether to check the signatures below a remembered checkpoint too
        self._stopping = threading.Event()
        self._going = threading.Event()
        self._going.set()
        self._interruptible = snapshot.in_memory
        self._thread = threading.Thread(target=self._run, name="verification", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def pause(self, paused: bool) -> None:
        """Wait after the step at hand, or go on."""
        (self._going.clear if paused else self._going.set)()
        self._post(Paused(paused))

    def stop(self) -> None:
        """Stop soon, and end the processes that check signatures."""
        self._stopping.set()
        self._going.set()
        if self._interruptible and self._thread.is_alive():
            self._thread.join(_JOIN)

    def _post(self, message: Message) -> None:
        # A loop that is closed already has nobody left to tell.
        with suppress(RuntimeError):
            self._post_message(message)

    def _run(self) -> None:
        try:
            self._work()
        except CustodyError as error:
            self._post(Failed(error))
        except Exception as error:  # noqa: BLE001 - a thread's own traceback would be written across the screen
            self._post(Crashed(error))

    def _work(self) -> None:
        self._post(Began(not self._snapshot.in_memory))
        with self._source() as source:
            verification = Verification(source, self._expectations)
            run: _Run | None = None
            started = self._clock()
            with closing(cast(Steps, verification.run(full=self.full))) as steps:
                for step in steps:
                    self._interruptible = True
                    waited = self._clock()
                    self._going.wait()
                    if self._stopping.is_set():
                        return
                    if run is None or run.report is not verification.report:
                        if run is not None:  # what was remembered does not hold: everything from the start
                            self._post(Began(False))
                        run = _Run(verification, self._clock, started, self._post)
                    run.add(step, self._clock() - waited)
            if run is None:
                return
            with suppress(UsageError):  # a machine that cannot remember has verified all the same
                remember(verification)
            run.post()
            self._post(Concluded(run.report, run.elapsed, verification))
        if run.report.exit == EXIT_NOT_VERIFIED or self._stopping.is_set():
            run.index.close()  # no answer rests on a log with a fault
        else:
            run.builder.finish()
            self._post(Indexed(run.index))

    @contextmanager
    def _source(self) -> Iterator[Snapshot]:
        """What is verified: the copy in memory, or the file through a connection of its own.

        SQLite checks a large file's structure in one go and keeps its connection busy with it, and entries must be
        there to look at all the while.
        """
        if self._snapshot.in_memory:
            yield self._snapshot
            return
        with open_ledger(self._snapshot.path) as source:
            if self._snapshot.changed_on_disk():
                raise RefusedError(
                    f"{self._snapshot.path} was written to since it was opened", code="changed"
                )
            yield source


class _Run:
    """One pass over the log: its index being filled, and steps gathered until it is time for a message."""

    def __init__(
        self, verification: Verification, clock: Callable[[], float], started: float, post: Post
    ) -> None:
        self.report = verification.report
        large = verification.snapshot.count > LARGE
        self.index = Index.temporary() if large else Index.in_memory()
        self.builder = IndexBuilder(self.index)
        self._clock = clock
        self._post = post
        self._started = started
        self._idle = 0.0  # seconds of it that the person paused
        self._due = time.monotonic()
        self._done = 0
        self._chains = 0
        self._judged: list[tuple[int, str, str, bool]] = []
        self._findings: list[Finding] = []

    @property
    def elapsed(self) -> float:
        return self._clock() - self._started - self._idle

    def add(self, step: Step, idle: float) -> None:
        self._idle += idle
        if self.report.exit != EXIT_NOT_VERIFIED:
            self.builder.add(step.entries)
        self._judged += [(one.position, one.id, one.writer, one.counts) for one in step.entries]
        self._chains += sum(one.header.kind == "genesis" for one in step.entries)
        self._findings += step.findings
        self._done = max(self._done, step.done)
        if time.monotonic() >= self._due:
            self.post()

    def post(self) -> None:
        self._post(Progressed(self._judged, self._findings, self._done, self._chains, self.elapsed))
        self._judged, self._findings, self._chains = [], [], 0
        self._due = time.monotonic() + POST_EVERY
