"""Work on many things in several threads, its results in the order of the things, and only so many under way.

The one who asks for the results works as well: nobody waits while there is something to do, and a single core needs
no thread at all. Nothing is batched, so that one large file among small ones holds up only itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Generic, TypeVar

from custody.errors import CustodyError
from custody.system import available_cores

T = TypeVar("T")
R = TypeVar("R")

_AHEAD = 1024
"""How many things may be waiting, for a thread or for their turn."""
_MOST_WORKERS = 8


class _Stopped(Exception):
    """Nobody wants the results any more."""


class _Task(Generic[T, R]):
    __slots__ = ("thing", "result", "error", "done")

    def __init__(self, thing: T) -> None:
        self.thing = thing
        self.result: R | None = None
        self.error: CustodyError | None = None
        self.done = False


class _Pool(Generic[T, R]):
    def __init__(
        self,
        work: Callable[[T, Callable[[int], None]], R],
        progress: Callable[[int, int], None] | None,
        total: int,
    ) -> None:
        self._work = work
        self._progress = progress
        self._amount, self._total = 0, total
        self._lock = Lock()
        self._stopped = False
        self._tasks: SimpleQueue[_Task[T, R] | None] = SimpleQueue()
        self._woken: SimpleQueue[None] = SimpleQueue()
        self._awaited: _Task[T, R] | None = None

    def run(self, things: Iterable[T], workers: int) -> Iterator[R]:
        for _ in range(workers - 1):
            Thread(target=self._help, daemon=True).start()
        waiting: deque[_Task[T, R]] = deque()
        try:
            for thing in things:
                task: _Task[T, R] = _Task(thing)
                waiting.append(task)
                self._tasks.put(task)
                if len(waiting) >= _AHEAD:
                    yield self._finish(waiting.popleft())
            while waiting:
                yield self._finish(waiting.popleft())
        finally:
            # Nobody waits for the helpers: whatever has been asked for is done, or is not wanted any more.
            self._stopped = True
            for _ in range(workers - 1):
                self._tasks.put(None)

    def _finish(self, first: _Task[T, R]) -> R:
        while not first.done:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                self._awaited = first
                # Asked again after it was said who is awaited: otherwise it could be done in between, unnoticed.
                if not first.done:
                    self._woken.get()
            else:
                assert task is not None
                self._do(task)
        if first.error is not None:
            raise first.error
        if first.result is None:  # something unforeseen, in another thread
            first.result = self._work(first.thing, self._advance)
        return first.result

    def _help(self) -> None:
        while (task := self._tasks.get()) is not None and not self._stopped:
            with suppress(Exception):  # the unforeseen: it happens once more, where there is somebody to tell
                self._do(task)
            if self._awaited is task:
                self._woken.put(None)

    def _do(self, task: _Task[T, R]) -> None:
        try:
            task.result = self._work(task.thing, self._advance)
        except CustodyError as error:
            task.error = error
        except _Stopped:
            pass
        finally:
            task.done = True

    def _advance(self, amount: int) -> None:
        if self._stopped:
            raise _Stopped
        if self._progress:
            with self._lock:
                self._amount += amount
                self._progress(self._amount, self._total)


def in_order(
    things: Iterable[T],
    work: Callable[[T, Callable[[int], None]], R],
    progress: Callable[[int, int], None] | None = None,
    total: int = 0,
    workers: int | None = None,
) -> Iterator[R]:
    """What `work` makes of each thing, in their order; `workers` is how many threads take part.

    `work` gets a function to call with each amount done, whose sum goes to `progress` together with `total`, from any
    thread but never from two at a time. Its result is not None. Its CustodyError is raised when its turn comes.
    """
    return _Pool(work, progress, total).run(things, workers or _usual_workers())


def _usual_workers() -> int:
    cores = available_cores()
    # One more than there are cores: one of them always waits for the interpreter, in which only one can be at a time.
    return min(cores + 1, _MOST_WORKERS) if cores > 1 else 1
