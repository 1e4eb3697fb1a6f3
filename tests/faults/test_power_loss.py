"""The power goes at any moment: what was acknowledged is there, and the ledger opens, verifies and goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import powerloss, replay

pytestmark = [pytest.mark.faults, pytest.mark.needs_strace]


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    folder = powerloss.scratch(tmp_path)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_nothing_acknowledged_is_lost_and_nothing_is_corrupt(base: Path) -> None:
    story = replay.tell(base, appends=5)
    count = 0
    for where, state, said in replay.states(story, each=14):
        assert replay.judge(story, state, said) == [], where
        count += 1
    print(f"{count} states of {len(story.calls)} calls")
    assert count >= 5_000


@pytest.mark.parametrize("synchronous", ["FULL", "OFF"])
def test_weaker_settings_are_found_out(base: Path, synchronous: str) -> None:
    story = replay.tell(base, appends=2, synchronous=synchronous)
    wrong = [
        one for _, state, said in replay.states(story, each=2) for one in replay.judge(story, state, said)
    ]
    print(f"{synchronous}: {len(wrong)} faults")
    assert any("acknowledged and lost" in one for one in wrong)
