"""What people did, held against what the policy then in force said of it: findings about conduct.

Verification says whether the ledger is what was signed; this says whether what was signed should have been done. A
finding of conduct changes no exit status and no verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from custody.ledger import timestamps
from custody.policy.case import Case
from custody.policy.document import Policy
from custody.policy.duties import duties
from custody.policy.facts import Facts
from custody.policy.governing import UNGOVERNED
from custody.policy.verdict import GOOD, NOTHING_APPLIES, Verdict
from custody.query.clocks import Arrivals
from custody.query.types import Proof

if TYPE_CHECKING:
    from custody.policy.judgement import Judgement
    from custody.query.index import Index

CODES = {
    "deployed-unrecorded": "It was put into an environment before any entry that counts recorded what it is.",
    "deployed-unapproved": "It was put into an environment without the approvals that were demanded.",
    "deployed-without-provenance": "It was put into an environment without the provenance that was demanded.",
    "deployed-against-verdict": "It was put into an environment although the policy in force did not say yes.",
    "deployed-against-decision": "It was put into an environment although the last recorded decision was no.",
    "approved-not-deployed": "It was approved for an environment over 30 days ago, and was never seen there.",
    "approved-by-author": "Somebody approved what they had a hand in.",
    "approval-before-code": "It was approved before it was recorded.",
    "decision-contradicted": "A recorded yes was taken back, or is not borne out by what is known of its moment.",
    "late-evidence": "It reached this ledger more than 7 days after the time it claims.",
}
GRACE = timedelta(days=30)
"""How long an approved artifact may wait before that is worth a word."""
LATE = timedelta(days=7)
"""How long after its claimed time evidence may reach the ledger."""
_KEPT = 100
_SHORT = 12
_NO_POLICY = Policy(name="", environments=(), controls=())
_OF_KIND = {"approvals": "deployed-unapproved", "provenance": "deployed-without-provenance"}

# Where nobody records deployments, an artifact was deployed when it was first seen running.
_DEPLOYED = """
    SELECT position, entry, time, writer, name, sha256, environment, service FROM deployment
    UNION ALL
    SELECT position, entry, time, writer, name, sha256, environment, service FROM span
    WHERE environment NOT IN (SELECT environment FROM deployment)
    ORDER BY 3, 1
"""
_APPROVED = """
    SELECT position, entry, time, writer, name, sha256, environment, decision, in_force FROM approval
    ORDER BY time, position
"""
_EVIDENCE = """
    SELECT position, entry, time, writer, control, subject FROM evidence ORDER BY position
"""
_DECIDED = """
    SELECT position, entry, time, writer, name, sha256, environment, result FROM decision ORDER BY time, position
"""


class Conduct(NamedTuple):
    """One finding. The message may hold text from the ledger; `proof` is the entry that it is about."""

    code: str
    message: str
    sha256: str
    environment: str
    proof: Proof


class Deployed(NamedTuple):
    """An artifact put into an environment, as an entry says it, or the first state in which it was seen running."""

    proof: Proof
    name: str
    sha256: str
    environment: str
    service: str

    def conduct(self, code: str, message: str) -> Conduct:
        what = f"{self.name} {self.sha256[:_SHORT]} in {self.environment}: {message}"
        return Conduct(code, what, self.sha256, self.environment, self.proof)


def conduct(judgement: Judgement, looked: Callable[[], object] = lambda: None) -> Iterator[Conduct]:
    """Everything there is to say, deployments first. The cost is a verdict for each deployment and approval.

    `looked` is called in front of each act that is looked at; what it raises ends it.
    """
    placed = deployments(judgement.index)
    yield from _deployments(judgement, placed, looked)
    yield from _approvals(judgement, placed, looked)
    yield from _decisions(judgement, looked)
    yield from _late(judgement, looked)


def deployments(index: Index) -> list[Deployed]:
    """Every deployment in order of effect; of an environment without any, when each artifact was first seen in it."""
    return [Deployed(Proof(*row[:4]), *row[4:]) for row in index.rows(_DEPLOYED)]


def _deployments(
    judgement: Judgement, placed: list[Deployed], looked: Callable[[], object]
) -> Iterator[Conduct]:
    asked_for = {row[0] for row in judgement.index.rows("SELECT DISTINCT environment FROM approval")}
    for one in placed:
        looked()
        moment = one.proof.time
        facts = judgement.facts(one.sha256, one.environment, moment=moment)
        if not any(record.proof.time <= moment for record in facts.records):
            yield one.conduct("deployed-unrecorded", "no entry that counts had recorded it by then")
        decided = _last_decision(judgement.index, one.sha256, one.environment, moment)
        if decided == "FAILED":
            yield one.conduct("deployed-against-decision", "the last decision recorded before it was no")
        verdict = judgement.judge(facts, moment)
        if verdict.reason != UNGOVERNED:
            yield from _against(one, verdict)
        elif one.environment in asked_for and not _approved(facts, one.environment, moment):
            yield one.conduct(
                "deployed-unapproved", "no approval for it was in force, and no policy was either"
            )


def _against(one: Deployed, verdict: Verdict) -> Iterator[Conduct]:
    bad = [control for control in verdict.controls if control.state not in GOOD]
    for control in bad:
        if control.kind in _OF_KIND:
            yield one.conduct(_OF_KIND[control.kind], f"{control.name}: {control.sentence}")
    if verdict.outcome != "passed":
        who = f"policy {verdict.policy} did not say yes" if verdict.policy else "no policy could say yes"
        message = f"{who}: {_standing(verdict)}"
        yield one.conduct("deployed-against-verdict", message)


def _approved(facts: Facts, environment: str, moment: str) -> bool:
    words = [one for one in facts.approvals if one.environment == environment and one.proof.time <= moment]
    latest = max((one.proof.time for one in words), default="")
    last = [one.decision for one in words if one.proof.time == latest]
    return bool(last) and all(decision == "approved" for decision in last)


def _approvals(
    judgement: Judgement, placed: list[Deployed], looked: Callable[[], object]
) -> Iterator[Conduct]:
    index = judgement.index
    seen = {(one.sha256, one.environment) for one in placed}
    seen.update(index.rows("SELECT sha256, environment FROM span"))
    overdue = _earlier(judgement.now, GRACE)
    known = lru_cache(_KEPT)(lambda sha256, environment: _Approved(judgement, sha256, environment))
    for *proof, name, sha256, environment, decision, in_force in index.rows(_APPROVED):
        looked()
        one = Deployed(Proof(*proof), name, sha256, environment, "")
        if decision != "approved":
            continue
        first = index.row("SELECT min(time) FROM artifact WHERE sha256 = ?", sha256)
        if first is not None and first[0] is not None and one.proof.time < first[0]:
            yield one.conduct("approval-before-code", "it was approved before it was recorded")
        yield from _by_author(judgement, one, known(sha256, environment))
        if in_force and one.proof.time < overdue and not _is_among(judgement, sha256, environment, seen):
            yield one.conduct("approved-not-deployed", "it was approved, and has not been seen there since")


def _is_among(judgement: Judgement, sha256: str, environment: str, seen: Set[tuple[str, str]]) -> bool:
    """Whether an artifact was seen in an environment, or in a member of it where it is a group."""
    governing = judgement.governing(environment)
    policy = None if isinstance(governing, str) else governing.policy
    members = policy.groups.get(environment, ()) if policy is not None else ()
    return any((sha256, one) in seen for one in (environment, *members))


class _Approved:
    """What all approvals of one artifact for one environment share: their words, and who had a hand in it."""

    def __init__(self, judgement: Judgement, sha256: str, environment: str) -> None:
        facts = judgement.facts(sha256, environment)
        self.words = {one.proof.entry: one for one in facts.approvals}
        self.facts = replace(facts, approvals=(), deployments=(), allowed=())


def _by_author(judgement: Judgement, one: Deployed, approved: _Approved) -> Iterator[Conduct]:
    identities, word = judgement.identities, approved.words[one.proof.entry]
    person: str | None = word.proof.writer
    if word.signed_by:
        person = identities.of_key(word.signed_by)
    elif word.given_by:
        person = identities.of_claim(word.given_by)
    case = Case(approved.facts, _NO_POLICY, identities, one.proof.time)
    people = duties(case, ("author", "committer", "builder"), claimed_authors=True).people
    if person in people:
        yield one.conduct("approved-by-author", f"{person} approved it, who {people[person]}")


def _decisions(judgement: Judgement, looked: Callable[[], object]) -> Iterator[Conduct]:
    """A yes that was taken back, and a yes that what is known by now does not bear out for its moment."""
    before: dict[tuple[str, str], Proof] = {}  # the last yes
    for *proof, name, sha256, environment, result in judgement.index.rows(_DECIDED):
        looked()
        one = Deployed(Proof(*proof), name, sha256, environment, "")
        passed = before.pop((sha256, environment), None)
        if result == "PASSED":
            before[sha256, environment] = one.proof
            verdict = judgement.verdict(sha256, environment, moment=one.proof.time)
            if verdict.outcome != "passed":
                message = f"a yes, and by what is known now it was {verdict.outcome}: {_standing(verdict)}"
                yield one.conduct("decision-contradicted", message)
        elif passed is not None:
            message = f"a no, after the yes of {passed.time} in entry {passed.entry[:_SHORT]}"
            yield one.conduct("decision-contradicted", message)


def _standing(verdict: Verdict) -> str:
    """What stands in the way of a yes."""
    bad = [control for control in verdict.controls if control.state not in GOOD]
    return (
        ", ".join(f"{control.name} {control.state}" for control in bad) or verdict.reason or NOTHING_APPLIES
    )


def _late(judgement: Judgement, looked: Callable[[], object]) -> Iterator[Conduct]:
    """Evidence that arrived long after its claimed time: nobody else saw it in between."""
    arrivals = Arrivals(judgement.index)
    for *proof, control, subject in judgement.index.rows(_EVIDENCE):
        looked()
        position, _, claimed, _ = proof
        arrived = arrivals.of(position, claimed).time
        if claimed < _earlier(arrived, LATE):
            message = f"{control} claims {claimed}, and reached this ledger no earlier than {arrived}"
            sha256 = subject if subject and ":" not in subject else ""
            yield Conduct("late-evidence", message, sha256, "", Proof(*proof))


def _last_decision(index: Index, sha256: str, environment: str, moment: str) -> str:
    row = index.row(
        "SELECT result FROM decision WHERE sha256 = ? AND environment = ? AND time <= ? "
        "ORDER BY time DESC, result = 'FAILED' DESC LIMIT 1",
        sha256, environment, moment,
    )  # fmt: skip
    return str(row[0]) if row else ""


def _earlier(instant: str, by: timedelta) -> str:
    try:
        return timestamps.from_datetime(timestamps.to_datetime(instant) - by)
    except (ValueError, OverflowError):
        return ""
