"""Controls over evidence, in each of their outcomes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from verdicts import C1, C2, NOBODY, OTHER, at, evidence, hidden, one, proof, record, trail

from custody.policy.document import EvidenceControl

ON_C1, ON_C2, ON_TRAIL = f"commit:{C1}", f"commit:{C2}", "trail:1"


def checked(**demands: Any) -> EvidenceControl:
    return EvidenceControl(name="unit-tests", control="tests", **demands)


def test_satisfied() -> None:
    found = one(checked(), fact := evidence())
    assert (found.kind, found.state, found.proofs) == ("evidence", "satisfied", (fact.proof,))
    assert found.sentence == "tests passed for the artifact (ci, 2026-11-19 01:10:00 UTC)"


def test_failed_by_its_own_result() -> None:
    found = one(checked(), fact := evidence(result="fail"))
    assert found.state == "failed" and found.proofs == (fact.proof,)
    assert "does not pass for the artifact: its own result is fail" in found.sentence


@pytest.mark.parametrize(
    "given",
    [
        (),
        (evidence(control="lint"),),
        (evidence(subject=OTHER),),
        (evidence(subject=ON_C1),),
        (evidence(subject=ON_TRAIL),),
        (evidence(601),),
        (evidence(writer=NOBODY),),
        (evidence(writer="stranger"),),
        (evidence(writer="dev-2"),),
    ],
    ids="nothing, another check, another fingerprint, a commit, a trail, the future, nobody, unknown, role".split(
        ", "
    ),
)
def test_missing(given: Any) -> None:
    found = one(checked(), *given)
    assert found.state == "missing" and found.proofs == ()
    assert "no tests for the artifact" in found.sentence


def test_unknown_where_it_cannot_be_read() -> None:
    found = one(checked(), lost := hidden())
    assert found.state == "unknown" and found.proofs == (lost.proof,)
    assert "cannot be read" in found.sentence and "by ci, 2026-11-19 01:20:00 UTC" in found.sentence


class TestWhichCounts:
    def test_further_on_in_one_chain(self) -> None:
        first, second = evidence(70, "fail", seq=1), evidence(70, "pass", seq=2)
        assert one(checked(), second, first).proofs == (second.proof,)
        assert one(checked(), replace(first, seq=3), second).state == "failed"

    def test_further_on_in_one_chain_even_if_it_is_earlier(self) -> None:
        """A reader that let time run backwards would not make the earlier word the last."""
        assert one(checked(), evidence(71, "pass", seq=1), evidence(70, "fail", seq=2)).state == "failed"

    def test_later_between_chains(self) -> None:
        first, second = evidence(70, "fail", chain="a", seq=9), evidence(71, "pass", chain="b", seq=1)
        assert one(checked(), second, first).state == "satisfied"
        assert one(checked(), replace(first, proof=proof(72, "ci")), second).state == "failed"

    def test_of_two_at_one_time_the_worse(self) -> None:
        no, yes = evidence(70, "fail", chain="a"), evidence(70, "pass", chain="b")
        assert one(checked(), no, yes).state == one(checked(), yes, no).state == "failed"

    def test_the_worse_is_worse_by_the_policy(self) -> None:
        within, beyond = (evidence(70, chain=str(count), summary={"high": count}) for count in (1, 9))
        for given in ((within, beyond), (beyond, within)):
            found = one(checked(limits={"high": 5}), *given)
            assert found.state == "failed" and found.proofs == (beyond.proof,)

    def test_a_chain_with_a_later_word_loses_its_earlier_ones(self) -> None:
        given = (
            evidence(72, "pass", chain="a", seq=1),
            evidence(70, "fail", chain="a", seq=2),
            evidence(71, chain="b"),
        )
        assert one(checked(), *given).proofs == (given[2].proof,)

    def test_both_sides_of_a_fork(self) -> None:
        assert one(checked(), evidence(70, "pass", seq=2), evidence(70, "fail", seq=2)).state == "failed"

    def test_only_what_was_there_then(self) -> None:
        given = evidence(70), evidence(80, "fail")
        assert one(checked(), *given, minute=79).state == "satisfied"
        assert one(checked(), *given, minute=80).state == "failed"

    def test_evidence_of_another_type_is_not_what_is_demanded(self) -> None:
        junit, said = evidence(70, type="junit"), evidence(80, type="generic")
        assert one(checked(type="junit"), junit).state == "satisfied"
        found = one(checked(type="junit"), junit, said)
        assert found.state == "failed" and "of type generic, and junit is demanded" in found.sentence

    def test_a_result_for_another_fingerprint_supersedes_nothing(self) -> None:
        assert one(checked(), evidence(), evidence(80, "fail", subject=OTHER)).state == "satisfied"


class TestRoles:
    def test_a_writer_without_the_role_is_as_if_not_there(self) -> None:
        found = one(checked(roles=frozenset({"scanner"})), evidence())
        assert found.state == "missing"
        assert "not counted, for want of a role (scanner): ci" in found.sentence

    def test_nor_does_such_a_writer_supersede(self) -> None:
        given = evidence(70, writer="ci-2", chain="a"), evidence(80, "fail", chain="b")
        assert one(checked(roles=frozenset({"scanner", "x"})), *given).state == "satisfied"

    def test_nor_make_anything_unknown(self) -> None:
        given = evidence(70, writer="ci-2", chain="a"), hidden(80)
        assert one(checked(roles=frozenset({"scanner"})), *given).state == "satisfied"
        assert one(checked(), *given).state == "unknown"


class TestBounds:
    @pytest.mark.parametrize(
        ("summary", "state", "said"),
        [
            ({"critical": 0, "high": 3}, "satisfied", "with critical 0 of at most 0, high 3 of at most 3"),
            ({"critical": 1, "high": 3}, "failed", "critical is 1, and at most 0 is allowed"),
            ({"critical": 0}, "failed", "it does not say how many high"),
            ({}, "failed", "it does not say how many critical"),
        ],
    )
    def test_limits(self, summary: dict[str, int], state: str, said: str) -> None:
        found = one(checked(limits={"critical": 0, "high": 3}), evidence(summary=summary))
        assert found.state == state and said in found.sentence

    @pytest.mark.parametrize(
        ("summary", "state", "said"),
        [
            ({"lines": 8000}, "satisfied", "lines 80 % of at least 80 %"),
            ({"lines": 7999}, "failed", "lines is 79.99 %, and at least 80 % is demanded"),
            ({}, "failed", "it does not say how many lines"),
        ],
    )
    def test_floors(self, summary: dict[str, int], state: str, said: str) -> None:
        found = one(checked(floors={"lines": 8000}), evidence(summary=summary))
        assert found.state == state and said in found.sentence

    def test_its_own_result_beside_them(self) -> None:
        fact = evidence(result="fail", summary={"high": 1})
        assert one(checked(limits={"high": 2}), fact).state == "failed"
        assert one(checked(limits={"high": 2}, own_result=False), fact).state == "satisfied"
        assert one(checked(limits={"high": 0}, own_result=False), fact).state == "failed"

    def test_with_nothing_else_to_decide_its_own_result_does(self) -> None:
        assert one(checked(own_result=False), evidence(result="fail")).state == "failed"

    def test_conditions(self) -> None:
        demanded = checked(conditions=("risk <= 3",))
        assert one(demanded, evidence(conditions=("a exists", "risk <= 3"))).state == "satisfied"
        found = one(demanded, evidence(conditions=("risk <= 30",)))
        assert found.state == "failed" and 'not held to the condition "risk <= 3"' in found.sentence


class TestLicences:
    @pytest.mark.parametrize(
        ("licences", "state", "said"),
        [
            ({"MIT": 3, "Apache-2.0": 1}, "satisfied", "passed"),
            ({"MIT": 3, "GPL-3.0": 1}, "failed", 'licences that are denied: "GPL-3.0"'),
            ({"MIT": 3, "BUSL-1.1": 1}, "failed", 'not among those allowed: "BUSL-1.1"'),
            ({}, "failed", "it says nothing of licences"),
        ],
    )
    def test_denied_and_allowed(self, licences: dict[str, int], state: str, said: str) -> None:
        demanded = checked(denied_licences=("GPL-*",), allowed_licences=("MIT", "Apache-*", "GPL-*"))
        found = one(demanded, evidence(licences=licences))
        assert found.state == state and said in found.sentence

    def test_a_bill_of_nothing_has_none(self) -> None:
        assert (
            one(checked(denied_licences=("GPL-*",)), evidence(summary={"licences": 0})).state == "satisfied"
        )

    @pytest.mark.parametrize("summary", [{"licences": 2}, {"licences": 1, "licencesLeftOut": 4}])
    def test_one_that_was_left_out_may_be_any(self, summary: dict[str, int]) -> None:
        found = one(checked(denied_licences=("GPL-*",)), evidence(licences={"MIT": 1}, summary=summary))
        assert found.state == "failed" and "left out" in found.sentence


class TestAge:
    @pytest.mark.parametrize(("minute", "state"), [(130, "satisfied"), (131, "failed")])
    def test_of_an_hour(self, minute: int, state: str) -> None:
        found = one(checked(max_age=timedelta(hours=1)), evidence(70), minute=minute)
        assert found.state == state
        assert ("it is older than" in found.sentence) is (state == "failed")

    def test_longer_than_there_were_years(self) -> None:
        assert one(checked(max_age=timedelta(days=999_999)), evidence(70)).state == "satisfied"


class TestAbout:
    def test_the_commit(self) -> None:
        assert one(checked(about="commit"), evidence(subject=ON_C1)).state == "satisfied"
        assert one(checked(about="commit"), evidence()).state == "missing"
        assert one(checked(about="commit"), evidence(subject=ON_C2)).state == "missing"

    def test_each_commit_of_its_records(self) -> None:
        records = record(), record(61, "ci-2", C2)
        assert one(checked(about="commit"), *records, evidence(subject=ON_C1)).state == "missing"
        both = evidence(subject=ON_C1), evidence(subject=ON_C2)
        assert one(checked(about="commit"), *records, *both).state == "satisfied"
        bad = evidence(subject=ON_C1), evidence(subject=ON_C2, result="fail")
        found = one(checked(about="commit"), *records, *bad)
        assert found.state == "failed" and found.proofs == (bad[1].proof,)

    def test_a_commit_that_no_record_names(self) -> None:
        found = one(checked(about="commit"), record(commit=""))
        assert found.state == "missing" and "names a commit" in found.sentence
        assert one(checked(about="commit"), evidence(subject=ON_C1), records=False).state == "missing"

    def test_a_commit_that_cannot_be_read(self) -> None:
        found = one(checked(about="commit"), record(), record(61, readable=False), evidence(subject=ON_C1))
        assert found.state == "unknown" and "may name another commit" in found.sentence

    def test_the_trail(self) -> None:
        assert one(checked(about="trail"), evidence(subject=ON_TRAIL)).state == "satisfied"
        found = one(checked(about="trail"), evidence(subject="trail:2"))
        assert found.state == "missing" and 'trail "run-1"' in found.sentence
        assert (
            one(checked(about="trail"), record(), record(61, trail=2), evidence(subject=ON_TRAIL)).state
            == "missing"
        )
        assert one(checked(about="trail"), records=False).state == "missing"

    def test_any(self) -> None:
        demanded = checked(about="any")
        for subject in (evidence().subject, ON_C1, ON_TRAIL):
            assert one(demanded, evidence(subject=subject)).state == "satisfied"
        assert one(demanded, evidence(subject=ON_C2)).state == "missing"
        assert one(demanded, evidence(), evidence(subject=ON_TRAIL, result="fail")).state == "failed"

    def test_a_stranger_to_its_commits_may_hide_one(self) -> None:
        assert one(checked(about="any"), evidence(), record(), record(61, readable=False)).state == "unknown"
        assert one(checked(), evidence(), record(), record(61, readable=False)).state == "satisfied"


class TestHidden:
    """Evidence that cannot be read: what could it have changed?"""

    @pytest.mark.parametrize(
        ("lost", "state"),
        [
            (hidden(80), "unknown"),
            (hidden(70), "unknown"),
            (hidden(69), "satisfied"),
            (replace(hidden(69, chain="main"), seq=71), "unknown"),
            (replace(hidden(70, chain="main"), seq=69), "satisfied"),
            (hidden(601), "satisfied"),
            (hidden(80, subject=OTHER), "satisfied"),
            (hidden(80, writer=NOBODY), "satisfied"),
            (hidden(80, writer="dev-2"), "satisfied"),
        ],
        ids="later, same time, earlier, further on, further back, future, other artifact, nobody, no role".split(
            ", "
        ),
    )
    def test_beside_evidence_in_force(self, lost: Any, state: str) -> None:
        assert one(checked(), evidence(70), lost).state == state

    def test_with_nothing_in_force_whenever_it_was(self) -> None:
        assert one(checked(), hidden(1)).state == "unknown"

    def test_without_a_subject_it_may_be_about_any_commit(self) -> None:
        assert (
            one(checked(about="commit"), evidence(subject=ON_C1), hidden(80, ""), trail()).state == "unknown"
        )

    @pytest.mark.parametrize(("chain", "state"), [("main", "unknown"), ("elsewhere", "satisfied")])
    def test_without_a_subject_it_is_about_its_own_trail(self, chain: str, state: str) -> None:
        lost = replace(hidden(80, "", chain=chain), seq=80)
        assert one(checked(about="trail"), evidence(subject=ON_TRAIL), lost, trail()).state == state
        assert one(checked(), evidence(), lost, trail()).state == state, "by the artifact's name"

    def test_where_nobody_knows_the_trails_chains(self) -> None:
        lost = hidden(80, "", chain="elsewhere")
        assert one(checked(), evidence(), lost).state == "unknown"
        assert one(checked(), evidence(), lost, replace(trail(), readable=False)).state == "unknown"

    def test_a_later_word_settles_it(self) -> None:
        assert one(checked(), hidden(80), evidence(90)).state == "satisfied"


def test_a_hostile_name_does_not_make_a_sentence_long() -> None:
    licences = {f"x{index:02d}" + "x" * 5000: 1 for index in range(50)}
    found = one(checked(denied_licences=("x*",)), evidence(licences=licences))
    assert found.state == "failed" and len(found.sentence) < 1000 and "and 45 more" in found.sentence


def test_times_are_instants() -> None:
    assert at(70) == "2026-11-19T01:10:00.000Z"
