"""`custody-tree-v1`: the fingerprint of a folder, in which no two different folders meet (spec/ledger.md §9.1).

Every entry is framed: nothing of one can be taken for a part of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from custody.record.walk import Entry

IGNORE_FILE = ".custodyignore"

_BEGIN = b"custody-tree-v1\0"


def digest(entries: Iterable[Entry]) -> tuple[str, int]:
    """The fingerprint of entries in the order of their paths' bytes, and the size of all files together."""
    tree, size = hashlib.sha256(_BEGIN), 0
    for entry in entries:
        tree.update(frame(entry))
        if entry.kind == "f":
            size += entry.size
    return tree.hexdigest(), size


def frame(entry: Entry) -> bytes:
    """The record of one entry."""
    return b"".join(
        (
            entry.kind.encode(),
            b"x" if entry.executable else b"-",
            len(entry.path).to_bytes(8, "big"),
            entry.path,
            entry.size.to_bytes(8, "big"),
            entry.sha256,
        )
    )
