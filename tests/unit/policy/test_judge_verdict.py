"""The whole verdict: what applies, exceptions, moments, what a policy without demands is worth, order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from verdicts import (
    API,
    C1,
    IDENTITIES,
    NOBODY,
    allow,
    approval,
    at,
    commit,
    deployment,
    evidence,
    facts,
    one,
    policy,
    proof,
    pull,
    record,
    reviewed,
    signed_provenance,
    trail,
    verdict,
)

from custody.policy.document import (
    ApprovalsControl,
    EvidenceControl,
    FourEyesControl,
    ProvenanceControl,
    SealedControl,
)
from custody.policy.judge import judge

CHECK = EvidenceControl(name="unit-tests", control="tests")
ALL = policy(
    ProvenanceControl(name="provenance", statement=True),
    CHECK,
    FourEyesControl(name="four-eyes"),
    ApprovalsControl(name="approved"),
    SealedControl(name="sealed"),
    EvidenceControl(name="only-high", control="pentest", when={"annotation.risk": "high"}),
    sha256="ab" * 32,
)
GOOD = (
    record(), signed_provenance(), evidence(), reviewed(), approval(), trail(),
    deployment(100, actor="acme-shipper", provider="github"),
)  # fmt: skip


def states(given: Any) -> dict[str, str]:
    return {control.name: control.state for control in given.controls}


def test_a_verdict_says_what_it_is_of() -> None:
    said = proof(5, "admin-1", "policy")
    found = judge(facts(*GOOD), ALL, IDENTITIES, at(600), said)
    assert found.outcome == "passed"
    assert (found.artifact, found.environment, found.moment) == (API.sha256, "prod", at(600))
    assert (found.policy, found.policy_sha256, found.policy_proof, found.reason) == (
        "standard",
        "ab" * 32,
        said,
        "",
    )
    assert states(found) == {
        "provenance": "satisfied",
        "unit-tests": "satisfied",
        "four-eyes": "satisfied",
        "approved": "satisfied",
        "sealed": "satisfied",
        "only-high": "not-applicable",
    }
    assert [control.kind for control in found.controls] == [
        "provenance", "evidence", "four-eyes", "approvals", "sealed", "evidence",
    ]  # fmt: skip


@pytest.mark.parametrize("left_out", range(6))
def test_nothing_of_it_can_be_left_out(left_out: int) -> None:
    rest = [fact for index, fact in enumerate(GOOD) if index != left_out]
    assert verdict(ALL, facts(*rest, records=False)).outcome != "passed"


def test_the_order_of_facts_says_nothing() -> None:
    forwards, backwards = verdict(ALL, facts(*GOOD)), verdict(ALL, facts(*reversed(GOOD)))
    assert forwards == backwards


def test_the_proofs_are_in_the_order_of_the_log() -> None:
    late, early = approval(), approval(91, "dev-2")
    late, early = (replace(one, proof=one.proof._replace(position=at)) for one, at in ((late, 9), (early, 8)))
    found = one(ApprovalsControl(name="approved", apart=frozenset()), late, early)
    assert found.proofs == (early.proof, late.proof)


def test_without_anybody_known_nothing_counts() -> None:
    from custody.policy.identities import Identities

    found = verdict(ALL, facts(*GOOD), identities=Identities.from_trust(None))
    assert found.outcome == "failed" and "satisfied" not in states(found).values()


def test_a_policy_that_demands_nothing_is_nobodys_word() -> None:
    assert verdict(policy(), facts(*GOOD)).outcome == "unknown"
    assert verdict(replace(CHECK, when={"environment": "staging"}), facts(*GOOD)).outcome == "unknown"


class TestMoments:
    """The verdict of a day in the past is the same function at that day, over the same facts."""

    def test_when_each_thing_was_there(self) -> None:
        known = facts(*GOOD)
        for minute, outcome in ((59, "failed"), (89, "failed"), (90, "passed"), (600, "passed")):
            assert verdict(ALL, known, minute).outcome == outcome

    def test_then_and_now_differ_by_what_came_in_between(self) -> None:
        known = facts(*GOOD, later := evidence(300, "fail"))
        then, now = verdict(ALL, known, 299), verdict(ALL, known, 300)
        assert (then.outcome, now.outcome) == ("passed", "failed")
        (why,) = [control for control in now.controls if control not in then.controls]
        assert why.proofs == (later.proof,)

    @pytest.mark.parametrize("fact", [*GOOD, allow()])
    def test_no_fact_is_there_before_its_time(self, fact: Any) -> None:
        early = verdict(ALL, facts(*(one for one in GOOD if one is not fact), records=False), 30)
        assert verdict(ALL, facts(*GOOD), 30).outcome == early.outcome == "failed"


class TestWhen:
    @pytest.mark.parametrize(
        ("when", "applies"),
        [
            ({}, True),
            ({"flow": "payments-*"}, True),
            ({"flow": "billing"}, False),
            ({"trail": "run-1"}, True),
            ({"trail": "run-2"}, False),
            ({"repository": "https://github.com/acme/*"}, True),
            ({"repository": "*evil*"}, False),
            ({"branch": "main"}, True),
            ({"branch": "release/*"}, False),
            ({"name": "payments-api"}, True),
            ({"name": "billing"}, False),
            ({"type": "file"}, True),
            ({"type": "oci-image"}, False),
            ({"version": "2.*"}, True),
            ({"version": "3.*"}, False),
            ({"environment": "prod"}, True),
            ({"environment": "stag*"}, False),
            ({"annotation.risk": "high"}, True),
            ({"annotation.risk": "low"}, False),
            ({"annotation.other": "?*"}, False),
            ({"annotation.other": "*"}, True),
            ({"flow": "payments-*", "branch": "main"}, True),
            ({"flow": "payments-*", "branch": "x"}, False),
            ({"environment": "prod", "flow": "billing"}, False),
            ({"environment": "staging", "flow": "payments-*"}, False),
        ],
    )
    def test_it_applies_where_all_of_it_matches(self, when: dict[str, str], applies: bool) -> None:
        fact = record(annotations={"risk": "high"}, body={"version": "2.1"})
        found = one(replace(CHECK, when=when), fact)
        assert found.state == ("missing" if applies else "not-applicable")
        if not applies:
            assert all(f'{key} "{glob}"' in found.sentence for key, glob in when.items())

    def test_it_applies_if_any_record_matches(self) -> None:
        records = record(), record(61, flow="billing")
        assert one(replace(CHECK, when={"flow": "billing"}), *records).state == "missing"

    def test_no_two_records_match_together(self) -> None:
        records = record(branch="x"), record(61, flow="billing")
        assert (
            one(replace(CHECK, when={"flow": "billing", "branch": "x"}), *records).state == "not-applicable"
        )

    def test_a_record_that_cannot_be_read_may_be_of_that(self) -> None:
        demanded = replace(CHECK, when={"flow": "billing"})
        lost = record(61, readable=False)
        assert one(demanded, record(), lost).state == "unknown"
        assert one(demanded, record(), lost, record(62, flow="billing")).state == "missing"
        assert one(replace(CHECK, when={"environment": "staging"}), lost).state == "not-applicable"

    def test_with_no_record_nobody_can_tell(self) -> None:
        assert one(replace(CHECK, when={"flow": "billing"}), records=False).state == "unknown"
        assert one(replace(CHECK, when={"environment": "prod"}), records=False).state == "missing"
        assert one(replace(CHECK, when={"name": "payments-*"}), records=False).state == "missing"

    def test_a_name_that_another_record_gives_it(self) -> None:
        other = record(61)
        renamed = replace(other, body=replace(other.body, subject=API._replace(name="billing")))
        demanded = replace(CHECK, when={"name": "billing"})
        assert one(demanded, record(), renamed).state == "missing"
        assert one(demanded, record()).state == "not-applicable"

    def test_a_stranger_takes_no_control_away(self) -> None:
        demanded = replace(CHECK, when={"flow": "payments-*"})
        assert one(demanded, record(), record(61, NOBODY, flow="x")).state == "missing"
        assert (
            one(replace(CHECK, when={"flow": "x"}), record(), record(61, NOBODY, flow="x")).state
            == "not-applicable"
        )


class TestExceptions:
    def test_excepted(self) -> None:
        found = one(CHECK, given := allow())
        assert (found.state, found.instead, found.proofs) == ("excepted", "missing", (given.proof,))
        assert found.sentence == (
            'excepted by admin-1 until 2026-11-19 15:00:00 UTC, "night"; else missing: no tests for the artifact'
        )
        assert verdict(CHECK, facts(allow())).outcome == "passed"

    @pytest.mark.parametrize(
        ("given", "instead"),
        [(evidence(result="fail"), "failed"), (replace(evidence(), readable=False), "unknown")],
    )
    def test_what_it_would_have_been(self, given: Any, instead: str) -> None:
        assert one(CHECK, given, allow()).instead == instead

    def test_only_if_it_would_not_pass(self) -> None:
        found = one(CHECK, evidence(), allow())
        assert found.state == "satisfied" and found.instead is None
        assert one(replace(CHECK, when={"flow": "x"}), allow()).state == "not-applicable"

    @pytest.mark.parametrize(
        ("given", "state"),
        [
            (allow(110, "admin-1", "unit-tests"), "excepted"),
            (allow(110, "admin-1", "lint", "unit-tests"), "excepted"),
            (allow(110, "admin-1", "lint"), "missing"),
            (allow(110, "admin-1", "tests"), "missing"),
            (allow(110, NOBODY), "missing"),
            (allow(110, "dev-2"), "missing"),
            (allow(601), "missing"),
            (allow(until=600), "excepted"),
            (allow(until=599), "missing"),
        ],
        ids="this, this and another, another, the check's name, nobody, no admin, future, to the end, over".split(
            ", "
        ),
    )
    def test_for_which_by_whom_until_when(self, given: Any, state: str) -> None:
        assert one(CHECK, given).state == state

    def test_one_that_has_expired_is_told_and_counts_for_nothing(self) -> None:
        found = one(CHECK, given := allow(until=599))
        assert found.state == "missing" and found.instead is None and given.proof in found.proofs
        assert "an exception until 2026-11-19 09:59:00 UTC has expired" in found.sentence
        assert one(CHECK, given, minute=599).state == "excepted"

    def test_one_that_stands_beside_one_that_has_expired(self) -> None:
        given = allow(110), allow(120, until=599)
        found = one(CHECK, *given)
        assert found.state == "excepted" and found.proofs == (given[0].proof,)

    @pytest.mark.parametrize(
        ("given", "why"),
        [
            ((reviewed(pull(commit(C1, "admin-dev"))),), "wrote commit"),
            ((reviewed(pull(author="admin-dev")),), "opened pull request"),
            ((reviewed(pull(commit(committer="admin-dev"))),), "committed"),
            ((record(actor="admin-dev"),), "started the run that built it"),
        ],
    )
    def test_nobody_is_excused_by_themselves(self, given: Any, why: str) -> None:
        own = allow(110, "admin-dev")
        found = one(CHECK, *given, own)
        assert found.state == "missing" and own.proof in found.proofs
        assert "an exception by admin-dev does not count, who" in found.sentence and why in found.sentence
        assert one(CHECK, *given, own, allow()).state == "excepted"

    def test_where_duties_cannot_be_told_an_admin_may(self) -> None:
        assert one(CHECK, allow(110, "admin-dev")).state == "excepted"
