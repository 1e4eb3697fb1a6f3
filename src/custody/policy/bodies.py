"""Bodies of entries that the index knows, read from the ledger again: each by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from custody.errors import RefusedError
from custody.ledger.canonical import JsonObject, decode_again
from custody.ledger.entry import entry_id, parse_header
from custody.ledger.reader import Snapshot

_AT_ONCE = 500
_KEPT = 1000


class Bodies:
    """Reads bodies of a ledger whose index was made; keeps some of what it read.

    What the index has a row of was verified and is of its kind's form, so it is enough that these are the same bytes.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[int, JsonObject] = {}

    def read(self, wanted: Mapping[int, str]) -> dict[int, JsonObject]:
        """By position the body with each digest (hex). Raises RefusedError where one is not there any more."""
        found = {position: self._known[position] for position in wanted if position in self._known}
        missing = [position for position in wanted if position not in found]
        if len(self._known) + len(missing) > _KEPT:
            self._known.clear()
        for start in range(0, len(missing), _AT_ONCE):
            some = self._fetch({position: wanted[position] for position in missing[start : start + _AT_ONCE]})
            self._known.update(some)
            found.update(some)
        return found

    def attachment(self, position: int, entry: str, digest: str, most: int) -> bytes | None:
        """An attachment of an entry, of at most so many bytes; b"" where it has none such, None where it is gone."""
        row = self._snapshot.row(position)
        if row is None or entry_id(row.header) != entry:
            raise _changed(self._snapshot)
        sizes = {one.sha256: one.size for one in parse_header(row.header).attachments}
        if not 0 < sizes.get(digest, 0) <= most:
            return b""
        return self._snapshot.blob(digest)

    def _fetch(self, wanted: dict[int, str]) -> dict[int, JsonObject]:
        stored = self._snapshot.bodies(list(wanted.values()))
        found = {}
        for position, digest in wanted.items():
            raw = bytes.fromhex(digest)
            if raw not in stored or sha256(stored[raw][1]).digest() != raw:
                raise _changed(self._snapshot)
            found[position] = decode_again(stored[raw][1])
        return found


def _changed(snapshot: Snapshot) -> RefusedError:
    message = f"{snapshot.path} is not what was verified any more: open it again"
    return RefusedError(message, code="changed")
