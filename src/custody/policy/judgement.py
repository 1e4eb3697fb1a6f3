"""Verdicts on a ledger's artifacts: facts gathered, the policy that governs found, and both put before `judge`."""

from __future__ import annotations

from collections.abc import Sequence

from custody.ledger.reader import Snapshot
from custody.policy.asking import Known
from custody.policy.gather import Gatherer
from custody.policy.governing import Policies, PolicyEntry, governing
from custody.policy.verdict import Verdict
from custody.query.index import Index
from custody.trust.document import TrustDocument

_TIMED = (
    "chain",
    "artifact",
    "evidence",
    "approval",
    "deployment",
    "snapshot",
    "allow",
    "decision",
    "policy",
    "closing",
)


class Judgement:
    """Verdicts, again and again, on one ledger under one trust document."""

    def __init__(self, snapshot: Snapshot, index: Index, trust: TrustDocument | None) -> None:
        self._index = index
        self._known = Known(snapshot, index)
        self._gatherer = Gatherer(self._known)
        self._policies = Policies(self._known)
        from custody.policy.identities import Identities

        self._identities = Identities.from_trust(trust)

    def verdict(
        self, artifact: str, environment: str, *, moment: str | None = None, at: int | None = None
    ) -> Verdict:
        """The verdict on an artifact (SHA-256, hex) at a moment (UTC text; None: the log's last), by what stands in
        front of position `at` (None: the whole log)."""
        return self.verdicts([artifact], environment, moment=moment, at=at)[artifact]

    def verdicts(
        self, artifacts: Sequence[str], environment: str, *, moment: str | None = None, at: int | None = None
    ) -> dict[str, Verdict]:
        """The verdict on each of many artifacts; much less work than to ask for each by itself."""
        from custody.policy.judge import judge

        now = moment or self.last_moment(at)
        found = self.governing(environment, moment=moment, at=at)
        if isinstance(found, str):
            return {artifact: Verdict(artifact, environment, now, reason=found) for artifact in artifacts}
        assert found.policy is not None
        verdicts = {}
        for artifact, facts in self._gatherer.gather(artifacts, environment, at=at, moment=moment).items():
            verdicts[artifact] = judge(facts, found.policy, self._identities, now, found.proof)
        return verdicts

    def governing(
        self, environment: str, *, moment: str | None = None, at: int | None = None
    ) -> PolicyEntry | str:
        """The policy that governs an environment then, or a sentence that says why none does."""
        return governing(self._policies.in_force(at, moment), environment)

    def last_moment(self, at: int | None = None) -> str:
        """The latest time in effect of what counts, in front of position `at`: now, in a file."""
        if at is None:
            row = self._index.row("SELECT moment FROM log")
        else:
            each = " UNION ALL ".join(f"SELECT time, position FROM {table}" for table in _TIMED)
            row = self._index.row(f"SELECT max(time) FROM ({each}) WHERE position < ?", at)
        return str(row[0] or "") if row is not None else ""
