"""The container: the tables of a ledger file, and the checks that a file is exactly that and nothing more.

Rules R2–R4: every check here runs before anything else is asked of a file from outside.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager

from custody.errors import RefusedError
from custody.ledger.entry import MAX_ATTACHMENT

APPLICATION_ID = 0x43555354  # "CUST"
VERSION = 1
HEADER_SIZE = 100

ENTRY = """CREATE TABLE entry (
  position INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE,
  header BLOB NOT NULL,
  signature BLOB NOT NULL,
  chain BLOB NOT NULL,
  seq INTEGER NOT NULL
) STRICT"""
ENTRY_CHAIN_SEQ = "CREATE INDEX entry_chain_seq ON entry (chain, seq)"
BLOB = """CREATE TABLE blob (
  sha256 BLOB NOT NULL PRIMARY KEY,
  data BLOB NOT NULL
) STRICT"""
CHECKPOINT = """CREATE TABLE checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL
) STRICT"""
STATEMENTS = (ENTRY, ENTRY_CHAIN_SEQ, BLOB, CHECKPOINT)

_ALLOWED = {
    ("table", "entry", "entry", ENTRY),
    ("index", "sqlite_autoindex_entry_1", "entry", None),
    ("index", "entry_chain_seq", "entry", ENTRY_CHAIN_SEQ),
    ("table", "blob", "blob", BLOB),
    ("index", "sqlite_autoindex_blob_1", "blob", None),
    ("table", "checkpoint", "checkpoint", CHECKPOINT),
}
_READ_ACTIONS = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_TABLES = frozenset({"entry", "blob", "checkpoint"})
_FUNCTIONS = frozenset({"count", "max", "min", "instr", "length", "substr"})


@contextmanager
def refusing() -> Iterator[None]:
    """Whatever SQLite says of a file's content becomes one refusal."""
    try:
        yield
    except sqlite3.Error as error:
        raise RefusedError(f"SQLite cannot read this file: {_one_line(error)}", code="corrupt") from None
    except (UnicodeDecodeError, OverflowError, MemoryError):
        raise RefusedError("this file holds values that cannot be read", code="corrupt") from None


def check_file_header(head: bytes, file_size: int | None) -> None:
    """The first 100 bytes (SQLite file format §1.3). Raises RefusedError.

    Without `file_size` the counters are left alone: a file that others write to is between two of them at times.
    """
    if not head:
        raise RefusedError("an empty file is not a ledger", code="not-a-ledger")
    if not head.startswith(b"SQLite format 3\0") or len(head) < HEADER_SIZE:
        raise RefusedError("not a ledger: not an SQLite file", code="not-a-ledger")
    (application_id,) = struct.unpack_from(">I", head, 68)
    if application_id != APPLICATION_ID:
        raise RefusedError("not a ledger: an SQLite file of another application", code="not-a-ledger")
    (version,) = struct.unpack_from(">I", head, 60)
    if version > VERSION:
        message = f"a ledger of format {version}, and this custody reads {VERSION}: use a newer custody"
        raise RefusedError(message, code="too-new")
    if head[18] != 1 or head[19] != 1:
        message = "in WAL mode: have its owner run `PRAGMA journal_mode=DELETE` on it, and send it again"
        raise RefusedError(message, code="wal")
    page_size = struct.unpack_from(">H", head, 16)[0]
    page_size = 65536 if page_size == 1 else page_size
    pages, change_counter, valid_for = (struct.unpack_from(">I", head, at)[0] for at in (28, 24, 92))
    schema_format, encoding = (struct.unpack_from(">I", head, at)[0] for at in (44, 56))
    sound = (
        page_size >= 512
        and page_size & (page_size - 1) == 0
        and head[20:24] == b"\0\x40\x20\x20"
        and schema_format == 4
        and encoding == 1
        and head[52:56] == head[64:68] == b"\0\0\0\0"
        and head[72:92] == bytes(20)
        and version == VERSION
    )
    if not sound:
        raise RefusedError("its SQLite header is not that of a ledger", code="corrupt")
    if file_size is not None and (change_counter != valid_for or pages * page_size != file_size):
        raise RefusedError("its size is not what its header says: cut off, or appended to", code="corrupt")


def harden(connection: sqlite3.Connection) -> None:
    """Settings for a connection to a file that may be hostile, before its schema is read."""
    connection.text_factory = bytes
    for category, limit in (
        (sqlite3.SQLITE_LIMIT_LENGTH, MAX_ATTACHMENT + 1024 * 1024),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, 100_000),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
        (sqlite3.SQLITE_LIMIT_COLUMN, 100),
    ):
        connection.setlimit(category, limit)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").close()


def check_settings(connection: sqlite3.Connection) -> None:
    """What the file's header says, once more, after a journal may have rewritten it. Raises RefusedError."""
    with refusing():
        found = [
            _text(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
            for pragma in ("application_id", "user_version", "journal_mode")
        ]
    if found != [APPLICATION_ID, VERSION, "delete"]:
        raise RefusedError("its SQLite header is not that of a ledger", code="corrupt")


def check_schema(connection: sqlite3.Connection) -> None:
    """R3: the schema is exactly a ledger's. Raises RefusedError."""
    with refusing():
        rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema").fetchmany(50)
    found = {tuple(_text(value) for value in row) for row in rows}
    if found != _ALLOWED or len(rows) != len(_ALLOWED):
        raise RefusedError("its tables are not exactly those of a ledger", code="schema")


def check_integrity(connection: sqlite3.Connection) -> None:
    """R4: SQLite's own full check: pages, indexes against tables, types. Raises RefusedError."""
    with refusing():
        rows = connection.execute("PRAGMA integrity_check(1)").fetchall()
    if rows != [(b"ok",)] and rows != [("ok",)]:
        said = _one_line(_text(rows[0][0])) if rows else "no answer"
        raise RefusedError(f"corrupt: {said}", code="integrity")


def allow_reading_only(connection: sqlite3.Connection) -> None:
    """From here on this connection prepares nothing but SELECTs over the three tables."""
    connection.execute("PRAGMA query_only=ON").close()

    def authorize(action: int, first: str | None, second: str | None, *_: str | None) -> int:
        if action not in _READ_ACTIONS:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_READ and first not in _TABLES:
            return sqlite3.SQLITE_DENY
        if action == sqlite3.SQLITE_FUNCTION and second not in _FUNCTIONS:
            return sqlite3.SQLITE_DENY
        return sqlite3.SQLITE_OK

    connection.set_authorizer(authorize)


def create_tables(connection: sqlite3.Connection) -> None:
    """Lay out an empty ledger inside the connection's open transaction."""
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version={VERSION}")
    for statement in STATEMENTS:
        connection.execute(statement)


def _text(value: object) -> object:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _one_line(value: object) -> str:
    """SQLite may take several lines to say it, and quotes the file's own text; ours are one."""
    return " ".join(str(value).split())
