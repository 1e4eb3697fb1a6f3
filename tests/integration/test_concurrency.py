"""Eight at once, on a ledger that none of them finds there: every entry is there, in one log, without a fork."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import crowd, world
from harness.process import run, start

from custody.errors import NotAcknowledgedError, RefusedError
from custody.ledger.reader import open_ledger
from custody.ledger.store import Store, create_ledger
from custody.ledger.writer import ChainWriter, Writer


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world.write_keys(tmp_path)
    return tmp_path


def test_eight_command_lines_at_once(folder: Path) -> None:
    said = crowd.command_lines(folder, 20)
    crowd.check(folder / "shared.ledger", said, 8 * 20)
    assert crowd.chains(folder / "shared.ledger") == 8
    assert [one.name for one in folder.glob("*shared*")] == ["shared.ledger"]
    assert [one.name for one in folder.glob(".*")] == []


def test_one_run_from_many_processes_never_forks(folder: Path) -> None:
    """They share one record of the chain's head: whoever does not get it begins a chain of its own."""
    env = world.environment(folder, CUSTODY_ORIGIN=world.ORIGIN, CUSTODY_TRAIL="run-1")
    command = ("append", "note", "x", "--ledger", "shared.ledger", "--key", "ci.key")
    for _ in range(3):
        together = [start(folder, *command, env=env) for _ in range(4)]
        for one in together:
            out, err = one.communicate()
            assert (one.returncode, err) == (0, b""), out
    report = world.verify(folder / "shared.ledger")
    assert world.faults(report) == []
    assert 1 <= crowd.chains(folder / "shared.ledger") <= 12  # one, if they happened to take turns


def test_the_race_to_make_a_ledger(folder: Path) -> None:
    for number in range(3):
        name = f"race{number}.ledger"
        env = world.environment(folder, CUSTODY_ORIGIN=world.ORIGIN)
        command = ("append", "note", "x", "--ledger", name, "--key", "ci.key")
        together = [start(folder, *command, env=env) for _ in range(4)]
        assert [(one.communicate()[1], one.returncode) for one in together] == [(b"", 0)] * 4
        assert len(world.entries(folder / name)) == 8
    assert list(folder.glob(".*")) == []


def test_only_one_init_makes_a_ledger(folder: Path) -> None:
    command = ("init", "race.ledger", "--origin", world.ORIGIN, "--key", "root.key")
    together = [start(folder, *command) for _ in range(4)]
    for one in together:
        one.communicate()
    assert sorted(one.returncode for one in together) == [0, 2, 2, 2]
    assert len(world.entries(folder / "race.ledger")) == 2


def test_a_merge_while_others_append(folder: Path) -> None:
    path = world.make_world(folder / "world")
    env = world.environment(path.parent)
    env["PYTHONPATH"] += f":{Path(crowd.__file__).resolve().parents[1]}"
    appenders = [
        subprocess.Popen(
            [sys.executable, "-m", "harness.crowd", str(path), "40"], env=env, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    merging = ("merge", "main.ledger", "export.ledger", "--key", "keeper.key", "--root", "root.key.pub")
    merged = run(path.parent, *merging)
    ids = [one for process in appenders for one in json.loads(process.communicate()[0])["ids"]]
    assert merged.code == 0, merged.text
    assert len(ids) == 80
    assert set(ids) | set(world.entries(path.parent / "export.ledger")) <= set(world.entries(path))
    assert world.faults(world.verify(path)) == []


def test_busy_is_said_after_the_wait_and_nothing_is_recorded(folder: Path) -> None:
    path = folder / "a.ledger"
    world.append(path, [world.note(last=True)])
    with Store(path) as store, store.transaction():
        done = run(folder, "append", "note", "x", "-l", "a.ledger", "--key", "ci.key", "--wait", "0.2")
    assert done.code == 5
    assert done.err.startswith(b"custody: busy: ")
    assert len(world.entries(path)) == 2


def test_a_reader_waits_for_a_running_append_and_not_for_a_journal_left_behind(folder: Path) -> None:
    path = folder / "a.ledger"
    world.append(path, [world.note(last=True)])
    with Store(path) as store, store.transaction() as transaction:
        transaction.add_blob("00" * 32, b"x")
        assert Path(f"{path}-journal").exists()
        with pytest.raises(RefusedError) as caught:
            open_ledger(path)
    assert caught.value.code == "sidecar"
    open_ledger(path).close()


def test_two_writers_in_one_process(folder: Path) -> None:
    path = folder / "a.ledger"
    create_ledger(path, exist_ok=False)
    chains = [ChainWriter(world.signer("ci")) for _ in range(2)]
    with Writer(path, chains[0], world.ORIGIN, {}) as one, Writer(path, chains[1], world.ORIGIN, {}) as other:
        for _ in range(5):
            one.append([world.note()])
            other.append([world.note()])
        with pytest.raises(NotAcknowledgedError), Store(path, wait=0.0) as third, third.transaction():
            Store(path, wait=0.0).transaction().__enter__()
    assert world.faults(world.verify(path)) == []
    assert len(world.entries(path)) == 12


def test_a_killed_appender_does_not_hold_the_others_up(folder: Path) -> None:
    path = folder / "a.ledger"
    world.append(path, [world.note(last=True)])
    env = world.environment(folder)
    env["PYTHONPATH"] += f":{Path(crowd.__file__).resolve().parents[1]}"
    command = [sys.executable, "-m", "harness.crowd", str(path), "100000"]
    busy = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        while os.path.getsize(path) < 100_000:
            time.sleep(0.01)
    finally:
        busy.kill()
        busy.wait()
    before = world.entries(path) if not Path(f"{path}-journal").exists() else []
    assert run(folder, "append", "note", "x", "-l", "a.ledger", "--key", "ci.key").code == 0
    after = world.entries(path)
    assert after[: len(before)] == before
    assert world.faults(world.verify(path)) == []
