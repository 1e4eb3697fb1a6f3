"""What is known about one artifact for one environment, as plain values. `gather` makes them; `judge` weighs them.

Every fact names the entry that says it. What was redacted, is missing or cannot be read is there all the same, with
`readable` false: it makes unknown what it could have changed. Entries that do not count are not here. Times are in
effect, UTC text, and a writer is an identity of the trust document or "" (`query.types.Proof`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from custody.kinds import Artifact, PullRequest, Statement
from custody.ledger.entry import Subject
from custody.query.types import Proof


@dataclass(frozen=True, slots=True)
class ArtifactFact:
    """The artifact as one entry recorded it, and what that entry's chain says of the run.

    `commit` and `repository` are the body's, else the chain's. `actor` is the login that started the run on
    `provider`. `trail` is the index' number of the trail. Without a body it could not be read.
    """

    proof: Proof
    body: Artifact | None
    flow: str = ""
    trail: int = -1
    trail_name: str = ""
    repository: str = ""
    commit: str = ""
    branch: str = ""
    actor: str = ""
    provider: str = ""

    @property
    def readable(self) -> bool:
        return self.body is not None


@dataclass(frozen=True, slots=True)
class EvidenceFact:
    """A check's outcome. `subject` is the fingerprint, "commit:…" or "trail:…" (the index' number of the trail).

    Where it is not readable nothing is known but its writer, its time and, if its header named the artifact, its
    subject; otherwise its subject is "" and it may have been about any commit or trail. One whose `control` is known
    can be read, and calls its artifact by a name that its trail has for another one as well.
    """

    proof: Proof
    chain: str
    seq: int
    subject: str
    control: str = ""
    type: str = ""
    result: str = ""  # "pass" or "fail"
    format: str = ""
    summary: Mapping[str, int] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    licences: Mapping[str, int] = field(default_factory=dict)
    pull_request: PullRequest | None = None
    statement: Statement | None = None
    readable: bool = True


@dataclass(frozen=True, slots=True)
class ApprovalFact:
    """A person's word on this artifact for an environment.

    `given_by` is who gave it elsewhere, such as "github:dev-1", where a relay recorded it, and `given_at` when.
    `signed_by` is the key (hex) that signed the Git tag it rests on, once that signature was checked: then it is the
    word of whoever has that key, and `given_at` is when the tag was made, as it claims. `commit` is the last commit of
    the range it approved, `base` the commit that the range begins after, `policy_sha256` the policy that the approver
    saw; "" where the approval does not say.
    """

    proof: Proof
    environment: str
    decision: str  # "approved" or "rejected"
    given_by: str = ""
    given_at: str = ""
    signed_by: str = ""
    commit: str = ""
    base: str = ""
    policy_sha256: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class DeploymentFact:
    """The artifact was put into an environment. `actor` is the login that started that run on `provider`."""

    proof: Proof
    environment: str
    actor: str = ""
    provider: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class AllowFact:
    """An admin's exception that names this artifact and environment: for these controls (none: all), until when."""

    proof: Proof
    controls: frozenset[str]
    until: str
    reason: str


@dataclass(frozen=True, slots=True)
class TrailFact:
    """The chains of one trail: by id the entry that begins it, when it was closed, and which a seal lists as all.

    `closed` maps a chain to the time in effect of its last entry; `listed` is by the proof of the seal that lists.
    """

    trail: int
    name: str
    chains: Mapping[str, Proof]
    closed: Mapping[str, Proof]
    listed: tuple[tuple[Proof, frozenset[str]], ...] = ()
    readable: bool = True  # whether every genesis could be read: a chain that cannot be may be of any trail


@dataclass(frozen=True, slots=True)
class Release:
    """An earlier release: another artifact of this name, there before this one was recorded.

    `proof` is its approval for this environment; of one that nobody approved it is its record.
    """

    proof: Proof
    sha256: str
    commit: str


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known about one artifact for one environment. `base` is the last approved release before it; where
    none was approved, `unapproved` is the last one that was there all the same."""

    artifact: Subject
    environment: str
    records: tuple[ArtifactFact, ...] = ()
    evidence: tuple[EvidenceFact, ...] = ()
    approvals: tuple[ApprovalFact, ...] = ()
    deployments: tuple[DeploymentFact, ...] = ()
    allowed: tuple[AllowFact, ...] = ()
    trails: tuple[TrailFact, ...] = ()
    base: Release | None = None
    unapproved: Release | None = None
