"""Make the sample ledgers: python sample_ledgers/make.py [--out FOLDER], or --seed NAME for a sample key.

The same content every time: keys come from published seeds, time and chance from the script. README.md says what
each file shows, expected.toml what verification finds in it.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from making import people, tampered
from making.keeping import stamp
from making.payments import ORIGIN, Payments
from making.pipeline import run_pipeline

HERE = Path(__file__).resolve().parent
CI_RUN = datetime(2026, 11, 23, 7, 2, 11, 402_000, tzinfo=UTC)


def make(out: Path) -> None:
    """Write every sample under `out`, in place of what is there."""
    memory = Path("/dev/shm")  # thousands of transactions, and none of these files has to survive anything
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        work, done = Path(name) / "work", Path(name) / "done"
        for folder in (work, done / "ci", done / "tampered"):
            folder.mkdir(parents=True)
        month = Payments(done / "payments.ledger", work)
        month.run()
        names = ("build", "scan", "test")
        build = month.next_build()
        run_pipeline(done / "ci", ORIGIN, build, CI_RUN, people.BUILDER_2, names=names, parallel=True)
        tampered.make(done / "tampered", work)
        root = people.signer(people.ROOT).public.openssh("sample root, used for nothing else")
        (done / "root.pub").write_text(root + "\n", encoding="ascii", newline="\n")
        for version, text in enumerate(people.trust_documents(ORIGIN), start=1):
            (done / f"trust-{version}.toml").write_text(text, encoding="ascii", newline="\n")
        for path in sorted(done.rglob("*")):
            if path.is_file():
                if path.suffix == ".ledger":
                    stamp(path)
                target = out / path.relative_to(done)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample ledgers.")
    parser.add_argument(
        "--out", type=Path, default=HERE, help="where to write them; by default beside this script"
    )
    parser.add_argument(
        "--seed", metavar="NAME", help="print a sample key's seed, for CUSTODY_KEY, and make nothing"
    )
    arguments = parser.parse_args()
    if arguments.seed is not None:
        sys.stdout.write(people.seed(arguments.seed).hex() + "\n")
    else:
        make(arguments.out)


if __name__ == "__main__":
    main()
