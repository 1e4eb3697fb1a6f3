"""Rows about fingerprints: a large file against the system's own tool, and a folder of many against one thread."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from bench.measure import Row, Turns, row
from custody.record.fingerprint import fingerprint
from custody.system import available_cores

_BLOCK = 1024 * 1024


def file_row(folder: Path, megabytes: int, rounds: int) -> Row | None:
    """Whole commands, taking turns, on one file that is in the page cache."""
    if shutil.which("sha256sum") is None:
        return None
    path = folder / "large"
    block = os.urandom(_BLOCK)
    with path.open("wb") as file:
        for number in range(megabytes):
            file.write(number.to_bytes(8, "big") + block[8:])
    ours = [sys.executable, "-m", "custody", "fingerprint", str(path)]
    theirs = ["sha256sum", str(path)]
    digests = [_run(command).split()[0] for command in (ours, theirs)]
    assert digests[0] == digests[1]
    turns = Turns().run(rounds, {"custody": lambda: _run(ours), "sha256sum": lambda: _run(theirs)}, warm=True)
    path.unlink()
    return row(
        f"`custody fingerprint` of a file of {megabytes:,} MiB, as a process",
        "the speed of sha256sum",
        turns.ratios("sha256sum", "custody"),
        at_least=0.9,
        note=f"{_speed(megabytes, turns.seconds('custody'))} and {_speed(megabytes, turns.seconds('sha256sum'))}",
    )


def folder_row(folder: Path, files: int, rounds: int) -> Row:
    """The same function with one thread and with as many as it takes by itself."""
    root = folder / "many"
    for number in range(files):
        inner = root / f"{number % 40:02}"
        if number < 40:
            inner.mkdir(parents=True)
        (inner / str(number)).write_bytes(os.urandom(64 * 1024))
    turns = Turns().run(
        rounds,
        {"threads": lambda: fingerprint(root), "one thread": lambda: fingerprint(root, workers=1)},
        warm=True,
    )
    shutil.rmtree(root)
    megabytes = files // 16
    return row(
        f"Fingerprint of a folder of {files:,} files of 64 KiB, on {available_cores()} cores",
        "the speed of one thread",
        turns.ratios("one thread", "threads"),
        at_least=1.5,
        note=f"{_speed(megabytes, turns.seconds('threads'))} and {_speed(megabytes, turns.seconds('one thread'))}",
    )


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ).stdout


def _speed(megabytes: int, seconds: float) -> str:
    return f"{megabytes / seconds:,.0f} MiB/s"
