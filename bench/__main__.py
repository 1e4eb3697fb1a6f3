"""`python -m bench`: design §7's table. `--quick` is for trying it out."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.appending import batch_row, durable_row, process_row
from bench.asking import moment_row
from bench.fingerprints import file_row, folder_row
from bench.judging import judging_rows
from bench.machine import machine_rows
from bench.measure import Row, say, show
from bench.verifying import git_row, memory_line, merge_row, verification_rows


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure custody side by side.")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes: whether it runs, not how it compares"
    )
    quick = parser.parse_args(arguments).quick
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="custody-bench-") as name:
        folder = Path(name)
        # Nothing of this machine's own memory, pins and caches takes part, and nothing is left in them.
        os.environ["CUSTODY_HOME"] = str(folder / "home")
        if quick:
            rows = _rows(folder, 500, 300, 20, 3, 200, 2000, 1)
            rows += _screens(folder, 200, 500, 6, 1)
            memory = memory_line(folder, (200, 400))
        else:
            rows = _rows(folder, 100_000, 20_000, 200, 200, 1000, 1_000_000, 5)
            rows += _screens(folder, 1000, 1_000_000, 120, 3)
            memory = memory_line(folder, (10_000, 100_000))
    show(rows)
    print(memory)
    missed = [row.what for row in rows if not row.met]
    print(f"{len(rows) - len(missed)} of {len(rows)} met; {time.monotonic() - began:.0f} s")
    return 0


def _rows(
    folder: Path, entries: int, merged: int, durable: int, commits: int, few: int, many: int, rounds: int
) -> list[Row]:
    rows = verification_rows(folder, entries, rounds)
    rows.append(process_row(folder, 3 * rounds))
    rows.append(durable_row(folder, durable, rounds))
    rows.append(batch_row(folder, min(durable * 10, 2000), rounds))
    rows.append(merge_row(folder, merged, rounds))
    rows.append(moment_row(few, many, rounds))
    rows += judging_rows(folder, max(10, many // 1000), max(20, many // 100), max(1, rounds // 2))
    rows += machine_rows(few, many // 10, rounds)
    rows.append(folder_row(folder, merged, rounds))
    # These have a peer that may not be installed.
    peers = (file_row(folder, merged // 10, rounds), git_row(folder, commits, merged, max(1, rounds // 2)))
    rows += [one for one in peers if one is not None]
    say("")
    return rows


def _screens(folder: Path, few: int, many: int, presses: int, rounds: int) -> list[Row]:
    """In a folder of their own, with nothing remembered; none where there are no pseudo-terminals."""
    try:
        from bench.screens import screen_rows
    except ImportError:
        return []
    own = folder / "screens"
    own.mkdir()
    return screen_rows(own, few, many, presses, rounds)


if __name__ == "__main__":
    sys.exit(main())
