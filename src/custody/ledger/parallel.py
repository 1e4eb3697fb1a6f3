"""Checking signatures and bodies on all cores.

PyNaCl lets other threads run while it verifies, but the Python around it does not, so worker processes do it
(`docs/decisions/0002` has the figures). A worker gets bytes and gives back only what is wrong with them.
"""

from __future__ import annotations

import gc
import marshal
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread

from custody.keys.ed25519 import verify_signature
from custody.ledger import dsse
from custody.ledger.body import BodyChecker
from custody.system import available_cores

SMALL = 3000  # below so many entries, starting workers costs more than they save
_AHEAD = 3  # batches that a worker has before it, so that it never waits
_LENGTH = 8  # bytes, in front of each message between processes
_PLAIN = 2  # marshal's version without references, of which these messages have none
# The worker imports from where this process does.
_BEGIN = (
    "import marshal, sys; sys.path[:] = marshal.load(sys.stdin.buffer); "
    "from custody.ledger.parallel import serve; serve()"
)


class Jobs:
    """Entries to check, by column, because that is the cheapest form to hand to another process.

    An empty key leaves a signature alone; a body of None is checked elsewhere; digests are raw.
    """

    __slots__ = ("headers", "signatures", "keys", "bodies", "digests")

    def __init__(self) -> None:
        self.headers: list[bytes] = []
        self.signatures: list[bytes] = []
        self.keys: list[bytes] = []
        self.bodies: list[bytes | None] = []
        self.digests: list[bytes] = []

    @property
    def columns(self) -> Columns:
        return self.headers, self.signatures, self.keys, self.bodies, self.digests


Columns = tuple[list[bytes], list[bytes], list[bytes], list[bytes | None], list[bytes]]
Wrong = tuple[int, str, str]  # index of the entry, finding code, message


def check(columns: Columns, bodies: BodyChecker) -> list[Wrong]:
    """What is wrong with each of the entries; nothing for those that are right."""
    headers, signatures, keys, stored, digests = columns
    wrong: list[Wrong] = []
    # One kind of work after the other: in between each other they would push each other out of the core's caches.
    for index, (key, header, signature) in enumerate(zip(keys, headers, signatures, strict=True)):
        if key and not verify_signature(key, dsse.pae(header), signature):
            wrong.append(
                (index, "signature-invalid", "the signature is not its chain's key's over this header")
            )
    for index, (body, digest) in enumerate(zip(stored, digests, strict=True)):
        if body is not None:
            fault = bodies.check(body, digest)
            if fault is not None:
                wrong.append((index, *fault))
    return wrong


class Checkers:
    """Runs `check` on all cores: this process on one of them, a worker process on each of the others.

    `workers` is how many processes there may be in all, if not one for each core.
    """

    def __init__(self, entries: int, workers: int | None = None) -> None:
        cores = available_cores() if workers is None else workers
        others = cores - 1 if entries >= SMALL and sys.executable else 0
        self._bodies = BodyChecker()
        self._workers: list[_Worker] = []
        with suppress(OSError):  # a system that starts no more processes: those there are will do
            for _ in range(others):
                self._workers.append(_Worker())
        self.window = len(self._workers) * (_AHEAD + 1) + 1

    def submit(self, jobs: Jobs) -> Callable[[], list[Wrong]]:
        """Begin checking; the answer is had by calling what is returned, once, in the order of submission.

        What the workers are too busy for is checked here and now.
        """
        columns = jobs.columns
        worker = min(self._workers, key=_Worker.load, default=None)
        if worker is None or worker.load() >= _AHEAD or not jobs.headers:
            wrong = check(columns, self._bodies)
            return lambda: wrong
        worker.give(marshal.dumps(columns, _PLAIN))

        def result() -> list[Wrong]:
            answer = worker.answer()
            # A worker that was killed leaves its work to this process.
            return check(columns, self._bodies) if answer is None else answer

        return result

    def __enter__(self) -> Checkers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()


class _Worker:
    """A process that checks what it is given, in that order."""

    def __init__(self) -> None:
        self._given = self._answered = 0
        self._messages: SimpleQueue[bytes | None] = SimpleQueue()
        self._answers: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # A pipe holds less than one batch: whoever writes waits until the worker comes to it, and must not be
        # the one who reads.
        self._threads = [Thread(target=run, daemon=True) for run in (self._feed, self._collect)]
        for thread in self._threads:
            thread.start()

    def load(self) -> int:
        """How many messages it was given and has not answered; none are of use to one that ended."""
        return self._given - self._answered

    def give(self, message: bytes) -> None:
        self._given += 1
        self._messages.put(message)

    def answer(self) -> list[Wrong] | None:
        """To the next of the messages given; None if the process ended."""
        message = self._answers.get()
        if message is None:
            self._answers.put(None)
            return None
        answer: list[Wrong] = marshal.loads(message)
        return answer

    def end(self) -> None:
        """At once: there is nothing in a worker to be lost."""
        self._process.kill()
        self._process.wait()
        self._messages.put(None)
        for thread in self._threads:
            thread.join()

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(OSError), pipe:  # that the process ended is learned from its silence
            marshal.dump([entry for entry in sys.path if isinstance(entry, str)], pipe, _PLAIN)
            pipe.flush()
            while (message := self._messages.get()) is not None:
                pipe.write(len(message).to_bytes(_LENGTH, "little"))
                pipe.write(message)
                pipe.flush()

    def _collect(self) -> None:
        pipe = self._process.stdout
        assert pipe is not None
        with pipe:
            while (message := _receive(pipe.read)) is not None:
                self._answered += 1
                self._answers.put(message)
        self._answered = -(2**63)  # whatever comes now is not for this worker
        self._answers.put(None)


def serve() -> None:
    """A worker's life: check what comes in until nothing comes any more."""
    # Ctrl-C reaches every process of the terminal; only the one that the person talks to may answer it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()  # nothing here makes cycles
    source, target = sys.stdin.buffer, sys.stdout.buffer
    bodies = BodyChecker()
    while (message := _receive(source.read)) is not None:
        answer = marshal.dumps(check(marshal.loads(message), bodies), _PLAIN)
        target.write(len(answer).to_bytes(_LENGTH, "little") + answer)
        target.flush()


def _receive(read: Callable[[int], bytes]) -> bytes | None:
    """One message, or None at the end."""
    head = read(_LENGTH)
    size = int.from_bytes(head, "little")
    message = read(size) if len(head) == _LENGTH else b""
    return message if head and len(message) == size else None
