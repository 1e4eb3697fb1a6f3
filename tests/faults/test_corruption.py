"""Every byte of a ledger of about 100 kB, and tens of thousands of damaged structures: refused, or found."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import corruption, powerloss, world

pytestmark = pytest.mark.faults


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Path]:
    folder = powerloss.scratch(tmp_path)
    world.make_large(folder / "large.ledger")
    yield folder / "large.ledger"
    shutil.rmtree(folder, ignore_errors=True)


def test_every_single_byte(ledger: Path) -> None:
    size = ledger.stat().st_size
    assert 90_000 < size < 110_000
    tasks = [("flips", start, size, 8) for start in range(8)]
    answers = corruption.in_processes(ledger, ledger.parent, tasks)
    print(f"{2 * size} changes: {dict(answers)}")
    assert sum(answers.values()) == 2 * size


def test_damaged_structures(ledger: Path) -> None:
    tasks = [("structured", 2, start, 2500) for start in range(0, 20_000, 2500)]
    answers = corruption.in_processes(ledger, ledger.parent, tasks)
    print(dict(answers))
    assert sum(answers.values()) == 20_000


def test_changed_rows(ledger: Path) -> None:
    answers = corruption.in_processes(ledger, ledger.parent, [("rows", seed, 1000) for seed in range(4)])
    print(dict(answers))
    assert sum(answers.values()) == 4_000
