"""Verdicts, whatever the ledger says: what always holds."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from hypothesis import event, given, settings
from hypothesis import strategies as st
from ledgers import signer
from verdicts import (
    API,
    C1,
    C2,
    allow,
    approval,
    commit,
    deployment,
    evidence,
    facts,
    hidden,
    policy,
    proof,
    pull,
    ranged,
    record,
    review,
    reviewed,
    signed_provenance,
    trail,
    unreadable,
    verdict,
)

from custody.policy.document import (
    ApprovalsControl,
    EvidenceControl,
    FourEyesControl,
    ProvenanceControl,
    SealedControl,
)
from custody.policy.facts import EvidenceFact, Facts
from custody.policy.superseding import in_force
from custody.policy.verdict import GOOD, Verdict
from custody.query.settling import _SUPERSEDED_EVIDENCE

KEYS = {name: signer(name).public.hex for name in ("dev-2", "dev-3", "stranger")}
CHECKS = (
    EvidenceControl(name="tests", control="tests"),
    EvidenceControl(name="few", control="tests", about="any", limits={"high": 2}, own_result=False),
    EvidenceControl(name="commit", control="tests", about="commit", roles=frozenset({"scanner"})),
    EvidenceControl(name="trail", control="tests", about="trail"),
)
EYES = FourEyesControl(name="four-eyes")
STATED = ProvenanceControl(name="provenance", statement=True)
APPROVED = (
    ApprovalsControl(name="approved"),
    ApprovalsControl(name="anybody", apart=frozenset()),
    ApprovalsControl(name="two", count=2, apart=frozenset(), relayed=True),
    ApprovalsControl(name="officer", roles=frozenset({"risk-officer"}), claimed_authors=True),
)
DEMANDS = policy(*CHECKS, EYES, STATED, *APPROVED, SealedControl(name="sealed"))

minutes = st.integers(61, 75)
chains = st.sampled_from(["main", "other", "third"])
counts = st.integers(0, 4)


@st.composite
def checks(draw: st.DrawFn) -> EvidenceFact:
    """A result, a scan or what is left of one. Within a chain, time does not run backwards."""
    minute, writer = draw(minutes), draw(st.sampled_from(["ci", "ci-2"]))
    subject = draw(st.sampled_from([API.sha256, API.sha256, f"commit:{C1}", f"commit:{C2}", "trail:1"]))
    chain = f"{writer} {draw(chains)}"
    if draw(st.integers(0, 9)) == 0:
        return hidden(minute, draw(st.sampled_from(["", subject])), writer, chain)
    result = draw(st.sampled_from(["pass", "pass", "fail"]))
    return evidence(
        minute, result, writer=writer, subject=subject, chain=chain, summary={"high": draw(counts)}
    )


@st.composite
def changes(draw: st.DrawFn) -> EvidenceFact:
    """A record of the one change about a commit, whose authors do not differ between its records."""
    of = draw(st.sampled_from([C1, C2]))
    author = {C1: "dev-1", C2: "dev-2"}[of]
    reviews = draw(
        st.lists(
            st.builds(
                review,
                st.sampled_from(["dev-1", "dev-2", "dev-3", "stranger"]),
                st.integers(9, 12),
                st.just(of),
                st.sampled_from(["approved", "approved", "approved", "changes-requested"]),
            ),
            max_size=2,
        )
    )
    change = pull(commit(of, author), number=1 + (of == C2), author=author, reviews=reviews)
    return reviewed(change, draw(minutes), chain=draw(chains))


@st.composite
def words(draw: st.DrawFn) -> Any:
    who = draw(st.sampled_from(["dev-1", "dev-2", "dev-3", "risk-officer", "relay"]))
    how: dict[str, Any] = draw(
        st.sampled_from(
            [
                {},
                {},
                {},
                {"signed_by": KEYS["dev-3"]},
                {"given_by": "github:dev-2"},
                {"commit": C2},
                {"commit": C1},
            ]
        )
    )
    decision = draw(st.sampled_from(["approved", "approved", "approved", "rejected"]))
    fact = approval(draw(st.integers(58, 75)), who, decision, **how)
    return unreadable(fact) if draw(st.integers(0, 9)) == 0 else fact


@st.composite
def ledgers(draw: st.DrawFn) -> list[Any]:
    known = draw(st.sampled_from([[record()], [ranged(C1, C2)], [record(), record(61, "ci-2")]]))
    return [
        *known,
        trail(main=(50, draw(st.sampled_from([0, 70])))),
        *draw(st.lists(checks(), max_size=6)),
        *draw(st.lists(changes(), max_size=3)),
        *draw(st.lists(words(), max_size=5)),
        *draw(st.lists(st.just(signed_provenance()), max_size=1)),
        *draw(st.lists(st.just(deployment(74, actor="dev-3", provider="github")), max_size=1)),
    ]  # fmt: skip


def states(found: Verdict) -> dict[str, str]:
    return {control.name: control.state for control in found.controls}


def passing(fact: Any, beside: list[Any]) -> bool:
    """Whether a fact is a granted approval, or evidence that by itself satisfies what is asked of its kind."""
    if not isinstance(fact, EvidenceFact):
        return getattr(fact, "decision", "") == "approved" and fact.readable
    if not fact.readable:
        return False
    if fact.pull_request is not None:
        (of,) = (one.commit for one in fact.pull_request.changes)
        return states(verdict(EYES, facts(record(commit=of), fact)))["four-eyes"] == "satisfied"
    return fact.control == "provenance" or (fact.result == "pass" and fact.summary["high"] <= 2)


@settings(max_examples=150, deadline=None)
@given(ledgers(), st.data())
def test_to_take_a_yes_away_never_turns_a_no_into_a_yes(ledger: list[Any], data: st.DataObject) -> None:
    """Authorship aside, which evidence of a change tells as well: here no record of a change tells it otherwise."""
    minute = data.draw(st.integers(60, 80))
    good = [fact for fact in ledger if passing(fact, ledger)]
    gone = data.draw(st.lists(st.sampled_from(good), min_size=1, unique_by=id) if good else st.just([]))
    left = [fact for fact in ledger if not any(fact is one for one in gone)]
    before = states(verdict(DEMANDS, facts(*ledger, records=False), minute))
    after = states(verdict(DEMANDS, facts(*left, records=False), minute))
    event(f"gone: {len(gone)}, satisfied before: {sum(state in GOOD for state in before.values())}")
    for name, state in after.items():
        assert state not in GOOD or before[name] in GOOD, name


@settings(max_examples=100, deadline=None)
@given(ledgers(), st.data())
def test_what_unknown_writers_and_those_without_the_role_add_changes_nothing(
    ledger: list[Any], data: st.DataObject
) -> None:
    strangers = st.sampled_from(["", "stranger", "dev-2", "admin-1", "shipper"])
    facts_of_builders = (
        checks() | changes() | st.just(record(62, commit=C2)) | st.just(record(62, readable=False))
    )
    more = [
        replace(fact, proof=fact.proof._replace(writer=data.draw(strangers)))
        for fact in data.draw(st.lists(facts_of_builders, max_size=4))
    ]
    for fact in data.draw(st.lists(words() | st.just(deployment(73, actor="stranger")), max_size=3)):
        nobody = data.draw(st.sampled_from(["", "stranger", "ci", "admin-1"]))
        more.append(replace(fact, proof=fact.proof._replace(writer=nobody)))
    more += [
        allow(65, writer) for writer in data.draw(st.lists(st.sampled_from(["", "ci", "dev-3"]), max_size=2))
    ]
    # Chains and lists of a trail by nobody known.
    mixed = [
        _with_strangers(fact) if data.draw(st.booleans()) and hasattr(fact, "listed") else fact
        for fact in ledger
    ]
    before = verdict(DEMANDS, facts(*ledger, records=False))
    assert states(verdict(DEMANDS, facts(*mixed, *more, records=False))) == states(before)


def _with_strangers(fact: Any) -> Any:
    stranger = proof(60, "", "genesis")
    return replace(fact, chains={**fact.chains, "x": stranger}, listed=((stranger, frozenset({"gone"})),))


@settings(max_examples=100, deadline=None)
@given(ledgers(), st.randoms(use_true_random=False))
def test_the_order_of_facts_changes_no_word(ledger: list[Any], random: Any) -> None:
    mixed = list(ledger)
    random.shuffle(mixed)
    assert verdict(DEMANDS, facts(*mixed, records=False)) == verdict(DEMANDS, facts(*ledger, records=False))


@settings(max_examples=100, deadline=None)
@given(st.sets(st.sampled_from(["dev-2", "dev-3"])), st.data())
def test_more_approvals_by_the_same_people_never_satisfy(people: set[str], data: st.DataObject) -> None:
    """Whether under another key, by another name, or through a relay."""
    again = [{"writer": "relay", "given_by": f"github:{name}"} for name in people] + [
        {"writer": "dev-1" if data.draw(st.booleans()) else "relay", "signed_by": KEYS[name]}
        for name in people
    ]
    again += [{"writer": name} for name in people]
    more = data.draw(st.lists(st.sampled_from(again), max_size=6)) if again else []
    demanded = ApprovalsControl(name="enough", count=len(people) + 1, apart=frozenset(), relayed=True)
    given = [approval(80, name) for name in people]
    given += [approval(81 + place, **how) for place, how in enumerate(more)]
    assert verdict(demanded, facts(*given)).outcome == "failed"
    assert verdict(replace(demanded, count=max(1, len(people))), facts(*given)).outcome == (
        "passed" if people else "failed"
    )


@settings(max_examples=100, deadline=None)
@given(ledgers(), st.integers(55, 80))
def test_what_is_later_does_not_exist(ledger: list[Any], minute: int) -> None:
    moment = proof(minute, "").time
    earlier = [one for one in ledger if getattr(one, "proof", None) is None or one.proof.time <= moment]
    found = verdict(DEMANDS, facts(*ledger, records=False), minute)
    assert found == verdict(DEMANDS, facts(*earlier, records=False), minute)


@settings(max_examples=100, deadline=None)
@given(st.lists(checks(), min_size=1, max_size=8, unique_by=lambda fact: fact.proof.entry))
def test_the_index_says_the_same_of_what_is_in_force(found: list[EvidenceFact]) -> None:
    found = [
        replace(fact, subject="x", proof=fact.proof._replace(position=at)) for at, fact in enumerate(found)
    ]
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE evidence(position, subject, control, chain, seq, time, result, entry, in_force)"
    )
    for fact in found:
        row = (
            fact.proof.position,
            "x",
            "tests",
            fact.chain,
            fact.seq,
            fact.proof.time,
            fact.result,
            fact.proof.entry,
        )
        database.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)", row)
    database.execute(_SUPERSEDED_EVIDENCE)
    ((position,),) = database.execute("SELECT position FROM evidence WHERE in_force").fetchall()
    database.close()
    ours = in_force(found)
    seqs = [(fact.chain, fact.seq) for fact in found]
    if len(set(seqs)) < len(seqs):
        return  # of a fork the index takes one side: here both are weighed
    assert position in {fact.proof.position for fact in ours}
    assert (found[position].result == "fail") == any(fact.result == "fail" for fact in ours)


def test_the_pieces_are_one_release() -> None:
    """What the properties vary can pass at all."""
    people = [
        reviewed(pull(commit(C1))),
        approval(),
        approval(91, "risk-officer"),
        trail(),
        signed_provenance(),
    ]
    about = [
        evidence(writer="ci-2", subject=subject, summary={"high": 0})
        for subject in (f"commit:{C1}", API.sha256, "trail:1")
    ]
    found = verdict(DEMANDS, facts(record(), *people, *about))
    assert states(found) == dict.fromkeys(states(found), "satisfied")
    assert isinstance(facts(), Facts)
