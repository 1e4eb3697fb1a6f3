"""Bodies of entries that the index knows, read from the ledger again: each is what the entry's id commits to."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from custody.errors import RefusedError
from custody.ledger.canonical import JsonObject, decode_again
from custody.ledger.entry import entry_id, parse_header
from custody.ledger.reader import Snapshot

_AT_ONCE = 500
_KEPT = 20_000
_BODY = b'"body":{"sha256":"'  # nothing in front of it in a header can hold this: names come behind it


class Bodies:
    """Reads bodies of a ledger whose index was made; what the index holds was verified, so only digests are held
    against it here, which is enough. Keeps some of what it read.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._known: dict[int, JsonObject] = {}

    def read(self, entries: Iterable[tuple[int, str]]) -> dict[int, JsonObject]:
        """The body at each (position, entry id), by position. Raises RefusedError where one is not there any more."""
        wanted = dict(entries)
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
        rows = self._snapshot.rows_at(list(wanted))
        digests = {}
        for position, entry in wanted.items():
            header = rows[position].header if position in rows else b""
            if sha256(header).hexdigest() != entry:
                raise _changed(self._snapshot)
            place = header.index(_BODY) + len(_BODY)
            digests[position] = header[place : place + 64].decode("ascii")
        stored = self._snapshot.bodies(list(digests.values()))
        found = {}
        for position, digest in digests.items():
            raw = bytes.fromhex(digest)
            if raw not in stored or sha256(stored[raw][1]).digest() != raw:
                raise _changed(self._snapshot)
            found[position] = decode_again(stored[raw][1])
        return found


def _changed(snapshot: Snapshot) -> RefusedError:
    message = f"{snapshot.path} is not what was verified any more: open it again"
    return RefusedError(message, code="changed")
