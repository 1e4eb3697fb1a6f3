"""An error in every call that is made while a key is loaded, for each command that signs; of other forms of the key in
every eleventh call."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import faulty, world

pytestmark = pytest.mark.faults

COMMANDS = {
    "append": ("ci", ("append", "note", "x", "-l", "main.ledger", "--trail", "run-1")),
    "seal": ("ci", ("seal", "-l", "main.ledger", "--trail", "run-1")),
    "merge": ("keeper", ("merge", "main.ledger", "export.ledger", "--root", "root.key.pub")),
    "checkpoint": ("keeper", ("checkpoint", "-l", "main.ledger", "--root", "root.key.pub")),
    "init": ("root", ("init", "new.ledger", "--origin", world.ORIGIN)),
    "key show": ("ci", ("key", "show")),
}


@pytest.mark.parametrize("form", sorted(world.key_forms("ci")))
@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_an_error_in_every_call(tmp_path: Path, command: str, form: str) -> None:
    world.make_world(tmp_path)
    who, arguments = COMMANDS[command]
    env = world.environment(tmp_path, CUSTODY_KEY=world.key_forms(who)[form])
    print(faulty.break_everywhere(tmp_path, arguments, env, every=1 if form == "hex" else 11))
