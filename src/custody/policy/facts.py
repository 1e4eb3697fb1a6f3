"""What is known at one position of the log about one artifact and one environment, as plain values.

Everything names the entry that says it. What was redacted, is missing or cannot be read is there all the same, with
`readable` false: it makes unknown what it could have changed. Entries that do not count are not here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from custody.kinds import Artifact, Change, PullRequest, Statement
from custody.ledger.entry import Subject

About = Literal["artifact", "commit", "trail"]


@dataclass(frozen=True, slots=True)
class Origin:
    """The entry that says a fact: where, which, when it took effect (UTC text), who wrote it and in which roles.

    `writer` is an identity of the trust document, never a key; "" is nobody known. `seq` and `chain` settle what is
    later within a chain; `arrived` is the position at which this ledger learned of it, its own.
    """

    position: int
    entry: str
    time: str
    writer: str
    roles: frozenset[str]
    chain: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class ArtifactFact:
    """The artifact as it was recorded, and what its chain says of the run: flow, trail, repository, commit, branch."""

    origin: Origin
    body: Artifact | None  # None where it is not readable
    flow: str = ""
    trail: str = ""
    repository: str = ""
    commit: str = ""
    branch: str = ""
    actor: str = ""  # CI login that started the run

    @property
    def readable(self) -> bool:
        return self.body is not None


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """A check's outcome about the artifact, its commit or its trail."""

    origin: Origin
    about: About
    control: str
    type: str
    result: str  # "pass" or "fail"
    summary: Mapping[str, int] = field(default_factory=dict)
    pull_request: PullRequest | None = None
    statement: Statement | None = None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class ApprovalFact:
    """A person's word on this artifact for this environment. `given_by` gave it elsewhere, if a relay wrote it."""

    origin: Origin
    decision: str  # "approved" or "rejected"
    given_by: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class DeploymentFact:
    """The artifact was put into the environment."""

    origin: Origin
    environment: str


@dataclass(frozen=True, slots=True)
class AllowFact:
    """An admin's exception: for these controls, until when, and why."""

    origin: Origin
    controls: frozenset[str]  # names of a policy's controls; empty for all
    until: str  # UTC text
    reason: str
    readable: bool = True


@dataclass(frozen=True, slots=True)
class TrailFact:
    """The chains of the trail that made the artifact: how many, how many of them are closed, and how many were told."""

    chains: tuple[Origin, ...]
    closed: frozenset[str]  # ids of those that are closed
    listed: frozenset[str]  # ids that a seal lists as the trail's; empty where none does


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one artifact for one environment, up to one position."""

    artifact: Subject
    environment: str
    records: tuple[ArtifactFact, ...] = ()
    evidence: tuple[EvidenceFact, ...] = ()
    approvals: tuple[ApprovalFact, ...] = ()
    deployments: tuple[DeploymentFact, ...] = ()
    allowed: tuple[AllowFact, ...] = ()
    trail: TrailFact | None = None
    changes: tuple[
        Change, ...
    ] = ()  # commits since the last approved release, as far as a pull request names them
