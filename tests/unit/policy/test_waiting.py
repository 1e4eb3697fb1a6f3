"""What waits for approvals: what a policy says no to for want of them, and what takes something off the list."""

from __future__ import annotations

from pathlib import Path

import pytest
from book import Book, approved, at, checked, deployed, of, opened, policy, recorded
from ledgers import ORIGIN, signer

from custody.errors import InputError, UsageError
from custody.kinds import Approval, Evidence
from custody.ledger.writer import Draft
from custody.policy.approving import ask
from custody.policy.giving import give
from custody.policy.judgement import Judgement
from custody.policy.waiting import WaitingList, waiting
from custody.trust.document import parse_trust

POLICY = """
version = 1
name = "release"
environments = ["prod"]
[controls.tests]
kind = "evidence"
[controls.release]
kind = "approvals"
roles = ["approver"]
apart-from = ["builder"]
count = {count}
"""


def book(count: int = 1) -> Book:
    found = Book()
    found.chain("keeper", 1, policy(POLICY.replace("{count}", str(count))))
    return found


def built(found: Book, word: str, minute: int, name: str = "api") -> None:
    found.chain("builder", minute, recorded(word, name), checked(of(word, name)), trail=f"t-{minute}")


def listed(found: Book, folder: Path, **how: int) -> WaitingList:
    (folder / "w.ledger").unlink(missing_ok=True)
    with opened(found.write(folder / "w.ledger")) as (snapshot, index):
        return waiting(Judgement(snapshot, index, parse_trust(found.text)), **how)


def words(found: WaitingList) -> list[tuple[str, str]]:
    return [(one.artifact.sha256, one.environment) for one in found.found]


def test_what_was_recorded_waits_for_whom_the_policy_asks(tmp_path: Path) -> None:
    found = book(2)
    built(found, "one", 10)
    found.chain("risk-officer", 20, approved("one"))
    result = listed(found, tmp_path)
    (one,) = result.found
    (need,) = one.needed
    assert (one.artifact.sha256, one.environment) == (of("one").sha256, "prod")
    assert (need.roles, need.people, need.verdict.state) == (("approver",), 2, "missing")
    assert one.others == () and (result.recorded, result.looked_at) == (1, 1)


def test_an_approval_that_counts_takes_it_off_and_those_before_it_of_its_name(tmp_path: Path) -> None:
    found = book()
    for minute, (word, name) in enumerate(
        [("one", "api"), ("web", "web"), ("two", "api"), ("three", "api")], 1
    ):
        built(found, word, 10 * minute, name)
    found.chain("risk-officer", 60, approved("two"))
    assert words(listed(found, tmp_path)) == [(of("three").sha256, "prod"), (of("web", "web").sha256, "prod")]


@pytest.mark.parametrize("who", ["builder", "deployer", "bot"])
def test_an_approval_that_does_not_count_takes_nothing_off(tmp_path: Path, who: str) -> None:
    """Neither one out of its role nor a relay's own: or whoever wants a release out of sight approves the next."""
    found = book()
    built(found, "one", 10)
    built(found, "two", 20)
    found.chain(who, 30, approved("two"))
    assert words(listed(found, tmp_path)) == [(of("two").sha256, "prod"), (of("one").sha256, "prod")]


def test_other_controls_in_the_way_are_named(tmp_path: Path) -> None:
    found = book()
    failing = Draft("evidence", Evidence("tests", "generic", "fail", of("one")).write(), (of("one"),))
    found.chain("builder", 10, recorded("one"), failing, trail="t")
    (one,) = listed(found, tmp_path).found
    assert [other.name for other in one.others] == ["tests"]


def test_what_is_old_or_beyond_the_number_is_not_looked_at(tmp_path: Path) -> None:
    found = book()
    for number in range(4):
        built(found, f"one-{number}", 10 + number, f"name-{number}")
    found.chain("deployer", 50, deployed("one-0"))
    some = listed(found, tmp_path, limit=3)
    assert (some.recorded, some.looked_at, len(some.found)) == (4, 3, 3)
    assert listed(found, tmp_path, days=0).found == ()


def test_nothing_waits_where_no_policy_asks_for_approvals(tmp_path: Path) -> None:
    found = Book()
    built(found, "one", 10)
    found.chain("deployer", 20, deployed("one"))
    assert listed(found, tmp_path).found == ()
    assert listed(Book(), tmp_path).found == ()


def test_of_a_group_and_its_members_the_group_waits(tmp_path: Path) -> None:
    found = Book()
    text = POLICY.replace("{count}", "1").replace('["prod"]', '["prod*"]')
    found.chain("keeper", 1, policy(text + '[groups]\nprod = ["prod-eu", "prod-us"]\n'))
    built(found, "one", 10)
    found.chain(
        "deployer", 20, deployed("one", "prod-eu"), deployed("one", "prod-us"), deployed("one", "prod")
    )
    assert words(listed(found, tmp_path)) == [(of("one").sha256, "prod")]


def test_a_word_is_given_once_and_as_an_act_of_its_own(tmp_path: Path) -> None:
    found = book()
    built(found, "one", 10)
    path = found.write(tmp_path / "w.ledger")
    with opened(path) as (snapshot, index):
        judgement = Judgement(snapshot, index, parse_trust(found.text))
        asked = ask(judgement, of("one").sha256, "prod", moment=at(600), recorder="risk-officer")
    word = asked.word(of("one"), "approved", "change 4711")
    first = give(path, signer("risk-officer"), word, ORIGIN, once="a")
    again = give(path, signer("risk-officer"), word, ORIGIN, once="a")
    assert first.kind == "approval" and first.seq == 1 and again.repeated and again.id == first.id
    with opened(path) as (snapshot, index):
        assert waiting(Judgement(snapshot, index, parse_trust(found.text))).found == ()
        assert index.row("SELECT writer, detail FROM approval") == ("risk-officer", "change 4711")
    with pytest.raises(UsageError, match="origin"):
        give(path, signer("risk-officer"), word, "acme.example/other")
    with pytest.raises(InputError, match="cannot be recorded"):
        give(path, signer("risk-officer"), Approval(of("one"), "not a name", "approved"), ORIGIN)
