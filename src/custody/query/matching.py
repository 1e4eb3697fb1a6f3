"""Which deployments were seen and which sightings declared, for the whole life of an environment at once.

The rule is that of `deployments`, which answers for the last few; here everything is in order, so that a question
costs a look-up and a hostile ledger cannot make it cost more.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate
from typing import NamedTuple

from custody.query.clocks import END_OF_TIME
from custody.query.index import Index
from custody.query.parts import Looks
from custody.query.slack import earlier, later
from custody.query.types import Proof


class Declared(NamedTuple):
    """A declared deployment; `superseded` is when another artifact was deployed to its service, or the end of time."""

    proof: Proof
    name: str
    sha256: str
    service: str
    superseded: str


class Matching:
    """The declared deployments of an environment, in order, and what was seen of them."""

    def __init__(self, index: Index, environment: str) -> None:
        self._index = index
        self._environment = environment
        self._looks = Looks(index, environment)
        self.declared = self._declarations()
        declared: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for one in self.declared:
            declared[one.sha256].append((earlier(one.proof.time), later(one.superseded)))
        self._in_force = {sha256: _Stretches(found) for sha256, found in declared.items()}
        ran: dict[str, list[tuple[str, str]]] = defaultdict(list)
        for sha256, since, until in index.rows(
            "SELECT sha256, time, until FROM span WHERE environment = ?", environment
        ):
            ran[sha256].append((since, until or END_OF_TIME))
        self._ran = {sha256: _Stretches(found) for sha256, found in ran.items()}

    def is_declared(self, sha256: str, time: str) -> bool:
        """Whether a deployment of an artifact that was seen to start was in force then."""
        found = self._in_force.get(sha256)
        return found is not None and found.reach(time, time, beyond=True)

    def is_unseen(self, one: Declared) -> bool:
        """Whether reports came while a deployment was in force, and none of them shows its artifact."""
        found = self._ran.get(one.sha256)
        if found is not None and found.reach(earlier(one.proof.time), later(one.superseded)):
            return False
        return self._looks.between(later(one.proof.time), one.superseded)

    def _declarations(self) -> list[Declared]:
        rows = self._index.rows(
            "SELECT position, entry, time, writer, name, sha256, service FROM deployment WHERE environment = ? "
            "ORDER BY time DESC, tie DESC, position DESC",
            self._environment,
        )
        after: dict[
            str, tuple[str, str, str]
        ] = {}  # of each service: the artifact, its time, when another came
        found = []
        for position, entry, time, writer, name, sha256, service in rows:
            known = after.get(service)
            superseded = END_OF_TIME
            if known is not None:
                superseded = known[2] if known[0] == sha256 else known[1]
            after[service] = sha256, time, superseded
            found.append(Declared(Proof(position, entry, time, writer), name, sha256, service, superseded))
        found.reverse()
        return found


class _Stretches:
    """Stretches of time, to be asked whether any of them reaches into another."""

    def __init__(self, found: list[tuple[str, str]]) -> None:
        found.sort()
        self._starts = [start for start, _ in found]
        self._furthest = list(accumulate((end for _, end in found), max))

    def reach(self, since: str, until: str, *, beyond: bool = False) -> bool:
        """Whether one begins no later than `until` and ends no earlier than `since` (with `beyond`: later)."""
        place = bisect_right(self._starts, until) - 1
        if place < 0:
            return False
        return self._furthest[place] > since if beyond else self._furthest[place] >= since
