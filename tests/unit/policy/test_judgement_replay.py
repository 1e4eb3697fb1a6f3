"""A policy that is tried out: over every deployment, at its own moment, and with nothing rewritten."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from book import Book, approved, at, checked, deployed, of, opened, policy, recorded
from hypothesis import given
from hypothesis import strategies as st

from custody.kinds import Decision, Running, Snapshot, read_body
from custody.kinds.fields import Fields
from custody.ledger.canonical import decode_object, encode
from custody.ledger.entry import MAX_BODY
from custody.ledger.writer import Draft
from custody.policy.decisions import MAX_ENTRIES, VERIFIER, decision_of
from custody.policy.judgement import Judgement
from custody.policy.read import read_policy
from custody.policy.replaying import Replayed, replay
from custody.policy.verdict import ControlVerdict, Outcome, State, Verdict
from custody.query.types import Proof
from custody.trust.document import parse_trust

LENIENT = 'version = 1\nname = "release"\nenvironments = ["prod"]\n[controls.tests]\nkind = "evidence"\n'
STRICT = LENIENT + '[controls.yes]\nkind = "approvals"\napart-from = []\n'
WIDE = STRICT.replace('["prod"]', '["prod", "staging"]')


def replayed(book: Book, folder: Path, text: str) -> list[Replayed]:
    (folder / "a.ledger").unlink(missing_ok=True)
    with opened(book.write(folder / "a.ledger")) as (snapshot, index):
        return list(replay(Judgement(snapshot, index, parse_trust(book.text)), read_policy(text)))


def said(found: list[Replayed]) -> list[tuple[str, str, Outcome, Outcome]]:
    return [
        (one.deployed.proof.time, one.deployed.environment, one.then.outcome, one.instead.outcome)
        for one in found
    ]


def world() -> Book:
    """One artifact without and with an approval, into two environments."""
    book = Book()
    book.chain("keeper", 1, policy(LENIENT))
    book.chain("builder", 2, recorded("one"), checked(of("one")))
    book.chain("deployer", 5, deployed("one"))
    book.chain("deployer", 3, deployed("one", "staging"))
    book.chain("risk-officer", 6, approved("one"))
    book.chain("deployer", 7, deployed("one"))
    return book


def test_each_deployment_at_its_own_moment_in_order_of_effect(tmp_path: Path) -> None:
    assert said(replayed(world(), tmp_path, STRICT)) == [
        (at(5), "prod", "passed", "failed"),
        (at(7), "prod", "passed", "passed"),
    ]


def test_only_where_the_policy_would_govern(tmp_path: Path) -> None:
    found = replayed(world(), tmp_path, WIDE)
    assert [one.deployed.environment for one in found] == ["staging", "prod", "prod"]
    assert found[0].then.policy == "" and found[0].then.reason == "no policy in force governs it"
    assert found[0].instead.policy == "release" and found[0].instead.policy_proof is None
    assert replayed(world(), tmp_path, STRICT.replace('["prod"]', '["elsewhere"]')) == []


def test_then_is_by_the_policy_that_was_in_force_then(tmp_path: Path) -> None:
    book = world()
    book.chain("keeper", 6, policy(STRICT))
    found = replayed(book, tmp_path, LENIENT)
    assert said(found) == [(at(5), "prod", "passed", "passed"), (at(7), "prod", "passed", "passed")]
    digests = [hashlib.sha256(text.encode()).hexdigest() for text in (LENIENT, STRICT)]
    assert [one.then.policy_sha256 for one in found] == digests
    assert {one.instead.policy_sha256 for one in found} == {digests[0]}


def test_to_replay_the_policy_in_force_changes_nothing(tmp_path: Path) -> None:
    for one in replayed(world(), tmp_path, LENIENT):
        assert one.then.controls == one.instead.controls and one.then.moment == one.instead.moment


def test_where_nobody_records_deployments_the_first_sight_is_one(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 2, recorded("one"), checked(of("one")))
    body = Snapshot("prod", (Running("api", of("one"), 1),)).write()
    book.chain("deployer", 4, Draft("snapshot", body))
    book.chain("deployer", 9, Draft("snapshot", body))
    assert said(replayed(book, tmp_path, LENIENT)) == [(at(4), "prod", "unknown", "passed")]


def test_a_judgement_answers_the_same_before_and_after_another_policy_was_tried(tmp_path: Path) -> None:
    book = world()
    with opened(book.write(tmp_path / "a.ledger")) as (snapshot, index):
        judgement = Judgement(snapshot, index, parse_trust(book.text))
        before = judgement.verdict(of("one").sha256, "prod", moment=at(5))
        tried = judgement.verdict(of("one").sha256, "prod", moment=at(5), policy=read_policy(STRICT))
        assert before.outcome == "passed" and tried.outcome == "failed" and tried.policy_proof is None
        assert judgement.verdict(of("one").sha256, "prod", moment=at(5)) == before
        facts = judgement.facts(of("one").sha256, "prod", moment=at(5))
        assert judgement.judge(facts, at(5)) == before
        elsewhere = judgement.verdict(of("one").sha256, "dev", policy=read_policy(STRICT))
        assert elsewhere.outcome == "unknown" and elsewhere.reason == "the policy release does not govern it"


# What a gate puts on record of it


def judged(states: list[tuple[State, int]], reason: str = "", name: str = "release") -> Verdict:
    controls = tuple(
        ControlVerdict(
            f"c{number}",
            "evidence",
            state,
            "because",
            tuple(Proof(at, f"{at:064x}", "", "") for at in range(count)),
        )
        for number, (state, count) in enumerate(states)
    )
    return Verdict("ab" * 32, "prod", at(9), name, "cd" * 32 if name else "", None, controls, reason)


def read_back(body: Decision) -> Decision:
    data = encode({**body.write(), "salt": "00" * 16})
    read = read_body("decision", decode_object(data, MAX_BODY))
    assert isinstance(read, Decision)
    return read


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30
)  # what a ledger can hold
STATES: list[State] = ["satisfied", "failed", "missing", "unknown", "not-applicable", "excepted"]


@given(
    st.lists(st.tuples(st.sampled_from(STATES), st.integers(0, 3)), max_size=8), st.booleans(), TEXTS,
    TEXTS, st.integers(0, 2**40),
)  # fmt: skip
def test_every_decision_reads_back_as_it_was_written(
    states: list[tuple[State, int]], allowed: bool, reason: str, why: str, size: int
) -> None:
    verdict = judged(states, why)
    body = decision_of(of("one"), verdict, allowed=allowed, size=size, root="ef" * 32, reason=reason)
    assert read_back(body) == body
    assert body.result == ("PASSED" if allowed else "FAILED") and body.verifier == VERIFIER
    assert [one.state for one in body.controls] == [state for state, _ in states]
    assert [len(one.entries) for one in body.controls] == [count for _, count in states]
    assert reason in body.reason and verdict.reason in body.reason


def test_a_decision_fits_into_a_body_however_much_it_rests_on() -> None:
    body = decision_of(
        of("one"),
        judged([("failed", 500)] * 100, "x" * 50_000),
        allowed=False,
        size=9,
        root="ef" * 32,
        reason="gaps",
    )
    assert all(len(one.entries) == MAX_ENTRIES for one in body.controls)
    assert read_back(body) == body and body.reason.startswith("gaps; x")
    encoded = encode(body.write())
    assert len(encoded) < MAX_BODY
    assert Decision.read(Fields(body.write(), "decision")) == body


@pytest.mark.parametrize("name", ["", "release"])
def test_without_a_policy_none_is_named(name: str) -> None:
    body = decision_of(of("one"), judged([], "none governs it", name), allowed=False, size=9, root="ef" * 32)
    assert (body.policy is None) == (not name) and body.reason == "none governs it"
    assert read_back(body) == body
