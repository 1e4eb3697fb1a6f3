"""The last release in front of an artifact: since when its commits need somebody to have seen them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from typing import NamedTuple

from custody.policy.approval_facts import approval_facts
from custody.policy.asking import Asking
from custody.policy.document import ApprovalsControl, Policy
from custody.policy.facts import ApprovalFact, Release
from custody.policy.identities import Identities
from custody.query.types import Proof

# To be approved is not enough: an approval does not say that the other controls passed, and what never went out
# must not take its commits from under the eyes of the next one. So it must have been let through, or been there.
_WENT_OUT = """
    SELECT one.position, one.entry, one.time, one.writer, one.sha256, one.source_commit,
        EXISTS (SELECT 1 FROM approval AS word WHERE word.sha256 = one.sha256 AND word.decision = 'approved')
    FROM artifact AS one
    WHERE one.name = ?4 AND one.time < ?3 AND one.position < ?2
        AND (EXISTS (SELECT 1 FROM deployment AS act WHERE act.sha256 = one.sha256 AND act.environment IN {}
                AND act.time < ?3 AND act.position < ?2)
            OR EXISTS (SELECT 1 FROM span WHERE span.sha256 = one.sha256 AND span.environment IN {}
                AND span.time < ?3 AND span.position < ?2)
            OR EXISTS (SELECT 1 FROM decision AS gate WHERE gate.sha256 = one.sha256 AND gate.environment IN {}
                AND gate.result = 'PASSED' AND gate.time < ?3 AND gate.position < ?2))
    ORDER BY one.time DESC, one.entry LIMIT ?5 OFFSET ?6
"""
_WORDS = """
    SELECT position, entry, time, writer, body FROM approval
    WHERE sha256 = ?4 AND environment IN {} AND time < ?3 AND position < ?2
    UNION ALL
    SELECT position, entry, time, writer, NULL FROM blank
    WHERE kind = 'approval' AND sha256 = ?4 AND time < ?3 AND position < ?2
"""
_MOST = 100
"""How many releases back one that was approved is looked for."""


class LastRelease(NamedTuple):
    """The newest release that was `approved`; where none was, the newest that was there all the same, if any was."""

    approved: Release | None
    unapproved: Release | None


class Releases:
    """The releases to one environment, or to a group of the policy that it is in; to a group also those to its members.

    Approved is what somebody who may approve said yes to, and nobody who may says no to.
    """

    def __init__(
        self, asking: Asking, identities: Identities, environment: str, policy: Policy | None
    ) -> None:
        self._asking, self._identities = asking, identities
        groups = policy.groups if policy is not None else {}
        self._approved_for = [
            environment,
            *(name for name, members in groups.items() if environment in members),
        ]
        self._went_to = [*self._approved_for, *groups.get(environment, ())]
        controls = policy.controls if policy is not None else ()
        self._relayed = any(isinstance(one, ApprovalsControl) and one.relayed for one in controls)

    def last(self, names: Sequence[str], commits: Set[str], first: str) -> LastRelease:
        """The last of another artifact of one of these names, before `first`, when this one was first recorded. One
        that nobody approved tells nothing where it was of this one's own commits."""
        approved: list[tuple[Proof, Release]] = []
        others: list[tuple[Proof, Release]] = []
        for name in names:
            for record, sha256, commit, spoken_of in self._went_out(name, first):
                word = self._approval(sha256, first) if spoken_of else None
                if word is not None:
                    approved.append((record, Release(word, sha256, commit)))
                    break
                if commit not in commits:
                    others.append((record, Release(record, sha256, commit)))
        if approved:
            return LastRelease(max(approved, key=_newest)[1], None)
        return LastRelease(None, max(others, key=_newest)[1] if others else None)

    def _went_out(self, name: str, first: str) -> Iterator[tuple[Proof, str, str, bool]]:
        """The newest first. It is nearly always the one, so that the others are looked for only if it is not."""
        for most, offset in ((1, 0), (_MOST - 1, 1)):
            for *proof, sha256, commit, spoken_of in self._asking.rows(
                _WENT_OUT, self._went_to, first, name, most, offset
            ):
                yield Proof(*proof), sha256, commit, bool(spoken_of)

    def _approval(self, sha256: str, first: str) -> Proof | None:
        """The last approval of an artifact in front of `first`, if it stands; None also where that cannot be told."""
        rows = self._asking.rows(_WORDS, self._approved_for, first, sha256)
        words = list(approval_facts(self._asking, ((Proof(*row[:4]), row[4]) for row in rows)))
        if not all(word.readable for word in words):
            return None
        yes: list[Proof] = []
        taken_back: dict[str, str] = {}  # when somebody last said yes anew
        no: dict[str, str] = {}
        for word in words:
            time = word.proof.time
            for person in self._people(word):
                if word.decision != "approved":
                    no[person] = max(time, no.get(person, ""))
                    continue
                yes.append(word.proof)
                if not word.signed_by or person == word.proof.writer:
                    taken_back[person] = max(time, taken_back.get(person, ""))
        if not yes or any(time >= taken_back.get(person, "") for person, time in no.items()):
            return None
        return max(yes, key=lambda proof: (proof.time, proof.entry))

    def _people(self, word: ApprovalFact) -> set[str]:
        """Whose word it is, of those who may approve. Whoever records somebody else's no says no as well."""
        people: set[str | None] = set()
        if word.decision != "approved" or not (word.signed_by or word.given_by):
            people.add(word.proof.writer)
        if word.signed_by:
            people.add(self._identities.of_key(word.signed_by))
        elif word.given_by and self._relayed:
            people.add(self._identities.of_claim(word.given_by))
        return {person for person in people if person and self._identities.may_approve(person)}


def _newest(found: tuple[Proof, Release]) -> tuple[str, str]:
    return found[0].time, found[0].entry
