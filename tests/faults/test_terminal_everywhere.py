"""Every payload in every field, name and mistake, on a terminal and in a pipe."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import mistakes, screen, world

pytestmark = [
    pytest.mark.faults,
    pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"]),
]


def test_every_field_of_a_ledger(tmp_path: Path, terminal: bool) -> None:
    world.write_keys(tmp_path)
    screen.hostile_ledger(tmp_path)
    mistakes.ask_everything(tmp_path, screen.PAYLOADS, terminal)


def test_every_name_of_a_file(tmp_path: Path, terminal: bool) -> None:
    mistakes.give_names(tmp_path, screen.PAYLOADS, terminal)


def test_contents_of_files_that_are_wrong(tmp_path: Path, terminal: bool) -> None:
    mistakes.give_contents(tmp_path, screen.PAYLOADS, terminal)
