"""Which evidence counts: of one check on one subject the latest, and what might have superseded it (design §3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from custody.policy.case import Case
from custody.policy.facts import EvidenceFact


def in_force(found: Sequence[EvidenceFact]) -> Sequence[EvidenceFact]:
    """Of evidence of one check on one subject that which is in force.

    It is the last of its chain; between chains the latest counts. Several are in force where they are of one time, or
    stand at one place of a forked chain: then the worst of them counts. `query.build` says the same in SQL.
    """
    if len(found) < 2:
        return found
    last: dict[str, int] = {}
    for fact in found:
        if fact.seq > last.get(fact.chain, -1):
            last[fact.chain] = fact.seq
    ends = [fact for fact in found if fact.seq == last[fact.chain]]
    latest = max(fact.proof.time for fact in ends)
    return [fact for fact in ends if fact.proof.time == latest]


def hidden_behind(
    case: Case, control: str, subject: str, found: Sequence[EvidenceFact], roles: frozenset[str]
) -> list[EvidenceFact]:
    """Evidence that cannot be read and may be of this control on this subject, and a later word than what was found."""
    hidden = (
        one
        for one in case.hidden_of(control)
        if case.has_role(one.proof.writer, roles) and case.may_be_about(one, subject)
    )
    return list(later(hidden, found))


def later(hidden: Iterable[EvidenceFact], found: Sequence[EvidenceFact]) -> Iterator[EvidenceFact]:
    """Of evidence that cannot be read that which would be in force, or beside what is, if it were about the same."""
    ends: dict[str, int] = {}
    for fact in found:
        ends[fact.chain] = max(fact.seq, ends.get(fact.chain, 0))
    now = in_force(found)
    chains = {fact.chain for fact in now}
    since = now[0].proof.time if now else ""
    for one in hidden:
        if one.seq >= ends.get(one.chain, 0) and (one.proof.time >= since or one.chain in chains):
            yield one


def unclear(hidden: Iterable[EvidenceFact]) -> str:
    """How a sentence calls evidence of which nobody can tell what it says of the artifact."""
    ambiguous = {bool(one.control) for one in hidden}
    if ambiguous == {True}:
        return "what names more than one artifact of its trail"
    return "what cannot be read" + (", or names more than one artifact," if True in ambiguous else "")
