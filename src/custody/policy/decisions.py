"""A verdict as a gate puts it on record: SLSA's verification summary (https://slsa.dev/verification_summary/v1)."""

from __future__ import annotations

from custody import __version__
from custody.kinds import ControlState, Decision, JudgedBy, LogSeen
from custody.ledger.entry import Subject
from custody.policy.verdict import Verdict

VERIFIER = f"urn:custody:gate:{__version__}"


def decision_of(
    subject: Subject, verdict: Verdict, *, allowed: bool, size: int, root: str, reason: str = ""
) -> Decision:
    """What a gate said: `allowed` is its answer, which gaps of the verification can make a no where the verdict passed.

    `size` and `root` (hex) are of the log that was judged; `reason` says what the controls do not.
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
            ControlState(
                one.name,
                one.kind,
                one.state,
                tuple(dict.fromkeys(proof.entry for proof in one.proofs if proof.entry)),
                one.instead or "",
            )
            for one in verdict.controls
        ),
        reason=reason or verdict.reason,
    )
