"""Whose approval would count is what the verdict makes of it, and never something else."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from hypothesis import given
from hypothesis import strategies as st
from verdicts import C1, C2, IDENTITIES, NOW, PEOPLE, at, deployment, facts, policy, ranged, record, reviewed

from custody.policy.case import Case
from custody.policy.document import DUTIES, ApprovalsControl, Control, EvidenceControl
from custody.policy.facts import Facts
from custody.policy.hearing import approval_by, objections, role_objection, with_approval
from custody.policy.judge import judge
from custody.policy.judgement import Judgement


class Judging:
    """As much of a judgement as is asked, under one policy."""

    identities = IDENTITIES

    def __init__(self, *controls: Control) -> None:
        self.policy = policy(*controls) if controls else None

    def case(self, known: Facts, moment: str) -> Case | None:
        return Case(known, self.policy, IDENTITIES, moment) if self.policy is not None else None


def why(known: Facts, person: str, *controls: Control) -> str:
    return objections(cast(Judgement, Judging(*controls)), known, at(NOW), [person])[person]


def release(**demands: object) -> ApprovalsControl:
    return ApprovalsControl(name="release", **demands)  # type: ignore[arg-type]


KNOWN = facts(ranged(C1, C2, since="c0" * 20), reviewed(), deployment())


def test_an_author_is_told_what_they_wrote_and_a_reviewer_is_not() -> None:
    asked = release(apart=frozenset({"author"}))
    assert why(KNOWN, "dev-1", asked) == f"dev-1's does not, who claims to have written commit {C2[:12]}"
    assert why(KNOWN, "dev-2", asked) == ""


def test_a_role_that_is_not_asked_for_does_not_count() -> None:
    assert "has no role for it (risk-officer)" in why(
        KNOWN, "dev-3", release(roles=frozenset({"risk-officer"}))
    )
    assert why(KNOWN, "risk-officer", release(roles=frozenset({"risk-officer"}))) == ""


def test_who_may_not_record_approvals_is_told_so_whatever_is_asked() -> None:
    assert why(KNOWN, "ci") == why(KNOWN, "ci", release()) == role_objection(cast(Judgement, Judging()), "ci")
    assert "ci has no role" in why(KNOWN, "ci") and "stranger has no role" in why(KNOWN, "stranger")


def test_one_control_that_counts_it_is_enough() -> None:
    mine, other = release(), ApprovalsControl(name="risk", roles=frozenset({"risk-officer"}))
    assert why(KNOWN, "dev-3", mine, other) == ""
    assert why(KNOWN, "dev-3", other) != ""


def test_where_nothing_asks_for_approvals_nothing_speaks_against_one() -> None:
    elsewhere = release(when={"environment": "staging"})
    assert why(KNOWN, "dev-1") == why(KNOWN, "dev-1", EvidenceControl(name="tests", control="tests")) == ""
    assert why(KNOWN, "dev-1", elsewhere) == ""


def test_an_approval_for_a_group_alone_is_not_one_for_its_member() -> None:
    assert 'it is for "prod"' in why(KNOWN, "dev-3", release(environments=("staging",)))


_PEOPLE = st.sampled_from(sorted(PEOPLE))
_CONTROLS = st.builds(
    release,
    roles=st.sampled_from([frozenset[str](), frozenset({"approver"}), frozenset({"risk-officer"})]),
    apart=st.sets(st.sampled_from(sorted(DUTIES))).map(frozenset),
    claimed_authors=st.booleans(),
    max_age=st.sampled_from([None, timedelta(0), timedelta(days=1)]),
    environments=st.sampled_from([(), ("*",), ("staging",)]),
)
_FACTS = st.lists(
    st.sampled_from([record(), record(writer="dev-1"), reviewed(), deployment(), deployment(writer="dev-1")]),
    unique_by=id,
).map(lambda given: facts(*given))


@given(_PEOPLE, _CONTROLS, _FACTS)
def test_who_is_objected_to_is_who_the_verdict_does_not_count(
    person: str, control: ApprovalsControl, known: Facts
) -> None:
    """One is asked for and nobody has given any: it is counted exactly if the sentence then says one."""
    given_ = with_approval(known, approval_by(person, known, at(NOW)))
    (after,) = judge(given_, policy(control), IDENTITIES, at(NOW)).controls
    counted = "1 of 1 approval needed" in after.sentence
    assert (why(known, person, control) == "") == counted
