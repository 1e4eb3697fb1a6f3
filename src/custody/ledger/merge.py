"""The order in which a merge appends entries: one that does not depend on the order of its sources. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple


class Candidate(NamedTuple):
    """An entry of a source that the target may take. `source` and `position` say where its bytes are."""

    chain: str
    seq: int
    id: str
    source: int
    position: int


def choose(candidates: Iterable[Candidate], signature: Callable[[Candidate], bytes]) -> dict[str, Candidate]:
    """One candidate for each entry id: of two valid signatures over one header, the bytewise lower."""
    chosen: dict[str, Candidate] = {}
    for candidate in candidates:
        other = chosen.setdefault(candidate.id, candidate)
        if other is not candidate and signature(candidate) < signature(other):
            chosen[candidate.id] = candidate
    return chosen


def order(chosen: Mapping[str, Candidate], trust: Iterable[str]) -> list[Candidate]:
    """The chosen entries as they are appended: new trust documents (ids, by version) first, each behind the part of
    its chain in front of it; then the rest by (chain, seq, id), so that an entry always follows its prev.
    """
    by_place = sorted(chosen.values(), key=lambda one: (one.chain, one.seq, one.id))
    first: dict[str, Candidate] = {}
    for entry_id in trust:
        document = chosen.get(entry_id)
        if document is not None:
            for one in by_place:
                if one.chain == document.chain and one.seq <= document.seq:
                    first.setdefault(one.id, one)
    return [*first.values(), *(one for one in by_place if one.id not in first)]
