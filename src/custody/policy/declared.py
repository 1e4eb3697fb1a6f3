"""What the policies in force say of environments themselves: which are groups, and how often reports are due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from custody.policy.globs import matches
from custody.policy.judgement import Judgement


class Declared(NamedTuple):
    """Groups with their members, by name, and how long an environment may be silent.

    A group that two policies make of different members is none. Nor is there an interval where it is in doubt which
    policy governs.
    """

    groups: Mapping[str, tuple[str, ...]]
    intervals: Mapping[str, timedelta]


def declared(judgement: Judgement, moment: str | None = None) -> Declared:
    """What is declared at a moment (UTC text; None: now), of every environment that the ledger speaks of."""
    groups: dict[str, tuple[str, ...]] = {}
    disputed: set[str] = set()
    for entry in judgement.in_force(moment):
        for name, members in (entry.policy.groups if entry.policy else {}).items():
            if groups.setdefault(name, members) != members:
                disputed.add(name)
    names = [row[0] for row in judgement.index.rows("SELECT name FROM environment")]
    found = {name: interval_of(judgement, name, moment) for name in names}
    return Declared(
        {name: groups[name] for name in sorted(groups.keys() - disputed)},
        {name: interval for name, interval in found.items() if interval is not None},
    )


def interval_of(judgement: Judgement, environment: str, moment: str | None = None) -> timedelta | None:
    """How often reports of an environment are due, by the policy that governs it; None where nothing is said."""
    governing = judgement.governing(environment, moment=moment)
    if isinstance(governing, str) or governing.policy is None:
        return None
    said = governing.policy.intervals.items()
    return min((interval for glob, interval in said if matches(glob, environment)), default=None)
