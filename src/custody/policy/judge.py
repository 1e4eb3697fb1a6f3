"""The verdict: what a policy says of an artifact for an environment, from what is known of it. No I/O, and no clock.

What is later than the moment does not exist for it, so that the verdict of a day in the past is this function at that
day, over the same facts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from custody.policy.approvals_rule import judge_approvals
from custody.policy.case import Case, Weighed
from custody.policy.document import (
    ApprovalsControl,
    Control,
    EvidenceControl,
    FourEyesControl,
    Policy,
    ProvenanceControl,
    SealedControl,
)
from custody.policy.duties import duties
from custody.policy.evidence_rule import judge_evidence
from custody.policy.facts import AllowFact, ArtifactFact, Facts
from custody.policy.four_eyes_rule import judge_four_eyes
from custody.policy.globs import matches
from custody.policy.identities import Identities
from custody.policy.provenance_rule import judge_provenance
from custody.policy.sealed_rule import judge_sealed
from custody.policy.verdict import GOOD, ControlVerdict, State, Verdict
from custody.policy.words import entries, quoted, several, when
from custody.query.types import Proof

_RULES: dict[type[Control], tuple[str, Callable[[Any, Case], Weighed]]] = {
    EvidenceControl: ("evidence", judge_evidence),
    ProvenanceControl: ("provenance", judge_provenance),
    FourEyesControl: ("four-eyes", judge_four_eyes),
    ApprovalsControl: ("approvals", judge_approvals),
    SealedControl: ("sealed", judge_sealed),
}
_ANNOTATION = "annotation."


def judge(
    facts: Facts, policy: Policy, identities: Identities, moment: str, policy_proof: Proof | None = None
) -> Verdict:
    """Each control of the policy, weighed over the facts in effect at `moment` (UTC text).

    `policy_proof` is the entry that recorded the policy. Facts of writers whose roles do not let them record such a
    thing are as if they were not there.
    """
    case = Case(facts, policy, identities, moment)
    return Verdict(
        artifact=facts.artifact.sha256,
        environment=facts.environment,
        moment=moment,
        policy=policy.name,
        policy_sha256=policy.sha256,
        policy_proof=policy_proof,
        controls=tuple(_control(control, case) for control in policy.controls),
    )


def _control(control: Control, case: Case) -> ControlVerdict:
    kind, rule = _RULES[type(control)]
    found = unasked(control, case) or rule(control, case)
    instead: State | None = None
    if found.state not in GOOD and case.allowed:
        found, instead = _excepted(control, case, found)
    proofs = tuple(sorted(set(found.proofs))) if len(found.proofs) > 1 else found.proofs
    return ControlVerdict(control.name, kind, found.state, found.sentence, proofs, instead)


def unasked(control: Control, case: Case) -> Weighed | None:
    """What a control comes to without being weighed: where it does not apply, or nobody can tell whether it does.

    It applies if any record of the artifact matches: to record it once more cannot take a control away.
    """
    if not control.when:
        return None
    asked = several(f"{key} {quoted(glob)}" for key, glob in control.when.items())
    rest = dict(control.when)
    if not matches(rest.pop("environment", "*"), case.environment):
        return Weighed(
            "not-applicable", f"it is for {asked}, and the environment is {quoted(case.environment)}"
        )
    if any(_matches(rest, record) for record in case.readable):
        return None
    if matches(rest.pop("name", "*"), case.name) and not rest:
        return None
    if case.unread:
        said = f"it is for {asked}, and a record of the artifact cannot be read: {entries(case.unread)}"
        return Weighed("unknown", said, tuple(case.unread))
    if not case.records:
        return Weighed("unknown", f"it is for {asked}, and the artifact is not recorded")
    said = f"it is for {asked}, and no record of the artifact is of that"
    return Weighed("not-applicable", said, tuple(one.proof for one in case.records))


def _matches(wanted: dict[str, str], record: ArtifactFact) -> bool:
    """Whether a record that can be read has all of these; what it does not say is an empty text."""
    body = record.body
    if body is None:
        return False
    values = {
        "flow": record.flow,
        "trail": record.trail_name,
        "repository": record.repository,
        "branch": record.branch,
        "name": body.subject.name,
        "type": body.type,
        "version": body.version,
    }
    return all(
        matches(
            glob,
            body.extras.annotations.get(key[len(_ANNOTATION) :], "")
            if key.startswith(_ANNOTATION)
            else values[key],
        )
        for key, glob in wanted.items()
    )


def _excepted(control: Control, case: Case, found: Weighed) -> tuple[Weighed, State | None]:
    """What an admin's exception makes of a control that is not good; else why none that is there helps.

    Nobody is excused by themselves: not whoever built the artifact or wrote what is new in it, as far as that is known.
    """
    remarks: list[tuple[str, Proof]] = []
    for one in reversed(case.allowed):
        if one.controls and control.name not in one.controls:
            continue
        if one.until < case.moment:
            remarks.append((f"an exception until {when(one.until)} has expired", one.proof))
        elif (
            what := duties(case, ("author", "committer", "builder")).people.get(one.proof.writer)
        ) is not None:
            remarks.append((f"an exception by {one.proof.writer} does not count, who {what}", one.proof))
        else:
            return _by_exception(one, found), found.state
    said = "".join(f"; {remark}" for remark in dict.fromkeys(remark for remark, _ in remarks))
    return Weighed(
        found.state, found.sentence + said, (*found.proofs, *(proof for _, proof in remarks))
    ), None


def _by_exception(one: AllowFact, found: Weighed) -> Weighed:
    said = f"excepted by {one.proof.writer} until {when(one.until)}, {quoted(one.reason)}"
    return Weighed("excepted", f"{said}; else {found.state}: {found.sentence}", (*found.proofs, one.proof))
