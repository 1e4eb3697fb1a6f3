"""What waits for an approval: recent artifacts that a policy would let through only with somebody's word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from custody.ledger.timestamps import from_datetime, to_datetime
from custody.policy.document import ApprovalsControl
from custody.policy.gather import AT_ONCE
from custody.policy.judgement import Judgement
from custody.policy.standing import governed
from custody.policy.verdict import GOOD, ControlVerdict, Verdict
from custody.query.artifacts import recorded_since
from custody.query.types import ArtifactLine

DAYS = 30
LOOKED_AT = 500
"""Artifacts, the newest, of which it is found out whether they wait."""


class Needed(NamedTuple):
    """A control that asks for approvals and does not have them: which roles, how many people, how it stands."""

    roles: tuple[str, ...]
    people: int
    verdict: ControlVerdict


class Waiting(NamedTuple):
    """An artifact that waits for approvals for an environment. `others` are the other controls in its way."""

    artifact: ArtifactLine
    environment: str
    needed: tuple[Needed, ...]
    others: tuple[ControlVerdict, ...]


class WaitingList(NamedTuple):
    """What waits, the newest first; of `recorded` artifacts since `since` (an instant) so many were `looked_at`."""

    found: tuple[Waiting, ...]
    since: str
    recorded: int
    looked_at: int


def waiting(judgement: Judgement, *, days: int = DAYS, limit: int = LOOKED_AT) -> WaitingList:
    """What was recorded in the last days of the log, waits, and has no newer release of its name that was approved.

    An approval by somebody whose word does not count for it takes nothing off the list.
    """
    now = judgement.now
    since = _before(now, days)
    index = judgement.index
    recorded, newest = recorded_since(index, since, limit)
    lines = {one.sha256: one for one in newest}
    found: list[Waiting] = []
    environments = governed(judgement)
    groups = judgement.groups()
    # An approval for a group is one for each of its members.
    covered = {member for group in environments for member in groups.get(group, ())}
    for environment in environments:
        if environment in covered:
            continue
        controls = _approvals(judgement, environment)
        if controls:
            found += _in(judgement, environment, controls, lines)
    order = {sha256: place for place, sha256 in enumerate(lines)}
    found.sort(key=lambda one: (order[one.artifact.sha256], one.environment))
    return WaitingList(tuple(found), since, recorded, len(lines))


def _in(
    judgement: Judgement,
    environment: str,
    controls: dict[str, ApprovalsControl],
    lines: dict[str, ArtifactLine],
) -> Iterator[Waiting]:
    done: set[str] = set()  # names of which a newer release is approved
    artifacts = list(lines)  # the newest first
    for start in range(0, len(artifacts), AT_ONCE):
        some = artifacts[start : start + AT_ONCE]
        for sha256, verdict in judgement.verdicts(some, environment).items():
            line = lines[sha256]
            asked = [
                one for one in verdict.controls if one.name in controls and one.state != "not-applicable"
            ]
            needed = _needed(asked, controls)
            if needed and line.name not in done:
                yield Waiting(line, environment, needed, _others(verdict, controls))
            elif asked and not needed:
                done.add(line.name)


def _needed(asked: Sequence[ControlVerdict], controls: dict[str, ApprovalsControl]) -> tuple[Needed, ...]:
    return tuple(
        Needed(tuple(sorted(controls[one.name].roles)), controls[one.name].count, one)
        for one in asked
        if one.state not in GOOD
    )


def _others(verdict: Verdict, controls: dict[str, ApprovalsControl]) -> tuple[ControlVerdict, ...]:
    return tuple(one for one in verdict.controls if one.state not in GOOD and one.name not in controls)


def _approvals(judgement: Judgement, environment: str) -> dict[str, ApprovalsControl]:
    """The controls over approvals of the policy that governs an environment, by name."""
    entry = judgement.governing(environment)
    if isinstance(entry, str) or entry.policy is None:
        return {}
    return {one.name: one for one in entry.policy.controls if isinstance(one, ApprovalsControl)}


def _before(now: str, days: int) -> str:
    try:
        return from_datetime(to_datetime(now) - timedelta(days=days))
    except (ValueError, OverflowError):  # an empty log, or one at the beginning of all time
        return ""
