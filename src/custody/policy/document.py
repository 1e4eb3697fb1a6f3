"""What a policy demands, as plain values. `read` makes them of `policy.toml` (docs/policy.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

About = Literal["artifact", "commit", "trail"]
Duty = Literal["author", "committer", "builder", "deployer"]


@dataclass(frozen=True, slots=True)
class Control:
    """One rule. `when` limits it: each key (flow, repository, branch, name, annotation.KEY) must match a glob.

    Where it does not apply it is "not-applicable" and demands nothing.
    """

    name: str
    when: Mapping[str, str] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class EvidenceControl(Control):
    """A named check's evidence in force must pass, within these limits, and be no older than `max_age`.

    `control` is the evidence's own name (by default the rule's), `type` its type ("" for any). `limits` and `floors`
    are over the figures of its summary, and count beside those that it was recorded with. `roles` are those that its
    writer must have one of (any, if there are none).
    """

    control: str = ""
    type: str = ""
    about: About = "artifact"
    limits: Mapping[str, int] = field(default_factory=dict)
    floors: Mapping[str, int] = field(default_factory=dict)
    max_age: timedelta | None = None
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ProvenanceControl(Control):
    """The artifact must be recorded with its source and its build. Globs: any of them must match, where there are any.

    `clean` demands that the work tree held nothing but the commit.
    """

    repositories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    builders: tuple[str, ...] = ()
    clean: bool = True


@dataclass(frozen=True, slots=True)
class FourEyesControl(Control):
    """The change must have been reviewed by somebody who wrote none of it, by pull-request evidence on its commit.

    `services` are identities (of machines) whose own commits need no author other than themselves.
    """

    control: str = "pull-request"
    services: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ApprovalsControl(Control):
    """So many people must have approved for the environment, each with one of the roles, and nobody rejected since.

    `apart` names the duties that an approver must not have had. `relayed` lets approvals count that a relay recorded.
    """

    count: int = 1
    roles: frozenset[str] = frozenset()
    apart: frozenset[Duty] = frozenset({"author", "committer", "builder", "deployer"})
    max_age: timedelta | None = None
    relayed: bool = False


@dataclass(frozen=True, slots=True)
class SealedControl(Control):
    """The trail that made the artifact must be closed: every chain of it, and it says how many there are."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, read. `environments` are globs; `sha256` is of its text."""

    name: str
    environments: tuple[str, ...]
    controls: tuple[Control, ...]
    uncovered_tail: bool = False
    sha256: str = ""
