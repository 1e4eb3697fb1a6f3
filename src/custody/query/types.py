"""What questions are answered with: plain values that the CLI prints and the TUI draws.

Every fact names the `position` and `entry` id that prove it. Times are claimed, in effect (never before the entry
in front of it in its chain), as UTC text. `writer` is the identity the trust document gives the key, or "" where
nobody vouches for it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Event = Literal["started", "stopped", "replaced", "scaled"]


class Proof(NamedTuple):
    """The entry that a fact rests on."""

    position: int
    entry: str
    time: str
    writer: str


class ChainLine(NamedTuple):
    """A chain, and what its genesis says all of its entries share."""

    id: str
    key: str
    writer: str
    position: int
    flow: str
    trail: str
    job: str
    repository: str
    commit: str
    branch: str
    run_url: str


class ArtifactLine(NamedTuple):
    """An artifact in a list: the newest entry that recorded it, and where its checks and approvals stand."""

    name: str
    sha256: str
    size: int
    version: str
    commit: str
    repository: str
    trail: str
    proof: Proof
    passed: int  # controls whose evidence in force passes
    failed: int  # controls whose evidence in force fails
    approved: tuple[str, ...]  # environments with an approval in force
    rejected: tuple[str, ...]
    running_in: tuple[str, ...]  # environments in whose latest state it runs


class TimelineItem(NamedTuple):
    """One thing that happened to an artifact. `kind` is the entry's; `superseded` says a later result replaced it."""

    kind: str
    title: str  # such as "unit-tests: pass" or "approved for prod"; holds text from the ledger
    detail: str
    good: bool | None  # None where it is neither
    superseded: bool
    proof: Proof


class CommitLine(NamedTuple):
    """A commit, and the entry that tells of it. Only `commit` is sure to be there.

    `time` is when it was committed, as it claims; `pull_request` the URL of the one that brought it.
    """

    commit: str
    author: str = ""
    time: str = ""
    parents: tuple[str, ...] = ()
    pull_request: str = ""
    proof: Proof | None = None


class Between(NamedTuple):
    """The commits that lead from one commit to another: those that came and those that went, the newest first.

    `complete` says that first parents of both lead to one commit without a gap, so that none is missing on that line.
    """

    came: tuple[CommitLine, ...]
    went: tuple[CommitLine, ...]
    complete: bool


class Trace(NamedTuple):
    """The whole path of an artifact, in order of effect: source, build, evidence, approvals, deployments, running."""

    artifact: ArtifactLine
    chain: ChainLine | None  # of the build that recorded it
    items: tuple[TimelineItem, ...]
    running: tuple[RunningSpan, ...]
    source: CommitLine | None = None  # what is known of the commit it was built from


class RunningSpan(NamedTuple):
    """From when to when an artifact ran in an environment; `until` is "" while it still does."""

    environment: str
    service: str
    since: str
    until: str
    proof: Proof  # of the state in which it started


class EnvironmentLine(NamedTuple):
    """An environment in a list. `basis` says whether its states come from snapshots or, without any, deployments."""

    name: str
    states: int
    services: int
    first: str
    last_change: str
    last_seen: str
    basis: Literal["snapshot", "deployment"]


class ServiceLine(NamedTuple):
    """One artifact of one service in a state."""

    service: str
    name: str
    sha256: str
    instances: int
    version: str
    commit: str
    since: str  # when it began to run without a break
    approved_by: str  # the identity whose approval for this environment was in force then, or ""
    recorded: bool  # whether the ledger holds an artifact entry for it


class ChangeLine(NamedTuple):
    """One change between a state and the one before it."""

    event: Event
    service: str
    name: str
    sha256: str
    before: int  # count before
    after: int
    previous_sha256: str  # for replaced
    version: str


class State(NamedTuple):
    """What ran in an environment from `time` until `until` ("" for the latest). States count from 1."""

    environment: str
    number: int
    of: int
    time: str
    until: str
    proof: Proof
    services: tuple[ServiceLine, ...]
    changes: tuple[ChangeLine, ...]


class StateLine(NamedTuple):
    """A state in a list, without its services."""

    number: int
    time: str
    proof: Proof
    started: int
    stopped: int
    replaced: int
    scaled: int


class LogLine(NamedTuple):
    """A change in an environment's log."""

    number: int
    time: str
    change: ChangeLine
    commit: str
    approved_by: str
    proof: Proof
