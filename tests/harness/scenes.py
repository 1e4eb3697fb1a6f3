"""The commands that faults are put into, each on its own fresh state, and what must be true afterwards."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from custody.errors import RefusedError
from custody.ledger.entry import once_digest, parse_header
from custody.ledger.reader import open_ledger
from harness import strace, world
from harness.process import Result, invoke, run

_ID = re.compile(rb"\bid ([0-9a-f]{64})\b")
ONCE = "job-7"


@dataclass(frozen=True, slots=True)
class Scene:
    """A command of custody on a state that `prepare` makes in an empty folder."""

    name: str
    arguments: tuple[str, ...]
    prepare: Callable[[Path], None]
    extra: tuple[tuple[str, str], ...] = ()

    def env(self, folder: Path) -> dict[str, str]:
        return world.environment(folder, **dict(self.extra))

    @property
    def command(self) -> list[str]:
        return strace.custody(*self.arguments)

    @property
    def ledger(self) -> str:
        return "new.ledger" if self.name == "create" else "main.ledger"

    def again(self, folder: Path) -> Result:
        """The same command once more, as a pipeline retries it, in this process."""
        return invoke(folder, self.arguments, self.env(folder))


def _append(ledger: str) -> tuple[str, ...]:
    return ("append", "note", "hello", "--ledger", ledger, "--key", "ci.key", "--once", ONCE)


_RUN = (("CUSTODY_TRAIL", "run-1"), ("CUSTODY_ORIGIN", world.ORIGIN))


def _prepare_append(folder: Path) -> None:
    world.make_world(folder)
    before = ("append", "note", "before", "--ledger", "main.ledger", "--key", "ci.key")
    assert invoke(folder, before, world.environment(folder, **dict(_RUN))).code == 0


def _prepare(folder: Path) -> None:
    world.make_world(folder)


SCENES = {
    scene.name: scene
    for scene in (
        Scene("append", _append("main.ledger"), _prepare_append, _RUN),
        Scene("create", _append("new.ledger"), _prepare, _RUN),
        Scene(
            "merge",
            ("merge", "main.ledger", "export.ledger", "--key", "keeper.key", "--root", "root.key.pub"),
            _prepare,
        ),
    )
}


class Stage:
    """A scene with its calls recorded, ready to be played again and again from the same state."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene = scene
        self.folder = folder / "stage"
        self.folder.mkdir(parents=True)
        scene.prepare(self.folder)  # here and not beside, because a run's record is of the ledger's path
        self._ready = folder / "ready"
        shutil.copytree(self.folder, self._ready)
        # Once without looking, so that Python has compiled everything and later runs make the same calls.
        assert run(self.folder, *scene.arguments, env=scene.env(self.folder)).code == 0
        self.reset()
        _, self.points = strace.record(scene.command, self.folder, scene.env(self.folder))
        assert len(self.points) > 30, self.points
        self.reset()
        path = self.folder / scene.ledger
        self.before = world.entries(path) if path.exists() else []

    def reset(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._ready, self.folder)

    def spread(self, count: int) -> list[strace.Point]:
        """Some of the points: the first and last of each name, and others evenly between."""
        chosen = {point.name: point for point in self.points} | {}
        first = {point.name: point for point in reversed(self.points)}
        evenly = self.points[:: max(1, len(self.points) // count)]
        wanted = {str(point) for point in [*chosen.values(), *first.values(), *evenly]}
        return [point for point in self.points if str(point) in wanted][: 2 * count]

    def kill(self, point: strace.Point) -> None:
        """Kill the command there, and check everything that must hold."""
        self.reset()
        result = strace.kill_at(point, self.scene.command, self.folder, self.scene.env(self.folder))
        self.check(result)

    def fail(self, point: strace.Point, errno: str) -> Result:
        """Make that call fail, and check that the status is the truth, and everything else."""
        self.reset()
        result = strace.fail_at(point, errno, self.scene.command, self.folder, self.scene.env(self.folder))
        assert result.code in (0, 5), f"{point} {errno}: exit {result.code}: {result.text}"
        assert result.err.count(b"\n") <= 1, result.text
        assert result.code == 0 or result.err.startswith(b"custody: "), result.text
        if result.code == 0:
            assert not (self.folder / f"{self.scene.ledger}-journal").exists()
            self._check_done()
        self.check(result)
        return result

    def check(self, result: Result) -> None:
        path = self.folder / self.scene.ledger
        acknowledged = [found.decode() for found in _ID.findall(result.out)]
        left_behind = Path(f"{path}-journal").exists()
        if left_behind:
            _check_refused(path)
        elif path.exists():
            self._check_log(acknowledged)
        again = self.scene.again(self.folder)
        assert again.code == 0, again.text
        if acknowledged:
            assert b"recorded already" in again.out, again.text
        assert not Path(f"{path}-journal").exists()
        self._check_log(acknowledged)
        self._check_done()
        world.append(path, [world.note("the next", last=True)])
        self._check_log(acknowledged)

    def _check_log(self, acknowledged: Sequence[str]) -> None:
        path = self.folder / self.scene.ledger
        log = world.entries(path)
        assert log[: len(self.before)] == self.before
        assert set(acknowledged) <= set(log)
        assert world.faults(world.verify(path)) == []

    def _check_done(self) -> None:
        """What the command is for is there, exactly once."""
        path = self.folder / self.scene.ledger
        if self.scene.name != "merge":
            assert _times_recorded(path) == 1
            return
        counts = Counter(world.entries(path))
        exported = world.entries(self.folder / "export.ledger")
        assert [counts[one] for one in exported] == [1] * len(exported)
        assert world.verify(path).exit == 0


def _times_recorded(path: Path) -> int:
    digest = once_digest(ONCE)
    with open_ledger(path) as snapshot:
        return sum(parse_header(row[2]).once == digest for rows in snapshot.rows() for row in rows)


def _check_refused(path: Path) -> None:
    """A reader neither opens a ledger with a journal beside it, nor touches either."""
    before = [
        (one.name, one.read_bytes(), one.stat().st_mtime_ns) for one in sorted(path.parent.glob("*ledger*"))
    ]
    with pytest.raises(RefusedError) as caught:
        open_ledger(path).close()
    assert caught.value.code == "sidecar"
    after = [
        (one.name, one.read_bytes(), one.stat().st_mtime_ns) for one in sorted(path.parent.glob("*ledger*"))
    ]
    assert before == after
