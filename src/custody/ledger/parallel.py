"""Checking signatures and bodies on all cores.

PyNaCl lets other threads run while it verifies, but the Python around it does not, so worker processes do it
(`docs/decisions/0002` has the figures). A worker gets bytes and gives back only what is wrong with them.
"""

from __future__ import annotations

import gc
import marshal
import os
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

SMALL = 3000  # below so many entries, starting workers costs more than they save
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
    wrong: list[Wrong] = []
    for index, (header, signature, key, body, digest) in enumerate(zip(*columns, strict=True)):
        if key and not verify_signature(key, dsse.pae(header), signature):
            wrong.append(
                (index, "signature-invalid", "the signature is not its chain's key's over this header")
            )
        if body is not None:
            fault = bodies.check(body, digest)
            if fault is not None:
                wrong.append((index, *fault))
    return wrong


class Checkers:
    """Runs `check` on all cores, or here when there is one core or little to do."""

    def __init__(self, entries: int, workers: int | None = None) -> None:
        cores = workers if workers is not None else available_cores()
        self._bodies = BodyChecker()
        self._workers: list[_Worker] = []
        self._given = 0
        if cores > 1 and entries >= SMALL and sys.executable:
            with suppress(OSError):  # a system that starts no more processes: those there are will do
                for _ in range(cores):
                    self._workers.append(_Worker())
        self.window = max(1, len(self._workers) * 3)

    def submit(self, jobs: Jobs) -> Callable[[], list[Wrong]]:
        """Begin checking; the answer is had by calling what is returned, once, in the order of submission."""
        if not self._workers or not jobs.headers:
            return lambda: check(jobs.columns, self._bodies)
        worker = self._workers[self._given % len(self._workers)]
        self._given += 1
        worker.give(marshal.dumps(jobs.columns, _PLAIN))

        def result() -> list[Wrong]:
            answer = worker.answer()
            # A worker that was killed leaves its work to this process.
            return check(jobs.columns, self._bodies) if answer is None else answer

        return result

    def __enter__(self) -> Checkers:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()


class _Worker:
    """A process that checks what it is given, in that order."""

    def __init__(self) -> None:
        self._messages: SimpleQueue[bytes | None] = SimpleQueue()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-c", _BEGIN],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        # A pipe holds less than one batch, so that whoever writes waits until the worker comes to it.
        self._feeder = Thread(target=self._feed, name="checker", daemon=True)
        self._feeder.start()

    def give(self, message: bytes) -> None:
        self._messages.put(message)

    def answer(self) -> list[Wrong] | None:
        """To the next of the messages given; None if the process ended."""
        assert self._process.stdout is not None
        message = _receive(self._process.stdout.read)
        if message is None:
            return None
        answer: list[Wrong] = marshal.loads(message)
        return answer

    def end(self) -> None:
        """At once: there is nothing in a worker to be lost."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._messages.put(None)
        self._feeder.join()
        self._process.stdout.close()

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        with suppress(OSError), pipe:  # whoever waits for the answer learns that the process ended
            marshal.dump([entry for entry in sys.path if isinstance(entry, str)], pipe, _PLAIN)
            pipe.flush()
            while (message := self._messages.get()) is not None:
                pipe.write(len(message).to_bytes(_LENGTH, "little"))
                pipe.write(message)
                pipe.flush()


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


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
