"""Durable writing: who may write, what is recovered and what is refused, and when nothing counts as done (R8)."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ledgers import ROOT, World, edit, findings, patch, put, sql

from custody.errors import EXIT_NOT_ACKNOWLEDGED, NotAcknowledgedError, RefusedError, UsageError
from custody.ledger import schema
from custody.ledger.reader import open_ledger
from custody.ledger.store import Store, Transaction, create_ledger
from custody.ledger.writer import insert

posix = pytest.mark.skipif(sys.platform == "win32", reason="there are no such files there")
SUPER_MAGIC = bytes.fromhex("d9d505f920a163d7")

CRASH = """
import os, sys
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from ledgers import World
from custody.ledger.store import Store
from custody.ledger.writer import insert
with Store(Path(sys.argv[1])) as store, store.transaction() as transaction:
    for entry in World("crash").note():
        insert(transaction, entry)
    store._connection.execute("PRAGMA cache_spill=1")
    store._connection.execute("PRAGMA cache_size=1")
    transaction.add_blob("ab" * 32, bytes(100_000))
    os._exit(9)
"""


def crash(ledger: Path) -> Path:
    """Kill a writer in the middle of a transaction that has reached the file already; its journal."""
    source = [str(ROOT / "src"), str(ROOT / "tests")]
    done = subprocess.run([sys.executable, "-c", CRASH, str(ledger), *source], check=False)
    assert done.returncode == 9
    journal = Path(f"{ledger}-journal")
    assert journal.stat().st_size > 512
    return journal


def attempt(ledger: Path, act: Callable[[Store, Transaction], object], wait: float = 60) -> None:
    """One transaction in which `act` is done."""
    with Store(ledger, wait) as store, store.transaction() as transaction:
        act(store, transaction)


def nothing(store: Store, transaction: Transaction) -> None:
    pytest.fail("a transaction began")


def refusal(ledger: Path) -> str:
    with pytest.raises(RefusedError) as refused:
        attempt(ledger, nothing)
    return refused.value.code


def count(ledger: Path) -> int:
    with open_ledger(ledger) as snapshot:
        return snapshot.count


# --- making one


def test_a_new_ledger_is_whole_and_nothing_lies_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "new.ledger"
    create_ledger(path, exist_ok=False)
    assert os.listdir(tmp_path) == ["new.ledger"]
    with open_ledger(path) as snapshot:
        assert snapshot.count == 0


def test_what_is_there_is_left_alone(tmp_path: Path, ledger: Path) -> None:
    before = ledger.read_bytes()
    create_ledger(ledger, exist_ok=True)
    with pytest.raises(UsageError) as caught:
        create_ledger(ledger, exist_ok=False)
    assert caught.value.code == "exists"
    assert ledger.read_bytes() == before


@posix
def test_nothing_is_made_where_a_link_leads_nowhere(tmp_path: Path) -> None:
    link = tmp_path / "link.ledger"
    link.symlink_to(tmp_path / "elsewhere.ledger")
    with pytest.raises(UsageError):
        create_ledger(link, exist_ok=False)
    assert os.listdir(tmp_path) == ["link.ledger"]


@pytest.mark.parametrize("suffix", ["-journal", "-wal", "-shm"])
def test_nothing_is_made_beside_a_journal_that_would_be_replayed_into_it(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"new.ledger{suffix}").write_bytes(b"x")
    with pytest.raises(RefusedError) as refused:
        create_ledger(tmp_path / "new.ledger", exist_ok=False)
    assert refused.value.code == "sidecar"
    assert os.listdir(tmp_path) == [f"new.ledger{suffix}"]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotAcknowledgedError) as caught:
        create_ledger(tmp_path / "nowhere" / "new.ledger", exist_ok=False)
    assert caught.value.code == "write-failed"


# --- transactions


def test_all_of_a_transaction_or_nothing(ledger: Path, world: World) -> None:
    before = ledger.read_bytes()

    def act(store: Store, transaction: Transaction) -> None:
        insert(transaction, world.note()[0])
        raise KeyError

    with pytest.raises(KeyError):
        attempt(ledger, act)
    assert ledger.read_bytes() == before
    with Store(ledger) as store, store.transaction() as transaction:
        for entry in world.note():
            insert(transaction, entry)
    assert count(ledger) == 8
    assert os.listdir(ledger.parent) == ["good.ledger"]


def test_settings_are_those_that_survive_a_loss_of_power(ledger: Path) -> None:
    with Store(ledger) as store, store.transaction() as transaction:
        found = [
            transaction.one(f"PRAGMA {name}")[0] for name in ("synchronous", "secure_delete", "journal_mode")
        ]
    assert found == [3, 1, b"delete"]


def test_reads_see_the_transaction(ledger: Path, world: World) -> None:
    entry = world.note()[0]
    with Store(ledger) as store, store.transaction() as transaction:
        assert not transaction.has_entry(entry.id)
        assert transaction.size == 5
        assert insert(transaction, entry).position == 5
        assert transaction.has_entry(entry.id)
        assert transaction.entries_at(entry.id, 0) == [entry.id]
        assert transaction.view().count == 6
        digest = entry.header.body
        assert transaction.remove_blob(digest)
        assert not transaction.remove_blob(digest)


def test_another_writer_is_waited_for_and_then_it_is_busy(ledger: Path) -> None:
    with (
        Store(ledger) as one,
        one.transaction(),
        pytest.raises(NotAcknowledgedError) as caught,
        Store(ledger, wait=0.05) as two,
        two.transaction(),
    ):
        pytest.fail("two transactions at once")
    assert (caught.value.code, caught.value.exit) == ("busy", EXIT_NOT_ACKNOWLEDGED)
    assert "nothing was recorded" in str(caught.value)


@posix
def test_case_68_a_file_that_was_replaced_before_the_transaction(ledger: Path, world: World) -> None:
    other = put(ledger.parent / "other.ledger", world.start())
    with Store(ledger) as store:
        os.replace(other, ledger)
        with pytest.raises(NotAcknowledgedError) as caught, store.transaction():
            pytest.fail("a transaction began")
    assert caught.value.code == "replaced"
    assert count(ledger) == 2


@posix
def test_case_68_a_file_that_was_replaced_within_the_transaction(ledger: Path, world: World) -> None:
    other = put(ledger.parent / "other.ledger", world.start())

    def act(store: Store, transaction: Transaction) -> None:
        insert(transaction, world.note()[0])
        os.replace(other, ledger)

    with pytest.raises(NotAcknowledgedError) as caught:
        attempt(ledger, act)
    assert caught.value.code == "replaced"
    assert "may be lost" in str(caught.value)


@posix
def test_case_68_a_file_that_was_removed(ledger: Path) -> None:
    with Store(ledger) as store:
        ledger.unlink()
        with pytest.raises(NotAcknowledgedError), store.transaction():
            pytest.fail("a transaction began")


def test_case_71_a_failure_inside_is_never_continued(ledger: Path, world: World) -> None:
    """The disk is full: SQLite rolls back by itself, and what comes after it is not a transaction of its own."""
    before = ledger.read_bytes()

    def act(store: Store, transaction: Transaction) -> None:
        pages = transaction.one("PRAGMA page_count")[0]
        transaction.one(f"PRAGMA max_page_count={pages + 1}")
        transaction.add_blob("ab" * 32, bytes(100_000))

    with pytest.raises(NotAcknowledgedError) as caught:
        attempt(ledger, act)
    assert caught.value.code == "write-failed"
    assert "retry with the same --once" in str(caught.value)
    assert ledger.read_bytes() == before


def test_case_71_a_transaction_that_sqlite_gave_up_is_not_acknowledged(ledger: Path, world: World) -> None:

    def act(store: Store, transaction: Transaction) -> None:
        insert(transaction, world.note()[0])
        store._connection.execute("ROLLBACK")

    with pytest.raises(NotAcknowledgedError) as caught:
        attempt(ledger, act)
    assert caught.value.code == "write-failed"
    assert count(ledger) == 5


# --- what is not written to


@pytest.mark.parametrize("position", [-(2**63), -7, 2**63 - 1, 2**53])
def test_positions_that_no_log_has_are_not_continued(ledger: Path, position: int) -> None:
    edit(ledger, sql("DELETE FROM entry WHERE position > 0"))
    edit(ledger, sql("UPDATE entry SET position = ?", position))
    assert refusal(ledger) == "corrupt"


def test_a_later_format_is_not_written_to(ledger: Path) -> None:
    patch(ledger, 60, (2).to_bytes(4, "big"))
    assert refusal(ledger) == "too-new"


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_neighbour_that_a_ledger_never_has(ledger: Path, suffix: str) -> None:
    Path(f"{ledger}{suffix}").write_bytes(b"")
    assert refusal(ledger) == "sidecar"


def test_a_corrupt_file_is_not_written_to(ledger: Path) -> None:
    edit(ledger, sql("UPDATE sqlite_schema SET sql = replace(sql, ' STRICT', '') WHERE name = 'checkpoint'"))
    edit(ledger, sql("UPDATE checkpoint SET size = 'five'"))
    edit(ledger, sql("UPDATE sqlite_schema SET sql = ? WHERE name = 'checkpoint'", schema.CHECKPOINT))
    assert refusal(ledger) == "integrity"


# --- journals


@posix
def test_case_3_an_honest_crash_is_recovered(ledger: Path, world: World) -> None:
    before = ledger.read_bytes()
    journal = crash(ledger)
    assert ledger.read_bytes() != before
    with pytest.raises(RefusedError):
        open_ledger(ledger)
    with Store(ledger) as store, store.transaction() as transaction:
        assert transaction.size == 5
    assert not journal.exists()
    assert ledger.read_bytes()[100:] == before[100:]
    assert findings(ledger) == {}


@posix
def test_case_3_a_journal_that_names_another_file_deletes_nothing(ledger: Path, tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("still here")
    journal = crash(ledger)
    name = os.fsencode(victim)
    with journal.open("ab") as file:
        file.write((0x80).to_bytes(4, "big") + name + len(name).to_bytes(4, "big"))
        file.write((sum(name) & 0xFFFFFFFF).to_bytes(4, "big") + SUPER_MAGIC)
    held, kept = ledger.read_bytes(), journal.read_bytes()
    assert refusal(ledger) == "hostile-journal"
    assert victim.read_text() == "still here"
    assert (ledger.read_bytes(), journal.read_bytes()) == (held, kept)


@posix
def test_case_3_a_journal_that_is_no_file_of_ours(ledger: Path, tmp_path: Path) -> None:
    journal = Path(f"{ledger}-journal")
    real = tmp_path / "elsewhere"
    real.write_bytes(b"")
    for make, undo in (
        (lambda: journal.symlink_to(real), journal.unlink),
        (lambda: os.mkfifo(journal), journal.unlink),
        (journal.mkdir, journal.rmdir),
        (lambda: os.link(real, journal), journal.unlink),
    ):
        make()
        before = ledger.read_bytes()
        assert refusal(ledger) == "hostile-journal"
        assert ledger.read_bytes() == before
        undo()


@posix
def test_case_3_a_journal_of_somebody_else(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path(f"{ledger}-journal").write_bytes(b"")
    monkeypatch.setattr("custody.system.foreign_owned", lambda info: True)
    assert refusal(ledger) == "hostile-journal"


PRAGMAS = {
    "WAL mode": (18, b"\2\2"),
    "a later format": (60, b"\0\0\0\2"),
    "another application": (68, b"\0\0\0\0"),
}


@posix
@pytest.mark.parametrize(("offset", "data"), PRAGMAS.values(), ids=PRAGMAS)
def test_a_journal_that_brings_back_another_header_is_found_after_it_was_replayed(
    ledger: Path, offset: int, data: bytes
) -> None:
    """The file was sound when it was looked at; a journal of the user's own then made it something else."""
    content = ledger.read_bytes()
    page = bytearray(content[:4096])
    page[offset : offset + len(data)] = data
    nonce, at = 7, len(page) - 200
    checksum = nonce
    while at > 0:
        checksum, at = (checksum + page[at]) & 0xFFFFFFFF, at - 200
    head = SUPER_MAGIC + b"".join(n.to_bytes(4, "big") for n in (1, nonce, len(content) // 4096, 512, 4096))
    journal = head.ljust(512, b"\0") + (1).to_bytes(4, "big") + page + checksum.to_bytes(4, "big")
    Path(f"{ledger}-journal").write_bytes(journal)
    assert refusal(ledger) == "corrupt"


def test_schema_and_tables_are_those_that_the_gate_wants(tmp_path: Path) -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    schema.create_tables(connection)
    schema.check_schema(connection)
    schema.check_integrity(connection)
    connection.close()
