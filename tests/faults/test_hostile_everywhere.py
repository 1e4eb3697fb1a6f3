"""Every hostile file, given to every command."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import lairs
from harness.gatekeeper import challenge

from custody.ledger import reader

pytestmark = pytest.mark.faults


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader gives a running writer half a second to take its journal away. Here there is none."""
    monkeypatch.setattr(reader, "_WRITER_PATIENCE", 0.0)


@pytest.mark.parametrize("case", lairs.CASES, ids=lambda case: case.name)
def test_every_command(case: lairs.Case, tmp_path: Path) -> None:
    commands = [*lairs.READING, *lairs.WRITING, *lairs.OTHER]
    assert challenge(case, tmp_path, commands) >= len(commands) - 2
