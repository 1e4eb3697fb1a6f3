"""What a policy says of an artifact: each control with its state, the entries that made it so, and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["satisfied", "failed", "missing", "unknown", "not-applicable", "excepted"]

GOOD: frozenset[State] = frozenset({"satisfied", "not-applicable", "excepted"})


@dataclass(frozen=True, slots=True)
class ControlVerdict:
    """One control. `entries` are the ids that made it so; `sentence` says why, and may hold text from the ledger."""

    name: str
    state: State
    sentence: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Passes when every control does. `policy` is its name and `sha256` of its text; `moment` is UTC text."""

    policy: str
    policy_sha256: str
    environment: str
    moment: str
    controls: tuple[ControlVerdict, ...]

    @property
    def passes(self) -> bool:
        """Never without a control: a policy that demands nothing is nobody's word."""
        return bool(self.controls) and all(one.state in GOOD for one in self.controls)
