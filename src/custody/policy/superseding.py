"""Which evidence counts: of one check on one subject the latest, and what might have superseded it (design §3)."""

from __future__ import annotations

from collections.abc import Sequence

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
    case: Case, subject: str, found: Sequence[EvidenceFact], roles: frozenset[str]
) -> list[EvidenceFact]:
    """Evidence that cannot be read and may be about this subject, and a later word on it than what was found."""
    return [
        hidden
        for hidden in case.hidden
        if case.has_role(hidden.proof.writer, roles)
        and case.may_be_about(hidden, subject)
        and may_supersede(hidden, found)
    ]


def may_supersede(hidden: EvidenceFact, found: Sequence[EvidenceFact]) -> bool:
    """Whether evidence that cannot be read would be in force, or worse than what is, if it were about the same."""
    if any(fact.chain == hidden.chain and fact.seq > hidden.seq for fact in found):
        return False
    return all(fact.chain == hidden.chain or hidden.proof.time >= fact.proof.time for fact in in_force(found))
