"""`custody-tree-v1`: the fingerprint of a folder, in which no two different folders meet (spec/ledger.md §9.1).

Every entry is framed: nothing of one can be taken for a part of another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from custody.record.ignore import Exclusions, parse_pattern, read_patterns
from custody.record.walk import FILE, Entry

BY_PATH, FOLLOW = True, False

_BEGIN = b"custody-tree-v1\0"


def exclusions(root: Path, given: Sequence[str]) -> Exclusions:
    """What is left out: as `given`, and as the `.custodyignore` in the root says. Raises InputError, UsageError."""
    return Exclusions(read_patterns(given, root / ".custodyignore", parse_pattern))


def digest(entries: Iterable[Entry]) -> tuple[str, int]:
    """The fingerprint of entries in the order of their paths' bytes, and the size of all files together."""
    tree, size = hashlib.sha256(_BEGIN), 0
    for entry in entries:
        tree.update(frame(entry))
        if entry.kind == FILE:
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
