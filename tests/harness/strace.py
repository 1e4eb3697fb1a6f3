"""strace as an instrument: list the calls of a process, and make one of them fail or be its last.

strace counts `when` for each name of a system call by itself, so a point of failure is a name and a number, taken
from a recording of the same command on the same state. Every injection is checked: that the call was made, that it
was the one meant, and that what happened next is what the injection says.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.process import Result

CHANGING = (
    "pwrite64", "write", "ftruncate", "fdatasync", "fsync", "unlink", "unlinkat", "rename", "renameat",
    "renameat2", "link", "linkat", "mkdir", "mkdirat", "fchmod", "chmod", "openat",
)  # fmt: skip
# Without --seccomp-bpf, which is quicker and with which strace 6.1 injects nothing.
_STRACE = ["strace", "-f", "-qq", "-y", "-s", "64"]
_CALL = re.compile(r"^(?:\d+\s+)?(?P<name>\w+)\((?P<rest>.*)$")


class NotFired(AssertionError):
    """The fault that was ordered never happened: the test has tested nothing."""


@dataclass(frozen=True, slots=True)
class Point:
    """The `number`th call (from 1) of a name, and how it looked in the recording."""

    name: str
    number: int
    line: str

    def __str__(self) -> str:
        return f"{self.name}#{self.number}"


def record(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> tuple[Result, list[Point]]:
    """Run a command and list those of its calls that change something within `folder`, or write to its output."""
    result, lines = _run(command, folder, env, ["-e", f"trace={','.join(CHANGING)}"])
    assert result.code in (0, 4), result.text
    seen: Counter[str] = Counter()
    points = []
    for line in lines:
        call = _CALL.match(line)
        if call is None:
            continue
        seen[call["name"]] += 1
        if call["name"] == "openat" and "O_CREAT" not in line:
            continue
        points.append(Point(call["name"], seen[call["name"]], line))
    return result, points


def kill_at(point: Point, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> Result:
    """Run a command that is killed on entering a call. Raises NotFired if it lived."""
    result, lines = _inject(point, "signal=SIGKILL", command, folder, env)
    if result.code != -9:
        raise NotFired(f"fault did not fire: {point} ended with {result.code}, not with the signal")
    _check_same(
        point, [line for line in lines if line.startswith(f"{point.name}(") or f" {point.name}(" in line]
    )
    return result


def fail_at(point: Point, errno: str, command: Sequence[str], folder: Path, env: Mapping[str, str]) -> Result:
    """Run a command of which one call fails. Raises NotFired if none did."""
    result, lines = _inject(point, f"error={errno}", command, folder, env)
    injected = [line for line in lines if "(INJECTED)" in line]
    if len(injected) != 1:
        raise NotFired(f"fault did not fire: {point} was injected {len(injected)} times")
    _check_same(point, injected)
    return result


def _inject(
    point: Point, what: str, command: Sequence[str], folder: Path, env: Mapping[str, str]
) -> tuple[Result, list[str]]:
    options = ["-e", f"trace={point.name}", "-e", f"inject={point.name}:{what}:when={point.number}"]
    return _run(command, folder, env, options)


def _check_same(point: Point, lines: Sequence[str]) -> None:
    """The call that was hit is on the same kind of file as the one recorded."""
    if not lines or _file(lines[-1]) != _file(point.line):
        raise NotFired(f"fault did not fire where it should: {point.line!r} became {lines[-1:]!r}")


def _file(line: str) -> str:
    """What a call is about, without what is by chance in its path."""
    return next(
        (word for word in ("-journal", "/chains/", ".ledger", "/state/") if word in line[:500]), "other"
    )


def _run(
    command: Sequence[str], folder: Path, env: Mapping[str, str], options: Sequence[str]
) -> tuple[Result, list[str]]:
    log = folder / "strace.log"
    log.unlink(missing_ok=True)
    done = subprocess.run(
        [*_STRACE, *options, "-o", str(log), *command],
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = log.read_text("utf-8", "replace").splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return Result(done.returncode, done.stdout, done.stderr).check_polite(), lines


def custody(*arguments: str | os.PathLike[str]) -> list[str]:
    return [sys.executable, "-m", "custody", *map(os.fspath, arguments)]
