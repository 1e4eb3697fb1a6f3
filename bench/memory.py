"""One verification in a process of its own, which prints its peak memory and its workers' in MB."""

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
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        print(round(resource.getrusage(who).ru_maxrss / unit))


if __name__ == "__main__":
    main()
