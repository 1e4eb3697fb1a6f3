"""Which merges were acts of this ledger, and what each of them covers (spec: judging an entry).

A merge that came along with another was an act in another ledger. Of this one's clock it says nothing: where its
entries came to stand among the others follows from the ids of chains alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Act(NamedTuple):
    """A merge into this ledger: from which position on it brought entries, where it is recorded, and when it was."""

    first: int
    position: int
    time: str


class MergeEntry(NamedTuple):
    """A `merge` that counts: where its chain begins and it stands, how many entries it took, its time in effect."""

    chain: int
    position: int
    taken: int
    time: str


class Stretch(NamedTuple):
    """The entries between two merges: where they end, the latest time that one of them claims, and which."""

    end: int
    time: str
    position: int
    entry: str


class Covered(NamedTuple):
    """What an act covers: the entries from `first` on up to it, and of them the one that claims the latest time."""

    first: int
    act: Act
    latest: Stretch


def own_merges(merges: Iterable[MergeEntry]) -> list[Act]:
    """The acts of this ledger, in order. One act may be recorded in several entries, which share a chain."""
    of_chain: dict[int, MergeEntry] = {}
    for one in sorted(merges, key=lambda one: one.position):
        known = of_chain.get(one.chain, one._replace(taken=0))
        of_chain[one.chain] = known._replace(taken=known.taken + one.taken)
    acts: list[Act] = []
    floor = -1  # from here on, entries came with a merge that stands further on
    for one in sorted(of_chain.values(), key=lambda one: -one.position):
        if acts and one.position >= floor:
            continue
        floor = max(0, one.chain - one.taken)
        acts.append(Act(floor, one.position, one.time))
    acts.reverse()
    told: list[Act] = []
    for act in acts:
        # Two merges never overlap, and a custodian's clock that goes backwards takes nothing back.
        first = max(act.first, told[-1].position + 1) if told else act.first
        told.append(Act(first, act.position, max(act.time, told[-1].time) if told else act.time))
    return told


def covered(acts: Iterable[Act], stretches: Sequence[Stretch]) -> list[Covered]:
    """What each act covers, of the stretches in front of every merge that counts, in order."""
    found = []
    first = place = 0
    for act in acts:
        begin = place
        while place < len(stretches) and stretches[place].end <= act.position:
            place += 1
        found.append(Covered(first, act, max(stretches[begin:place], key=lambda one: one.time)))
        first = act.position
    return found
