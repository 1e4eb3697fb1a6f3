"""Facts from a ledger: what its index, and the bodies that it rests on, say of artifacts, as values for `judge`.

Everything is asked for several artifacts at once, because verdicts on all the artifacts of a ledger are wanted too.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from custody.kinds import Artifact
from custody.kinds.allow import LONGEST
from custody.ledger.entry import Subject
from custody.policy.approval_facts import approval_facts
from custody.policy.asking import Asking, Known
from custody.policy.document import Policy
from custody.policy.evidence_facts import Wanted, evidence_facts
from custody.policy.facts import AllowFact, ApprovalFact, ArtifactFact, DeploymentFact, Facts
from custody.policy.globs import matches
from custody.policy.identities import Identities
from custody.policy.releases import Releases
from custody.policy.trail_facts import trail_facts
from custody.query.slack import moved
from custody.query.types import Proof

AT_ONCE = 100
"""Artifacts whose facts are gathered together; whoever wants more of them does best to ask for so many at a time."""

_RUN = "run.flow, run.trail, run.branch, run.actor, run.provider"
_RECORDS = f"""
    SELECT one.position, one.entry, one.time, one.writer, one.sha256, one.name, one.chain, one.trail, {_RUN},
        one.repository, one.source_commit, one.body
    FROM artifact AS one JOIN chain AS run ON run.position = one.chain
    WHERE one.sha256 IN {{}} AND one.position < ?2
    UNION ALL
    SELECT one.position, one.entry, one.time, one.writer, one.sha256, one.name, one.chain, one.trail, {_RUN},
        '', '', NULL
    FROM blank AS one JOIN chain AS run ON run.position = one.chain
    WHERE one.kind = 'artifact' AND one.sha256 IN {{}} AND one.position < ?2
    ORDER BY 3, 2
"""
_APPROVALS = """
    SELECT position, entry, time, writer, sha256, body FROM approval WHERE sha256 IN {} AND position < ?2
    UNION ALL
    SELECT position, entry, time, writer, sha256, NULL FROM blank
    WHERE kind = 'approval' AND sha256 IN {} AND position < ?2
    ORDER BY position
"""
# Who deployed it, and since when: to have done so again adds nothing.
_DEPLOYMENTS = """
    SELECT one.position, one.entry, min(one.time), one.writer, one.sha256, one.environment, one.chain,
        run.actor, run.provider
    FROM deployment AS one JOIN chain AS run ON run.position = one.chain
    WHERE one.sha256 IN {} AND one.position < ?2
    GROUP BY one.sha256, one.environment, one.writer, run.actor, run.provider,
        run.position IN (SELECT position FROM blank WHERE kind = 'genesis')
    UNION ALL
    SELECT position, entry, time, writer, sha256, NULL, chain, '', '' FROM blank
    WHERE kind = 'deployment' AND sha256 IN {} AND position < ?2
    ORDER BY 1
"""
_ALLOWED = """
    SELECT position, entry, time, writer, sha256, name, environment, until, reason, controls FROM allow
    WHERE sha256 IN {} AND position < ?2 ORDER BY position
"""


class Gatherer:
    """Gathers facts again and again from one index; keeps what many artifacts share."""

    def __init__(self, known: Known, identities: Identities) -> None:
        self._known, self._identities = known, identities

    def gather(
        self,
        artifacts: Sequence[str],
        environment: str,
        *,
        at: int | None = None,
        moment: str | None = None,
        policy: Policy | None = None,
    ) -> dict[str, Facts]:
        """The facts of each artifact. With `moment` (UTC text), the artifact is what was recorded of it until then, and
        names are bound by that; other facts are all there, and it is for the judge to pass over those that are later.
        The policy tells which groups the environment is in, and so which releases were approved for it.
        Raises RefusedError where the ledger is no longer what was indexed.
        """
        asking = Asking(self._known, at, moment)
        releases = Releases(asking, self._identities, environment, policy)
        facts: dict[str, Facts] = {}
        for start in range(0, len(artifacts), AT_ONCE):
            facts.update(_Gathering(asking, releases, environment).run(artifacts[start : start + AT_ONCE]))
        return facts


class _Row(NamedTuple):
    """A record of an artifact, with what the genesis of its `chain` says; a blank one has no `body`."""

    position: int
    entry: str
    time: str
    writer: str
    sha256: str
    name: str
    chain: int
    trail: int
    flow: str
    trail_name: str
    branch: str
    actor: str
    provider: str
    repository: str
    commit: str
    body: str | None


@dataclass(slots=True)
class _Found:
    """What was found of one artifact so far; `names` in order of effect, `first` when it was first recorded."""

    names: dict[str, None] = field(default_factory=dict)
    first: str = ""
    commits: set[str] = field(default_factory=set)
    trails: dict[int, None] = field(default_factory=dict)
    records: list[ArtifactFact] = field(default_factory=list)
    approvals: list[ApprovalFact] = field(default_factory=list)
    deployments: list[DeploymentFact] = field(default_factory=list)
    allowed: list[AllowFact] = field(default_factory=list)

    @property
    def wanted(self) -> Wanted:
        return Wanted(self.names.keys(), self.commits, self.trails.keys())


class _Gathering:
    """One question: some artifacts, for one environment."""

    def __init__(self, asking: Asking, releases: Releases, environment: str) -> None:
        self._asking, self._releases = asking, releases
        self._environment = environment
        self._found: dict[str, _Found] = {}

    def run(self, artifacts: Sequence[str]) -> dict[str, Facts]:
        self._found = {artifact: _Found() for artifact in artifacts}
        self._records()
        self._approvals()
        self._deployments()
        self._allowed()
        asking, found = self._asking, self._found
        evidence = evidence_facts(asking, {artifact: one.wanted for artifact, one in found.items()})
        trails = trail_facts(asking, (trail for one in found.values() for trail in one.trails))
        return {
            artifact: Facts(
                Subject(next(iter(one.names), ""), artifact),
                self._environment,
                tuple(one.records),
                evidence[artifact],
                tuple(one.approvals),
                tuple(one.deployments),
                tuple(one.allowed),
                tuple(trails[trail] for trail in one.trails),
                *self._releases.last(
                    list(one.names), {record.commit for record in one.records if record.commit}, one.first
                ),
            )
            for artifact, one in found.items()
        }

    def _records(self) -> None:
        """Where the genesis is blank, part of what a record says of itself is not known: it is not readable."""
        rows = [_Row(*row) for row in self._asking.rows(_RECORDS, self._found)]
        asking = self._asking
        readable = {row.position: row.body for row in rows if row.body and row.chain not in asking.dark}
        bodies = asking.read(readable, "artifact", Artifact.read)
        for row in rows:
            one, body = self._found[row.sha256], bodies.get(row.position)
            if row.time > asking.until:
                continue  # what it says of the artifact nobody knew then
            one.names[row.name] = one.trails[row.trail] = None
            one.first = min(one.first or row.time, row.time)
            source = body.source if body is not None else None
            if body is not None:
                one.commits.update((row.commit, *(source.commits if source else ())))
                one.commits.discard("")
            one.records.append(
                ArtifactFact(
                    Proof(*row[:4]),
                    body,
                    row.flow,
                    row.trail,
                    row.trail_name,
                    row.repository,
                    row.commit,
                    (source.branch if source else "") or row.branch,
                    row.actor,
                    row.provider,
                )
            )

    def _approvals(self) -> None:
        rows = self._asking.rows(_APPROVALS, self._found)
        facts = approval_facts(self._asking, ((Proof(*row[:4]), row[5]) for row in rows))
        for row, fact in zip(rows, facts, strict=True):
            self._found[row[4]].approvals.append(fact)

    def _deployments(self) -> None:
        for *proof, artifact, environment, chain, actor, provider in self._asking.rows(
            _DEPLOYMENTS, self._found
        ):
            readable = environment is not None and chain not in self._asking.dark
            fact = DeploymentFact(Proof(*proof), environment or "", actor, provider, readable)
            self._found[artifact].deployments.append(fact)

    def _allowed(self) -> None:
        """An exception that nobody can read any more is none, and takes nothing away but a yes."""
        rows = [row for row in self._asking.rows(_ALLOWED, ["", *self._found]) if self._is_here(row)]
        for artifact, one in self._found.items():
            one.allowed += (
                AllowFact(Proof(*row[:4]), frozenset(json.loads(row[9])), _end(row[2], row[7]), row[8])
                for row in rows
                if row[4] in ("", artifact) and _names(row, one)
            )

    def _is_here(self, row: tuple[Any, ...]) -> bool:
        return matches(row[6], self._environment)


def _end(begun: str, until: str) -> str:
    """When an exception ends: it was written for as long as its admin liked, and counts for no longer than one may."""
    return min(until, moved(begun, LONGEST))


def _names(row: tuple[Any, ...], found: _Found) -> bool:
    """Whether an exception names what an artifact was recorded as: of one artifact exactly, else by its glob."""
    if row[4]:
        return row[5] in found.names
    return any(matches(row[5], name) for name in found.names)
