"""Snapshots on their way into the index: what each says runs, told apart by content and not by entry.

Most repeat an earlier one, byte for byte but for the salt, or by naming the entry that says the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from custody.kinds import Snapshot
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject
from custody.query.fold import Item
from custody.query.index import Index
from custody.query.states import write_items, write_scope

if TYPE_CHECKING:
    from custody.trust.judge import Judged

MAX_NOTICES = 1000
_SALT_TAIL = re.compile(rb'"salt":"[0-9a-f]{32}"\}')
_SALT_TAIL_SIZE = 42
_MAX_CONTENTS = 256

# A snapshot that says "as before" names the entry that says what. Which content that is does not depend on where either
# stands in the log; and it is that of an entry that says it outright, never of one that says "as before" itself.
_RENEW = """
    UPDATE snapshot SET content = found.content
    FROM (
        SELECT renewal.position, base.environment, base.content
        FROM renewal JOIN snapshot AS base ON base.entry = renewal.base WHERE base.content > 0) AS found
    WHERE snapshot.position = found.position AND snapshot.environment = found.environment
"""

_FIRST_LOOKS = """
    INSERT INTO part SELECT position, entry, time, writer, environment, scope FROM (
        SELECT snapshot.*, scope, row_number() OVER (PARTITION BY scope ORDER BY time, tie, position) AS place
        FROM snapshot JOIN content ON content.id = snapshot.content WHERE environment = ?)
    WHERE place = 1 ORDER BY time, tie, position
"""

Rows = dict[str, list[tuple[object, ...]]]
Note = Callable[[str, int, str, str], None]
"""Takes a notice: its code, the entry's position and id, a sentence."""


class Snapshots:
    """Makes rows of the tables `snapshot`, `content` and `renewal`."""

    def __init__(self, rows: Rows, note: Note) -> None:
        self._rows = rows
        self._note = note
        self._contents: dict[bytes, tuple[str, int, str]] = {}
        self._count = 0
        self._without_fingerprint: set[tuple[str, str, str]] = set()
        self._in_parts: set[str] = set()  # environments

    def add(self, entry: Judged, value: JsonObject) -> None:
        """Take in one whose body is decoded. Raises MalformedError."""
        body = Snapshot.read(Fields(value, "snapshot"))
        content = 0
        if not body.unchanged:
            self._count = content = self._count + 1
            running = [Item(one.service, *one.artifact, one.count, one.version) for one in body.running]
            scope = write_scope(body.scope)
            self._rows["content"].append((content, scope, write_items(running)))
            if scope:
                self._in_parts.add(body.environment)
            self._note_unknown(entry, body)
        if len(self._contents) >= _MAX_CONTENTS:
            self._contents.clear()
        if entry.body is not None and _ends_in_salt(entry.body):
            self._contents[_without_salt(entry.body)] = body.environment, content, body.unchanged
        self._add(entry, body.environment, content, body.unchanged)

    def add_known(self, entry: Judged, data: bytes) -> bool:
        """Take in one whose bytes are those of an earlier one but for the salt, which canonical JSON puts last, and
        decode nothing: what is the same in front of a well-formed salt means the same. Whether it is one."""
        known = self._contents.get(_without_salt(data))
        if known is None or not _ends_in_salt(data):
            return False
        self._add(entry, *known)
        return True

    def settle(self, index: Index) -> None:
        """All rows are in: find what each repeats that says "as before". What is not there is not known, and it counts
        for nothing."""
        if index.row("SELECT 1 FROM renewal LIMIT 1") is None:
            return
        index.execute(_RENEW)
        for position, entry, environment, base in index.rows(
            "SELECT snapshot.position, entry, environment, base FROM snapshot JOIN renewal USING (position) "
            "WHERE content = 0 ORDER BY position LIMIT ?",
            MAX_NOTICES,
        ):
            message = f"{environment} is said to be as entry {base[:12]} has it, which is no report of it that counts"
            self._note("unchanged-unknown", position, entry, f"{message}; it counts for nothing")
        index.execute("DELETE FROM snapshot WHERE content = 0")

    def settle_parts(self, index: Index) -> None:
        """The reports are settled, and have their index: find the first one of each part of an environment."""
        for environment in sorted(self._in_parts):
            index.execute(_FIRST_LOOKS, environment)

    def _add(self, entry: Judged, environment: str, content: int, unchanged: str) -> None:
        if unchanged:
            self._rows["renewal"].append((entry.position, unchanged))
        self._rows["snapshot"].append(
            (entry.position, entry.id, entry.effective, entry.writer, environment, content, tie_of(entry))
        )

    def _note_unknown(self, entry: Judged, body: Snapshot) -> None:
        """Say, once for each, what runs whose bytes the ledger cannot know."""
        told = self._without_fingerprint
        for one in body.running:
            key = body.environment, one.service, one.artifact.sha256
            if one.basis == "fingerprint" or key in told or len(told) >= MAX_NOTICES:
                continue
            told.add(key)
            image = f"the image id {one.artifact.sha256[:12]}"
            known_by = image if one.basis == "image-id" else one.reference
            message = (
                f"{one.service} in {body.environment} runs what is known by {known_by} and no fingerprint"
            )
            self._note("no-fingerprint", entry.position, entry.id, message)


def tie_of(entry: Judged) -> int:
    """By what entries that took effect at one instant are put in order in front of their positions: their chain.

    Positions of two chains are in the hands of whoever merges, ids are not; and in a chain the order is the writer's.
    """
    return int(entry.header.chain[:15] or "0", 16)


def _ends_in_salt(body: bytes) -> bool:
    return _SALT_TAIL.fullmatch(body, max(0, len(body) - _SALT_TAIL_SIZE)) is not None


def _without_salt(body: bytes) -> bytes:
    return sha256(body[:-_SALT_TAIL_SIZE]).digest()
