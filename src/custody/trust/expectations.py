"""What a verification is to hold a ledger to on this machine, and what the machine keeps of its result."""

from __future__ import annotations

from collections.abc import Sequence

from custody.ledger.checkpoint import Checkpoint
from custody.ledger.entry import entry_id
from custody.trust.memory import Memory, Pins, Remembered
from custody.trust.verification import Expectations, Verification


def expect(origin: str, roots: Sequence[str] = (), given: Sequence[Checkpoint] = ()) -> Expectations:
    """The roots given (fingerprints) or else pinned for the origin, and the checkpoints remembered under them."""
    pinned = Pins().get(origin) if origin else None
    judged_by = tuple(roots) or ((pinned,) if pinned else ())
    remembered: dict[str, Remembered] = {}
    memory = Memory()
    for root in judged_by:
        for one in memory.recall(origin, root):
            if one.first not in remembered or remembered[one.first].size < one.size:
                remembered[one.first] = one
    return Expectations(tuple(roots), pinned, tuple(remembered.values()), tuple(given))


def remember(verification: Verification) -> tuple[Remembered, ...]:
    """After an exit 0, and only then, this machine remembers the checkpoint that the verification ended on.

    What the expectations of the next verification of this log will hold as remembered is returned.
    """
    known = {one.first: one for one in verification.expectations.remembered}
    report = verification.report
    first = verification.snapshot.row(0)
    if verification.done and report.exit == 0 and first is not None:
        root = verification.log.roots[report.covered].hex()
        one = Remembered(report.covered, root, entry_id(first.header), report.checkpoint)
        for fingerprint in report.roots:
            Memory().remember(report.origin, fingerprint, one)
        if one.first not in known or known[one.first].size < one.size:
            known[one.first] = one
    return tuple(known.values())
