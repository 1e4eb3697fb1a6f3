"""The ledgers that were opened last, by path: `recent.json` in the state folder, which only its owner can read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from custody import system
from custody.errors import RefusedError, UsageError

KEPT = 12
_MAX_SIZE = 256 * 1024


def recent_ledgers() -> list[Path]:
    """The newest first. Whatever cannot be read is none."""
    try:
        listed = json.loads(system.read_regular(_file(), _MAX_SIZE))
        return [Path(path) for path in listed if isinstance(path, str) and path and "\0" not in path][:KEPT]
    except (RefusedError, ValueError, TypeError, RecursionError):
        return []


def add_recent(path: Path) -> None:
    """This one was opened now. A machine that cannot keep that has opened it all the same."""
    listed = [str(path), *(str(one) for one in recent_ledgers() if one != path)][:KEPT]
    with suppress(UsageError):
        system.private_dir(_file().parent)
        system.replace_file(_file(), json.dumps(listed).encode("ascii"))


def _file() -> Path:
    return system.state_dir() / "recent.json"
