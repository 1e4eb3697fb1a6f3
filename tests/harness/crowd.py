"""Many processes that append to one ledger at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from custody.ledger.entry import parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.writer import ChainWriter, Writer
from harness import process, world
from harness.process import CUSTODY

_SHELL = """
i=0
while [ $i -lt {count} ]; do
  i=$((i+1))
  {custody} append note "{who} $i" --ledger shared.ledger --key ci.key {once} || echo "FAILED $?"
done
"""


def command_lines(folder: Path, count: int, processes: int = 8, runs: bool = True) -> list[str]:
    """Shells that call custody `count` times each, all at once, on a ledger none of which exists; the ids said.

    With `runs` each shell is a run of its own, otherwise every entry is an act of its own.
    """
    crowd = []
    for number in range(processes):
        who = f"job-{number}"
        script = _SHELL.format(
            count=count, custody=" ".join(CUSTODY), who=who, once=f"--once {who}-$i" if number % 2 else ""
        )
        trail = {"CUSTODY_TRAIL": "run-1", "CUSTODY_JOB": who} if runs else {}
        env = world.environment(folder, CUSTODY_ORIGIN=world.ORIGIN, **trail)
        crowd.append(_start(["sh", "-c", script], folder, env))
    said = _finish(crowd)
    return [line.rsplit(" ", 1)[1] for line in said]


def library(folder: Path, count: int, processes: int = 8) -> tuple[list[str], float]:
    """As many processes that append through one open writer each: the ids, and the longest wait in seconds."""
    env = world.environment(folder)
    env["PYTHONPATH"] += f":{Path(__file__).resolve().parents[1]}"
    command = [sys.executable, "-m", "harness.crowd", str(folder / "shared.ledger"), str(count)]
    said = [json.loads(line) for line in _finish([_start(command, folder, env) for _ in range(processes)])]
    return [one for answer in said for one in answer["ids"]], max(answer["wait"] for answer in said)


def check(path: Path, said: Sequence[str], expected: int) -> None:
    """Every acknowledged entry is in the log, once; each run is one chain; nothing forked; the ledger verifies."""
    assert len(said) == len(set(said)) == expected
    assert set(said) <= set(world.entries(path))
    report = world.verify(path)
    assert world.faults(report) == []
    with open_ledger(path) as snapshot:
        kinds = Counter(parse_header(row[2]).kind for rows in snapshot.rows() for row in rows)
    assert kinds["note"] == expected


def chains(path: Path) -> int:
    with open_ledger(path) as snapshot:
        return len({row[4] for rows in snapshot.rows() for row in rows})


def _start(command: Sequence[str], folder: Path, env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _finish(crowd: Sequence[subprocess.Popen[bytes]]) -> list[str]:
    lines: list[str] = []
    said = [one.communicate() for one in crowd]  # all of them, before the first complaint
    for one, (out, err) in zip(crowd, said, strict=True):
        assert (one.returncode, err) == (0, b""), process.Result(one.returncode, out, err).text
        assert b"FAILED" not in out
        lines += out.decode().splitlines()
    return lines


def _append_many(path: Path, count: int) -> None:
    ids, worst = [], 0.0
    with Writer(path, ChainWriter(world.signer("ci")), world.ORIGIN, {}) as writer:
        for number in range(count):
            begun = time.monotonic()
            ids.append(writer.append([world.note(f"number {number}")])[0].id)
            worst = max(worst, time.monotonic() - begun)
    print(json.dumps({"ids": ids, "wait": worst}))


if __name__ == "__main__":
    _append_many(Path(sys.argv[1]), int(sys.argv[2]))
