"""Durable writing to a ledger file: who may write, in which transaction, and when it counts as done (rule R8).

A transaction takes the write lock before it reads anything, is acknowledged only after its commit is on disk and
the path still names the file that was written, and never leaves half of itself behind.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from custody import system
from custody.errors import NotAcknowledgedError, RefusedError, UsageError
from custody.ledger import schema
from custody.ledger.canonical import MAX_INTEGER
from custody.ledger.reader import Snapshot, TransactionView, resolve

DEFAULT_WAIT = 60.0  # seconds to wait for another writer
_PATIENCE = 500  # milliseconds that SQLite waits at a time for the write lock
_CACHE = 32 * 1024  # KiB: what a transaction changed and SQLite has no room for is written, and read again
_ROWS = 64  # that are put in by one statement
_ROWS_SIZE = 1024 * 1024  # bytes of blobs that one statement is about: SQLite holds a copy of them
_SUPER_JOURNAL_MAGIC = bytes.fromhex(
    "d9d505f920a163d7"
)  # SQLite file format §3: the end of a journal that names another


class Store:
    """A ledger file held open for writing. Use `transaction` for everything, reading included."""

    def __init__(self, path: Path, wait: float = DEFAULT_WAIT) -> None:
        self.path = resolve(path)
        self.wait = wait
        self._identity = _check_before_opening(self.path)
        self._checked = False
        try:
            uri = f"{self.path.as_uri()}?mode=rw"
            self._connection = sqlite3.connect(uri, uri=True, timeout=wait, isolation_level=None)
            schema.harden(self._connection)
            self._connection.execute("PRAGMA synchronous=EXTRA").close()
            self._connection.execute("PRAGMA secure_delete=ON").close()
            self._connection.execute(f"PRAGMA cache_size=-{_CACHE}").close()
            self._connection.execute(f"PRAGMA busy_timeout={_PATIENCE}").close()
        except sqlite3.Error as error:
            raise RefusedError(
                f"{self.path} cannot be opened for writing: {error}", code="unwritable"
            ) from None

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All or nothing. Raises NotAcknowledgedError when it is not certain to be on disk."""
        self._begin()
        try:
            if not self._checked:
                schema.check_settings(self._connection)
                schema.check_schema(self._connection)
                schema.check_integrity(self._connection)
                self._check_size()
                self._checked = True
            yield Transaction(self.path, self._connection)
            self._commit()
        except sqlite3.Error as error:
            message = f"not recorded: {error}; nothing was acknowledged, so retry with the same --once"
            raise NotAcknowledgedError(message, code="write-failed") from None
        finally:
            # SQLite may already have rolled back by itself, after a full disk for instance.
            if self._connection.in_transaction:
                self._connection.rollback()

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        deadline = time.monotonic() + self.wait
        try:
            while not self._try_to_begin(deadline):
                pass
        except sqlite3.OperationalError as error:
            if _is_busy(error):
                message = f"{self.path} is busy: another process wrote to it for {self.wait:g} s; nothing was recorded"
                raise NotAcknowledgedError(message, code="busy") from None
            raise NotAcknowledgedError(
                f"{self.path} cannot be written: {error}", code="write-failed"
            ) from None
        except sqlite3.DatabaseError as error:
            raise RefusedError(f"SQLite cannot read this file: {error}", code="corrupt") from None
        if not self._is_still_there():
            self._connection.rollback()
            raise NotAcknowledgedError(
                f"{self.path} was replaced by another file: nothing was recorded", code="replaced"
            )

    def _try_to_begin(self, deadline: float) -> bool:
        """Whether the write lock was had. SQLite waits in C, deaf to Ctrl-C, so it waits a little at a time."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if _is_busy(error) and time.monotonic() < deadline:
                return False
            raise
        return True

    def _check_size(self) -> None:
        """The file ends where SQLite says it does: asked here, where no other writer is in between."""
        (pages,), (size,) = (
            self._connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
        if os.stat(self.path).st_size != pages * size:
            raise RefusedError(
                "its size is not what its header says: cut off, or appended to", code="corrupt"
            )

    def _commit(self) -> None:
        if not self._connection.in_transaction:
            raise NotAcknowledgedError("not recorded: SQLite gave the transaction up", code="write-failed")
        self._connection.execute("COMMIT")
        if not self._is_still_there():
            message = (
                f"{self.path} was replaced while it was written: the entry may be lost, so retry with --once"
            )
            raise NotAcknowledgedError(message, code="replaced")

    def _is_still_there(self) -> bool:
        try:
            return system.same_file(os.stat(self.path), self._identity)
        except OSError:
            return False


NewEntry = tuple[str, bytes, bytes, str, int]  # id, header, signature, chain, seq: what a log is to hold next


class Transaction:
    """The open transaction of a store: reads see it, writes belong to it."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self._path = path
        self._connection = connection
        (last,) = self.one("SELECT max(position) FROM entry")
        self.size = 0 if last is None else int(last) + 1
        if not 0 <= self.size <= MAX_INTEGER:
            raise RefusedError("its positions are not those of a log", code="corrupt")

    def view(self) -> Snapshot:
        """The ledger as this transaction sees it, for verification."""
        return TransactionView(self._path, self._connection)

    def one(self, sql: str, parameters: tuple[object, ...] = ()) -> Any:
        """The first row, or None."""
        return self._connection.execute(sql, parameters).fetchone()

    def each(self, sql: str, parameters: tuple[object, ...] = ()) -> Iterator[Any]:
        """Rows as they come."""
        return iter(self._connection.execute(sql, parameters))

    def has_entry(self, entry_id: str) -> bool:
        return self.one("SELECT 1 FROM entry WHERE id = ?", (bytes.fromhex(entry_id),)) is not None

    def has_blob(self, digest: str) -> bool:
        return self.one("SELECT 1 FROM blob WHERE sha256 = ?", (bytes.fromhex(digest),)) is not None

    def entries_at(self, chain: str, seq: int) -> list[str]:
        """The ids of the entries at one place of a chain: more than one is a fork."""
        rows = self.each("SELECT id FROM entry WHERE chain = ? AND seq = ?", (bytes.fromhex(chain), seq))
        return [row[0].hex() for row in rows]

    @property
    def first(self) -> str:
        """The id of the log's first entry, or ""."""
        row = self.one("SELECT id FROM entry WHERE position = 0")
        return row[0].hex() if row is not None else ""

    def add_entries(self, entries: Iterable[NewEntry]) -> None:
        """Put entries at the end of the log, in this order."""
        entries = iter(entries)
        while portion := list(islice(entries, _ROWS)):
            values: list[object] = []
            for position, (entry_id, header, signature, chain, seq) in enumerate(portion, self.size):
                values += (
                    position, bytes.fromhex(entry_id), header, signature, bytes.fromhex(chain), seq
                )  # fmt: skip
            # To fail halfway needs no journal of its own: nothing of a transaction with an error in it is kept.
            self._insert("INSERT OR FAIL INTO entry", 6, values)
            self.size += len(portion)

    def add_blobs(self, blobs: Iterable[tuple[str, bytes]]) -> None:
        """Keep bytes under their digests (hex); the same bytes are kept once."""
        values: list[object] = []
        size = 0
        for digest, data in blobs:
            values += bytes.fromhex(digest), data
            size += len(data)
            if len(values) == 2 * _ROWS or size > _ROWS_SIZE:
                self._insert("INSERT OR IGNORE INTO blob", 2, values)
                values, size = [], 0
        self._insert("INSERT OR IGNORE INTO blob", 2, values)

    def add_blob(self, digest: str, data: bytes) -> None:
        """One of them."""
        self.add_blobs([(digest, data)])

    def remove_blob(self, digest: str) -> bool:
        """Erase the bytes of a digest; whether there were any."""
        cursor = self._connection.execute("DELETE FROM blob WHERE sha256 = ?", (bytes.fromhex(digest),))
        return cursor.rowcount > 0

    def add_checkpoint(self, size: int, note: str) -> None:
        self._connection.execute("INSERT INTO checkpoint VALUES (?, ?)", (size, note))

    def _insert(self, into: str, columns: int, values: Sequence[object]) -> None:
        """Rows of so many columns, all in one statement: SQLite runs it without the interpreter's lock."""
        if values:
            row = f"({','.join('?' * columns)})"
            rows = ",".join([row] * (len(values) // columns))
            self._connection.execute(f"{into} VALUES {rows}", values)


def create_ledger(path: Path, *, exist_ok: bool) -> None:
    """Put an empty ledger at a path where there is nothing. It appears whole or not at all."""
    if os.path.lexists(path):
        if exist_ok:
            return
        raise UsageError(f"{path} exists already", code="exists")
    for suffix in ("-journal", "-wal", "-shm"):
        if os.path.lexists(f"{path}{suffix}"):
            raise RefusedError(f"{path}{suffix} lies where a ledger is to be made: remove it", code="sidecar")
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        connection = sqlite3.connect(temporary.absolute().as_uri(), uri=True, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous=EXTRA")
            connection.execute("BEGIN IMMEDIATE")
            schema.create_tables(connection)
            connection.execute("COMMIT")
        finally:
            connection.close()
        system.publish(temporary, path)
    except FileExistsError:
        if not exist_ok:
            raise UsageError(f"{path} exists already", code="exists") from None
    except (OSError, sqlite3.Error, UsageError) as error:  # UsageError: its folder could not be made durable
        raise NotAcknowledgedError(f"{path} cannot be created: {error}", code="write-failed") from None
    finally:
        temporary.unlink(missing_ok=True)


def why_not_writable(path: Path) -> str:
    """Why this process may not write to a ledger, in words; "" where nothing speaks against it.

    SQLite needs to make its journal beside the file. Whether it succeeds is only known when it is tried.
    """
    if not os.access(path, os.W_OK):
        return "you have no permission to write to the file"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return "you have no permission to write to its folder"
    return ""


def _check_before_opening(path: Path) -> os.stat_result:
    """What can be known before SQLite touches the file, which would act on a hot journal at once."""
    with system.open_regular(path) as file:
        info = os.fstat(file.fileno())
        head = file.read(schema.HEADER_SIZE)
    for suffix in ("-wal", "-shm"):
        if os.path.lexists(f"{path}{suffix}"):
            raise RefusedError(f"{path}{suffix} stands beside it, and a ledger never has one", code="sidecar")
    _check_journal(Path(f"{path}-journal"))
    schema.check_file_header(head, None)
    return info


def _check_journal(path: Path) -> None:
    """A rollback journal may stand there if it could be our own writer's. Raises RefusedError otherwise."""
    try:
        info = os.lstat(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RefusedError(f"{path} cannot be looked at: {error.strerror}", code="hostile-journal") from None
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1 or system.foreign_owned(info):
        message = f"{path} is not a journal that this user's custody left behind: nothing was opened"
        raise RefusedError(message, code="hostile-journal")
    try:
        with system.open_regular(path) as file:
            file.seek(max(0, info.st_size - len(_SUPER_JOURNAL_MAGIC)))
            tail = file.read()
    except RefusedError:
        return  # its writer finished in this moment
    if tail.endswith(_SUPER_JOURNAL_MAGIC):
        message = f"{path} names another file to delete, which custody's never do: nothing was opened"
        raise RefusedError(message, code="hostile-journal")


def _is_busy(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
