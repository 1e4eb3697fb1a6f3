"""What there is to open: a folder's ledgers and folders, as a list that is as long as a screen can use."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from heapq import nsmallest
from pathlib import Path
from typing import NamedTuple

from custody.errors import UsageError
from custody.ledger.timestamps import from_datetime

LISTED = 2000
_ENDING = ".ledger"


class Place(NamedTuple):
    """A file or folder: its size in bytes, and when it was last written to (an instant, "" where unknown)."""

    path: Path
    folder: bool = False
    size: int = -1
    changed: str = ""


def list_folder(folder: Path) -> list[Place]:
    """Folders first, then ledgers, by name; hidden ones are left out. Raises UsageError."""
    try:
        with os.scandir(folder) as found:
            return nsmallest(LISTED, _places(found), key=lambda one: (not one.folder, str(one.path)))
    except (OSError, ValueError):
        raise UsageError(
            f"{folder}: cannot be listed; is it a folder, and yours to read?", code="folder"
        ) from None


def look_at(path: Path) -> Place:
    """One file, as it is now."""
    try:
        info = os.stat(path)
    except (OSError, ValueError):
        return Place(path)
    return Place(path, stat.S_ISDIR(info.st_mode), info.st_size, _instant(info.st_mtime))


def _places(found: Iterator[os.DirEntry[str]]) -> Iterator[Place]:
    for one in found:
        try:
            if one.name.startswith("."):
                continue
            if one.is_dir():
                yield Place(Path(one.path), True)
            elif one.name.endswith(_ENDING) and one.is_file():
                info = one.stat()
                yield Place(Path(one.path), False, info.st_size, _instant(info.st_mtime))
        except OSError:
            continue  # gone meanwhile


def _instant(seconds: float) -> str:
    try:
        return from_datetime(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError):
        return ""
