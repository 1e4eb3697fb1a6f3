"""`kosli-dir-v1`: the fingerprint of a folder as others compute it, to meet fingerprints that exist.

It joins digests without frames, so that different folders can have one fingerprint, and it knows no modes.
`custody-tree-v1` is the one to use where there is a choice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from custody.record.walk import DIRECTORY, FILE, Entry

IGNORE_FILE = ".kosli_ignore"


def digest(entries: Iterable[Entry]) -> tuple[str, int]:
    """The fingerprint of entries in depth-first order of their names, links followed, and the size of all files."""
    tree, size = hashlib.sha256(), 0
    for entry in entries:
        tree.update(hashlib.sha256(entry.path.rpartition(b"/")[2]).hexdigest().encode())
        if entry.kind != DIRECTORY:
            tree.update(entry.sha256.hex().encode())
        if entry.kind == FILE:
            size += entry.size
    return tree.hexdigest(), size
