"""Files that somebody drops on a terminal, which it hands over as if their paths had been pasted."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from custody.errors import UsageError
from custody.tui.places import list_folder, look_at

_LENGTH = 1 << 16  # characters; more is not the paths of a few files
_FILES = 256


def dropped_paths(text: str) -> list[Path]:
    """The paths in what was pasted, quoted as a shell has them or as `file:` addresses; none where it is anything
    else, since then nobody dropped a file.
    """
    if len(text) > _LENGTH or "\0" in text:
        return []
    try:
        paths = [_path(word) for word in shlex.split(text)]
    except ValueError:  # a quotation mark without its other, or an address that is none
        return []
    return [path for path in paths if path is not None] if None not in paths else []


def ledgers_of(paths: Sequence[Path]) -> list[Path]:
    """The files among these, and the ledgers of the folders among them, each once. To be called in a thread.

    Raises UsageError where there is none, or there are more than can be looked at together.
    """
    found: dict[Path, None] = {}
    for path in paths:
        inside = [one.path for one in list_folder(path) if not one.folder] if look_at(path).folder else [path]
        found.update(dict.fromkeys(inside))
    if not found:
        raise UsageError("there is no ledger in that folder", code="folder")
    if len(found) > _FILES:
        raise UsageError(
            f"those are {len(found)} files: drop at most {_FILES}, or use custody merge", code="many"
        )
    return list(found)


def _path(word: str) -> Path | None:
    if word.startswith("file:"):
        address = urlsplit(word)
        word = unquote(address.path) if address.netloc in ("", "localhost") else ""
    path = Path(word)
    return path if path.is_absolute() and "\0" not in word else None
