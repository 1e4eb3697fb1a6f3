"""Files that somebody might hand over, or leave beside a ledger, to make custody do something it should not.

Each function puts its files into a folder, or makes a function that does, and returns the path to give to custody.
`harness.lairs` lists them.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import stat
import struct
import tempfile
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

from custody.ledger import schema
from harness import world

PAGE = 4096
SUPER_MAGIC = bytes.fromhex("d9d505f920a163d7")
_JOURNAL_MAGIC = SUPER_MAGIC  # one and the same, at the front of a journal and at its end


@cache
def _made(kind: str) -> bytes:
    """The bytes of a ledger with a checkpoint over its trust document ("main"), or one with everything in it."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "main.ledger"
        world.make_main(path)
        if kind != "main":
            world.make_export(path.with_name("export.ledger"))
            world.merge_into(path, [path.with_name("export.ledger")])
            world.acts(path)
        return path.read_bytes()


def main_ledger(folder: Path) -> Path:
    """The ledger that a custodian keeps, and merges into."""
    path = folder / "main.ledger"
    path.write_bytes(_made("main"))
    return path


def sound_ledger(folder: Path, name: str = "it.ledger") -> Path:
    """A ledger with nothing wrong."""
    path = folder / name
    path.write_bytes(_made("whole"))
    return path


def state(folder: Path) -> dict[str, tuple[Any, ...]]:
    """Everything about a folder that must not change: names, kinds, sizes, times of writing, content."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in [folder, *folder.rglob("*")]:
        info = path.lstat()
        small = stat.S_ISREG(info.st_mode) and info.st_size < 10_000_000
        content = path.read_bytes() if small else os.readlink(path) if path.is_symlink() else None
        size = info.st_size if stat.S_ISREG(info.st_mode) else 0
        found[str(path)] = (info.st_mode, info.st_ino, size, info.st_mtime_ns, content)
    return found


# --- made of bytes


def of_bytes(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "it.ledger"
        path.write_bytes(data)
        return path

    return make


def edited(edit: Callable[[bytearray], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = sound_ledger(folder)
        data = bytearray(path.read_bytes())
        edit(data)
        path.write_bytes(data)
        return path

    return make


def put_at(at: int, value: bytes) -> Callable[[Path], Path]:
    def edit(data: bytearray) -> None:
        data[at : at + len(value)] = value

    return edited(edit)


def number_at(at: int, value: int) -> Callable[[Path], Path]:
    return put_at(at, struct.pack(">I", value))


# --- made by SQLite


def by_sql(*statements: str, start: bool = True) -> Callable[[Path], Path]:
    """A sound ledger (or a new file) on which statements were run. `{…}` gives the schema's own texts."""
    texts = {name: getattr(schema, name) for name in ("ENTRY", "BLOB", "CHECKPOINT", "ENTRY_CHAIN_SEQ")}

    def make(folder: Path) -> Path:
        path = sound_ledger(folder) if start else folder / "it.ledger"
        for group in _groups(statements):  # a connection for each, so that an edited schema is read again
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
                for statement in group:
                    connection.execute(statement.format(**texts)).fetchall()
        return path

    return make


def schema_change(change: str, table: str = "entry") -> Callable[[Path], Path]:
    """A sound ledger of whose schema one row was changed by hand."""
    return by_sql(OPEN_SCHEMA, f"UPDATE sqlite_schema SET {change} WHERE name = '{table}'")


def _groups(statements: Iterable[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for statement in statements:
        if statement == "--":
            groups.append([])
        else:
            groups[-1].append(statement)
    return groups


OPEN_SCHEMA = "PRAGMA writable_schema=ON"


def loosened(statement: str, table: str = "entry", declared: str = "") -> Callable[[Path], Path]:
    """A row that the table's declaration forbids: declared away, written, declared again."""
    text = {"entry": "ENTRY", "blob": "BLOB", "checkpoint": "CHECKPOINT"}[table]
    name = "{" + text + "}"
    return by_sql(
        OPEN_SCHEMA,
        f"UPDATE sqlite_schema SET sql = replace(replace('{name}', ') STRICT', ')'), 'NOT NULL', '{declared}') "
        f"WHERE type = 'table' AND name = '{table}'",
        "--",
        statement,
        "--",
        OPEN_SCHEMA,
        f"UPDATE sqlite_schema SET sql = '{name}' WHERE type = 'table' AND name = '{table}'",
    )


def behind_the_index(folder: Path) -> Path:
    """The index on (chain, seq) says one thing and the table another."""
    hide = "UPDATE sqlite_schema SET type = 'table', name = 'x', tbl_name = 'x', sql = 'CREATE TABLE x (a)' "
    path = sound_ledger(folder)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(OPEN_SCHEMA)
        (rowid,) = connection.execute(
            "SELECT rowid FROM sqlite_schema WHERE name = 'entry_chain_seq'"
        ).fetchone()
        connection.execute(f"{hide} WHERE rowid = {rowid}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(OPEN_SCHEMA)
        connection.execute("UPDATE entry SET seq = seq + 7 WHERE position = 3")
        connection.execute(
            "UPDATE sqlite_schema SET type = 'index', name = 'entry_chain_seq', tbl_name = 'entry', sql = ?"
            f" WHERE rowid = {rowid}",
            (schema.ENTRY_CHAIN_SEQ,),
        )
    return path


def twice(folder: Path) -> Path:
    """Two rows of one digest, behind an index that has one."""
    path = sound_ledger(folder)
    plain = schema.BLOB.replace(" NOT NULL PRIMARY KEY", " NOT NULL")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE type='index' AND tbl_name='blob'"
        ).fetchone()
        connection.execute(OPEN_SCHEMA)
        connection.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'blob'")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'blob'", (plain,))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO blob SELECT sha256, CAST(data || x'20' AS BLOB) FROM blob LIMIT 1")
        connection.execute(OPEN_SCHEMA)
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'blob'", (schema.BLOB,))
        connection.execute(
            "INSERT INTO sqlite_schema VALUES ('index', 'sqlite_autoindex_blob_1', 'blob', ?, NULL)", (root,)
        )
    return path


# --- journals and other company


def journal(before: bytes, after: bytes, super_journal: bytes = b"", records: int | None = None) -> bytes:
    """A hot rollback journal (SQLite file format §3) that turns `after` into `before`, page by page."""
    nonce = 0x1234
    changed = [at for at in range(0, len(before), PAGE) if before[at : at + PAGE] != after[at : at + PAGE]]
    count = len(changed) if records is None else records
    header = _JOURNAL_MAGIC + struct.pack(">IIIII", count, nonce, len(before) // PAGE, 512, PAGE)
    parts = [header.ljust(512, b"\0")]
    for at in changed:
        page = before[at : at + PAGE]
        checksum = nonce + sum(page[i] for i in range(PAGE - 200, 0, -200))
        parts.append(struct.pack(">I", at // PAGE + 1) + page + struct.pack(">I", checksum & 0xFFFFFFFF))
    if super_journal:
        lock_page = 0x40000000 // PAGE + 1
        parts.append(struct.pack(">I", lock_page) + super_journal)
        parts.append(struct.pack(">II", len(super_journal), sum(super_journal) & 0xFFFFFFFF) + SUPER_MAGIC)
    return b"".join(parts)


def crashed(folder: Path, super_journal: bytes = b"") -> Path:
    """As after a kill in the middle of an append: the file half ahead, and a journal that takes it back."""
    path = sound_ledger(folder)
    before = path.read_bytes()
    world.append(path, [world.note("in the middle of it", last=True)])
    after = path.read_bytes()
    Path(f"{path}-journal").write_bytes(journal(before, after, super_journal))
    return path


def forged(folder: Path) -> Path:
    """A journal with pages of the attacker's own."""
    path = sound_ledger(folder)
    data = path.read_bytes()
    forged = data.replace(b'"kind":"approval"', b'"kind":"evidence"')
    assert forged != data
    Path(f"{path}-journal").write_bytes(journal(forged, data))
    return path


def with_super_journal(folder: Path) -> Path:
    return crashed(folder, os.fsencode(folder / "victim.txt"))


def beside(suffix: str, make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def place(folder: Path) -> Path:
        path = sound_ledger(folder)
        make(Path(f"{path}{suffix}"))
        return path

    return place


def linked_journal(folder: Path) -> Path:
    path = crashed(folder)
    os.link(f"{path}-journal", folder / "another-name")
    return path


def symlinked_journal(folder: Path) -> Path:
    path = crashed(folder)
    os.rename(f"{path}-journal", folder / "elsewhere")
    os.symlink(folder / "elsewhere", f"{path}-journal")
    return path


def foreign_journal(folder: Path) -> Path:
    path = crashed(folder)
    if os.geteuid() == 0:
        os.chown(f"{path}-journal", 65534, 65534)
    else:  # somebody else's file that is always there
        os.unlink(f"{path}-journal")
        os.symlink("/etc/passwd", f"{path}-journal")
    return path


def wal(folder: Path) -> Path:
    """In WAL mode, its newest row only in the -wal."""
    path = sound_ledger(folder)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("INSERT INTO checkpoint VALUES (1, 'x')")
    kept = {suffix: Path(f"{path}{suffix}").read_bytes() for suffix in ("", "-wal", "-shm")}
    connection.close()
    for suffix, data in kept.items():
        Path(f"{path}{suffix}").write_bytes(data)
    return path


def wal_hidden(folder: Path) -> Path:
    """The header says DELETE, and beside it lies a -wal with another entry."""
    path = wal(folder)
    data = bytearray(path.read_bytes())
    data[18:20] = b"\x01\x01"
    path.write_bytes(data)
    return path


def mode_wal(folder: Path) -> Path:
    path = sound_ledger(folder)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    return path


# --- not files


def a_socket(folder: Path) -> Path:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as one:
        here = Path.cwd()
        os.chdir(folder)  # an address of a socket is short
        try:
            one.bind("it.ledger")
        finally:
            os.chdir(here)
    return folder / "it.ledger"


def made_by(make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def place(folder: Path) -> Path:
        make(folder / "it.ledger")
        return folder / "it.ledger"

    return place


def sparse(header: bool) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = sound_ledger(folder) if header else folder / "it.ledger"
        with open(path, "r+b" if header else "wb") as file:
            file.truncate(300 * 2**30)
        return path

    return make


def named(name: str) -> Callable[[Path], Path]:
    return lambda folder: sound_ledger(folder, name)


def named_elsewhere(name: str) -> Callable[[Path], Path]:
    """A file of that name that is no ledger; a ledger has the name one would have after careless reading."""

    def make(folder: Path) -> Path:
        sound_ledger(folder, "it.ledger")
        path = folder / name
        path.write_bytes(b"no ledger")
        return path

    return make


def foreign_sqlite(folder: Path) -> Path:
    path = folder / "it.ledger"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY)")
    return path


def through_a_link(folder: Path) -> Path:
    os.symlink(sound_ledger(folder, "real.ledger"), folder / "it.ledger")
    return folder / "it.ledger"


ENDLESS = "WITH RECURSIVE r(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SELECT a FROM r"
