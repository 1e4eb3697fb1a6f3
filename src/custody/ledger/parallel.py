"""Checking signatures and bodies on all cores.

PyNaCl lets other threads run while it verifies, but the Python around it does not, so worker processes do it
(`docs/decisions/0002` has the figures). A worker gets bytes and gives back only what is wrong with them.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from hashlib import sha256
from multiprocessing import get_context
from types import TracebackType

from custody.keys.ed25519 import verify_signature
from custody.ledger import canonical, dsse
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_BODY

_SALT = re.compile(r"[0-9a-f]{32}").fullmatch
SMALL = 3000  # below so many entries, starting workers costs more than they save


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


Wrong = tuple[int, str, str]  # index of the entry, finding code, message


def check(jobs: Jobs) -> list[Wrong]:
    """What is wrong with each of the entries; nothing for those that are right."""
    wrong: list[Wrong] = []
    columns = zip(jobs.headers, jobs.signatures, jobs.keys, jobs.bodies, jobs.digests, strict=True)
    for index, (header, signature, key, body, digest) in enumerate(columns):
        if key and not verify_signature(key, dsse.pae(header), signature):
            wrong.append(
                (index, "signature-invalid", "the signature is not its chain's key's over this header")
            )
        if body is not None:
            fault = check_body(body, digest)
            if fault is not None:
                wrong.append((index, *fault))
    return wrong


def check_body(body: bytes, digest: bytes) -> tuple[str, str] | None:
    """What is wrong with the body stored under a raw digest: a finding's code and message."""
    if sha256(body).digest() != digest:
        return "body-differs", "the stored body is not the bytes that the header commits to"
    try:
        value = canonical.decode_object(body, MAX_BODY)
    except MalformedError as error:
        return "body-malformed", f"the body is {error}"
    salt = value.get("salt")
    if not isinstance(salt, str) or not _SALT(salt):
        return "body-malformed", "the body has no salt of 16 bytes"
    return None


class Checkers:
    """Runs `check` on all cores, or here when there is one core or little to do."""

    def __init__(self, entries: int, workers: int | None = None) -> None:
        cores = workers if workers is not None else available_cores()
        self._pool: ProcessPoolExecutor | None = None
        self.window = 1
        if cores > 1 and entries >= SMALL:
            self._pool = ProcessPoolExecutor(cores, get_context("spawn"), initializer=_begin_worker)
            self.window = cores * 3

    def submit(self, jobs: Jobs) -> Callable[[], list[Wrong]]:
        """Begin checking; the answer is had by calling what is returned."""
        if self._pool is None:
            return lambda: check(jobs)
        try:
            future: Future[list[Wrong]] = self._pool.submit(check, jobs)
        except BrokenProcessPool:
            return lambda: check(jobs)

        def result() -> list[Wrong]:
            try:
                return future.result()
            except BrokenProcessPool:
                return check(jobs)  # a worker was killed: its work is done here

        return result

    def __enter__(self) -> Checkers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=kind is None, cancel_futures=True)


def available_cores() -> int:
    """The cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin_worker() -> None:
    # Ctrl-C reaches every process of the terminal; only the one that the person talks to may answer it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
