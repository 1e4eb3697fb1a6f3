"""The workshop of the specification's vectors, for tests, and the one way in which tests verify a ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from custody.ledger.checkpoint import Checkpoint
from custody.ledger.reader import MEMORY_CAP, open_ledger
from custody.trust.memory import Remembered
from custody.trust.verification import Expectations, Report, Verification

ROOT = Path(__file__).resolve().parent.parent
VECTORS = ROOT / "spec" / "vectors"

sys.path.insert(0, str(VECTORS))

from workshop import *  # noqa: E402, F403
from workshop import signer  # noqa: E402


def fingerprint(name: str) -> str:
    return signer(name).public.fingerprint


def judged_by(*roots: str) -> Callable[[str], Expectations]:
    """What a merge or a checkpoint is told to judge by."""
    return lambda origin: Expectations(tuple(map(fingerprint, roots)))


def verify(
    path: Path,
    *,
    roots: Iterable[str] = ("root",),
    pinned: str | None = None,
    remembered: Iterable[Remembered] = (),
    given: Iterable[Checkpoint] = (),
    memory_cap: int = MEMORY_CAP,
) -> Report:
    """The report of one verification from start to end."""
    expectations = Expectations(tuple(map(fingerprint, roots)), pinned, tuple(remembered), tuple(given))
    with open_ledger(path, memory_cap) as snapshot:
        verification = Verification(snapshot, expectations, workers=1)
        for _ in verification.run():
            pass
        return verification.report


def findings(path: Path, **how: object) -> dict[str, int]:
    """How many findings of each code."""
    return dict(verify(path, **how).counts)  # type: ignore[arg-type]
