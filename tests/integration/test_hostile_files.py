"""Files that attack whoever opens them: refused in one line, and nothing is touched."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest
from harness import hostile, lairs, world
from harness.gatekeeper import challenge
from harness.process import run

from custody.errors import RefusedError
from custody.ledger import reader
from custody.ledger.reader import open_ledger
from custody.ledger.store import Store


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader gives a running writer half a second to take its journal away. Here there is none."""
    monkeypatch.setattr(reader, "_WRITER_PATIENCE", 0.0)


def test_there_are_enough() -> None:
    assert len([case for case in lairs.CASES if not case.sound]) >= 60
    assert len({case.name for case in lairs.CASES}) == len(lairs.CASES)


@pytest.mark.parametrize("case", lairs.CASES, ids=lambda case: case.name)
def test_read_written_and_merged(case: lairs.Case, tmp_path: Path) -> None:
    assert challenge(case, tmp_path, ["verify", "append", "as a source"]) >= 2


@pytest.mark.parametrize(
    "command", [*lairs.READING, *lairs.WRITING, *lairs.OTHER], ids=lambda name: name.replace(" ", "-")
)
def test_a_super_journal_deletes_nothing_whatever_the_command(command: str, tmp_path: Path) -> None:
    case = next(case for case in lairs.CASES if case.name == "super-journal")
    assert challenge(case, tmp_path, [command]) == 1


def test_the_super_journal_is_a_real_one(tmp_path: Path) -> None:
    """Opened without care, as the sqlite3 module does, it deletes its victim: else the test above tests nothing."""
    case = next(case for case in lairs.CASES if case.name == "super-journal")
    folder, path = lairs.lair(case, tmp_path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM entry").fetchone()
    assert not (folder / "victim.txt").exists()


@pytest.mark.parametrize("command", ["verify", "append", "--help"])
def test_as_processes(command: str, tmp_path: Path) -> None:
    for name in ("fifo", "super-journal", "journal is a fifo"):
        case = next(case for case in lairs.CASES if case.name == name)
        folder, path = lairs.lair(case, tmp_path)
        before = hostile.state(folder)
        words = (lairs.READING | lairs.WRITING | lairs.OTHER)[command]
        done = run(
            folder,
            *(str(path) if word == "LEDGER" else word for word in words),
            env=world.environment(tmp_path),
            timeout=30,
        )
        assert done.code == (0 if command == "--help" else 3), done.text
        assert hostile.state(folder) == before


def test_an_honest_crash_journal_is_recovered_by_an_append_and_refused_by_readers(tmp_path: Path) -> None:
    path = hostile.crashed(tmp_path)
    with pytest.raises(RefusedError) as caught:
        open_ledger(path)
    assert caught.value.code == "sidecar"
    recovered = tmp_path / "recovered"
    recovered.mkdir()
    sound = world.entries(hostile.sound_ledger(recovered))
    world.append(path, [world.note("after", last=True)])
    assert not Path(f"{path}-journal").exists()
    log = world.entries(path)
    assert log[: len(sound)] == sound
    assert len(log) == len(sound) + 2
    assert world.faults(world.verify(path)) == []


def test_a_journal_that_makes_the_file_hostile_is_found_before_anything_is_written(tmp_path: Path) -> None:
    """The journal is an honest one in form, and what it brings back is a ledger with a trigger."""
    trap = (
        next(case for case in lairs.CASES if case.name == "trigger that deletes").make(tmp_path).read_bytes()
    )
    path = hostile.sound_ledger(tmp_path)
    sound = path.read_bytes().ljust(len(trap), b"\0")
    path.write_bytes(sound)
    Path(f"{path}-journal").write_bytes(hostile.journal(trap, sound))
    with pytest.raises(RefusedError) as caught, Store(path) as store, store.transaction():
        raise AssertionError("a transaction was opened on it")
    assert caught.value.code in ("schema", "corrupt")


def test_a_large_ledger_is_refused_in_place_as_well(tmp_path: Path) -> None:
    """Over the memory cap a file is opened where it lies: the same cases, the same answers."""
    for case in lairs.CASES:
        if case.sound:
            continue
        _, path = lairs.lair(case, tmp_path)
        before = (
            hostile.state(path.parent) if path.is_relative_to(tmp_path) and path.parent.is_dir() else None
        )
        with pytest.raises(RefusedError), open_ledger(path, memory_cap=0) as snapshot:  # noqa: PT012
            snapshot.check_integrity()
            pytest.fail(f"{case.name} was opened")
        if before is not None:
            assert hostile.state(path.parent) == before, case.name
        shutil.rmtree(tmp_path / "lair")
