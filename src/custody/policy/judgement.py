"""Verdicts on a ledger's artifacts: facts gathered, the policy that governs found, and both put before `judge`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from custody.ledger.reader import Snapshot
from custody.policy.asking import Known
from custody.policy.case import Case
from custody.policy.document import Policy
from custody.policy.facts import Facts
from custody.policy.gather import AT_ONCE, Gatherer
from custody.policy.globs import matches
from custody.policy.governing import Policies, PolicyEntry, governing
from custody.policy.identities import Identities
from custody.policy.judge import judge
from custody.policy.verdict import Verdict
from custody.query.index import Index
from custody.query.slack import later
from custody.query.types import Proof
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
    """Verdicts, again and again, on one ledger under one trust document.

    A moment is UTC text, and None the log's last; only what was in effect by then counts. A position `at` leaves out
    what stands at it or behind it in the log; None is the whole log. `policy` is one to try instead of those in force.
    """

    def __init__(self, snapshot: Snapshot, index: Index, trust: TrustDocument | None) -> None:
        self.index = index
        self.identities = Identities.from_trust(trust)
        self._known = Known(snapshot, index)
        self._gatherer = Gatherer(self._known, self.identities)
        self._policies = Policies(self._known)

    @property
    def now(self) -> str:
        """The latest time in effect of what counts: in a file there is no other now."""
        return self.last_moment()

    def verdict(
        self,
        artifact: str,
        environment: str,
        *,
        moment: str | None = None,
        at: int | None = None,
        policy: Policy | None = None,
    ) -> Verdict:
        """The verdict on an artifact (SHA-256, hex)."""
        return self.verdicts([artifact], environment, moment=moment, at=at, policy=policy)[artifact]

    def verdict_now(
        self, artifact: str, environment: str, clock: str, *, policy: Policy | None = None
    ) -> Verdict:
        """The verdict by the clock of whoever asks (UTC text), and by what this log claims of times behind it.

        What claims to be of the future must not stay fresh until then, and a no of the future is a no. So where the log
        is ahead of the clock by more than clocks differ, both moments must say yes.
        """
        latest = max(clock, self.now)
        found = self.verdict(artifact, environment, moment=latest, policy=policy)
        soon = later(clock)
        if latest > soon and found.outcome == "passed":
            found = self.verdict(artifact, environment, moment=soon, policy=policy)
        return found

    def verdicts(
        self,
        artifacts: Sequence[str],
        environment: str,
        *,
        moment: str | None = None,
        at: int | None = None,
        policy: Policy | None = None,
    ) -> dict[str, Verdict]:
        """The verdict on each of many artifacts; much less work than to ask for each by itself."""
        now = moment or self.last_moment(at)
        chosen = self._choose(environment, moment, at, policy)
        if isinstance(chosen, str):
            return {artifact: Verdict(artifact, environment, now, reason=chosen) for artifact in artifacts}
        policy, proof = chosen
        verdicts: dict[str, Verdict] = {}
        for start in range(0, len(artifacts), AT_ONCE):
            some = artifacts[start : start + AT_ONCE]
            for artifact, facts in self._gatherer.gather(
                some, environment, at=at, moment=moment, policy=policy
            ).items():
                verdicts[artifact] = judge(facts, policy, self.identities, now, proof)
        return verdicts

    def facts(
        self, artifact: str, environment: str, *, moment: str | None = None, at: int | None = None
    ) -> Facts:
        """What a verdict on an artifact would rest on."""
        chosen = self._choose(environment, moment, at, None)
        policy = None if isinstance(chosen, str) else chosen[0]
        return self._gatherer.gather([artifact], environment, at=at, moment=moment, policy=policy)[artifact]

    def judge(self, facts: Facts, moment: str) -> Verdict:
        """The verdict on facts that somebody gathered, and perhaps added to, by the policy in force at the moment."""
        chosen = self._choose(facts.environment, moment, None, None)
        if isinstance(chosen, str):
            return Verdict(facts.artifact.sha256, facts.environment, moment, reason=chosen)
        policy, proof = chosen
        return judge(facts, policy, self.identities, moment, proof)

    def case(self, facts: Facts, moment: str) -> Case | None:
        """What the policy in force would weigh; None where no policy governs the environment then."""
        chosen = self._choose(facts.environment, moment, None, None)
        return None if isinstance(chosen, str) else Case(facts, chosen[0], self.identities, moment)

    def governing(
        self, environment: str, *, moment: str | None = None, at: int | None = None
    ) -> PolicyEntry | str:
        """The policy that governs an environment then, or a sentence that says why none does."""
        return governing(self._policies.in_force(at, moment), environment)

    def named(self, moment: str | None = None) -> frozenset[str]:
        """The environments that the policies in force name in full, whether or not anything is known of them."""
        return frozenset(
            glob
            for entry in self._policies.in_force(None, moment)
            if entry.policy is not None
            for glob in entry.policy.environments
            if not any(sign in glob for sign in "*?")
        )

    def groups(self, moment: str | None = None) -> dict[str, tuple[str, ...]]:
        """The logical environments that the policies in force declare, and their members."""
        return {
            name: members
            for entry in self._policies.in_force(None, moment)
            if entry.policy is not None
            for name, members in entry.policy.groups.items()
        }

    def interval(self, environment: str, moment: str | None = None) -> timedelta | None:
        """How often reports of an environment are due, by the policies in force: the shortest that matches."""
        return min(
            (
                length
                for entry in self._policies.in_force(None, moment)
                if entry.policy is not None
                for glob, length in entry.policy.intervals.items()
                if matches(glob, environment)
            ),
            default=None,
        )

    def last_moment(self, at: int | None = None) -> str:
        """The latest time in effect of what counts, in front of position `at`: now, in a file."""
        if at is None:
            row = self.index.row("SELECT moment FROM log")
        else:
            each = " UNION ALL ".join(f"SELECT time, position FROM {table}" for table in _TIMED)
            row = self.index.row(f"SELECT max(time) FROM ({each}) WHERE position < ?", at)
        return str(row[0] or "") if row is not None else ""

    def _choose(
        self, environment: str, moment: str | None, at: int | None, trial: Policy | None
    ) -> tuple[Policy, Proof | None] | str:
        if trial is not None:
            if any(matches(glob, environment) for glob in trial.environments):
                return trial, None
            return f"the policy {trial.name} does not govern it"
        found = self.governing(environment, moment=moment, at=at)
        if isinstance(found, str):
            return found
        assert found.policy is not None
        return found.policy, found.proof
