"""Files that somebody might hand over, or leave beside a ledger, to make custody do something it should not.

Each case puts its files into an empty folder and names the path to give to custody. `victim.txt` lies there as well:
what a super-journal would delete.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import sqlite3
import stat
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody.ledger import schema
from harness import world

PAGE = 4096
SUPER_MAGIC = bytes.fromhex("d9d505f920a163d7")
_JOURNAL_MAGIC = SUPER_MAGIC  # one and the same, at the front of a journal and at its end


@dataclass(frozen=True, slots=True)
class Case:
    """`make` puts files into a folder and returns the path to open. `sound` files may be opened, and only they.

    `recovers` says that a writing command may take it for a crash of its own and go on, `mends` that it may write
    to it, because SQLite puts right what was wrong; `absent` that there is nothing, so that an append would make it.
    """

    name: str
    make: Callable[[Path], Path]
    sound: bool = False
    recovers: bool = False
    mends: bool = False
    absent: bool = False


def sound_ledger(folder: Path, name: str = "it.ledger") -> Path:
    """A copy of a verified ledger, which is made once."""
    global _made
    if not _made:
        path = folder / "made.ledger"
        world.make_main(path)
        world.make_export(folder / "export.made")
        world.merge_into(path, [folder / "export.made"])
        world.acts(path)
        _made = path.read_bytes()
        path.unlink()
        (folder / "export.made").unlink()
    path = folder / name
    path.write_bytes(_made)
    return path


_made = b""


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


def _bytes(data: bytes) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = folder / "it.ledger"
        path.write_bytes(data)
        return path

    return make


def _edited(edit: Callable[[bytearray], None]) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = sound_ledger(folder)
        data = bytearray(path.read_bytes())
        edit(data)
        path.write_bytes(data)
        return path

    return make


def _put(at: int, value: bytes) -> Callable[[Path], Path]:
    def edit(data: bytearray) -> None:
        data[at : at + len(value)] = value

    return _edited(edit)


def _number(at: int, value: int) -> Callable[[Path], Path]:
    return _put(at, struct.pack(">I", value))


# --- made by SQLite


def _sql(*statements: str, start: bool = True) -> Callable[[Path], Path]:
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


def _groups(statements: Iterable[str]) -> list[list[str]]:
    groups: list[list[str]] = [[]]
    for statement in statements:
        if statement == "--":
            groups.append([])
        else:
            groups[-1].append(statement)
    return groups


_OPEN = "PRAGMA writable_schema=ON"


def _loosened(statement: str, table: str = "entry", declared: str = "") -> Callable[[Path], Path]:
    """A row that the table's declaration forbids: declared away, written, declared again."""
    text = {"entry": "ENTRY", "blob": "BLOB", "checkpoint": "CHECKPOINT"}[table]
    name = "{" + text + "}"
    return _sql(
        _OPEN,
        f"UPDATE sqlite_schema SET sql = replace(replace('{name}', ') STRICT', ')'), 'NOT NULL', '{declared}') "
        f"WHERE type = 'table' AND name = '{table}'",
        "--",
        statement,
        "--",
        _OPEN,
        f"UPDATE sqlite_schema SET sql = '{name}' WHERE type = 'table' AND name = '{table}'",
    )


def _behind_the_index(folder: Path) -> Path:
    """The index on (chain, seq) says one thing and the table another."""
    hide = "UPDATE sqlite_schema SET type = 'table', name = 'x', tbl_name = 'x', sql = 'CREATE TABLE x (a)' "
    path = sound_ledger(folder)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(_OPEN)
        (rowid,) = connection.execute(
            "SELECT rowid FROM sqlite_schema WHERE name = 'entry_chain_seq'"
        ).fetchone()
        connection.execute(f"{hide} WHERE rowid = {rowid}")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(_OPEN)
        connection.execute("UPDATE entry SET seq = seq + 7 WHERE position = 3")
        connection.execute(
            "UPDATE sqlite_schema SET type = 'index', name = 'entry_chain_seq', tbl_name = 'entry', sql = ?"
            f" WHERE rowid = {rowid}",
            (schema.ENTRY_CHAIN_SEQ,),
        )
    return path


def _twice(folder: Path) -> Path:
    """Two rows of one digest, behind an index that has one."""
    path = sound_ledger(folder)
    plain = schema.BLOB.replace(" NOT NULL PRIMARY KEY", " NOT NULL")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        (root,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE type='index' AND tbl_name='blob'"
        ).fetchone()
        connection.execute(_OPEN)
        connection.execute("DELETE FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'blob'")
        connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'blob'", (plain,))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("INSERT INTO blob SELECT sha256, CAST(data || x'20' AS BLOB) FROM blob LIMIT 1")
        connection.execute(_OPEN)
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


def _forged(folder: Path) -> Path:
    """A journal with pages of the attacker's own."""
    path = sound_ledger(folder)
    data = path.read_bytes()
    forged = data.replace(b'"kind":"approval"', b'"kind":"evidence"')
    assert forged != data
    Path(f"{path}-journal").write_bytes(journal(forged, data))
    return path


def _with_super_journal(folder: Path) -> Path:
    return crashed(folder, os.fsencode(folder / "victim.txt"))


def _beside(suffix: str, make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def place(folder: Path) -> Path:
        path = sound_ledger(folder)
        make(Path(f"{path}{suffix}"))
        return path

    return place


def _linked_journal(folder: Path) -> Path:
    path = crashed(folder)
    os.link(f"{path}-journal", folder / "another-name")
    return path


def _symlinked_journal(folder: Path) -> Path:
    path = crashed(folder)
    os.rename(f"{path}-journal", folder / "elsewhere")
    os.symlink(folder / "elsewhere", f"{path}-journal")
    return path


def _foreign_journal(folder: Path) -> Path:
    path = crashed(folder)
    if os.geteuid() == 0:
        os.chown(f"{path}-journal", 65534, 65534)
    else:  # somebody else's file that is always there
        os.unlink(f"{path}-journal")
        os.symlink("/etc/passwd", f"{path}-journal")
    return path


def _wal(folder: Path) -> Path:
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


def _wal_hidden(folder: Path) -> Path:
    """The header says DELETE, and beside it lies a -wal with another entry."""
    path = _wal(folder)
    data = bytearray(path.read_bytes())
    data[18:20] = b"\x01\x01"
    path.write_bytes(data)
    return path


def _mode_wal(folder: Path) -> Path:
    path = sound_ledger(folder)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
    return path


# --- not files


def _socket(folder: Path) -> Path:
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as one:
        here = Path.cwd()
        os.chdir(folder)  # an address of a socket is short
        try:
            one.bind("it.ledger")
        finally:
            os.chdir(here)
    return folder / "it.ledger"


def _made_by(make: Callable[[Path], object]) -> Callable[[Path], Path]:
    def place(folder: Path) -> Path:
        make(folder / "it.ledger")
        return folder / "it.ledger"

    return place


def _sparse(header: bool) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = sound_ledger(folder) if header else folder / "it.ledger"
        with open(path, "r+b" if header else "wb") as file:
            file.truncate(300 * 2**30)
        return path

    return make


def _named(name: str) -> Callable[[Path], Path]:
    return lambda folder: sound_ledger(folder, name)


def _named_elsewhere(name: str) -> Callable[[Path], Path]:
    """A file of that name that is no ledger; a ledger has the name one would have after careless reading."""

    def make(folder: Path) -> Path:
        sound_ledger(folder, "it.ledger")
        path = folder / name
        path.write_bytes(b"no ledger")
        return path

    return make


def _foreign_sqlite(folder: Path) -> Path:
    path = folder / "it.ledger"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE entry (position INTEGER PRIMARY KEY)")
    return path


def _through_a_link(folder: Path) -> Path:
    os.symlink(sound_ledger(folder, "real.ledger"), folder / "it.ledger")
    return folder / "it.ledger"


def _recursive(name: str) -> str:
    return f"CREATE VIEW {name} AS WITH RECURSIVE r(a) AS (SELECT 1 UNION ALL SELECT a + 1 FROM r) SELECT a FROM r"


CASES = [
    # not a file, or not there
    Case("fifo", _made_by(os.mkfifo)),
    Case("directory", _made_by(os.mkdir)),
    Case("socket", _socket),
    Case("/dev/zero", lambda folder: Path("/dev/zero")),
    Case("link to /dev/zero", _made_by(lambda path: os.symlink("/dev/zero", path))),
    Case("dangling link", _made_by(lambda path: os.symlink("nowhere", path))),
    Case("link to itself", _made_by(lambda path: os.symlink("it.ledger", path))),
    Case("link to /etc/passwd", _made_by(lambda path: os.symlink("/etc/passwd", path))),
    Case("missing", lambda folder: folder / "missing.ledger", absent=True),
    Case("below a file", lambda folder: sound_ledger(folder) / "it.ledger", absent=True),
    Case("name too long", lambda folder: folder / ("n" * 300), absent=True),
    # no ledger
    Case("empty", _bytes(b"")),
    Case("text", _bytes(b"this is not a ledger\n" * 100)),
    Case("escapes", _bytes(b"\x1b]0;owned\x07\x1b[2J" * 100)),
    Case("only the magic", _bytes(b"SQLite format 3\0")),
    Case("99 bytes", _bytes(b"SQLite format 3\0".ljust(99, b"\0"))),
    Case("a gzip", _bytes(b"\x1f\x8b\x08" + bytes(1000))),
    Case("another application's", _foreign_sqlite),
    Case("application id", _number(68, 0)),
    Case("of the next format", _number(60, 2)),
    Case("of a far format", _number(60, 2**31)),
    Case("of no format", _number(60, 0)),
    # sizes
    Case("300 GB of nothing", _sparse(False)),
    Case("300 GB behind a header", _sparse(True)),
    Case("page count times ten", _edited(lambda d: d.__setitem__(slice(28, 32), struct.pack(">I", len(d) // PAGE * 10)))),
    Case("page count zero", _number(28, 0), mends=True),
    Case("a page too many", _edited(lambda d: d.extend(bytes(PAGE)))),
    Case("five bytes too many", _edited(lambda d: d.extend(b"extra"))),
    Case("last page cut", _edited(lambda d: d.__delitem__(slice(len(d) - PAGE, None)))),
    Case("cut within a page", _edited(lambda d: d.__delitem__(slice(len(d) - 100, None)))),
    Case("only the first page", _edited(lambda d: d.__delitem__(slice(PAGE, None)))),
    # the header
    Case("page size 0", _put(16, b"\0\0")),
    Case("page size 3", _put(16, b"\0\3")),
    Case("page size 65536", _put(16, b"\0\1")),
    Case("reserved bytes", _put(20, b"\x20")),
    Case("payload fractions", _put(21, b"\x41\x20\x20")),
    Case("change counter", _number(24, 2**31), mends=True),
    Case("schema format 1", _number(44, 1)),
    Case("UTF-16", _number(56, 2)),
    Case("auto-vacuum", _number(52, 3)),
    Case("expansion", _put(72, b"x")),
    # the schema
    Case("extra table", _sql("CREATE TABLE extra (a)")),
    Case("extra index", _sql("CREATE INDEX more ON entry (seq)")),
    Case("index on an expression", _sql("CREATE INDEX more ON entry (length(header))")),
    Case("partial index", _sql("CREATE INDEX more ON entry (seq) WHERE seq > 1")),
    Case("view", _sql("CREATE VIEW v AS SELECT * FROM entry")),
    Case("view in place of a table", _sql("DROP TABLE checkpoint", "CREATE VIEW checkpoint AS SELECT 1 AS size, 'x' AS note")),
    Case("view that never ends", _sql("DROP TABLE checkpoint", _recursive("checkpoint"))),
    Case("trigger that deletes", _sql("CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE position = NEW.position; END")),
    Case("trigger in place of inserting", _sql(
        "ALTER TABLE blob RENAME TO kept", "CREATE VIEW blob AS SELECT * FROM kept",
        "CREATE TRIGGER t INSTEAD OF INSERT ON blob BEGIN SELECT 1; END")),
    Case("generated column", _sql("ALTER TABLE entry ADD COLUMN more INTEGER AS (seq + 1)")),
    Case("full-text table", _sql("CREATE VIRTUAL TABLE f USING fts5(a)")),
    Case("statistics", _sql("ANALYZE")),
    Case("not strict", _sql(_OPEN, "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'entry'")),
    Case("one byte of the schema", _sql(_OPEN, "UPDATE sqlite_schema SET sql = replace(sql, 'seq INTEGER', 'Seq INTEGER') WHERE name = 'entry'")),
    Case("schema that does not parse", _sql(_OPEN, "UPDATE sqlite_schema SET sql = 'CREATE TABLE (' WHERE name = 'entry'")),
    Case("root page 1", _sql(_OPEN, "UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'blob'")),
    Case("root page far away", _sql(_OPEN, "UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'blob'")),
    Case("two tables, one root", _sql(_OPEN, "UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'entry') WHERE name = 'blob'")),
    Case("no tables", _sql(f"PRAGMA application_id={schema.APPLICATION_ID}", "PRAGMA user_version=1", "CREATE TABLE a (b)", "DROP TABLE a", start=False)),
    Case("a table less", _sql("DROP TABLE checkpoint")),
    # rows that cannot be
    Case("index against table", _behind_the_index),
    Case("one digest twice", _twice),
    Case("text for bytes", _loosened("UPDATE entry SET header = 'text' WHERE position = 1")),
    Case("text for a number", _loosened("UPDATE entry SET seq = 'one' WHERE position = 1")),
    Case("a real number", _loosened("UPDATE entry SET seq = 1.5 WHERE position = 1")),
    Case("nothing", _loosened("UPDATE entry SET signature = NULL WHERE position = 1")),
    Case("bytes for text", _loosened("UPDATE checkpoint SET note = x'ff'", "checkpoint")),
    Case("a number for bytes", _loosened("UPDATE blob SET data = 7", "blob")),
    # company
    Case("forged journal", _forged, recovers=True),
    Case("crash journal", crashed, recovers=True),
    Case("super-journal", _with_super_journal),
    Case("journal of no bytes", _beside("-journal", Path.touch), recovers=True),
    Case("journal of noise", _beside("-journal", lambda path: path.write_bytes(b"noise" * 1000)), recovers=True),
    Case("journal is a fifo", _beside("-journal", os.mkfifo)),
    Case("journal is a directory", _beside("-journal", os.mkdir)),
    Case("journal is a link", _symlinked_journal),
    Case("journal is a dangling link", _beside("-journal", lambda path: os.symlink("nowhere", path))),
    Case("journal has two names", _linked_journal),
    Case("journal of another user", _foreign_journal),
    Case("WAL mode", _mode_wal),
    Case("WAL with content", _wal),
    Case("WAL with a DELETE header", _wal_hidden),
    Case("wal is a directory", _beside("-wal", os.mkdir)),
    Case("wal is empty", _beside("-wal", Path.touch)),
    Case("shm alone", _beside("-shm", lambda path: path.write_bytes(bytes(32768)))),
    # names
    Case("name with a query", _named("x.db?mode=rwc&z="), sound=True),
    Case("name with a percent sign", _named("a#b%41.db"), sound=True),
    Case("name with a newline", _named("a\nb.ledger"), sound=True),
    Case("name with an escape", _named("\x1b[2J.ledger"), sound=True),
    Case("name that is no UTF-8", _named(os.fsdecode(b"\xff.ledger")), sound=True),
    Case("name with spaces", _named("  .ledger "), sound=True),
    Case("name that is a URI", _named_elsewhere("it.ledger?mode=rwc"),),
    Case("name with an encoded dot", _named_elsewhere("it%2eledger")),
    Case("through a link", _through_a_link, sound=True),
]  # fmt: skip


def lair(case: Case, base: Path) -> tuple[Path, Path]:
    """A folder of the case's own with everything the commands need; it, and the path to open."""
    folder = base / "lair"
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    (folder / "victim.txt").write_text("still here")
    path = case.make(folder)
    world.write_keys(folder)
    world.make_main(folder / "main.ledger")
    return folder, path


# Where LEDGER stands, the path is given.
READING = {
    "verify": ("verify", "LEDGER"),
    "verify --json": ("verify", "LEDGER", "--json", "--root", "root.key.pub"),
    "show": ("show", "0", "-l", "LEDGER"),
    "log": ("log", "-l", "LEDGER"),
    "artifacts": ("artifacts", "-l", "LEDGER"),
    "trace": ("trace", "payments-api", "-l", "LEDGER"),
    "env list": ("env", "list", "-l", "LEDGER"),
    "env show": ("env", "show", "prod", "-l", "LEDGER"),
    "env log": ("env", "log", "prod", "-l", "LEDGER"),
    "export entry": ("export", "entry", "1", "-l", "LEDGER"),
    "export proof": ("export", "proof", "1", "-l", "LEDGER"),
    "as a source": ("merge", "main.ledger", "LEDGER", "--key", "keeper.key", "--root", "root.key.pub"),
}
WRITING = {
    "append": ("append", "note", "x", "-l", "LEDGER", "--key", "ci.key"),
    "seal": ("seal", "--trail", "run-1", "-l", "LEDGER", "--key", "ci.key"),
    "merge": ("merge", "LEDGER", "main.ledger", "--key", "keeper.key", "--root", "root.key.pub"),
    "checkpoint": ("checkpoint", "-l", "LEDGER", "--key", "keeper.key", "--root", "root.key.pub"),
    "redact": ("redact", "6", "--reason", "r", "-l", "LEDGER", "--key", "keeper.key"),
}
OTHER = {
    "init": ("init", "LEDGER", "--origin", world.ORIGIN, "--key", "root.key"),
    "tui": ("tui", "LEDGER"),
    "--help": ("--help",),
    "verify --help": ("verify", "--help"),
}
