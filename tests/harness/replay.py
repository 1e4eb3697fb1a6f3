"""A recorded story of appends, and the judgement on every disk that a loss of power could have left of it."""

from __future__ import annotations

import random
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody import system
from custody.errors import CustodyError
from custody.keys.ed25519 import Signer
from custody.kinds import Genesis
from custody.ledger.heads import HeadStore
from custody.ledger.writer import ChainWriter, Writer
from harness import powerloss, world
from harness.process import invoke

_ID = re.compile(rb"\bid ([0-9a-f]{64})\b")
_WEAKER = Path(__file__).with_name("weaker.py")


@dataclass(frozen=True, slots=True)
class Story:
    """The calls of several commands, one after the other, on a folder whose first content is kept in `begin`."""

    folder: Path
    begin: Path
    calls: list[powerloss.Call]


def tell(base: Path, appends: int, synchronous: str = "EXTRA") -> Story:
    """Record: a ledger made by its first append, `appends` more to it in one run, an append to another, a merge."""
    folder, begin = base / "disk", base / "begin"
    folder.mkdir(parents=True)
    world.make_world(folder)
    env = world.environment(folder, CUSTODY_TRAIL="run-1", CUSTODY_ORIGIN=world.ORIGIN)
    custody = [sys.executable, str(_WEAKER), synchronous]
    commands = [
        [*custody, "append", "note", f"number {number}", "--ledger", "new.ledger", "--key", "ci.key"]
        for number in range(appends + 1)
    ]
    commands.append([*custody, "append", "note", "once", "--ledger", "main.ledger", "--key", "ci.key"])
    commands.append(
        [*custody, "merge", "main.ledger", "export.ledger", "--key", "keeper.key", "--root", "root.key.pub"]
    )
    # Once before, so that Python has compiled everything and its own files are no part of the story.
    assert invoke(folder, ["key", "show", "--key", "ci.key"]).code == 0
    system.private_dir(folder / "home" / "state" / "chains")
    shutil.copytree(folder, begin)
    calls = [call for one in commands for call in powerloss.record(one, folder, env, base / "strace.log")]
    return Story(folder, begin, calls)


def states(story: Story, each: int, seed: int = 1) -> Iterator[tuple[str, dict[str, bytes], bytes]]:
    """The disks that could be found; see `powerloss.crashes`."""
    powerloss.restore(story.folder, {})
    shutil.copytree(story.begin, story.folder, dirs_exist_ok=True)
    yield from powerloss.crashes(powerloss.Disk(story.folder), story.calls, random.Random(seed), each)


def judge(story: Story, state: dict[str, bytes], said: bytes) -> list[str]:
    """What is wrong on a disk: acknowledged and lost, corrupt, forked, or no longer to be appended to."""
    powerloss.restore(story.folder, state)
    acknowledged = {found.decode() for found in _ID.findall(said)}
    wrong: list[str] = []
    found: set[str] = set()
    for name in ("new.ledger", "main.ledger"):
        path = story.folder / name
        if not path.exists():
            continue
        try:
            found |= set(_continue(story, path))
        except CustodyError as error:
            wrong.append(f"{name}: {error.code}: {error}")
            continue
        report = world.verify(path)
        wrong += [f"{name}: {fault}" for fault in world.faults(report)]
        if name == "main.ledger" and b"merged" in said:
            merged = world.entries(story.folder / "export.ledger")
            wrong += [f"merged and lost: {one}" for one in merged if one not in found]
    wrong += [f"acknowledged and lost: {one}" for one in sorted(acknowledged - found)]
    return wrong


def _continue(story: Story, path: Path) -> Sequence[str]:
    """Append as the run that was interrupted: this is where a fork would come from. The log's ids."""
    signer: Signer = world.signer("ci")
    run = Genesis(trail="run-1").write()
    heads = HeadStore(story.folder / "home" / "state" / "chains")
    with Writer(path, ChainWriter(signer), world.ORIGIN, run, heads=heads, run=run) as writer:
        writer.append([world.note("after the lights went out")])
    return world.entries(path)
