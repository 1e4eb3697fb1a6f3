"""What a judgement weighs: the facts in effect at its moment, of writers whose word counts, where they are looked for.

The order in which facts were given leaves no trace here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from functools import cached_property
from typing import NamedTuple, Protocol, TypeVar, cast

from custody.ledger.timestamps import from_datetime, to_datetime
from custody.policy.document import Policy
from custody.policy.facts import (
    AllowFact,
    ApprovalFact,
    ArtifactFact,
    DeploymentFact,
    EvidenceFact,
    Facts,
    Release,
    TrailFact,
)
from custody.policy.globs import matches
from custody.policy.identities import Identities
from custody.policy.verdict import State
from custody.query.types import Proof

COMMIT, TRAIL = "commit:", "trail:"


class Weighed(NamedTuple):
    """What one control comes to."""

    state: State
    sentence: str
    proofs: tuple[Proof, ...] = ()


class _Fact(Protocol):
    @property
    def proof(self) -> Proof: ...


F = TypeVar("F", bound=_Fact)
T = TypeVar("T")


class Case:
    """The facts of one judgement.

    `records`, `approvals`, `deployments` and `allowed` are in order of effect, the unreadable among them;
    `evidence` is by control and subject, `reviews` are the controls with evidence of reviewed changes, and `hidden`
    is the evidence of which nobody can tell what it says of the artifact. `once` keeps what several rules ask for.
    """

    def __init__(self, facts: Facts, policy: Policy, identities: Identities, moment: str) -> None:
        self.policy, self.identities, self.moment = policy, identities, moment
        self.sha256, self.name, self.environment = (
            facts.artifact.sha256,
            facts.artifact.name,
            facts.environment,
        )
        self._kept: dict[object, object] = {}
        self._may: dict[tuple[str, str], bool] = {}
        self.records: Sequence[ArtifactFact] = self._counting("artifact", facts.records)
        self.approvals: Sequence[ApprovalFact] = self._counting("approval", facts.approvals)
        self.deployments: Sequence[DeploymentFact] = self._counting("deployment", facts.deployments)
        self.allowed: Sequence[AllowFact] = self._counting("allow", facts.allowed)
        self.base: Release | None = facts.base
        if facts.base is not None and facts.base.proof.time > moment:
            self.base = None
        self.unapproved: Release | None = facts.unapproved
        self.trails: dict[int, TrailFact] = {one.trail: one for one in facts.trails}
        self.evidence: dict[str, dict[str, list[EvidenceFact]]] = {}
        self.reviews: set[str] = set()
        self.hidden: list[EvidenceFact] = []
        for fact in self._counting("evidence", facts.evidence):
            if fact.readable:
                self.evidence.setdefault(fact.control, {}).setdefault(fact.subject, []).append(fact)
                if fact.pull_request is not None:
                    self.reviews.add(fact.control)
            else:
                self.hidden.append(fact)

    def hidden_of(self, control: str) -> list[EvidenceFact]:
        """Of the evidence that cannot be told what it says of the artifact that which may be of this control."""
        return self.once(
            ("hidden", control), lambda: [one for one in self.hidden if one.control in ("", control)]
        )

    def _counting(self, kind: str, facts: Iterable[F]) -> list[F]:
        found = []
        for fact in facts:
            proof = fact.proof
            if proof.time <= self.moment:
                key = kind, proof.writer
                may = self._may.get(key)
                if may is None:
                    may = self._may[key] = self.identities.may_write(*key)
                if may:
                    found.append(fact)
        if len(found) > 1:
            found.sort(key=_order)
        return found

    def once(self, key: object, find: Callable[[], T]) -> T:
        """What was found out before under this key, or is now."""
        if key not in self._kept:
            self._kept[key] = find()
        return cast(T, self._kept[key])

    @cached_property
    def readable(self) -> Sequence[ArtifactFact]:
        """The records of the artifact that can be read."""
        return [one for one in self.records if one.body is not None]

    @cached_property
    def unread(self) -> Sequence[Proof]:
        """The records of the artifact that cannot be read."""
        return [one.proof for one in self.records if one.body is None]

    @cached_property
    def commits(self) -> Sequence[str]:
        """The distinct commits that its records name."""
        return list(dict.fromkeys(one.commit for one in self.readable if one.commit))

    @cached_property
    def trail_names(self) -> dict[int, str]:
        """The trails in which it was recorded."""
        return {one.trail: one.trail_name for one in self.records if one.trail >= 0}

    def is_for(self, environment: str) -> bool:
        """Whether a word for this environment is one for the judged one: for itself, or for a group that it is in."""
        return environment == self.environment or self.environment in self.policy.groups.get(environment, ())

    def is_within(self, environment: str) -> bool:
        """Whether what happened in this environment happened in the judged one, in a group of it or a member."""
        return self.is_for(environment) or environment in self.policy.groups.get(self.environment, ())

    def has_role(self, identity: str, roles: frozenset[str]) -> bool:
        """Whether an identity has one of the roles that are wanted, if any are."""
        return not roles or not roles.isdisjoint(self.identities.roles(identity))

    def since(self, age: timedelta) -> str:
        """The moment that lies this long before the moment of the judgement."""
        try:
            return from_datetime(to_datetime(self.moment) - age)
        except OverflowError:
            return ""

    def may_be_about(self, hidden: EvidenceFact, subject: str) -> bool:
        """Whether evidence that cannot be read may be about this subject.

        Its header names the artifact if it names a fingerprint. Otherwise it is about any commit, its own trail, or
        an artifact that its trail knows by name.
        """
        if hidden.subject:
            return hidden.subject == subject
        if subject.startswith(COMMIT):
            return True
        trails = [int(subject[len(TRAIL) :])] if subject.startswith(TRAIL) else self.trail_names
        for trail in trails:
            known = self.trails.get(trail)
            if known is None or not known.readable or hidden.chain in known.chains:
                return True
        return False


def _order(fact: _Fact) -> tuple[str, str]:
    return fact.proof.time, fact.proof.entry


def any_matches(globs: Sequence[str], text: str) -> bool:
    """Whether one of the globs matches, or there are none."""
    return not globs or any(matches(glob, text) for glob in globs)
