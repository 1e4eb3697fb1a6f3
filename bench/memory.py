"""One verification in a process of its own, which prints its peak memory in MB."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from custody.ledger.reader import open_ledger
from custody.trust.verification import Expectations, Verification


def main() -> None:
    with open_ledger(Path(sys.argv[1])) as snapshot:
        for _ in Verification(snapshot, Expectations()).run():
            pass
    print(peak())


def peak() -> int:
    """In MB, as the system counts it. On Linux a new process begins with its parent's maximum in `ru_maxrss`."""
    status = Path("/proc/self/status")
    if status.exists():
        kilobytes = next(
            line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")
        )
        return round(int(kilobytes) / 1e3)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(most / (1e6 if sys.platform == "darwin" else 1e3))


if __name__ == "__main__":
    main()
