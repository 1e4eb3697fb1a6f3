"""Findings about conduct: each is found where it happened, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from book import Book, allowed, approved, at, checked, deployed, of, opened, policy, recorded
from ledgers import checkpoint, judged_by, put, signer

from custody.kinds import Build, Decision, Running, Snapshot, Source
from custody.kinds.decision import LogSeen
from custody.ledger.writer import ChainWriter, Draft
from custody.policy.conduct import CODES, Conduct, conduct
from custody.policy.judgement import Judgement
from custody.trust.document import parse_trust
from custody.trust.merging import merge

DAY = 24 * 60
POLICY = """
version = 1
name = "release"
environments = ["prod", "prod-*"]
[groups]
prod = ["prod-eu", "prod-us"]
[controls.tests]
kind = "evidence"
[controls.source]
kind = "provenance"
[controls.yes]
kind = "approvals"
apart-from = []
"""
COMMIT = "1c" * 20
SOURCE = {
    "commit": COMMIT,
    "repository": "https://git.example/x",
    "build": Build("urn:runner"),
    "source": Source(),
}


def findings(book: Book, path: Path) -> list[Conduct]:
    (path / "a.ledger").unlink(missing_ok=True)
    with opened(book.write(path / "a.ledger")) as (snapshot, index):
        found = list(conduct(Judgement(snapshot, index, parse_trust(book.text))))
    assert {one.code for one in found} <= set(CODES)
    return found


def codes(book: Book, path: Path) -> list[str]:
    return [one.code for one in findings(book, path)]


def decided(word: str, result: str = "PASSED", environment: str = "prod") -> Draft:
    body = Decision(of(word), environment, result, "urn:x", at(1), LogSeen(1, "0" * 64))  # type: ignore[arg-type]
    return Draft("decision", body.write(), (of(word),))


def running(*words: str, environment: str = "prod") -> Draft:
    body = Snapshot(environment, tuple(Running(f"s-{word}", of(word), 1) for word in words))
    return Draft("snapshot", body.write())


def built(book: Book, minute: int = 2, word: str = "one") -> None:
    book.chain(
        "builder",
        minute,
        recorded(word, **SOURCE),
        checked(of(word)),
    )


def good() -> Book:
    """Built, checked, approved, let through, deployed: as it should be."""
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    built(book)
    book.chain("risk-officer", 3, approved("one"))
    book.chain("keeper", 4, decided("one"))
    book.chain("deployer", 5, deployed("one"))
    return book


def test_where_all_is_well_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert findings(good(), tmp_path) == []


def test_every_code_is_explained_by_a_sentence_and_found_by_a_test() -> None:
    tested = Path(__file__).read_text("utf-8")
    for code, meaning in CODES.items():
        assert meaning[0].isupper() and meaning.endswith("."), code
        assert tested.count(f'"{code}"') >= 1, code


def test_deployed_before_it_was_recorded(tmp_path: Path) -> None:
    book = Book()
    book.chain("deployer", 5, deployed("one"))
    found = findings(book, tmp_path)
    assert [one.code for one in found] == ["deployed-unrecorded"]
    assert (found[0].sha256, found[0].environment) == (of("one").sha256, "prod")
    assert found[0].proof.time == at(5) and found[0].proof.writer == "deployer"
    built(book, 6)
    assert codes(book, tmp_path) == ["deployed-unrecorded"]
    built(book, 5)
    assert codes(book, tmp_path) == []


def test_a_record_that_was_redacted_was_a_record(tmp_path: Path) -> None:
    book = Book()
    _, entry, _ = book.chain("builder", 2, recorded("one"))
    book.chain("deployer", 5, deployed("one"))
    book.erase(entry)
    assert codes(book, tmp_path) == []


def test_deployed_without_the_approvals_that_were_demanded(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    built(book)
    book.chain("deployer", 5, deployed("one"))
    found = findings(book, tmp_path)
    assert [one.code for one in found] == ["deployed-unapproved", "deployed-against-verdict"]
    assert "yes: 0 of 1 approval" in found[0].message and "yes missing" in found[1].message
    book.chain("risk-officer", 6, approved("one"))  # afterwards
    assert codes(book, tmp_path) == ["deployed-unapproved", "deployed-against-verdict"]


def test_without_a_policy_approvals_are_asked_for_where_anything_ever_was_approved(tmp_path: Path) -> None:
    book = Book()
    built(book)
    built(book, 2, "two")
    book.chain("deployer", 5, deployed("one"))
    assert codes(book, tmp_path) == []
    book.chain("risk-officer", 3, approved("two"))
    assert codes(book, tmp_path) == ["deployed-unapproved"]
    book.chain("risk-officer", 4, approved("one"))
    assert codes(book, tmp_path) == []
    book.chain("risk-officer", 4, approved("one", said="rejected"))  # at one time: the worse of them
    assert codes(book, tmp_path) == ["deployed-unapproved"]
    book.chain("deployer", 6, deployed("one", "staging"))
    assert codes(book, tmp_path) == ["deployed-unapproved"]


def test_deployed_without_the_provenance_that_was_demanded(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    book.chain("builder", 2, recorded("one"), checked(of("one")))
    book.chain("risk-officer", 3, approved("one"))
    book.chain("deployer", 5, deployed("one"))
    assert codes(book, tmp_path) == ["deployed-without-provenance", "deployed-against-verdict"]


def test_deployed_against_the_verdict_of_the_policy_that_was_in_force_then(tmp_path: Path) -> None:
    book = good()
    book.chain("builder", 2, checked(of("one"), "fail"))
    assert codes(book, tmp_path) == ["deployed-against-verdict", "decision-contradicted"]
    later = good()
    later.chain("builder", 6, checked(of("one"), "fail"))
    stricter = POLICY + '[controls.more]\nkind = "evidence"\n'
    later.chain("keeper", 6, policy(stricter))
    assert codes(later, tmp_path) == [], "what came later does not rewrite what was"


def test_an_exception_of_an_admin_is_no_misconduct(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    built(book)
    book.chain("keeper", 3, allowed(of("one"), until=10))
    book.chain("deployer", 5, deployed("one"))
    assert codes(book, tmp_path) == []
    book.chain("deployer", 11, deployed("one"))
    assert codes(book, tmp_path) == ["deployed-unapproved", "deployed-against-verdict"]


def test_where_the_policy_cannot_be_told_there_was_no_yes(tmp_path: Path) -> None:
    book = good()
    book.chain("keeper", 1, policy("version = 2\n", "broken"))
    found = findings(book, tmp_path)
    assert [one.code for one in found] == ["deployed-against-verdict", "decision-contradicted"]
    assert "no policy could say yes: the policy broken" in found[0].message


def test_a_policy_of_which_nothing_applies_said_no_yes(tmp_path: Path) -> None:
    book = Book()
    narrow = (
        POLICY.split("[controls.tests]")[0] + '[controls.tests]\nkind = "evidence"\nwhen = { name = "web" }\n'
    )
    book.chain("keeper", 1, policy(narrow))
    built(book)
    book.chain("deployer", 5, deployed("one"))
    (found,) = findings(book, tmp_path)
    assert found.message.endswith("policy release did not say yes: no control of the policy applies to it")


def test_what_is_ambiguous_only_now_was_not_when_it_was_deployed(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    book.chain("builder", 2, recorded("one", **SOURCE), checked("api"), trail="7")
    book.chain("risk-officer", 3, approved("one"))
    book.chain("deployer", 5, deployed("one"))
    assert codes(book, tmp_path) == []
    book.chain("builder", 8, recorded("two", **SOURCE), trail="7")
    assert codes(book, tmp_path) == []


def test_deployed_although_the_last_decision_was_no(tmp_path: Path) -> None:
    book = good()
    book.chain("keeper", 3, decided("one", "FAILED"))
    assert codes(book, tmp_path) == [], "the yes was later"
    book.chain("keeper", 5, decided("one", "FAILED", "staging"))
    assert codes(book, tmp_path) == [], "a no for another environment"
    book.chain("keeper", 5, decided("one", "FAILED"))
    assert codes(book, tmp_path) == ["deployed-against-decision", "decision-contradicted"]


def test_approved_long_ago_and_never_seen_there(tmp_path: Path) -> None:
    book = Book()
    built(book)
    built(book, 2, "two")
    book.chain("risk-officer", 3, approved("one"))
    book.chain("builder", 3 + 30 * DAY, checked(of("two")))
    assert codes(book, tmp_path) == []
    book.chain("builder", 4 + 30 * DAY, checked(of("two")))
    assert codes(book, tmp_path) == ["approved-not-deployed"]


@pytest.mark.parametrize(
    "drafts",
    [
        (deployed("one"),),
        (running("one"),),
        (running("one"), running("two")),
        (deployed("one"), deployed("two")),
    ],
    ids=["deployed", "seen", "seen once", "deployed and replaced"],
)
def test_approved_and_seen_there_in_any_way(tmp_path: Path, drafts: tuple[Draft, ...]) -> None:
    book = Book()
    built(book)
    built(book, 2, "two")
    book.chain("risk-officer", 3, approved("one"), approved("two"))
    book.chain("deployer", 4, *drafts, minutes=[4, *range(5, 5 + len(drafts)), 40 * DAY])
    book.chain("deployer", 40 * DAY, deployed("two"))
    assert "approved-not-deployed" not in codes(book, tmp_path)


def test_an_approval_that_was_taken_back_waits_for_nothing(tmp_path: Path) -> None:
    book = Book()
    built(book)
    book.chain("risk-officer", 3, approved("one"))
    book.chain("risk-officer", 4, approved("one", said="rejected"))
    book.chain("builder", 60 * DAY, checked(of("one")))
    assert codes(book, tmp_path) == []


def test_approved_for_a_group_and_deployed_to_a_member_of_it(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    built(book)
    book.chain("risk-officer", 3, approved("one"))
    book.chain("deployer", 5, deployed("one", "prod-eu"))
    book.chain("builder", 60 * DAY, checked(of("one")))
    assert codes(book, tmp_path) == []


def test_somebody_approved_what_they_had_a_hand_in(tmp_path: Path) -> None:
    book = Book()
    text = book.text.replace('roles = ["builder"]', 'roles = ["builder", "approver"]')
    book = Book()
    book.text = text
    book.entries = book._world.trust(text)
    built(book)
    book.chain("builder", 3, approved("one"))
    book.chain("other-builder", 3, approved("one"))
    found = findings(book, tmp_path)
    assert [one.code for one in found] == ["approved-by-author"]
    assert found[0].message.endswith("builder approved it, who built it")


def test_what_somebody_relayed_is_the_word_of_whoever_gave_it(tmp_path: Path) -> None:
    book = Book()
    book.text = book.text.replace(
        "[identities.other-builder]", '[identities.other-builder]\nelsewhere = ["github:b"]'
    )
    book.entries = book._world.trust(book.text)
    book.chain("other-builder", 2, recorded("one"))
    book.chain("bot", 3, approved("one", given_by="github:somebody"))
    assert codes(book, tmp_path) == []
    book.chain("bot", 4, approved("one", given_by="github:b"))
    assert codes(book, tmp_path) == ["approved-by-author"]


def test_a_rejection_by_the_author_is_nobodys_misconduct(tmp_path: Path) -> None:
    book = Book()
    book.text = book.text.replace('roles = ["builder"]', 'roles = ["builder", "approver"]')
    book.entries = book._world.trust(book.text)
    built(book)
    book.chain("builder", 3, approved("one", said="rejected"))
    assert codes(book, tmp_path) == []


def test_approved_before_it_was_recorded(tmp_path: Path) -> None:
    book = Book()
    book.chain("risk-officer", 3, approved("one"))
    built(book, 3)
    assert codes(book, tmp_path) == []
    book = Book()
    book.chain("risk-officer", 3, approved("one"), approved("one", environment="staging", said="rejected"))
    built(book, 4)
    assert codes(book, tmp_path) == ["approval-before-code"]


def test_a_yes_that_was_taken_back_or_is_not_borne_out(tmp_path: Path) -> None:
    book = good()
    book.chain("keeper", 6, decided("one", "FAILED"))
    found = findings(book, tmp_path)
    assert [one.code for one in found] == ["decision-contradicted"] and found[0].proof.time == at(6)
    assert f"a no, after the yes of {at(4)}" in found[0].message
    book.chain("keeper", 7, decided("one", "FAILED"))
    assert codes(book, tmp_path) == ["decision-contradicted"], "it is taken back once"
    unfounded = Book()
    unfounded.chain("keeper", 1, policy(POLICY))
    built(unfounded)
    unfounded.chain("keeper", 4, decided("one"))
    found = findings(unfounded, tmp_path)
    assert [one.code for one in found] == ["decision-contradicted"]
    assert "by what is known now it was failed: yes missing" in found[0].message
    no = Book()
    no.chain("keeper", 4, decided("one", "FAILED"))
    assert codes(no, tmp_path) == []


def late(tmp_path: Path, claimed: int, merged: int, *drafts: Draft, trail: str = "") -> Book:
    """A ledger into which a merge brought evidence."""
    book = Book()
    built(book)
    target = put(tmp_path / "target.ledger", book.entries, [checkpoint(book.entries)])
    source = Book("source")
    entries = source.chain(
        "other-builder", claimed, *(drafts or (checked(of("one"), control="scan"),)), trail=trail
    )
    export = put(tmp_path / "export.ledger", entries)
    merge(target, [export], ChainWriter(signer("keeper"), clock=lambda: at(merged)), judged_by("root"))
    return book


def conduct_of(path: Path, text: str) -> list[Conduct]:
    with opened(path) as (snapshot, index):
        return list(conduct(Judgement(snapshot, index, parse_trust(text))))


@pytest.mark.parametrize(("merged", "is_late"), [(10, False), (10 + 7 * DAY, False), (11 + 7 * DAY, True)])
def test_evidence_that_arrived_long_after_the_time_it_claims(
    tmp_path: Path, merged: int, is_late: bool
) -> None:
    book = late(tmp_path, 10, merged)
    found = conduct_of(tmp_path / "target.ledger", book.text)
    assert [one.code for one in found] == (["late-evidence"] if is_late else [])
    if is_late:  # and not what was there before, though it is as old
        assert found[0].proof.writer == "other-builder" and found[0].sha256 == of("one").sha256
        assert at(merged) in found[0].message and at(10) in found[0].message


def test_late_evidence_about_a_commit_and_about_what_is_not_bound(tmp_path: Path) -> None:
    drafts = (checked("", commit=COMMIT), checked("unheard-of"), checked(""))
    book = late(tmp_path, 10, 30 * DAY, *drafts, trail="9")
    found = conduct_of(tmp_path / "target.ledger", book.text)
    assert {(one.code, one.sha256) for one in found} == {("late-evidence", "")}


def test_in_an_environment_without_deployments_it_was_deployed_when_it_was_seen(tmp_path: Path) -> None:
    book = Book()
    book.chain("deployer", 5, running("one"))
    assert codes(book, tmp_path) == ["deployed-unrecorded"]
    built(book, 4)
    assert codes(book, tmp_path) == []
    book.chain("deployer", 6, deployed("one"))
    book.chain("deployer", 7, running("one", "two"))
    assert codes(book, tmp_path) == [], "where deployments are recorded, what is seen is another finding's"


def test_what_counts_for_nothing_is_nobodys_conduct(tmp_path: Path) -> None:
    book = good()
    book.chain("stranger", 2, approved("two"), deployed("two"), decided("two"))
    book.chain("builder", 2, approved("two"), deployed("two"), decided("two"))
    book.chain("builder", 2, allowed(of("one")))
    assert codes(book, tmp_path) == []
