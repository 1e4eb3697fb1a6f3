"""The hostile files, and the commands they are given to."""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from custody.ledger import schema
from harness import world
from harness.hostile import (
    ENDLESS,
    PAGE,
    a_socket,
    behind_the_index,
    beside,
    by_sql,
    crashed,
    edited,
    foreign_journal,
    foreign_sqlite,
    forged,
    linked_journal,
    loosened,
    made_by,
    main_ledger,
    mode_wal,
    named,
    named_elsewhere,
    number_at,
    of_bytes,
    put_at,
    schema_change,
    sound_ledger,
    sparse,
    symlinked_journal,
    through_a_link,
    twice,
    wal,
    wal_hidden,
    with_super_journal,
)


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


CASES = [
    # not a file, or not there
    Case("fifo", made_by(os.mkfifo)),
    Case("directory", made_by(os.mkdir)),
    Case("socket", a_socket),
    Case("/dev/zero", lambda folder: Path("/dev/zero")),
    Case("link to /dev/zero", made_by(lambda path: os.symlink("/dev/zero", path))),
    Case("dangling link", made_by(lambda path: os.symlink("nowhere", path))),
    Case("link to itself", made_by(lambda path: os.symlink("it.ledger", path))),
    Case("link to /etc/passwd", made_by(lambda path: os.symlink("/etc/passwd", path))),
    Case("missing", lambda folder: folder / "missing.ledger", absent=True),
    Case("below a file", lambda folder: sound_ledger(folder) / "it.ledger", absent=True),
    Case("name too long", lambda folder: folder / ("n" * 300), absent=True),
    # no ledger
    Case("empty", of_bytes(b"")),
    Case("text", of_bytes(b"this is not a ledger\n" * 100)),
    Case("escapes", of_bytes(b"\x1b]0;owned\x07\x1b[2J" * 100)),
    Case("only the magic", of_bytes(b"SQLite format 3\0")),
    Case("99 bytes", of_bytes(b"SQLite format 3\0".ljust(99, b"\0"))),
    Case("a gzip", of_bytes(b"\x1f\x8b\x08" + bytes(1000))),
    Case("another application's", foreign_sqlite),
    Case("application id", number_at(68, 0)),
    Case("of the next format", number_at(60, 2)),
    Case("of a far format", number_at(60, 2**31)),
    Case("of no format", number_at(60, 0)),
    # sizes
    Case("300 GB of nothing", sparse(False)),
    Case("300 GB behind a header", sparse(True)),
    Case("page count times ten", edited(lambda d: struct.pack_into(">I", d, 28, len(d) // PAGE * 10))),
    Case("page count zero", number_at(28, 0), mends=True),
    Case("a page too many", edited(lambda d: d.extend(bytes(PAGE)))),
    Case("five bytes too many", edited(lambda d: d.extend(b"extra"))),
    Case("last page cut", edited(lambda d: d.__delitem__(slice(len(d) - PAGE, None)))),
    Case("cut within a page", edited(lambda d: d.__delitem__(slice(len(d) - 100, None)))),
    Case("only the first page", edited(lambda d: d.__delitem__(slice(PAGE, None)))),
    # the header
    Case("page size 0", put_at(16, b"\0\0")),
    Case("page size 3", put_at(16, b"\0\3")),
    Case("page size 65536", put_at(16, b"\0\1")),
    Case("reserved bytes", put_at(20, b"\x20")),
    Case("payload fractions", put_at(21, b"\x41\x20\x20")),
    Case("change counter", number_at(24, 2**31), mends=True),
    Case("schema format 1", number_at(44, 1)),
    Case("UTF-16", number_at(56, 2)),
    Case("auto-vacuum", number_at(52, 3)),
    Case("expansion", put_at(72, b"x")),
    # the schema
    Case("extra table", by_sql("CREATE TABLE extra (a)")),
    Case("extra index", by_sql("CREATE INDEX more ON entry (seq)")),
    Case("index on an expression", by_sql("CREATE INDEX more ON entry (length(header))")),
    Case("partial index", by_sql("CREATE INDEX more ON entry (seq) WHERE seq > 1")),
    Case("view", by_sql("CREATE VIEW v AS SELECT * FROM entry")),
    Case("view in place of a table", by_sql(
        "DROP TABLE checkpoint", "CREATE VIEW checkpoint AS SELECT 1 AS size, 'x' AS note")),
    Case("view that never ends", by_sql("DROP TABLE checkpoint", f"CREATE VIEW checkpoint AS {ENDLESS}")),
    Case("trigger that deletes", by_sql(
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE position = NEW.position; END")),
    Case("trigger in place of inserting", by_sql(
        "ALTER TABLE blob RENAME TO kept", "CREATE VIEW blob AS SELECT * FROM kept",
        "CREATE TRIGGER t INSTEAD OF INSERT ON blob BEGIN SELECT 1; END")),
    Case("generated column", by_sql("ALTER TABLE entry ADD COLUMN more INTEGER AS (seq + 1)")),
    Case("full-text table", by_sql("CREATE VIRTUAL TABLE f USING fts5(a)")),
    Case("statistics", by_sql("ANALYZE")),
    Case("not strict", schema_change("sql = replace(sql, ' STRICT', '')")),
    Case("one byte of the schema", schema_change("sql = replace(sql, 'seq INTEGER', 'Seq INTEGER')")),
    Case("schema that does not parse", schema_change("sql = 'CREATE TABLE ('")),
    Case("root page 1", schema_change("rootpage = 1", "blob")),
    Case("root page far away", schema_change("rootpage = 99999", "blob")),
    Case("two tables, one root", schema_change(
        "rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'entry')", "blob")),
    Case("no tables", by_sql(
        f"PRAGMA application_id={schema.APPLICATION_ID}", "PRAGMA user_version=1", "CREATE TABLE a (b)", "DROP TABLE a",
        start=False)),
    Case("a table less", by_sql("DROP TABLE checkpoint")),
    # rows that cannot be
    Case("index against table", behind_the_index),
    Case("one digest twice", twice),
    Case("text for bytes", loosened("UPDATE entry SET header = 'text' WHERE position = 1")),
    Case("text for a number", loosened("UPDATE entry SET seq = 'one' WHERE position = 1")),
    Case("a real number", loosened("UPDATE entry SET seq = 1.5 WHERE position = 1")),
    Case("nothing", loosened("UPDATE entry SET signature = NULL WHERE position = 1")),
    Case("bytes for text", loosened("UPDATE checkpoint SET note = x'ff'", "checkpoint")),
    Case("a number for bytes", loosened("UPDATE blob SET data = 7", "blob")),
    # company
    Case("forged journal", forged, recovers=True),
    Case("crash journal", crashed, recovers=True),
    Case("super-journal", with_super_journal),
    Case("journal of no bytes", beside("-journal", Path.touch), recovers=True),
    Case("journal of noise", beside("-journal", lambda path: path.write_bytes(b"noise" * 1000)), recovers=True),
    Case("journal is a fifo", beside("-journal", os.mkfifo)),
    Case("journal is a directory", beside("-journal", os.mkdir)),
    Case("journal is a link", symlinked_journal),
    Case("journal is a dangling link", beside("-journal", lambda path: os.symlink("nowhere", path))),
    Case("journal has two names", linked_journal),
    Case("journal of another user", foreign_journal),
    Case("WAL mode", mode_wal),
    Case("WAL with content", wal),
    Case("WAL with a DELETE header", wal_hidden),
    Case("wal is a directory", beside("-wal", os.mkdir)),
    Case("wal is empty", beside("-wal", Path.touch)),
    Case("shm alone", beside("-shm", lambda path: path.write_bytes(bytes(32768)))),
    # names
    Case("name with a query", named("x.db?mode=rwc&z="), sound=True),
    Case("name with a percent sign", named("a#b%41.db"), sound=True),
    Case("name with a newline", named("a\nb.ledger"), sound=True),
    Case("name with an escape", named("\x1b[2J.ledger"), sound=True),
    Case("name that is no UTF-8", named(os.fsdecode(b"\xff.ledger")), sound=True),
    Case("name with spaces", named("  .ledger "), sound=True),
    Case("name that is a URI", named_elsewhere("it.ledger?mode=rwc"),),
    Case("name with an encoded dot", named_elsewhere("it%2eledger")),
    Case("through a link", through_a_link, sound=True),
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
    main_ledger(folder)
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
    "env diff": ("env", "diff", "prod~1", "prod", "-l", "LEDGER"),
    "search": ("search", "payments", "-l", "LEDGER"),
    "export events": ("export", "events", "-l", "LEDGER"),
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
