"""Crowds: a hundred appends from each of eight shells, a thousand from each of eight processes, and a killed merge."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness import crowd, world
from harness.process import start

pytestmark = pytest.mark.faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world.write_keys(tmp_path)
    return tmp_path


@pytest.mark.parametrize("runs", [True, False])
def test_a_hundred_from_each_of_eight_shells(folder: Path, runs: bool) -> None:
    said = crowd.command_lines(folder, 100, runs=runs)
    crowd.check(folder / "shared.ledger", said, 800)
    assert crowd.chains(folder / "shared.ledger") == (8 if runs else 800)


def test_a_thousand_from_each_of_eight_processes(folder: Path) -> None:
    world.append(folder / "shared.ledger", [world.note("first", last=True)])
    begun = time.monotonic()
    said, wait = crowd.library(folder, 1000)
    print(f"8 x 1,000: {time.monotonic() - begun:.1f} s, the longest wait {wait:.2f} s")
    assert len(set(said)) == 8000
    assert set(said) <= set(world.entries(folder / "shared.ledger"))
    assert world.faults(world.verify(folder / "shared.ledger")) == []


def test_merges_killed_at_random_while_others_append(folder: Path) -> None:
    """The ledger is as it was or merged whole, and every acknowledged append is in it."""
    world.make_world(folder / "world")
    path = folder / "world" / "main.ledger"
    exported = set(world.entries(path.with_name("export.ledger")))
    clean = path.read_bytes()
    env = world.environment(path.parent)
    env["PYTHONPATH"] += f":{Path(crowd.__file__).resolve().parents[1]}"
    chance, merged, killed = random.Random(1), 0, 0
    command = ("merge", "main.ledger", "export.ledger", "--key", "keeper.key", "--root", "root.key.pub")
    began = time.monotonic()
    start(path.parent, *command).communicate()
    takes = time.monotonic() - began
    shutil.rmtree(path.parent / "home", ignore_errors=True)
    for _ in range(100):
        path.write_bytes(clean)
        appender = subprocess.Popen(
            [sys.executable, "-m", "harness.crowd", str(path), "60"], env=env, stdout=subprocess.PIPE
        )
        merging = start(path.parent, *command)
        time.sleep(chance.uniform(0.3, 1.2) * takes)
        merging.kill()
        merging.communicate()
        killed += merging.returncode == -9
        ids = set(json.loads(appender.communicate()[0])["ids"])
        assert appender.returncode == 0
        assert len(ids) == 60
        world.append(path, [world.note("recovers what was left", last=True)])
        log = set(world.entries(path))
        assert ids <= log
        assert exported <= log or not exported & log
        merged += exported <= log
        assert world.faults(world.verify(path)) == []
        shutil.rmtree(path.parent / "home", ignore_errors=True)
    print(f"{killed} merges killed, {merged} ledgers merged all the same")
    assert killed > 20
