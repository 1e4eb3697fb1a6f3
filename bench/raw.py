"""The baseline of verification: PyNaCl by itself (`nacl.signing.VerifyKey.verify`), on all cores.

Once in threads and once in worker processes, which have their share of the signatures before the clock starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Thread

from nacl.signing import VerifyKey

Signature = tuple[bytes, bytes, bytes]  # key, message, signature


class Raw:
    """Signatures, shared out over the cores. Use as a context manager."""

    def __init__(self, signatures: Sequence[Signature], cores: int) -> None:
        self._shares = [signatures[index::cores] for index in range(cores)]
        self._prepared = [_prepare(share) for share in self._shares]
        context = get_context("spawn")
        self._lines: list[Connection] = []
        self._processes = []
        for share in self._shares:
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs,), daemon=True)
            process.start()
            ours.send(share)
            ours.recv()
            self._lines.append(ours)
            self._processes.append(process)

    def in_threads(self) -> None:
        threads = [Thread(target=_verify, args=(share,)) for share in self._prepared]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def in_processes(self) -> None:
        for line in self._lines:
            line.send("verify")
        for line in self._lines:
            line.recv()

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        for line, process in zip(self._lines, self._processes, strict=True):
            line.send("")
            process.join()
            line.close()


def _prepare(share: Sequence[Signature]) -> list[tuple[VerifyKey, bytes, bytes]]:
    keys = {key: VerifyKey(key) for key, _, _ in share}
    return [(keys[key], message, signature) for key, message, signature in share]


def _verify(share: Sequence[tuple[VerifyKey, bytes, bytes]]) -> None:
    for key, message, signature in share:
        key.verify(message, signature)


def _work(line: Connection) -> None:
    share = _prepare(line.recv())
    line.send("ready")
    while line.recv():
        _verify(share)
        line.send("done")
