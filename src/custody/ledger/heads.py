"""This machine's own record of the chain heads it wrote: one small file for each run that may be continued.

A run is a ledger's path, a key and a context. Its record is claimed by renaming it away, which only one process can
do, and put back after the commit. Whatever goes wrong in between (a crash, a copy, a rollback of the disk), the
record is gone or does not match, and the run begins a new chain: always allowed, never a fork.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from custody import system
from custody.errors import UsageError
from custody.ledger import canonical
from custody.ledger.canonical import JsonObject

_RECORD = re.compile(r"([0-9a-f]{64}) ([0-9a-f]{64}) ([0-9]{1,16})\n")


class Head(NamedTuple):
    """The furthest entry of a chain: the chain's id, the entry's id, its seq."""

    chain: str
    id: str
    seq: int


class HeadStore:
    """The records of one machine's user, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def slot(self, ledger: Path, key: str, context: JsonObject) -> Slot:
        """The record of a run: `ledger` is a resolved path, `key` the public key's hex."""
        name = hashlib.sha256(
            b"\0".join([os.fsencode(ledger), key.encode("ascii"), canonical.encode(context)])
        ).hexdigest()
        return Slot(self._folder / name)


class Slot:
    """One run's record."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def claim(self) -> Head | None:
        """Take the record, so that no other process has it; None where there is none that can be read."""
        taken = self._path.with_name(f"{self._path.name}.{os.urandom(8).hex()}")
        try:
            os.rename(self._path, taken)
            with system.open_regular(taken) as file:
                text = file.read(300).decode("ascii", "replace")
            os.unlink(taken)
        except OSError:
            return None
        match = _RECORD.fullmatch(text)
        return Head(match[1], match[2], int(match[3])) if match else None

    def release(self, head: Head) -> None:
        """Put the record back with a new head. A record that cannot be kept only costs a new chain."""
        temporary = self._path.with_name(f"{self._path.name}.{os.urandom(8).hex()}")
        try:
            system.private_dir(self._path.parent)
            temporary.write_text(f"{head.chain} {head.id} {head.seq}\n", encoding="ascii")
            os.replace(temporary, self._path)
        except (OSError, UsageError):  # UsageError: there is no place for it
            with suppress(OSError):
                temporary.unlink()
