"""What the tests of the ledger room share."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledgers import World, checkpoint, put

from custody.ledger import reader


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader gives a running writer half a second to take its journal away. Here there is none."""
    monkeypatch.setattr(reader, "_WRITER_PATIENCE", 0.0)


@pytest.fixture
def world() -> World:
    return World("unit")


@pytest.fixture
def ledger(tmp_path: Path, world: World) -> Path:
    """A good one, in a folder of its own: five entries and the custodian's checkpoint."""
    folder = tmp_path / "folder"
    folder.mkdir()
    entries = [*world.start(), *world.note()]
    return put(folder / "good.ledger", entries, [checkpoint(entries)])
