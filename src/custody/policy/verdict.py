"""What a policy says of an artifact: each control with its state, the entries that made it so, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from custody.query.types import Proof

State = Literal["satisfied", "failed", "missing", "unknown", "not-applicable", "excepted"]
Outcome = Literal["passed", "failed", "unknown"]

GOOD: frozenset[State] = frozenset({"satisfied", "not-applicable", "excepted"})

NOTHING_APPLIES = "no control of the policy applies to it"
"""Why a verdict is unknown that has neither a control that is not good nor a reason."""


@dataclass(frozen=True, slots=True)
class ControlVerdict:
    """One control. `proofs` are the entries that made it so; `sentence` says why, and may hold text from the ledger.

    Where it is excepted, `instead` is the state that it would have had, and `sentence` tells both.
    """

    name: str
    kind: str  # evidence, provenance, four-eyes, approvals, sealed
    state: State
    sentence: str
    proofs: tuple[Proof, ...] = ()
    instead: State | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """A policy's word on one artifact for one environment at a moment (UTC text).

    `reason` says why there is no policy to judge by, where there is none: then it is unknown. `policy_proof` is the
    entry that recorded the policy.
    """

    artifact: str
    environment: str
    moment: str
    policy: str = ""
    policy_sha256: str = ""
    policy_proof: Proof | None = None
    controls: tuple[ControlVerdict, ...] = ()
    reason: str = ""

    @property
    def outcome(self) -> Outcome:
        """Passed if every control is good, and there is one that applies: a policy that demands nothing of an
        artifact is nobody's word. A failed or missing control outweighs an unknown one."""
        states = {one.state for one in self.controls}
        if states & {"failed", "missing"}:
            return "failed"
        return "passed" if states <= GOOD and states - {"not-applicable"} else "unknown"
