"""Killed, or failed by the system, at every call that changes something: nothing acknowledged is ever lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import strace
from harness.scenes import SCENES, Stage

pytestmark = [pytest.mark.faults, pytest.mark.needs_strace]


@pytest.fixture(params=sorted(SCENES))
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    return Stage(SCENES[request.param], tmp_path)


def test_a_kill_at_every_call(stage: Stage) -> None:
    for point in stage.points:
        try:
            stage.kill(point)
        except AssertionError as error:
            raise AssertionError(f"{stage.scene.name}, killed at {point}: {point.line}") from error
    print(f"{stage.scene.name}: {len(stage.points)} kills")


@pytest.mark.parametrize("errno", ["EIO", "ENOSPC"])
def test_a_failure_of_every_call(stage: Stage, errno: str) -> None:
    exits = {0: 0, 5: 0}
    for point in stage.points:
        try:
            exits[stage.fail(point, errno).code] += 1
        except AssertionError as error:
            raise AssertionError(f"{stage.scene.name}, {errno} at {point}: {point.line}") from error
    assert exits[5] > len(stage.points) / 2
    print(f"{stage.scene.name}: {len(stage.points)} times {errno}, exits {exits}")


def test_a_fault_that_does_not_fire_is_noticed(stage: Stage) -> None:
    never = strace.Point("mkdirat", 1, "mkdirat(")
    with pytest.raises(strace.NotFired, match="did not fire"):
        stage.kill(never)
    with pytest.raises(strace.NotFired, match="did not fire"):
        stage.fail(strace.Point("fdatasync", 999, "fdatasync("), "EIO")
