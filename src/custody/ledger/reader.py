"""The gate: the only way a ledger file from outside is opened (rules R1–R4 of the file format).

The file is read once into memory, checked, and only then queried; everything that is verified, shown or exported
comes from that copy. A file over the memory cap is opened in place, read-only and immutable, and its integrity is
checked by `check_integrity`, as the first stage of verification.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from custody import system
from custody.errors import RefusedError
from custody.ledger import schema
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_BODY, parse_header

MEMORY_CAP = 256 * 1024 * 1024
SIDECARS = ("-journal", "-wal", "-shm")
_WRITER_PATIENCE = 0.5  # seconds that a running append is given to finish before its journal is refused
_CHUNK = 1024 * 1024
_FIND_LIMIT = 100


class Row(NamedTuple):
    """One stored entry, nothing of it verified: position, id, header, signature, chain, seq."""

    position: int
    id: bytes
    header: bytes
    signature: bytes
    chain: bytes
    seq: int


RawRow = tuple[int, bytes, bytes, bytes, bytes, int]  # a Row's fields, where a million of them are read


class Snapshot:
    """A ledger's content as it was when the gate let it in. Safe to use from several threads."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        file_size: int,
        sha256: str,
        identity: os.stat_result,
    ) -> None:
        self.path = path
        self.file_size = file_size
        self._sha256 = sha256
        self._copied = self._integrity_checked = bool(sha256)
        self._identity = identity
        self._connection = connection
        self._lock = threading.RLock()

    @property
    def in_memory(self) -> bool:
        """Whether this is a checked copy; otherwise `check_integrity` has yet to pass."""
        return self._integrity_checked

    @property
    def sha256(self) -> str:
        """The file's digest, hex. Of a large file it is computed when first asked for."""
        if not self._sha256:
            digest = hashlib.sha256()
            with system.open_regular(self.path) as file:
                while chunk := file.read(_CHUNK):
                    digest.update(chunk)
            self._sha256 = digest.hexdigest()
        return self._sha256

    @property
    def count(self) -> int:
        """How many entries the log claims to have: one more than its last position."""
        rows = self._all("SELECT max(position) FROM entry")
        return 0 if rows[0][0] is None else int(rows[0][0]) + 1

    @property
    def origin(self) -> str:
        """The origin that the genesis at position 0 claims, or "" where there is none."""
        row = self.row(0)
        if row is None:
            return ""
        try:
            return parse_header(row.header).origin
        except MalformedError:
            return ""

    def row(self, position: int) -> Row | None:
        """The entry stored at a position."""
        rows = self._all(f"{_SELECT} WHERE position = ?", (position,))
        return Row(*rows[0]) if rows else None

    def rows_at(self, positions: Sequence[int]) -> dict[int, Row]:
        """The entries stored at some positions, by position; those that there are."""
        marks = ",".join("?" * len(positions))
        return {row[0]: Row(*row) for row in self._all(f"{_SELECT} WHERE position IN ({marks})", positions)}

    def rows(self, start: int = 0, stop: int | None = None, batch: int = 500) -> Iterator[list[RawRow]]:
        """Entries from position `start` to before `stop`, in batches, by rowid and through no index."""
        first = start or -(2**63)  # where nothing honest stands, a hostile file may have put something
        end = 2**63 - 1 if stop is None else stop - 1
        while first <= end:
            rows = self._all(
                f"{_SELECT} NOT INDEXED WHERE position >= ? AND position <= ? ORDER BY position LIMIT ?",
                (first, end, batch),
            )
            if not rows:
                return
            yield rows
            first = rows[-1][0] + 1

    def find(self, prefix: str) -> list[int]:
        """Positions of entries whose id begins with these hex digits; at most a hundred."""
        low = bytes.fromhex(prefix.ljust(64, "0"))
        high = bytes.fromhex(prefix.ljust(64, "f"))
        rows = self._all(
            f"SELECT position FROM entry WHERE id >= ? AND id <= ? ORDER BY position LIMIT {_FIND_LIMIT}",
            (low, high),
        )
        return [row[0] for row in rows]

    def places(self, chain: str, first: int, last: int, limit: int = _FIND_LIMIT) -> list[tuple[int, int]]:
        """Seq and position of what is filed in a chain from seq `first` to `last`, both included; by seq."""
        return self._all(
            "SELECT seq, position FROM entry WHERE chain = ? AND seq >= ? AND seq <= ? "
            "ORDER BY seq, position LIMIT ?",
            (bytes.fromhex(chain), first, last, limit),
        )

    def positions_with(self, fragment: bytes, *, first: bool = False, since: int = 0) -> list[int]:
        """Positions, from `since` on, of entries whose header's bytes contain a fragment; with `first`, only among
        those that are filed as the first of their chain (to file one elsewhere is a fault of its own).
        """
        rows = self._all(
            f"SELECT position FROM entry NOT INDEXED WHERE {'seq = 0 AND ' if first else ''}"
            "position >= ? AND instr(header, ?) > 0 ORDER BY position",
            (since, fragment),
        )
        return [row[0] for row in rows]

    def bodies(self, digests: Sequence[str], behind: int | None = None) -> dict[bytes, tuple[int, bytes]]:
        """Stored bytes by raw digest, with their rowid, for those no longer than a body may be; unverified.

        They are looked for in the rows just behind the rowid `behind` first, because a writer stores an entry's
        blobs with the entry, and to read on is five times faster than to look up.
        """
        wanted = set(map(bytes.fromhex, digests))
        found: dict[bytes, tuple[int, bytes]] = {}
        if behind is not None:
            reach = min(behind + len(wanted) + len(wanted) // 8, 2**63 - 1)
            rows = self._all(
                "SELECT sha256, rowid, data FROM blob NOT INDEXED "
                f"WHERE rowid > ? AND rowid <= ? AND length(data) <= {MAX_BODY}",
                (behind, reach),
            )
            found = {digest: (rowid, data) for digest, rowid, data in rows if digest in wanted}
        if len(found) < len(wanted):
            wanted.difference_update(found)
            marks = ",".join("?" * len(wanted))
            rows = self._all(
                f"SELECT sha256, rowid, data FROM blob WHERE sha256 IN ({marks}) AND length(data) <= {MAX_BODY}",
                wanted,
            )
            found.update((digest, (rowid, data)) for digest, rowid, data in rows)
        return found

    def measure_blob(self, digest: str) -> tuple[int, str, int] | None:
        """Rowid, true SHA-256 (hex) and size of the bytes stored under a digest; None when there are none."""
        found = self._rowid(digest)
        if found is None:
            return None
        computed = hashlib.sha256()
        size = 0
        with (
            self._lock,
            schema.refusing(),
            self._connection.blobopen("blob", "data", found, readonly=True) as blob,
        ):
            while chunk := blob.read(_CHUNK):
                computed.update(chunk)
                size += len(chunk)
        return found, computed.hexdigest(), size

    def blob(self, digest: str) -> bytes | None:
        """The bytes of a digest, hashed again now; None when absent. Raises MalformedError if they differ."""
        rows = self._all("SELECT data FROM blob WHERE sha256 = ?", (bytes.fromhex(digest),))
        if not rows:
            return None
        data: bytes = rows[0][0]
        if hashlib.sha256(data).hexdigest() != digest:
            raise MalformedError(
                f"the bytes stored as {digest[:16]} are other bytes", code="attachment-differs"
            )
        return data

    @property
    def blob_count(self) -> int:
        """How many blobs are stored."""
        return int(self._all("SELECT count(*) FROM blob")[0][0])

    def blob_rowids(self) -> Iterator[tuple[int, str]]:
        """Rowid and claimed digest of every stored blob."""
        first = -(2**63)
        while first < 2**63 and (
            rows := self._all(
                "SELECT rowid, sha256 FROM blob NOT INDEXED WHERE rowid >= ? ORDER BY rowid LIMIT 5000",
                (first,),
            )
        ):
            yield from ((row[0], row[1].hex()) for row in rows)
            first = rows[-1][0] + 1

    def checkpoints(self) -> list[tuple[int, str]]:
        """Stored checkpoints: the size column, and the note. Unverified."""
        rows = self._all("SELECT size, note FROM checkpoint NOT INDEXED ORDER BY size, rowid")
        return [(row[0], row[1].decode("utf-8", "backslashreplace")) for row in rows]

    def check_integrity(self) -> None:
        """The first stage of verifying a ledger that was opened in place. Raises RefusedError."""
        if self.in_memory:
            return
        with self._lock:
            self._connection.set_authorizer(None)
            try:
                schema.check_integrity(self._connection)
            finally:
                schema.allow_reading_only(self._connection)
        self._integrity_checked = True

    def confirm_unchanged(self) -> None:
        """Of a ledger opened in place: that it is still what was opened. Raises RefusedError."""
        if not self._copied and self.changed_on_disk():
            raise RefusedError(
                f"{self.path} was written to while it was verified: nothing holds", code="changed"
            )

    def changed_on_disk(self) -> bool:
        """Whether the path no longer holds the file that was opened, or that file was written to."""
        try:
            now = os.stat(self.path)
        except OSError:
            return True
        return not system.same_file(now, self._identity) or _marks(now) != _marks(self._identity)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Snapshot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _rowid(self, digest: str) -> int | None:
        rows = self._all("SELECT rowid FROM blob WHERE sha256 = ?", (bytes.fromhex(digest),))
        return rows[0][0] if rows else None

    def _all(self, sql: str, parameters: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock, schema.refusing():
            return self._connection.execute(sql, tuple(parameters)).fetchall()


class TransactionView(Snapshot):
    """A ledger as a writer's open transaction sees it, whose container the store has checked.

    It has no digest: the file is changing, and to open it a second time would give up the writer's lock.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        super().__init__(path, connection, 0, "", os.stat(path))
        self._copied = self._integrity_checked = True

    @property
    def sha256(self) -> str:
        return ""

    def close(self) -> None:
        """The connection is the store's."""


_SELECT = "SELECT position, id, header, signature, chain, seq FROM entry"


def open_ledger(
    path: Path, memory_cap: int = MEMORY_CAP, *, passed: Callable[[str], bool] = lambda _: False
) -> Snapshot:
    """Let a ledger file in. Raises RefusedError, having written nothing.

    `passed` says of a file's SHA-256 (hex) whether this machine saw just these bytes pass SQLite's integrity check:
    its answer would be the same again.
    """
    path = resolve(path)
    deadline = time.monotonic() + _WRITER_PATIENCE
    while True:
        try:
            return _open_once(path, memory_cap, passed)
        except RefusedError as error:
            # A running append of ours looks like a sidecar for some milliseconds; a left-behind one stays.
            if error.code not in ("sidecar", "changed") or time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def resolve(path: Path) -> Path:
    """The path with every symbolic link followed, once. Raises RefusedError when it cannot be."""
    try:
        return path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        raise RefusedError(f"{path}: there is no such file", code="not-found") from None


def check_sidecars(path: Path) -> None:
    """R2: a reading command opens no ledger that has a journal or WAL beside it. Raises RefusedError."""
    for suffix in SIDECARS:
        if os.path.lexists(f"{path}{suffix}"):
            message = f"{path}{suffix} stands beside it: a crash, a running writer, or an attack; nothing was opened"
            raise RefusedError(message, code="sidecar")


def _open_once(path: Path, memory_cap: int, passed: Callable[[str], bool]) -> Snapshot:
    check_sidecars(path)
    with system.open_regular(path) as file:
        before = os.fstat(file.fileno())
        head = file.read(schema.HEADER_SIZE)
        schema.check_file_header(head, before.st_size)
        file.seek(0)
        data = file.read(before.st_size + 1) if before.st_size <= memory_cap else b""
        after = os.fstat(file.fileno())
    check_sidecars(path)
    changed = data and (len(data) != before.st_size or not data.startswith(head))
    if _marks(before) != _marks(after) or changed:
        raise RefusedError(f"{path} was written to while it was read: try again", code="changed")
    hashing = _Hashing(data)
    connection = _connect(path, data)
    try:
        with schema.refusing():
            schema.harden(connection)
        schema.check_schema(connection)
        if data and not passed(hashing.hex):
            schema.check_integrity(connection)
        schema.allow_reading_only(connection)
    except BaseException:
        connection.close()
        raise
    return Snapshot(path, connection, before.st_size, hashing.hex if data else "", before)


class _Hashing(threading.Thread):
    """The digest of a file's bytes, while SQLite takes them in."""

    def __init__(self, data: bytes) -> None:
        super().__init__(daemon=True)
        self._data = data
        self._hex = ""
        self.start()

    def run(self) -> None:
        self._hex = hashlib.sha256(self._data).hexdigest()

    @property
    def hex(self) -> str:
        self.join()
        return self._hex


def _connect(path: Path, data: bytes) -> sqlite3.Connection:
    with schema.refusing():
        if not data:
            uri = f"{path.as_uri()}?mode=ro&immutable=1"
            return sqlite3.connect(uri, uri=True, check_same_thread=False, isolation_level=None)
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.deserialize(data)
        return connection


def _marks(info: os.stat_result) -> tuple[int, int, int]:
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns
