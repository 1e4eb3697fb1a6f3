"""One hostile file, one command, and everything that must be true of what comes back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from harness import hostile, lairs, world
from harness.process import invoke

SECONDS = 20.0  # a limit against blocking for ever, and no measurement


def challenge(case: lairs.Case, base: Path, commands: Iterable[str]) -> int:
    """Give a case to commands, each in this process; how many. Raises AssertionError."""
    folder, path = lairs.lair(case, base)
    written = {"as a source", *lairs.WRITING} if case.sound else set(lairs.WRITING)
    count = 0
    for name in commands:
        if case.absent and name == "init":
            continue  # that is how a ledger is made
        try:
            _one(case, name, folder, path)
        except BaseException as error:
            raise AssertionError(f"{case.name}: {name}: {error}") from error
        count += 1
        if name in written and (case.sound or case.recovers or case.mends):
            folder, path = lairs.lair(case, base)
    return count


def _one(case: lairs.Case, name: str, folder: Path, path: Path) -> None:
    command = (lairs.READING | lairs.WRITING | lairs.OTHER)[name]
    arguments = [str(path) if word == "LEDGER" else word for word in command]
    env = world.environment(folder.parent)  # custody's own memory is elsewhere
    before = hostile.state(folder)
    content = path.read_bytes() if case.recovers or case.mends else b""
    done = invoke(folder, arguments, env, SECONDS)
    after = hostile.state(folder)
    assert (folder / "victim.txt").read_text() == "still here"
    if name.endswith("--help"):
        assert (done.code, done.err) == (0, b"")
    elif name in lairs.OTHER or (case.absent and name == "append"):
        assert done.code == 2, done.text
    elif case.sound:
        assert done.code in (0, 2, 4), done.text
        assert set(after) == set(before)
        if name in lairs.READING and name != "as a source":
            assert after == before
        return
    elif case.recovers and name in lairs.WRITING:
        # Refused or done, but in no way that leaves anything in between.
        assert done.code in (0, 1, 2, 3, 4), done.text
        if done.code == 0 and path.read_bytes() != content:
            assert not Path(f"{path}-journal").exists()
        return
    elif case.mends and name in lairs.WRITING:
        assert done.code in (0, 2), done.text
        if done.code == 0 and path.read_bytes() != content:  # a merge of nothing new writes nothing
            assert world.faults(world.verify(path)) == []
        return
    else:
        assert done.code == 3, f"exit {done.code}: {done.text}"
        assert done.out == b""
        assert done.err.startswith(b"custody: ") and done.err.count(b"\n") == 1, done.text
    assert done.err.count(b"\n") <= 1, done.text
    assert after == before, {key for key in after.keys() | before.keys() if after.get(key) != before.get(key)}
