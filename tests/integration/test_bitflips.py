"""A sample of tests/faults/test_corruption.py: bytes and structures that are wrong are refused, or found."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import corruption, powerloss, world


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = powerloss.scratch(tmp_path_factory.mktemp("flips"))
    world.make_large(folder / "large.ledger")
    yield folder / "large.ledger"
    shutil.rmtree(folder, ignore_errors=True)


def test_two_thousand_bytes(ledger: Path) -> None:
    witness = corruption.Witness(ledger, ledger.with_name("case"))
    chance = random.Random(2)
    places = [(chance.randrange(len(witness.data)), chance.choice((0xFF, 0x01))) for _ in range(2000)]
    answers = witness.judge_all(corruption.flips(witness.data, places))
    print(answers)
    assert sum(answers.values()) == 2000
    assert answers["refused"] > 100 and answers["tampered"] > 1000
    assert answers["same"] + answers["checkpoint"] < 800  # pages have room that nothing uses


def test_every_byte_of_the_header(ledger: Path) -> None:
    witness = corruption.Witness(ledger, ledger.with_name("case"))
    places = [(offset, mask) for offset in range(100) for mask in (0xFF, 0x01)]
    answers = witness.judge_all(corruption.flips(witness.data, places))
    assert answers["refused"] > 140


def test_structures(ledger: Path) -> None:
    answers = corruption.in_processes(ledger, ledger.parent, [("structured", 1, 0, 300), ("rows", 1, 100)])
    assert sum(answers.values()) == 400
    assert answers["refused"] > 150 and answers["tampered"] > 50


def test_the_witness_itself_notices(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a verifier that finds nothing, changed content passes for sound: the harness must say so."""
    witness = corruption.Witness(ledger, ledger.with_name("case"))
    position = witness.data.index(b'"kind":"note"') + 9
    places = [(position, 0x01)]
    assert witness.judge_all(corruption.flips(witness.data, places))["tampered"] == 1
    report = witness.report
    monkeypatch.setattr(corruption, "_essence", lambda _snapshot: report)
    with pytest.raises(AssertionError, match="entries changed"):
        witness.judge_all(corruption.flips(witness.data, places))
