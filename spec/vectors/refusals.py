"""One file for each way in which the gate refuses."""

from __future__ import annotations

import sqlite3
import struct
from pathlib import Path

from registry import FILES, vector
from workshop import World, covered, edit, patch, shrink, sql

from custody.ledger import schema


def small(path: Path, world: World) -> Path:
    """Something to spoil: one ledger, in small pages."""
    covered(path, [*world.start(), *world.note()])
    shrink(path)
    return path


@vector
def refused__empty_file(path: Path, world: World) -> None:
    path.write_bytes(b"")


@vector
def refused__text(path: Path, world: World) -> None:
    path.write_text("SQLite format 3, but only in words.\n", "ascii")


def patched(name: str, offset: int, data: bytes) -> None:
    def make(path: Path, world: World) -> None:
        patch(small(path, world), offset, data)

    FILES[f"refused/{name}"] = make


patched("another-application", 68, struct.pack(">I", 0x47504B47))
patched("too-new", 60, struct.pack(">I", 2))
patched("version-0", 60, struct.pack(">I", 0))
patched("wal", 18, b"\2\2")
patched("page-count", 28, struct.pack(">I", 10_000))
patched("auto-vacuum", 52, struct.pack(">I", 3))
patched("utf-16", 56, struct.pack(">I", 2))


@vector
def refused__sidecar(path: Path, world: World) -> None:
    small(path, world)
    Path(f"{path}-journal").write_bytes(b"a journal, or so it says")


@vector
def refused__cut_off(path: Path, world: World) -> None:
    path.write_bytes(small(path, world).read_bytes()[:-512])


@vector
def refused__appended_to(path: Path, world: World) -> None:
    path.write_bytes(small(path, world).read_bytes() + bytes(512))


def with_schema(name: str, *statements: str) -> None:
    def make(path: Path, world: World) -> None:
        small(path, world)
        for statement in statements:
            edit(path, sql(statement))

    FILES[f"refused/schema-{name}"] = make


with_schema("view", "CREATE VIEW entries AS SELECT * FROM entry")
with_schema(
    "trigger", "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE id = new.id; END"
)
with_schema("index", "CREATE INDEX entry_seq ON entry (seq)")
with_schema("table", "CREATE TABLE more (x)")
with_schema("statistics", "ANALYZE")
with_schema("not-strict", "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'entry'")
with_schema(
    "spelling",
    "UPDATE sqlite_schema SET sql = replace(sql, 'note TEXT', 'note  TEXT') WHERE name = 'checkpoint'",
)


def behind_the_index(path: Path, index: str, statement: str) -> None:
    """Change a table while SQLite does not know of one of its indexes."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA writable_schema=ON")
    row = connection.execute("SELECT rowid, * FROM sqlite_schema WHERE name = ?", (index,)).fetchone()
    connection.execute("DELETE FROM sqlite_schema WHERE name = ?", (index,))
    table = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'entry'").fetchone()[0]
    plain = table.replace("BLOB NOT NULL UNIQUE", "BLOB NOT NULL")
    if row[5] is None:  # a UNIQUE's own index goes with its word
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entry'", (plain,))
    connection.close()
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(statement)
    connection.execute("PRAGMA writable_schema=ON")
    connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'entry'", (table,))
    connection.execute(
        "INSERT INTO sqlite_schema (rowid, type, name, tbl_name, rootpage, sql) VALUES (?,?,?,?,?,?)", row
    )
    connection.close()


@vector
def refused__index_disagrees(path: Path, world: World) -> None:
    behind_the_index(small(path, world), "entry_chain_seq", "UPDATE entry SET seq = 9 WHERE position = 4")


@vector
def refused__not_unique(path: Path, world: World) -> None:
    copy = "INSERT INTO entry SELECT 5, id, header, signature, chain, seq FROM entry WHERE position = 4"
    behind_the_index(small(path, world), "sqlite_autoindex_entry_1", copy)


@vector
def refused__text_in_blob(path: Path, world: World) -> None:
    small(path, world)
    loose = "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'checkpoint'"
    edit(path, sql(loose))
    edit(path, sql("UPDATE checkpoint SET size = 'five'"))
    edit(path, sql("UPDATE sqlite_schema SET sql = ? WHERE name = 'checkpoint'", schema.CHECKPOINT))


@vector
def refused__page_zeroed(path: Path, world: World) -> None:
    size = len(small(path, world).read_bytes())
    patch(path, size - 512, bytes(512))
