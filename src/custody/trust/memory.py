"""What this machine remembers: root keys that were pinned, and checkpoints that were verified to the end.

Both live in the user's own folders, never in a ledger. A file that cannot be read is an error, not an empty memory:
to forget silently would be to accept a rollback.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

from custody import system
from custody.errors import RefusedError, UsageError
from custody.ledger.entry import ORIGIN, Seen

_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}").fullmatch
_ORIGIN = re.compile(ORIGIN).fullmatch
_HEX = re.compile(r"[0-9a-f]{64}").fullmatch
_MAX_FILE = 4 * 1024 * 1024


class Remembered(NamedTuple):
    """A checkpoint that a verification ended on: log size, root (hex), id of entry 0, the note."""

    size: int
    root: str
    first: str
    note: str


class Pins:
    """The root keys pinned by origin (OpenSSH fingerprints), in the user's configuration folder."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or system.config_dir() / "pins.json"

    def all(self) -> dict[str, str]:
        """Fingerprint by origin."""
        pins = _read(self._path)
        if not all(
            _ORIGIN(origin) and isinstance(key, str) and _FINGERPRINT(key) for origin, key in pins.items()
        ):
            raise UsageError(f"{self._path} is damaged: mend it, or remove it and pin again", code="pins")
        return {origin: str(key) for origin, key in pins.items()}

    def get(self, origin: str) -> str | None:
        return self.all().get(origin)

    def pin(self, origin: str, fingerprint: str) -> None:
        """Pin a root for an origin. Raises UsageError if another one is pinned already."""
        pins = self.all()
        if pins.get(origin, fingerprint) != fingerprint:
            message = (
                f"{origin} has another root pinned, {pins[origin]}: run `custody trust forget {origin}` first"
            )
            raise UsageError(message, code="pinned")
        _write(self._path, pins | {origin: fingerprint})

    def forget(self, origin: str) -> None:
        """Unpin. Raises UsageError if nothing is pinned for the origin."""
        pins = self.all()
        if origin not in pins:
            raise UsageError(f"no root is pinned for {origin}", code="not-pinned")
        del pins[origin]
        _write(self._path, pins)


class Memory:
    """Remembered checkpoints, one file for each origin and root, in the user's state folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or system.state_dir() / "checkpoints"

    def recall(self, origin: str, root: str) -> list[Remembered]:
        """What is remembered of an origin under a root's fingerprint: one for each log (its first entry)."""
        path = self._path(origin, root)
        found = []
        for first, value in _read(path).items():
            try:
                one = Remembered(value["size"], value["root"], first, value["note"])
            except (TypeError, KeyError):
                one = Remembered(-1, "", "", "")
            if type(one.size) is not int or one.size < 1 or not _HEX(str(one.root)) or not _HEX(one.first):
                raise UsageError(f"{path} is damaged: restore it, or remove it to start anew", code="memory")
            found.append(one)
        return found

    def remember(self, origin: str, root: str, checkpoint: Remembered) -> None:
        """Keep a checkpoint in place of a smaller one of the same log."""
        path = self._path(origin, root)
        known = _read(path)
        if known.get(checkpoint.first, {}).get("size", 0) >= checkpoint.size:
            return
        value = {"size": checkpoint.size, "root": checkpoint.root, "note": checkpoint.note}
        _write(path, known | {checkpoint.first: value})

    def forget(self, origin: str) -> None:
        """Forget every checkpoint of an origin."""
        for path in self._folder.glob(f"{_name(origin)}-*.json"):
            path.unlink(missing_ok=True)

    def _path(self, origin: str, root: str) -> Path:
        return self._folder / f"{_name(origin)}-{_name(root)}.json"


def last_seen(origin: str, first: str) -> Seen | None:
    """The newest checkpoint that this machine remembers, under the root pinned for the origin, of the very log that
    begins with entry `first`.

    A checkpoint of another log of the origin is never named: a writer that did would accuse an honest custodian.
    """
    root = Pins().get(origin) if origin and first else None
    for one in Memory().recall(origin, root) if root else ():
        if one.first == first:
            return Seen(one.size, one.root)
    return None


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:32]


def _read(path: Path) -> dict[str, Any]:
    try:
        data = system.read_regular(path, _MAX_FILE)
    except RefusedError as error:
        if error.code == "not-found":
            return {}
        raise UsageError(str(error), code=error.code) from None
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise UsageError(f"{path} is damaged: mend it, or remove it to start anew", code="memory")
    return value


def _write(path: Path, value: dict[str, Any]) -> None:
    system.private_dir(path.parent)
    system.replace_file(path, json.dumps(value, indent=1, sort_keys=True).encode("utf-8"))
