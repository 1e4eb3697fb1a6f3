"""From a ledger to a verdict: at a moment, as far as a position, for one artifact or many, in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pytest
from book import Book, allowed, approved, at, checked, deployed, of, opened, policy, recorded
from ledgers import checkpoint, judged_by, put, verify
from ledgers import signer as key

from custody.ledger.writer import ChainWriter, Draft
from custody.policy.judgement import Judgement
from custody.policy.verdict import Verdict
from custody.trust.document import parse_trust
from custody.trust.merging import merge

POLICY = """
version = 1
name = "release"
environments = ["prod"]
[controls.tests]
kind = "evidence"
[controls.reviews]
kind = "evidence"
about = "commit"
[controls.yes]
kind = "approvals"
roles = ["approver"]
apart-from = ["builder"]
[controls.closed]
kind = "sealed"
"""
COMMIT = "1c" * 20
ONE = of("one").sha256


@contextmanager
def judging(path: Path, text: str) -> Iterator[Judgement]:
    with opened(path) as (snapshot, index):
        yield Judgement(snapshot, index, parse_trust(text))


def verdict(book: Book, folder: Path, word: str = "one", **how: object) -> Verdict:
    folder.mkdir(exist_ok=True)
    with judging(book.write(folder / "a.ledger"), book.text) as judgement:
        return judgement.verdict(of(word).sha256, "prod", **how)  # type: ignore[arg-type]


def good(word: str = "one") -> Book:
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    book.chain("builder", 2, recorded(word, commit=COMMIT), checked(of(word)), trail="7")
    book.chain("other-builder", 2, checked("", control="reviews", commit=COMMIT), trail="8")
    book.chain("risk-officer", 3, approved(word))
    return book


def states(found: Verdict) -> dict[str, str]:
    return {one.name: one.state for one in found.controls}


def test_a_verdict_names_its_policy_its_moment_and_its_entries(tmp_path: Path) -> None:
    book = good()
    found = verdict(book, tmp_path)
    assert (found.outcome, found.policy, found.moment, found.reason) == ("passed", "release", at(3), "")
    assert found.policy_proof is not None and found.policy_proof.time == at(1)
    assert found.policy_sha256
    assert set(states(found).values()) == {"satisfied"}
    ids = {entry.id for entry in book.entries}
    assert all({proof.entry for proof in one.proofs} <= ids and one.proofs for one in found.controls)


def test_a_moment_and_a_position_are_two_ways_to_know_less(tmp_path: Path) -> None:
    book = good()
    before = len(book.entries)
    book.chain("builder", 9, checked(of("one"), "fail"))
    assert verdict(book, tmp_path / "1").outcome == "failed"
    assert verdict(book, tmp_path / "2", moment=at(8)).outcome == "passed"
    then = verdict(book, tmp_path / "3", at=before)
    assert (then.outcome, then.moment) == ("passed", at(3))
    assert verdict(book, tmp_path / "4", moment=at(2)).outcome == "failed"
    none = verdict(book, tmp_path / "5", moment=at(0))
    assert (none.outcome, none.reason) == ("unknown", "no policy in force governs it")
    assert verdict(book, tmp_path / "6", at=2).reason == "no policy in force governs it"


def test_now_is_the_last_moment_of_what_counts(tmp_path: Path) -> None:
    """Nobody unknown can let the time pass, nor anybody whose word a merge covers."""
    book = good()
    book.chain("builder", 400, checked(of("one")))
    now = verdict(book, tmp_path / "1").moment
    assert now == at(400)
    book.chain("stranger", 1000, checked(of("one")))
    book.chain("builder", 1100, approved("one"))
    with judging(book.write(tmp_path / "a.ledger"), book.text) as judgement:
        assert judgement.now == at(1100)  # the builder's genesis and seal are of then
    book.entries = book.entries[:-3]
    assert verdict(book, tmp_path / "2").moment == at(400)
    target = put(tmp_path / "target.ledger", book.entries, [checkpoint(book.entries)])
    source = Book("late")
    late = source.chain("builder", 1300, recorded("late"))
    merge(
        target,
        [put(tmp_path / "late.ledger", late)],
        ChainWriter(key("keeper"), clock=lambda: at(500)),
        judged_by("root"),
    )
    with judging(target, book.text) as judgement:
        assert judgement.now == at(500)


@pytest.mark.parametrize(
    ("entry", "name"),
    [((2, 2), "tests"), ((3, 1), "reviews"), ((4, 1), "yes"), ((2, 0), "closed")],
)
def test_what_was_redacted_is_never_a_pass(tmp_path: Path, entry: tuple[int, int], name: str) -> None:
    book = good()
    chains = [list(group) for _, group in groupby(book.entries, key=lambda one: one.chain)]
    book.erase(chains[entry[0]][entry[1]])
    found = verdict(book, tmp_path)
    assert found.outcome != "passed" and states(found)[name] in ("unknown", "missing", "failed")


def test_a_redacted_failure_does_not_let_an_older_pass_count_again(tmp_path: Path) -> None:
    book = good()
    wrong = book.chain("builder", 5, checked(of("one"), "fail"))
    book.erase(wrong[1])
    found = verdict(book, tmp_path)
    assert (found.outcome, states(found)["tests"]) == ("unknown", "unknown")


def test_strangers_and_those_without_the_role_change_no_verdict(tmp_path: Path) -> None:
    book = good()
    before = verdict(book, tmp_path / "1")
    everything = (
        policy(POLICY.replace("prod", "*"), "other"), policy("nonsense"), recorded("one", commit="2c" * 20),
        checked(of("one"), "fail"), checked("", "fail"), checked("", "fail", "reviews", COMMIT),
        approved("one", said="rejected"), deployed("one"), allowed("*"), Draft("evidence", {}, (of("one"),)),
    )  # fmt: skip
    for who in ("stranger", "nobody"):
        book.chain(who, 4, *everything, trail="7", seal=False)
    book.chain("deployer", 4, *(one for one in everything if one.kind != "deployment"), trail="9")
    after = verdict(book, tmp_path / "2")
    assert after.controls == before.controls and after.outcome == "passed"


def test_an_exception_counts_until_it_ends(tmp_path: Path) -> None:
    book = good("two")
    book.chain("builder", 2, recorded("one", commit=COMMIT), trail="9")
    book.chain("risk-officer", 3, approved("one"))
    assert states(verdict(book, tmp_path / "1"))["tests"] == "missing"
    book.chain("keeper", 4, allowed(of("one"), until=10, controls=["tests"]))
    assert states(verdict(book, tmp_path / "2"))["tests"] == "excepted"
    assert verdict(book, tmp_path / "3").outcome == "passed"
    found = verdict(book, tmp_path / "4", moment=at(11))
    assert found.outcome == "failed" and states(found)["tests"] == "missing"


def test_many_at_once_are_as_each_by_itself(tmp_path: Path) -> None:
    book = good()
    for number in range(6):
        drafts = (recorded(str(number), commit=COMMIT), *([checked(of(str(number)))] if number % 2 else []))
        book.chain("builder", 4, *drafts, trail=str(number))
        if number % 3:
            book.chain("risk-officer", 5, approved(str(number)))
    words = [of(word).sha256 for word in ("one", *"012345", "unrecorded")]
    with judging(book.write(tmp_path / "a.ledger"), book.text) as judgement:
        together = judgement.verdicts(words, "prod")
        assert together == {word: judgement.verdict(word, "prod") for word in words}
    assert [one.outcome for one in together.values()].count("passed") == 3


def test_the_order_in_which_exports_are_merged_changes_no_verdict(tmp_path: Path) -> None:
    book = good()
    book.chain(
        "builder", 4, checked("api", "fail", "lint"), checked(of("one"), "fail"), trail="9", seal=False
    )
    book.chain("other-builder", 4, checked(of("one")))
    chains = [list(group) for _, group in groupby(book.entries[2:], key=lambda one: one.chain)]
    exports = [put(tmp_path / f"{number}.ledger", chain) for number, chain in enumerate(chains)]
    outcomes = []
    orders = (
        [exports],
        [exports[::-1]],
        [exports[:2], exports[2:]],
        [exports[3:], exports[1:3], exports[:1]],
    )
    for number, order in enumerate(orders):
        target = put(tmp_path / f"target{number}.ledger", book.entries[:2], [checkpoint(book.entries[:2])])
        for together in order:
            merge(target, together, ChainWriter(key("keeper"), clock=lambda: at(100)), judged_by("root"))
        assert verify(target).exit in (0, 4)
        with judging(target, book.text) as judgement:
            found = judgement.verdict(ONE, "prod")
        outcomes.append(
            [
                (one.name, one.state, one.sentence, {proof.entry for proof in one.proofs})
                for one in found.controls
            ]
        )
    assert all(one == outcomes[0] for one in outcomes)
    assert {name: state for name, state, *_ in outcomes[0]}["tests"] == "failed"
