"""Whose approval of an artifact would count, and whose would not: said before anybody gives one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from custody.policy.approvals_rule import why_not
from custody.policy.case import Case
from custody.policy.document import ApprovalsControl
from custody.policy.facts import ApprovalFact, ArtifactFact, Facts
from custody.policy.judge import unasked
from custody.policy.words import several
from custody.query.types import Proof

if TYPE_CHECKING:
    from custody.policy.judgement import Judgement


def newest_record(facts: Facts, moment: str) -> ArtifactFact | None:
    """The artifact as the newest entry recorded it that can be read; None where there is none."""
    readable = [one for one in facts.records if one.readable and one.proof.time <= moment]
    return max(readable, key=lambda one: (one.proof.time, one.proof.position), default=None)


def approval_by(person: str, facts: Facts, moment: str) -> ApprovalFact:
    """The approval that somebody would give now, of all that is before them. It stands at position -1: nowhere yet."""
    record = newest_record(facts, moment)
    return ApprovalFact(
        Proof(-1, "", moment, person),
        facts.environment,
        "approved",
        commit=record.commit if record else "",
        base=facts.base.commit if facts.base else "",
    )


def objections(judgement: Judgement, facts: Facts, moment: str, people: Iterable[str]) -> dict[str, str]:
    """Of each of these identities why their approval would not count, "" where it would.

    It counts if it does for one of the controls that ask for approvals. Where none asks for any, only the role to
    record one is needed.
    """
    case = judgement.case(facts, moment)
    return {
        one: role_objection(judgement, one)
        or (_objection(case, facts, moment, one) if case is not None else "")
        for one in people
    }


def role_objection(judgement: Judgement, person: str) -> str:
    """Why nobody would hear this person, not even a no; "" where they would. A no needs no duties apart."""
    if judgement.identities.may_write("approval", person):
        return ""
    return f"{person} has no role that may record approvals"


def _objection(case: Case, facts: Facts, moment: str, person: str) -> str:
    given = approval_by(person, facts, moment)
    # The duties are the same whoever approves, so the case is not made anew for each.
    reasons = [why_not(control, case, given) for control in _asking(case)]
    return several(reasons, "; ") if reasons and all(reasons) else ""


def _asking(case: Case) -> Iterator[ApprovalsControl]:
    for control in case.policy.controls:
        if isinstance(control, ApprovalsControl) and unasked(control, case) is None:
            yield control


def with_approval(facts: Facts, given: ApprovalFact) -> Facts:
    """The facts as they would be with it."""
    return replace(facts, approvals=(*facts.approvals, given))
