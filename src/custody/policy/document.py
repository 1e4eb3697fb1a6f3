"""What a policy demands, as plain values. `read` makes them of `policy.toml` (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

About = Literal["artifact", "commit", "trail", "any"]
Duty = Literal["author", "committer", "builder", "deployer"]

DUTIES: frozenset[Duty] = frozenset({"author", "committer", "builder", "deployer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One rule.

    `when` limits it: the value of every key (flow, trail, repository, branch, name, type, version, environment,
    annotation.KEY) must match its glob. Where it does not apply it is "not-applicable" and demands nothing.
    """

    name: str
    when: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceControl(Control):
    """The evidence in force of a named check must pass, within these limits, and be no older than `max_age`.

    `control` is the check's name as evidence records it, `type` the evidence's type ("" for any). `about` says what
    the evidence is about; "any" takes it at every level where there is some, and wants it at one at least. With
    `own_result` false only the limits and floors decide and not what the recorder said. `limits` and `floors` are
    over the figures of its summary. `conditions` must be among those that the evidence was recorded with. Of an SBOM,
    no licence may match a glob of `denied_licences`, and each must match one of `allowed_licences`, if there are any.
    `roles` are those that its writer must have one of (any, if there are none).
    """

    control: str
    type: str = ""
    about: About = "artifact"
    own_result: bool = True
    limits: Mapping[str, int] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()
    denied_licences: tuple[str, ...] = ()
    allowed_licences: tuple[str, ...] = ()
    max_age: timedelta | None = None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceControl(Control):
    """The artifact must be recorded with its repository, its commit and its build.

    Globs: one of each list must match, where there are any (`builders`: the build's builder id; `writers`: the
    identity that recorded it). `clean` demands that the work tree held nothing but the commit; `materials` that what
    went into the build is recorded; `statement` that evidence of type "provenance" about it has a checked signature.
    """

    repositories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    builders: tuple[str, ...] = ()
    writers: tuple[str, ...] = ()
    clean: bool = True
    materials: bool = False
    statement: bool = False
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FourEyesControl(Control):
    """Each commit since the last approved release must have been seen by somebody who wrote none of its change.

    `control` is the name under which the pull requests are recorded. `services` are identities (of machines) whose
    own commits need nobody else. `objections` false lets a standing request for changes by somebody else pass.
    """

    control: str = "pull-request"
    services: frozenset[str] = frozenset()
    objections: bool = True
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalsControl(Control):
    """So many people must have approved, each with one of `roles`, and nobody who might have approved says no.

    `environments` are globs: approvals for which environment count; with none, the one that is judged. `apart` names
    the duties that an approver must not have had; with `claimed_authors` what an unsigned commit claims of its author
    is enough to tell. `relayed` lets approvals count that a relay recorded for somebody who gave them elsewhere.
    """

    count: int = 1
    roles: frozenset[str] = frozenset()
    environments: tuple[str, ...] = ()
    apart: frozenset[Duty] = DUTIES
    claimed_authors: bool = False
    max_age: timedelta | None = None
    relayed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedControl(Control):
    """Each trail that made the artifact must be closed: its chains are sealed, and all are there that a seal lists.

    With `listed`, some seal of the trail must list them.
    """

    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy, read. `environments` are globs; `sha256` is of its text.

    `groups` are logical environments and their members, `intervals` (by glob) how often reports of an environment
    are due. `uncovered_tail` lets the gate say yes although no checkpoint covers the end of the log.
    """

    name: str
    environments: tuple[str, ...]
    controls: tuple[Control, ...]
    uncovered_tail: bool = False
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    intervals: Mapping[str, timedelta] = field(default_factory=dict)
    sha256: str = ""
