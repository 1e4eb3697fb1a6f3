"""Folders, described entry by entry as in `spec/vectors/fingerprints.json`, and made."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def path_of(entry: dict[str, Any]) -> bytes:
    return bytes.fromhex(entry["pathHex"]) if "pathHex" in entry else entry["path"].encode()


def make_tree(folder: Path, entries: Iterable[dict[str, Any]]) -> Path:
    """The entries in a folder, made in the order they come in; a directory that is named later may be there already."""
    folder.mkdir(exist_ok=True)
    for entry in entries:
        path = os.path.join(os.fsencode(folder), path_of(entry))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if entry["type"] == "directory":
            os.makedirs(path, exist_ok=True)
        elif entry["type"] == "link":
            os.symlink(entry["target"].encode(), path)
        else:
            with open(path, "xb") as file:
                file.write(entry["text"].encode())
            os.chmod(path, 0o755 if entry.get("executable") else 0o644)
    return folder
