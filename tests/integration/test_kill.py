"""A sample of tests/faults/test_kill_everywhere.py: killed and failed where it matters most."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import strace
from harness.scenes import SCENES, Stage

pytestmark = pytest.mark.needs_strace


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return Stage(SCENES[request.param], tmp_path)


def _point(stage: Stage, call: str, about: str) -> strace.Point:
    """The last recorded call of a name whose line matches."""
    return next(one for one in reversed(stage.points) if one.name == call and re.search(about, one.line))


@pytest.mark.parametrize(
    ("stage", "call", "about"),
    [
        ("append", "pwrite64", r"-journal"),
        ("append", "pwrite64", r"main\.ledger>"),
        ("append", "unlink", r"-journal"),
        ("append", "write", r"^\d* *write\(1<"),
        ("create", "link", r"new\.ledger"),
        ("create", "unlink", r"ledger-journal"),
        ("merge", "fdatasync", r"main\.ledger>"),
    ],
    indirect=["stage"],
)
def test_killed_there(stage: Stage, call: str, about: str) -> None:
    stage.kill(_point(stage, call, about))


@pytest.mark.parametrize(
    ("stage", "call", "about", "errno", "exit"),
    [
        ("append", "pwrite64", r"main\.ledger>", "ENOSPC", 5),
        ("append", "fdatasync", r"main\.ledger>", "EIO", 5),
        ("append", "rename", r"chains", "EIO", 0),  # only the run's own record: the entry is safe
        ("create", "fsync", r"", "EIO", 5),  # the folder: the new ledger's name may be lost
        ("create", "mkdir", r"chains", "ENOSPC", 0),
        ("merge", "unlink", r"-journal", "EIO", 5),
    ],
    indirect=["stage"],
)
def test_failed_there(stage: Stage, call: str, about: str, errno: str, exit: int) -> None:
    assert stage.fail(_point(stage, call, about), errno).code == exit


@pytest.mark.parametrize("stage", ["append"], indirect=True)
def test_a_fault_that_does_not_fire_is_noticed(stage: Stage) -> None:
    with pytest.raises(strace.NotFired, match="did not fire"):
        stage.kill(strace.Point("mkdirat", 1, "mkdirat("))
    with pytest.raises(strace.NotFired, match="did not fire"):
        stage.fail(strace.Point("fdatasync", 999, "fdatasync("), "EIO")
