"""The gate: what is let in, what is refused, and that nothing is touched either way (reliability.md, A)."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ledgers import VECTORS, World, checkpoint, edit, patch, put, shrink, sql, verify

from custody.errors import EXIT_REFUSED, RefusedError
from custody.ledger import schema
from custody.ledger.canonical import MalformedError
from custody.ledger.reader import SIDECARS, open_ledger
from custody.ledger.store import Store

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")
SUPER_MAGIC = bytes.fromhex("d9d505f920a163d7")


def state(folder: Path) -> dict[str, tuple[int, int, bytes | None]]:
    """Everything of a folder that must stay: names, modes, times, contents."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        info = os.lstat(path)
        regular = os.path.isfile(path) and not os.path.islink(path) and info.st_size < 10_000_000
        found[str(path)] = (info.st_mode, info.st_mtime_ns, path.read_bytes() if regular else None)
    return found


@contextmanager
def untouched(folder: Path) -> Iterator[None]:
    before = state(folder)
    yield
    assert state(folder) == before


def refusal(path: Path, **how: int) -> str:
    """The code with which the gate refuses, having touched nothing."""
    with untouched(path.parent), pytest.raises(RefusedError) as refused:
        open_ledger(path, **how)
    assert refused.value.exit == EXIT_REFUSED
    assert "\n" not in str(refused.value)
    return refused.value.code


def journal(page: bytes, *, super_name: bytes = b"") -> bytes:
    """A rollback journal that puts a first page back (SQLite file format §3), and may name another to delete."""
    nonce = 7
    checksum, at = nonce, len(page) - 200
    while at > 0:
        checksum, at = (checksum + page[at]) & 0xFFFFFFFF, at - 200
    head = SUPER_MAGIC + struct.pack(">IIIII", 1, nonce, 1, 512, len(page))
    data = head.ljust(512, b"\0") + struct.pack(">I", 1) + page + struct.pack(">I", checksum)
    if super_name:
        total = sum(super_name) & 0xFFFFFFFF
        data += (
            struct.pack(">I", 0x80) + super_name + struct.pack(">II", len(super_name), total) + SUPER_MAGIC
        )
    return data


# --- what stands beside it


def test_case_1_a_forged_hot_journal_is_refused_and_not_replayed(ledger: Path) -> None:
    Path(f"{ledger}-journal").write_bytes(journal(b"\xff" * 4096))
    assert refusal(ledger) == "sidecar"


def test_case_2_a_super_journal_names_a_victim_and_the_victim_stays(ledger: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("still here")
    Path(f"{ledger}-journal").write_bytes(journal(ledger.read_bytes()[:4096], super_name=os.fsencode(victim)))
    assert refusal(ledger) == "sidecar"
    assert victim.read_text() == "still here"


@pytest.mark.parametrize("suffix", SIDECARS)
@pytest.mark.parametrize("content", [b"", b"anything"])
def test_case_4_any_neighbour_is_refused(ledger: Path, suffix: str, content: bytes) -> None:
    Path(f"{ledger}{suffix}").write_bytes(content)
    assert refusal(ledger) == "sidecar"


def test_case_5_wal_mode_without_a_neighbour_is_refused_with_what_to_do(ledger: Path) -> None:
    patch(ledger, 18, b"\2\2")
    with pytest.raises(RefusedError, match="PRAGMA journal_mode=DELETE") as refused:
        open_ledger(ledger)
    assert refused.value.code == "wal"
    assert refusal(ledger) == "wal"
    assert refusal(ledger, memory_cap=0) == "wal"


@posix
def test_case_7_a_neighbour_that_is_no_file(ledger: Path) -> None:
    os.mkfifo(f"{ledger}-journal")
    assert refusal(ledger) == "sidecar"
    os.unlink(f"{ledger}-journal")
    os.mkdir(f"{ledger}-wal")
    assert refusal(ledger) == "sidecar"
    os.rmdir(f"{ledger}-wal")
    os.symlink("/nowhere", f"{ledger}-shm")
    assert refusal(ledger) == "sidecar"


def test_case_7_a_writer_that_finishes_in_time_is_waited_for(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.ledger.reader._WRITER_PATIENCE", 30.0)
    beside = Path(f"{ledger}-journal")
    beside.write_bytes(b"")
    timer = threading.Timer(0.05, beside.unlink)
    timer.start()
    with open_ledger(ledger) as snapshot:
        assert snapshot.count == 5
    timer.join()


# --- what it is


@posix
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (os.mkfifo, "not-regular"),
        (os.mkdir, "not-regular"),
        (lambda path: os.symlink("/dev/zero", path), "not-regular"),
        (lambda path: os.symlink("/nowhere/at/all", path), "not-found"),
        (lambda path: os.symlink("/etc/passwd", path), "not-a-ledger"),
        (lambda path: os.symlink(path, path), "not-found"),
        (lambda path: path.write_bytes(b""), "not-a-ledger"),
        (lambda path: path.write_text("some text\n" * 100), "not-a-ledger"),
        (lambda path: path.write_bytes(b"SQLite format 3\0"), "not-a-ledger"),
        (lambda path: None, "not-found"),
    ],
    ids="fifo directory zero dangling passwd loop empty text short missing".split(),
)
@pytest.mark.parametrize("cap", [2**28, 0])
def test_case_6_what_is_no_ledger(
    tmp_path: Path, make: Callable[[Path], object], code: str, cap: int
) -> None:
    path = tmp_path / "folder" / "it.ledger"
    path.parent.mkdir()
    make(path)
    assert refusal(path, memory_cap=cap) == code


@posix
def test_case_6_a_device(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        open_ledger(Path("/dev/zero"))
    assert refused.value.code == "not-regular"


@posix
def test_case_6_a_link_to_a_ledger_is_followed_once_and_neighbours_are_looked_for_where_it_leads(
    ledger: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.ledger"
    link.symlink_to(ledger)
    with open_ledger(link) as snapshot:
        assert snapshot.path == ledger.resolve()
    Path(f"{ledger}-journal").write_bytes(b"x")
    assert refusal(link) == "sidecar"


@posix
@pytest.mark.parametrize(
    "name",
    [
        "x.db?mode=rwc&z=",
        "a#b%41.db",
        "file:evil?mode=rwc",
        "new\nline",
        "\x1b[2J",
        "%00",
        "☃",
        "\udcff",
        " ",
    ],
    ids="query fragment uri newline escape percent snowman byte-255 space".split(),
)
@pytest.mark.parametrize("cap", [2**28, 0])
def test_case_8_a_name_is_only_a_name(ledger: Path, name: str, cap: int) -> None:
    odd = ledger.rename(ledger.parent / name)
    with untouched(odd.parent), open_ledger(odd, cap) as snapshot:
        assert snapshot.count == 5
    assert os.listdir(os.fsencode(odd.parent)) == [os.fsencode(name)]


@posix
def test_case_8_a_name_that_cannot_be_is_refused() -> None:
    with pytest.raises(RefusedError) as refused:
        open_ledger(Path("a\0b"))
    assert refused.value.code == "not-found"


# --- what is in it

SCHEMAS = {
    "view like a table": "CREATE VIEW entries AS SELECT * FROM entry",
    "view without end": "CREATE VIEW v AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT * FROM n",
    "trigger that deletes": "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM entry WHERE id = new.id; END",
    "extra index": "CREATE INDEX i ON entry (seq)",
    "expression index": "CREATE INDEX i ON entry (length(header))",
    "partial index": "CREATE INDEX i ON entry (seq) WHERE seq > 1",
    "generated column": "ALTER TABLE checkpoint ADD COLUMN twice INTEGER AS (size * 2)",
    "extra table": "CREATE TABLE t (x)",
    "statistics": "ANALYZE",
    "sequence": "CREATE TABLE t (x INTEGER PRIMARY KEY AUTOINCREMENT)",
    "not strict": "UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'blob'",
    "a changed byte": "UPDATE sqlite_schema SET sql = replace(sql, 'note TEXT', 'note  TEXT')",
    "an index missing": "DROP INDEX entry_chain_seq",
    "a table missing": "DROP TABLE checkpoint",
    "full-text search": "CREATE VIRTUAL TABLE f USING fts5(x)",
    "r-tree": "CREATE VIRTUAL TABLE r USING rtree(a, b, c)",
}


@pytest.mark.parametrize("statement", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("cap", [2**28, 0])
def test_cases_9_to_11_the_schema_is_exactly_a_ledger_s(ledger: Path, statement: str, cap: int) -> None:
    try:
        edit(ledger, sql(statement))
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no such module")
    assert refusal(ledger, memory_cap=cap) == "schema"
    with pytest.raises(RefusedError) as refused, Store(ledger) as store, store.transaction():
        pass  # case 10: nor does a writer begin
    assert refused.value.code == "schema"


@pytest.mark.parametrize("name", ["index-disagrees", "not-unique", "text-in-blob", "page-zeroed"])
def test_cases_12_to_14_indexes_and_types_agree_with_the_tables(name: str) -> None:
    path = VECTORS / "refused" / f"{name}.ledger"
    with pytest.raises(RefusedError) as refused:
        open_ledger(path)
    assert refused.value.code == "integrity"
    # Opened in place, it is the first stage of verification that says so.
    with open_ledger(path, 0) as snapshot:
        assert not snapshot.in_memory
        with pytest.raises(RefusedError) as refused:
            snapshot.check_integrity()
        assert refused.value.code == "integrity"
        assert not snapshot.in_memory


def test_case_15_a_blob_that_is_too_long_is_measured_in_pieces_and_read_by_nobody(
    tmp_path: Path, world: World
) -> None:
    """Two bytes more than the longest value that a query may bring."""
    length = schema.MAX_ATTACHMENT + 1024 * 1024 + 2
    path = put(tmp_path / "long.ledger", world.start())
    edit(path, sql("INSERT INTO blob VALUES (?, zeroblob(?))", bytes(32), length))
    with open_ledger(path) as snapshot:
        with pytest.raises(RefusedError) as refused:
            snapshot.blob("00" * 32)
        assert refused.value.code == "corrupt"
        assert snapshot.bodies(["00" * 32]) == {}
    assert verify(path).counts["orphan"] == 1


@posix
def test_case_16_sizes_that_do_not_add_up(ledger: Path, tmp_path: Path) -> None:
    data = ledger.read_bytes()
    for changed in (data[:-4096], data[:-5], data + bytes(5), data + bytes(4096)):
        ledger.write_bytes(changed)
        assert refusal(ledger) == "corrupt"
        assert refusal(ledger, memory_cap=0) == "corrupt"
    ledger.write_bytes(data)
    patch(ledger, 28, struct.pack(">I", 10 * len(data) // 4096))
    assert refusal(ledger) == "corrupt"
    sparse = tmp_path / "sparse.ledger"
    sparse.write_bytes(data)
    os.truncate(sparse, 300 * 1024**3)
    with pytest.raises(RefusedError) as refused:
        open_ledger(sparse)
    assert refused.value.code == "corrupt"


HEADERS = {
    "another application": (68, b"\0\0\0\0", "not-a-ledger"),
    "a later format": (60, b"\0\0\0\2", "too-new"),
    "an earlier format": (60, b"\0\0\0\0", "corrupt"),
    "page size 0": (16, b"\0\0", "corrupt"),
    "page size 256": (16, b"\1\0", "corrupt"),
    "page size 4097": (16, b"\x10\1", "corrupt"),
    "reserved space": (20, b"\1", "corrupt"),
    "a fraction": (21, b"\x41", "corrupt"),
    "schema format 1": (44, b"\0\0\0\1", "corrupt"),
    "UTF-16": (56, b"\0\0\0\2", "corrupt"),
    "auto-vacuum": (52, b"\0\0\0\3", "corrupt"),
    "incremental vacuum": (64, b"\0\0\0\1", "corrupt"),
    "what is reserved": (91, b"\1", "corrupt"),
    "a counter": (92, b"\0\0\0\0", "corrupt"),
    "the magic": (0, b"sqlite", "not-a-ledger"),
}


@pytest.mark.parametrize(("offset", "data", "code"), HEADERS.values(), ids=HEADERS)
def test_case_16_the_header_is_a_ledger_s(ledger: Path, offset: int, data: bytes, code: str) -> None:
    patch(ledger, offset, data)
    assert refusal(ledger) == code
    assert refusal(ledger, memory_cap=0) == code


# --- a snapshot


def test_a_good_ledger_is_read_and_nothing_is_touched(ledger: Path) -> None:
    for cap in (2**28, 0):
        with untouched(ledger.parent), open_ledger(ledger, cap) as snapshot:
            assert snapshot.in_memory == (cap > 0)
            assert (snapshot.count, snapshot.origin) == (5, "acme.example/payments")
            assert snapshot.sha256 == hashlib.sha256(ledger.read_bytes()).hexdigest()
            snapshot.check_integrity()
            assert snapshot.in_memory
            assert [row[0] for rows in snapshot.rows(batch=2) for row in rows] == [0, 1, 2, 3, 4]
            assert not snapshot.changed_on_disk()


def test_case_19_a_snapshot_is_what_was_let_in_whatever_becomes_of_the_file(
    ledger: Path, world: World
) -> None:
    with open_ledger(ledger) as snapshot:
        digest = snapshot.sha256
        rows = [*snapshot.rows()]
        os.replace(put(ledger.parent / "other.ledger", world.start()), ledger)
        assert snapshot.changed_on_disk()
        assert [*snapshot.rows()] == rows
        assert snapshot.sha256 == digest
        ledger.unlink()
        assert snapshot.changed_on_disk()
        assert snapshot.count == 5


def test_a_stretch_of_rows(ledger: Path) -> None:
    def positions(*args: int) -> list[int]:
        return [row[0] for rows in snapshot.rows(*args) for row in rows]

    with open_ledger(ledger) as snapshot:
        assert positions(1, 3) == [1, 2]
        assert positions(4) == [4]
        assert positions(5) == []
        assert positions(3, 3) == []
        assert snapshot.row(4) is not None
        assert snapshot.row(5) is None


@pytest.mark.parametrize("position", [-(2**63), -1, 2**63 - 1])
def test_a_row_at_the_edge_of_numbers_is_read_too(ledger: Path, position: int) -> None:
    """What a scan passes over could be shown and is never verified."""
    edit(ledger, sql("UPDATE entry SET position = ? WHERE position = 4", position))
    edit(ledger, sql("UPDATE blob SET rowid = ? WHERE rowid = 3", position))
    with open_ledger(ledger) as snapshot:
        assert position in [row[0] for rows in snapshot.rows() for row in rows]
        assert position in [rowid for rowid, _ in snapshot.blob_rowids()]
    assert verify(ledger).counts["position-gap"] >= 1


def test_an_entry_is_found_by_the_beginning_of_its_id(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        row = snapshot.row(2)
        assert row is not None
        assert snapshot.find(row.id.hex()) == [2]
        assert 2 in snapshot.find(row.id.hex()[:3])
        assert snapshot.find("0" * 63) == []
        assert snapshot.find("") == [0, 1, 2, 3, 4]


def test_case_46_a_blob_is_hashed_when_it_is_read_and_not_only_when_it_is_verified(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        digest = next(digest for _, digest in snapshot.blob_rowids())
        data = snapshot.blob(digest)
        assert data is not None
        assert hashlib.sha256(data).hexdigest() == digest
        assert snapshot.measure_blob(digest) == (1, digest, len(data))
        assert snapshot.blob("ab" * 32) is None
        assert snapshot.measure_blob("ab" * 32) is None
    edit(ledger, sql("UPDATE blob SET data = x'00' WHERE sha256 = ?", bytes.fromhex(digest)))
    with open_ledger(ledger) as snapshot:
        with pytest.raises(MalformedError) as caught:
            snapshot.blob(digest)
        assert caught.value.code == "attachment-differs"
        assert snapshot.measure_blob(digest) == (1, hashlib.sha256(b"\0").hexdigest(), 1)


@pytest.mark.parametrize("cap", [2**28, 0])
def test_a_snapshot_only_ever_selects(ledger: Path, cap: int) -> None:
    with open_ledger(ledger, cap) as snapshot:
        for statement in (
            "DELETE FROM entry",
            "ATTACH ':memory:' AS x",
            "PRAGMA query_only=OFF",
            "CREATE TEMP TABLE t (x)",
            "SELECT * FROM sqlite_schema",
            "SELECT load_extension('x')",
            "SELECT randomblob(1000)",
        ):
            with pytest.raises(RefusedError):
                snapshot._all(statement)
        assert snapshot.count == 5


def test_a_snapshot_is_read_from_many_threads(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        found: list[int] = []

        def read() -> None:
            for _ in range(50):
                found.append(len(next(iter(snapshot.rows()))))

        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [5] * 200


def test_a_note_that_is_not_utf_8_is_a_malformed_checkpoint(ledger: Path) -> None:
    edit(ledger, sql("INSERT INTO checkpoint VALUES (3, CAST(x'ff41' AS TEXT))"))
    with open_ledger(ledger) as snapshot:
        assert (3, "\\xffA") in snapshot.checkpoints()
    assert verify(ledger).counts["checkpoint-malformed"] == 1


def test_an_origin_is_the_first_genesis_or_nothing(tmp_path: Path, world: World) -> None:
    empty = put(tmp_path / "empty.ledger", [])
    odd = put(tmp_path / "odd.ledger", world.note()[1:])
    with open_ledger(empty) as snapshot:
        assert (snapshot.origin, snapshot.count) == ("", 0)
    with open_ledger(odd) as snapshot:
        assert snapshot.origin == ""
    edit(odd, sql("UPDATE entry SET header = x'00' WHERE position = 0"))
    with open_ledger(odd) as snapshot:
        assert snapshot.origin == ""


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_may_not_be_read(ledger: Path) -> None:
    ledger.chmod(0)
    assert refusal(ledger) == "unreadable"


def test_a_file_of_other_page_sizes_is_a_ledger(tmp_path: Path, world: World) -> None:
    entries = world.start()
    path = put(tmp_path / "small.ledger", entries, [checkpoint(entries)])
    shrink(path)
    assert verify(path).exit == 0
