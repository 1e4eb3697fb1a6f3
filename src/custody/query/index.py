"""The index: custody's own SQLite database of facts, in memory or in the cache folder.

It holds only what verified, judged entries say, can be made again at any time, and is never a ledger. A file is
written under another name and takes its own only when it is complete, so that what has the name can be believed.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from custody import system
from custody.errors import RefusedError, UsageError

APPLICATION_ID = 0x43555349  # "CUSI"
FORMAT = 6  # raised whenever the tables or what is kept in them change; stored as user_version once complete

NOTICES = ("unreadable", "ambiguous-binding", "no-fingerprint", "unchanged-unknown")
"""The codes of notices: what answers leave out, or what in them is less than it seems."""

_CACHE_KIB = 32 * 1024

_FACT = {"position": int, "entry": str, "time": str, "writer": str}
_ABOUT = {"name": str, "sha256": str}

Tables = Mapping[str, Mapping[str, type]]

TABLES: Tables = {
    # `trail_number` is what other tables call `trail`; `counts` says whether its genesis does
    "chain": {"position": int, "id": str, "key": str, "time": str, "writer": str, "flow": str, "trail": str,
              "job": str, "repository": str, "source_commit": str, "branch": str, "run_url": str, "actor": str,
              "provider": str, "trail_number": int, "counts": int},
    # `tie` puts entries of one instant in an order that no merge changes: by chain, and there by position
    # `trail` is the position of the genesis that first named the trail; `newest` marks one row for each fingerprint
    "artifact": {**_FACT, "chain": int, "trail": int, **_ABOUT, "size": int, "type": str, "version": str,
                 "repository": str, "source_commit": str, "newest": int, "body": str, "tie": int},
    # what git said of an artifact's commit, by the artifact's position; `parents` with spaces between
    # `parent` is the commit's first parent, as the range says that was recorded with an artifact
    "lineage": {"position": int, "source_commit": str, "parent": str},
    "source": {"position": int, "source_commit": str, "parents": str, "committed": str, "author": str},
    # `body` is the SHA-256 of an entry's body, for whoever wants more of it than a row holds
    # `subject` is a fingerprint, "commit:…" or "trail:…"; NULL where a name was not bound
    "evidence": {**_FACT, "chain": int, "seq": int, "trail": int, "subject": str, "name": str, "control": str,
                 "type": str, "result": str, "detail": str, "in_force": int, "body": str},
    "approval": {**_FACT, **_ABOUT, "environment": str, "decision": str, "detail": str, "in_force": int, "body": str},
    # by the position of the evidence that tells of it, as are the commits that it brought
    "pull_request": {"position": int, "url": str, "number": str, "author": str, "merge_commit": str, "head": str},
    "change": {"position": int, "source_commit": str, "committed": str, "authors": str},
    "deployment": {**_FACT, "chain": int, **_ABOUT, "environment": str, "service": str, "reason": str, "link": str,
                   "tie": int},
    # a custodian's act, by which a stretch of the log arrived: where its chain begins, and how many entries it took
    "merge": {**_FACT, "chain": int, "taken": int},
    "discounted": {"first": int, "last": int},  # positions of entries that count for nothing, both included
    # of an exception for one artifact its name and fingerprint; of others a glob over names, and ""
    "allow": {**_FACT, **_ABOUT, "environment": str, "until": str, "reason": str, "controls": str},
    "decision": {**_FACT, **_ABOUT, "environment": str, "result": str, "policy": str},
    "policy": {**_FACT, "chain": int, "seq": int, "name": str, "body": str},
    # the last entry of a chain that has one; the chains that a seal lists, as JSON
    "closing": {**_FACT, "chain": int},
    "listing": {**_FACT, "chain": int, "chains": str},
    # what counts and whose body is not there or cannot be read: a row for each subject of its header, or one without
    "blank": {**_FACT, "chain": int, "seq": int, "trail": int, "kind": str, **_ABOUT},
    # evidence whose artifact's name did not bind to one fingerprint in its trail
    "unbound": {**_FACT, "chain": int, "seq": int, "trail": int, "name": str, "body": str},
    # what some snapshots say runs, and of which part of the environment they say so
    "content": {"id": int, "scope": str, "running": str},
    "snapshot": {**_FACT, "environment": str, "content": int, "tie": int},
    # a snapshot that says the same as another entry does, `base`; its content is 0 until that is found
    "renewal": {"position": int, "base": str},
    "environment": {"name": str, "basis": str, "states": int, "services": int, "first": str, "last_change": str,
                    "last_seen": str},
    "state": {"environment": str, "number": int, **_FACT, "started": int, "stopped": int, "replaced": int,
              "scaled": int, "changes": str},
    # of an environment of which some report was about a part: the first report of each part, and of the whole
    "part": {**_FACT, "environment": str, "scope": str},
    "keyframe": {"environment": str, "number": int, "running": str},
    "span": {"environment": str, "service": str, **_ABOUT, **_FACT, "until": str, "until_position": int,
             "until_entry": str, "until_writer": str},
    "notice": {"code": str, "position": int, "entry": str, "message": str},
    "log": {"moment": str},  # the latest time in effect of any entry that counts
    "report": {"document": str},  # of the verification that the facts come from, for `opening`
}  # fmt: skip
_KEYS: dict[str, str | tuple[str, ...]] = {
    "content": "id",
    "discounted": "first",
    "environment": "name",
    "state": ("environment", "number"),
    "keyframe": ("environment", "number"),
}
_NO_KEY = ("lineage", "blank", "part", "log", "span", "notice", "report", "change")

# Made after the facts are in, which is faster than keeping them up to date row by row.
INDEXES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("artifact", ("sha256", "newest")),
    ("artifact", ("newest", "time")),
    ("artifact", ("source_commit",)),
    ("artifact", ("name", "trail")),
    ("evidence", ("subject", "control", "result", "in_force")),
    ("artifact", ("name", "time")),
    ("chain", ("trail_number",)),
    ("closing", ("chain",)),
    ("listing", ("chain",)),
    ("blank", ("sha256", "kind")),
    ("blank", ("kind",)),
    ("blank", ("trail", "name")),
    ("unbound", ("trail", "name")),
    ("allow", ("sha256",)),
    ("decision", ("sha256",)),
    ("approval", ("sha256", "environment", "time")),
    ("deployment", ("sha256",)),
    ("deployment", ("environment", "time", "tie")),
    ("deployment", ("environment", "service", "time", "tie")),
    ("source", ("source_commit",)),
    ("lineage", ("source_commit",)),
    ("pull_request", ("merge_commit",)),
    ("change", ("source_commit",)),
    ("change", ("position",)),
    ("snapshot", ("environment", "time", "tie")),
    ("renewal", ("base",)),
    ("state", ("environment", "time", "number")),
    ("span", ("sha256", "until")),
)


class Index:
    """The facts of one ledger. Questions may come from any thread; one is answered at a time."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path | None = None, final: Path | None = None
    ) -> None:
        self._connection = connection
        self._path = path  # where the file is now, if it is a file
        self._final = final  # the name it gets once it is complete
        self._lock = threading.RLock()

    @classmethod
    def in_memory(cls, tables: Tables = TABLES) -> Index:
        """An empty index that is gone when closed."""
        index = cls(sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None))
        index._create(tables)
        return index

    @classmethod
    def temporary(cls, tables: Tables = TABLES) -> Index:
        """An empty index that is gone when closed, and keeps on disk what does not fit a cache: SQLite makes the file
        for this process alone, and removes its name at once.
        """
        index = cls(sqlite3.connect("", check_same_thread=False, isolation_level=None))
        index._create(tables)
        return index

    @classmethod
    def at(cls, path: Path, tables: Tables = TABLES) -> Index:
        """An empty index that becomes the file `path` once `complete` is called. Raises UsageError "unwritable"."""
        folder = system.private_dir(path.parent)
        temporary = folder / f".{path.name}.{secrets.token_hex(8)}"
        try:
            system.create_private(temporary, b"")
            connection = sqlite3.connect(temporary, check_same_thread=False, isolation_level=None)
        except sqlite3.Error as error:
            raise _unwritable(path, error) from None
        index = cls(connection, temporary, path)
        try:
            index._create(tables)
        except BaseException:
            index.close()
            raise
        return index

    @classmethod
    def open(cls, path: Path) -> Index | None:
        """The complete index that the file holds. None where there is none; what is there instead is discarded."""
        try:
            info = os.lstat(path)
        except OSError:
            return None
        if stat.S_ISREG(info.st_mode) and not system.foreign_owned(info):
            try:
                return cls(_connect_complete(path), path)
            except sqlite3.Error:
                pass
        with suppress(OSError):
            path.unlink()
        return None

    @property
    def path(self) -> Path | None:
        """The complete index's file; None where it is in memory, or its file has no name of its own."""
        return self._path if self._final is None else None

    @property
    def unreadable(self) -> list[tuple[int, str, str]]:
        """Position, entry and message of entries whose body is not of its kind's form; the first thousand."""
        return self.notices("unreadable")

    @property
    def ambiguous(self) -> list[tuple[int, str, str]]:
        """As `unreadable`, for evidence whose artifact's name did not bind to one fingerprint in its trail."""
        return self.notices("ambiguous-binding")

    def notices(self, code: str) -> list[tuple[int, str, str]]:
        """What building the index had to say: position, entry and message of each notice of a code (see `build`)."""
        rows = self.rows("SELECT position, entry, message FROM notice WHERE code = ? ORDER BY position", code)
        return [(position, entry, message) for position, entry, message in rows]

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Everything that a question finds."""
        with self._lock, _refusing():
            return self._connection.execute(sql, parameters).fetchall()

    def row(self, sql: str, *parameters: object) -> tuple[Any, ...] | None:
        """The first that a question finds."""
        with self._lock, _refusing():
            found: tuple[Any, ...] | None = self._connection.execute(sql, parameters).fetchone()
            return found

    def insert(self, table: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Add rows, each with all of the table's columns, or those that stand behind its name."""
        if rows:
            marks = ",".join("?" * len(rows[0]))
            with self._lock, _refusing():
                self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    def execute(self, sql: str, *parameters: object) -> None:
        with self._lock, _refusing():
            self._connection.execute(sql, parameters).close()

    @contextmanager
    def scan(self, sql: str, *parameters: object) -> Iterator[Iterable[tuple[Any, ...]]]:
        """Rows one by one, while the builder writes to other tables."""
        with self._lock, _refusing():
            cursor = self._connection.execute(sql, parameters)
            try:
                yield cursor
            finally:
                cursor.close()

    def add_indexes(self, *tables: str) -> None:
        """Make the indexes of tables whose rows are all in."""
        from sqlite_utils import Database

        with self._lock, _refusing():
            database = Database(self._connection, recursive_triggers=False, execute_plugins=False)
            for table, columns in INDEXES:
                if table in tables:
                    database.table(table).create_index(columns)

    def complete(self) -> None:
        """Everything is in: mark it so, and give a file its name."""
        with self._lock, _refusing():
            self._connection.execute(f"PRAGMA user_version={FORMAT}").close()
            self._connection.execute("COMMIT").close()
            if self._path is None or self._final is None:
                return
            self._connection.close()  # Windows renames no file that is open
            try:
                with self._path.open("r+b") as file:
                    os.fsync(file.fileno())  # or after a power cut the name could stand for half of it
                os.replace(self._path, self._final)
                self._path, self._final = self._final, None
            except OSError:
                pass  # another process holds the name: this one goes on with the file it made
            self._connection = _connect_complete(self._path)

    def close(self) -> None:
        """Let the database go; a file that did not get its name is removed."""
        with self._lock:
            self._connection.close()
            if self._path is not None and self._final is not None:
                self._path.unlink(missing_ok=True)

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _create(self, tables: Tables) -> None:
        from sqlite_utils import Database

        with self._lock, _refusing():
            for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{_CACHE_KIB}"):
                self._connection.execute(f"PRAGMA {setting}").close()
            self._connection.execute(f"PRAGMA application_id={APPLICATION_ID}").close()
            database = Database(self._connection, recursive_triggers=False, execute_plugins=False)
            for table, columns in tables.items():
                key = None if table in _NO_KEY else _KEYS.get(table, "position")
                database.create_table(table, dict(columns), pk=key, strict=True)
            # One transaction for all of it: a file that is not complete is thrown away anyhow.
            self._connection.execute("BEGIN").close()


def _connect_complete(path: Path) -> sqlite3.Connection:
    """A finished index, for reading. Raises sqlite3.Error for anything else."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
    )
    try:
        connection.execute("PRAGMA trusted_schema=OFF").close()
        connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}").close()
        marks = [
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        ]
        if marks != [APPLICATION_ID, FORMAT]:
            raise sqlite3.DatabaseError("not a complete index of this version")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def _refusing() -> Iterator[None]:
    """SQLite's errors as custody's."""
    try:
        yield
    except sqlite3.Error as error:
        message = (
            f"the index cannot be used ({error}): delete custody's cache folder, or make room, and try again"
        )
        raise RefusedError(message, code="index") from None
    except UnicodeEncodeError:  # half a character: an argument that was no UTF-8, for one
        raise UsageError(
            "what was asked for is not text, so nothing has that name", code="encoding"
        ) from None


def _unwritable(path: Path, error: Exception) -> UsageError:
    return UsageError(f"{path}: the index cannot be written ({error})", code="unwritable")
