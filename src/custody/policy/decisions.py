"""A verdict as a gate puts it on record: SLSA's verification summary (https://slsa.dev/verification_summary/v1)."""

from __future__ import annotations

from custody import __version__
from custody.kinds import ControlState, Decision, JudgedBy, LogSeen
from custody.ledger.entry import Subject
from custody.policy.verdict import ControlVerdict, Verdict

VERIFIER = f"urn:custody:gate:{__version__}"
MAX_ENTRIES = 100
"""Entries that a decision names of each control, so that it fits into a body; the log it judged, it names whole."""
_MAX_REASON = 2000


def decision_of(
    subject: Subject, verdict: Verdict, *, allowed: bool, size: int, root: str, reason: str = ""
) -> Decision:
    """What a gate said: `allowed` is its answer, which gaps of the verification can make a no where the verdict passed.

    `size` and `root` (hex) are of the log that was judged; `reason` says what neither the controls nor the verdict do.
    """
    return Decision(
        subject,
        verdict.environment,
        "PASSED" if allowed else "FAILED",
        VERIFIER,
        verdict.moment,
        LogSeen(size, root),
        JudgedBy(verdict.policy, verdict.policy_sha256) if verdict.policy else None,
        tuple(
            ControlState(one.name, one.kind, one.state, _entries(one), one.instead or "")
            for one in verdict.controls
        ),
        reason="; ".join(filter(None, (reason, verdict.reason)))[:_MAX_REASON],
    )


def _entries(one: ControlVerdict) -> tuple[str, ...]:
    return tuple(dict.fromkeys(proof.entry for proof in one.proofs if proof.entry))[:MAX_ENTRIES]
