"""Controls over approvals: enough people with the right role said yes to this artifact, and none of them says no.

What counts is people: one person under two keys, or once directly and once through a relay, is one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from custody.policy.case import Case, Weighed
from custody.policy.changes import new_commits
from custody.policy.document import ApprovalsControl
from custody.policy.duties import Duties, duties
from custody.policy.facts import ApprovalFact
from custody.policy.globs import matches
from custody.policy.identities import login_of
from custody.policy.words import counted, entries, quoted, several, short, when
from custody.query.types import Proof
from custody.record.four_eyes import is_program
from custody.trust.roles import RELAY


class _Word(NamedTuple):
    """Somebody's yes or no, when it took effect. `why` is why a yes is not about this artifact as it was recorded.

    `anew` says that it was given when it took effect. A tag that somebody else recorded may be older than its entry,
    and must not take back what its signer said in between.
    """

    person: str
    time: str
    yes: bool
    proof: Proof
    anew: bool
    given: str  # when it was given, as far as age goes; "" is not known
    why: str = ""


def judge_approvals(control: ApprovalsControl, case: Case) -> Weighed:
    words: list[_Word] = []
    refused: dict[str, Proof] = {}
    for fact in case.approvals:
        if fact.readable and _is_here(control, case, fact.environment):
            words += _heard(control, case, fact, refused)
    yes = _last(word for word in words if word.yes and word.anew and not word.why)
    # A no stands until its giver says yes to this artifact; of two words at one time it is the no.
    standing = [word for word in words if not word.yes and word.time >= yes.get(word.person, "")]
    if standing:
        said = several(f"{word.person} rejected it, {when(word.time)}" for word in standing)
        return Weighed("failed", said, tuple(word.proof for word in standing))
    own = _last(word for word in words if word.person == word.proof.writer)
    hidden = tuple(
        fact.proof for fact in case.approvals if not fact.readable and _may_matter(control, case, fact, own)
    )
    if hidden:
        said = f"what cannot be read may be somebody's last word, and a no: {entries(hidden)}"
        return Weighed("unknown", said, hidden)
    return _counted(control, case, words, refused)


def _counted(
    control: ApprovalsControl,
    case: Case,
    words: list[_Word],
    refused: dict[str, Proof],
) -> Weighed:
    apart = _apart(control, case) if words else Duties()
    given: dict[str, _Word] = {}
    for word in words:
        if not word.yes:
            continue  # taken back: a later yes by the same person is among these
        if why := _against(control, case, word, apart):
            refused[why] = word.proof
        else:
            given[word.person] = word
    needed = max(1, control.count)
    role = f" by {several(sorted(control.roles), ' or ')}" if control.roles else ""
    said = f"{len(given)} of {counted(needed, 'approval')} needed{role} for {case.environment}"
    if given:
        said += ": " + several(f"{one.person}, {when(one.time)}" for one in given.values())
    proofs = tuple(one.proof for one in given.values())
    if len(given) >= needed:
        if apart.unknown:
            why = f"nobody can be shown to be apart from all who had a hand in it: {several(apart.unknown, '; ')}"
            return Weighed("unknown", f"{why} ({said})", proofs)
        return Weighed("satisfied", said, proofs)
    if refused:
        said += f"; not counted: {several(refused, '; ')}"
    return Weighed("failed" if refused else "missing", said, (*proofs, *refused.values()))


def why_not(control: ApprovalsControl, case: Case, fact: ApprovalFact) -> str:
    """Why an approval is not one that the control counts, in words that follow "not counted: "; "" for one that is.

    Whoever cannot be shown to be apart from somebody unknown is not refused for it: that may come to be known.
    """
    if not _is_here(control, case, fact.environment):
        return f"it is for {quoted(fact.environment)}"
    refused: dict[str, Proof] = {}
    for word in _heard(control, case, fact, refused):
        if not (why := _against(control, case, word, _apart(control, case))):
            return ""
        refused[why] = word.proof
    return several(refused, "; ")


def _apart(control: ApprovalsControl, case: Case) -> Duties:
    return duties(case, control.apart, control.claimed_authors)


def _against(control: ApprovalsControl, case: Case, word: _Word, apart: Duties) -> str:
    """Why somebody's yes does not count; "" where it does."""
    if word.why:
        return f"{word.person}'s of {when(word.time)} {word.why}"
    oldest = case.since(control.max_age) if control.max_age is not None else ""
    if word.given < oldest:
        of = f"of {when(word.given)} is" if word.given else "does not say when it was given, and may be"
        return f"{word.person}'s {of} older than {when(oldest)}"
    if word.person in apart.people:
        return f"{word.person}'s does not, who {apart.people[word.person]}"
    return ""


def _is_here(control: ApprovalsControl, case: Case, environment: str) -> bool:
    if control.environments:
        return any(matches(glob, environment) for glob in control.environments)
    return case.is_for(environment)


def _heard(
    control: ApprovalsControl, case: Case, fact: ApprovalFact, refused: dict[str, Proof]
) -> list[_Word]:
    """Whose word an approval is, if it is anybody's whose word is asked for; why not goes into `refused`."""
    yes = fact.decision == "approved"
    proof, time = fact.proof, fact.proof.time
    # Whoever records somebody else's yes says nothing themselves; whoever records a no says no as well.
    people = [] if yes and (fact.signed_by or fact.given_by) else [proof.writer]
    why, person = "", None
    if fact.signed_by:
        person = case.identities.of_key(fact.signed_by)
        why = "" if person else f"what {proof.writer} recorded of a tag whose key is nobody's"
    elif fact.given_by:
        shown = quoted(fact.given_by)
        if not control.relayed:
            why = f"what {proof.writer} recorded for {shown}, since the policy counts no relayed ones"
        elif RELAY not in case.identities.roles(proof.writer):
            why = f"what {proof.writer}, who is no relay, recorded for {shown}"
        elif is_program(login_of(fact.given_by)):
            why = f"what {proof.writer} recorded for {shown}, which is a program"
        else:
            person = case.identities.of_claim(fact.given_by)
            why = (
                ""
                if person
                else f"what {proof.writer} recorded for {shown}, who is nobody that trust.toml names"
            )
            time = min(fact.given_at or time, time)
    people += [person] if person else []
    if why and yes:
        refused[why] = proof
    words = []
    stale = _stale(case, fact, time) if yes else ""
    for who in dict.fromkeys(people):
        if _may_approve(control, case, who):
            # A tag can be put on record long after it was made.
            given = min(time, fact.given_at) if fact.signed_by else time
            anew = not fact.signed_by or who == proof.writer
            words.append(_Word(who, time, yes, proof, anew, given, stale))
        elif yes:
            role = f" ({several(sorted(control.roles))})" if control.roles else ""
            refused[f"{who}'s, who has no role for it{role}"] = proof
    return words


def _may_approve(control: ApprovalsControl, case: Case, person: str) -> bool:
    if control.roles:
        return not control.roles.isdisjoint(case.identities.roles(person))
    return case.identities.may_approve(person)


def _stale(case: Case, fact: ApprovalFact, time: str) -> str:
    """Why an approval is not of this artifact as it was recorded; "" where it is."""
    if not case.records:
        return "is of an artifact that is not recorded"
    first = case.records[0].proof.time
    if time < first:
        return f"was given before the artifact was recorded, {when(first)}"
    if fact.commit and (len(case.commits) != 1 or case.commits[0] != fact.commit):
        known = case.once("commits", lambda: several(map(short, case.commits))) or "none that is known"
        return f"is of commit {short(fact.commit)}, and the artifact's is {known}"
    known_base = case.base.commit if case.base else ""
    if fact.base and fact.base != known_base and fact.base in _new(case):
        return f"is of the commits after {short(fact.base)}, and that one is new as well"
    return ""


def _new(case: Case) -> frozenset[str]:
    return case.once("new", lambda: frozenset(new_commits(case).commits))


def _last(words: Iterable[_Word]) -> dict[str, str]:
    """By person the time of their last of these words."""
    found: dict[str, str] = {}
    for word in words:
        found[word.person] = max(word.time, found.get(word.person, ""))
    return found


def _may_matter(control: ApprovalsControl, case: Case, fact: ApprovalFact, own: dict[str, str]) -> bool:
    """Whether an approval that cannot be read may be somebody's last word, and a no.

    A relay's may be anybody's. Anybody else's is their own, and their last unless they spoke again: `own` is when each
    person did so last.
    """
    writer = fact.proof.writer
    if fact.environment and not _is_here(control, case, fact.environment):
        return False
    if control.relayed and RELAY in case.identities.roles(writer):
        return True
    if not _may_approve(control, case, writer):
        return False
    return own.get(writer, "") <= fact.proof.time
