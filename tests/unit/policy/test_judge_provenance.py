"""Controls over provenance and over trails, in each of their outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from verdicts import C1, C2, NOBODY, OTHER, evidence, hidden, one, proof, record, signed_provenance, trail

from custody.kinds import Author, Build, Source
from custody.policy.document import ProvenanceControl, SealedControl

REPOSITORY = "https://github.com/acme/payments"
BARE = Build("make")


def origin(**demands: Any) -> ProvenanceControl:
    return ProvenanceControl(name="provenance", **demands)


def without(fact: Any, **body: Any) -> Any:
    return replace(fact, body=replace(fact.body, **body))


def test_satisfied() -> None:
    found = one(origin(), fact := record())
    assert (found.kind, found.state, found.proofs) == ("provenance", "satisfied", (fact.proof,))
    assert found.sentence == f'built from commit {C1[:12]} of "{REPOSITORY}" (ci, 2026-11-19 01:00:00 UTC)'


@pytest.mark.parametrize(
    "fact", [record(601), record(writer=NOBODY), record(writer="dev-2"), record(writer="stranger")]
)
def test_missing_where_nobody_who_may_recorded_it(fact: Any) -> None:
    found = one(origin(), fact)
    assert found.state == "missing" and "is not recorded" in found.sentence
    assert one(origin(), records=False).state == "missing"


def test_unknown_where_a_record_cannot_be_read() -> None:
    lost = record(readable=False)
    assert one(origin(), lost).state == "unknown"
    found = one(origin(), record(), replace(lost, proof=proof(61, "ci")))
    assert found.state == "unknown" and "may contradict another" in found.sentence


@pytest.mark.parametrize(
    ("fact", "demands", "said"),
    [
        (record(repository=""), {}, "names no repository"),
        (record(commit=""), {}, "names no commit"),
        (without(record(), build=None), {}, "nothing of its build"),
        (record(branch=""), {"branches": ("main",)}, "names no branch"),
        (record(build=BARE), {"builders": ("*actions*",)}, "names no builder"),
        (without(record(), source=None), {}, "whether the work tree was clean"),
        (record(build=BARE), {"materials": True}, "what went into the build"),
    ],
    ids="repository commit build branch builder clean materials".split(),
)
def test_missing_where_it_is_not_said(fact: Any, demands: dict[str, Any], said: str) -> None:
    found = one(origin(**demands), fact)
    assert found.state == "missing" and said in found.sentence and found.proofs == (fact.proof,)


@pytest.mark.parametrize(
    ("fact", "demands", "said"),
    [
        (record(repository="https://evil.example/x"), {"repositories": ("*/acme/*",)}, "repository"),
        (record(branch="feature"), {"branches": ("main", "release/*")}, 'branch "feature"'),
        (record(), {"builders": ("https://gitlab.com/*",)}, "builder"),
        (record(writer="dev-1"), {"writers": ("ci*",)}, "dev-1 recorded it"),
        (record(source=Source(author=Author(), dirty=True)), {}, "something else than the commit"),
    ],
    ids="repository branch builder writer dirty".split(),
)
def test_failed_where_it_is_said_wrong(fact: Any, demands: dict[str, Any], said: str) -> None:
    found = one(origin(**demands), fact)
    assert found.state == "failed" and said in found.sentence


def test_all_that_is_demanded() -> None:
    demands = origin(
        repositories=("https://github.com/acme/*",),
        branches=("main",),
        builders=("https://github.com/*",),
        writers=("ci",),
        materials=True,
        statement=True,
        roles=frozenset({"builder"}),
    )
    found = one(demands, fact := record(), signed := signed_provenance())
    assert found.state == "satisfied" and found.proofs == (fact.proof, signed.proof)
    assert 'signed by "SHA256:abc"' in found.sentence


def test_clean_need_not_be_demanded() -> None:
    dirty = record(source=Source(author=Author(), dirty=True))
    assert one(origin(clean=False), dirty).state == "satisfied"


class TestSeveralRecords:
    def test_two_commits_are_a_contradiction(self) -> None:
        given = record(), record(61, "ci-2", C2)
        found = one(origin(), *given)
        assert found.state == "failed" and "2 commits for one fingerprint" in found.sentence
        assert found.proofs == tuple(fact.proof for fact in given)

    def test_two_repositories_are_a_contradiction(self) -> None:
        found = one(origin(), record(), record(61, "ci-2", repository="https://evil.example/x"))
        assert found.state == "failed" and "2 repositories for one fingerprint" in found.sentence

    def test_one_that_says_less_is_weaker_and_does_no_harm(self) -> None:
        weak = without(record(61, commit="", repository=""), build=None, source=None)
        found = one(origin(), record(), weak)
        assert found.state == "satisfied" and len(found.proofs) == 1

    def test_what_several_say_is_not_put_together(self) -> None:
        first, second = without(record(), build=None), record(61, commit="")
        assert one(origin(), first, second).state == "missing"

    def test_a_writer_without_the_role_contradicts_nobody(self) -> None:
        demands = origin(roles=frozenset({"scanner"}))
        found = one(demands, record(writer="ci-2"), record(61, commit=C2), record(62, readable=False))
        assert (
            found.state == "satisfied" and "not counted, for want of a role (scanner): ci" in found.sentence
        )
        assert one(demands, record()).state == "missing"

    def test_the_better_one_decides(self) -> None:
        assert one(origin(branches=("main",)), record(branch="x"), record(61)).state == "satisfied"


class TestStatement:
    @pytest.mark.parametrize(
        ("given", "state"),
        [
            ((), "missing"),
            ((signed_provenance(),), "satisfied"),
            ((signed_provenance(signature="not-checked"),), "failed"),
            ((signed_provenance(signature="none"),), "failed"),
            ((signed_provenance(about=OTHER),), "failed"),
            ((signed_provenance(result="fail"),), "failed"),
            ((signed_provenance(subject=OTHER),), "missing"),
            ((signed_provenance(subject=f"commit:{C1}"),), "missing"),
            ((evidence(control="provenance", type="provenance"),), "failed"),
            ((evidence(),), "missing"),
            ((signed_provenance(72), signed_provenance(80, signature="none")), "failed"),
            ((signed_provenance(72), evidence(80, control="provenance")), "missing"),
            ((hidden(80),), "unknown"),
            ((signed_provenance(), hidden(80)), "unknown"),
            ((signed_provenance(), hidden(71)), "satisfied"),
            ((signed_provenance(writer=NOBODY),), "missing"),
        ],
    )
    def test_its_signature(self, given: Any, state: str) -> None:
        assert one(origin(statement=True), *given).state == state

    def test_its_builder(self) -> None:
        demands = origin(statement=True, builders=("https://github.com/*",))
        assert one(demands, signed_provenance()).state == "satisfied"
        found = one(demands, signed_provenance(builder="https://evil.example"))
        assert found.state == "failed" and "https://evil.example" in found.sentence

    def test_its_writers_role(self) -> None:
        demands = origin(statement=True, roles=frozenset({"scanner"}))
        assert one(demands, record(writer="ci-2"), signed_provenance()).state == "missing"
        assert one(demands, record(writer="ci-2"), signed_provenance(writer="ci-2")).state == "satisfied"

    def test_a_record_that_is_wrong_is_not_mended_by_it(self) -> None:
        assert one(origin(statement=True, branches=("x",)), signed_provenance()).state == "failed"


def sealed(**demands: Any) -> SealedControl:
    return SealedControl(name="sealed", **demands)


class TestSealed:
    def test_satisfied(self) -> None:
        found = one(sealed(), closed := trail(a=(50, 70), b=(55, 75)))
        assert found.kind == "sealed" and found.state == "satisfied"
        assert found.proofs == tuple(closed.closed.values())
        assert found.sentence == 'trail "run-1" is closed, all 2 chains of it'

    @pytest.mark.parametrize(
        ("given", "minute", "said"),
        [
            (trail(a=(50, 70), b=(55, 0)), 600, "1 chain of 2 may go on"),
            (trail(a=(50, 70)), 69, "1 chain of 1 may go on"),
            (trail(a=(50, 70), b=(80, 90)), 85, "1 chain of 2 may go on"),
            (trail(a=(601, 602)), 600, "0 chains of 0"),
            (trail(a=(50, 70), listed={70: ("a", "gone")}), 600, "lacks 1 chain that its seal lists: gone"),
        ],
        ids="open, closed later, begun later, not there yet, a chain is gone".split(", "),
    )
    def test_failed(self, given: Any, minute: int, said: str) -> None:
        found = one(sealed(), given, minute=minute)
        assert found.state == "failed" and said in found.sentence

    def test_missing(self) -> None:
        assert one(sealed(), records=False).state == "missing"
        found = one(sealed(listed=True), trail())
        assert found.state == "missing" and "no seal lists" in found.sentence
        assert one(sealed(listed=True), trail(a=(50, 70), b=(51, 71), listed={70: ("a",)})).state == "missing"

    def test_unknown(self) -> None:
        assert one(sealed()).state == "unknown", "nothing is known of the trail"
        assert one(sealed(), record(readable=False, trail=-1)).state == "unknown"
        assert one(sealed(), replace(trail(), readable=False)).state == "unknown"
        assert one(sealed(), record(), record(61, trail=2), trail()).state == "unknown"

    def test_listed(self) -> None:
        complete = trail(a=(50, 70), b=(55, 75), listed={80: ("a", "b")})
        assert one(sealed(listed=True), complete).state == "satisfied"
        assert one(sealed(listed=True), complete, minute=79).state == "missing"

    def test_the_chain_that_a_seal_closes_need_not_be_in_its_list(self) -> None:
        given = trail(a=(50, 70), b=(55, 75))
        own = replace(given, listed=((given.closed["b"], frozenset({"a"})),))
        assert one(sealed(listed=True), own).state == "satisfied"
        assert (
            one(sealed(listed=True), replace(own, listed=((given.closed["a"], frozenset({"a"})),))).state
            == "missing"
        )

    def test_each_trail_of_its_records(self) -> None:
        records = record(), record(61, trail=2, trail_name="run-2")
        assert one(sealed(), *records, trail(), trail(2)).state == "satisfied"
        found = one(sealed(), *records, trail(), trail(2, a=(50, 0)))
        assert found.state == "failed" and '"run-2"' in found.sentence

    def test_what_unknown_writers_say_is_not_there(self) -> None:
        given = trail()
        stranger = proof(55, NOBODY, "genesis")
        assert one(sealed(), replace(given, chains={**given.chains, "x": stranger})).state == "satisfied"
        assert one(sealed(), replace(given, listed=((stranger, frozenset({"gone"})),))).state == "satisfied"
        assert one(sealed(), replace(given, closed={"main": stranger})).state == "failed"
