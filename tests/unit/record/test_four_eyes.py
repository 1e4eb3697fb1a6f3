"""Four eyes: every trap by name, and the one way through."""

from __future__ import annotations

from typing import Any

import pytest

from custody.kinds import Change, PullRequest, Review
from custody.record.four_eyes import NO_COMMIT, FourEyes, by_login, four_eyes, is_program

FIRST, LAST, GONE = "1a" * 20, "2b" * 20, "3c" * 20


def at(minute: int) -> str:
    return f"2026-11-19T02:{minute:02d}:00.000Z"


def commit(id: str = LAST, *authors: str, minute: int = 10, committer: str = "") -> Change:
    return Change(id, authors or ("dev-1",), committer, at(minute))


def approved(by: str = "dev-2", minute: int = 20, commit: str = LAST, state: str = "approved") -> Review:
    return Review(by, state, at(minute), commit)


def change(
    *reviews: Review, changes: Any = None, author: str = "dev-1", state: str = "merged"
) -> PullRequest:
    changes = (commit(FIRST, minute=5), commit()) if changes is None else tuple(changes)
    return PullRequest("https://git.example/api/pulls/1", state, author, changes, reviews)


def reasons(found: FourEyes) -> str:
    assert not found.ok
    assert found.reasons
    return "; ".join(found.reasons)


def test_somebody_else_approved_the_last_commit() -> None:
    found = four_eyes(change(approved()))
    assert found == FourEyes(True, (), ("dev-2",), ("dev-1",), 0, 0)
    assert four_eyes(change(approved(), state="open")).ok


NO: dict[str, tuple[PullRequest, str]] = {
    "nobody": (change(), "no approval that counts"),
    "no commit": (change(approved(), changes=[]), "there is no commit"),
    "own change": (change(approved("dev-1")), "dev-1, who wrote some of it"),
    "own change in other letters": (change(approved("Dev-1")), "Dev-1, who wrote some of it"),
    "opener of another's commits": (change(approved("dev-2"), author="dev-2"), "dev-2, who wrote some"),
    "co-author": (change(approved(), changes=[commit(LAST, "dev-1", "dev-2")]), "dev-2, who wrote some"),
    "author of an earlier commit": (
        change(approved(), changes=[commit(FIRST, "dev-2", minute=5), commit()]),
        "dev-2, who wrote some",
    ),
    "committer": (change(approved(), changes=[commit(committer="dev-2")]), "dev-2, who wrote some"),
    "push after it": (change(approved(minute=7, commit=FIRST)), "is of an earlier commit than the last"),
    "commit gone": (change(approved(commit=NO_COMMIT)), "is of an earlier commit than the last"),
    "push after it, by time": (change(approved(minute=7, commit="")), "given before the last commit"),
    "at the same time": (change(approved(minute=10, commit="")), "given before the last commit"),
    "older than the commit it names": (change(approved(minute=7)), "given before the last commit"),
    "an earlier commit is the later one": (
        change(approved(commit=""), changes=[commit(FIRST, minute=30), commit()]),
        "given before the last commit",
    ),
    "no time and no commit": (change(Review("dev-2", "approved")), "neither of which commit"),
    "no time of a commit": (
        change(approved(commit=""), changes=[Change(LAST, ("dev-1",))]),
        "neither of which commit",
    ),
    "only a comment": (change(approved(state="commented")), "no approval that counts"),
    "dismissed": (change(approved(state="dismissed")), "no approval that counts"),
    "dismissed afterwards": (
        change(approved(), approved(minute=30, state="dismissed")),
        "taken back or dismissed",
    ),
    "changed their mind": (
        change(approved(minute=30, state="changes-requested"), approved()),
        "taken back or dismissed",
    ),
    "both at one time": (change(approved(state="changes-requested"), approved()), "taken back or dismissed"),
    "both, and no times": (
        change(Review("dev-2", "changes-requested", "", LAST), Review("dev-2", "approved", "", LAST)),
        "taken back or dismissed",
    ),
    "unknown reviewer": (change(approved("")), "by (nobody named), who is nobody known"),
    "reviewer by e-mail": (change(approved("dev-2@acme.example")), "who is nobody known"),
    "reviewer who is gone": (change(approved("ghost")), "ghost, who is nobody known"),
    "unknown author": (
        change(approved(), changes=[commit(LAST, "")]),
        "commit 2b2b2b2b2b2b by (nobody named)",
    ),
    "no author": (change(approved(), changes=[Change(LAST, (), "", at(1))]), "by (nobody named)"),
    "author by e-mail": (
        change(approved(), changes=[commit(LAST, "x@acme.example")]),
        "x@acme.example, who is",
    ),
    "committer by e-mail": (
        change(approved(), changes=[commit(committer="x@acme.example")]),
        "who is nobody",
    ),
    "unknown opener": (change(approved(), author="ghost"), "opened by ghost, who is nobody known"),
    "a program": (change(approved("acme-approver[bot]")), "which is a program"),
}


@pytest.mark.parametrize("name", NO)
def test_what_is_not_four_eyes(name: str) -> None:
    given, why = NO[name]
    assert why in reasons(four_eyes(given))


def test_a_last_word_that_is_yes_counts_whatever_was_said_before() -> None:
    found = four_eyes(change(approved(state="changes-requested"), approved(minute=30)))
    assert found.ok and found.objections == 0
    assert four_eyes(change(approved(), approved(minute=30, state="commented"))).ok


def test_another_ones_objection_is_told_and_left_to_the_policy() -> None:
    found = four_eyes(change(approved(), approved("dev-3", state="changes-requested")))
    assert found.ok and found.objections == 1


def test_a_stale_approval_is_counted_and_does_not_harm_a_fresh_one() -> None:
    found = four_eyes(change(approved(commit=FIRST, minute=7), approved("dev-3")))
    assert found.ok and found.approvers == ("dev-3",) and found.stale == 1


def test_who_is_one_person_is_the_callers_to_say() -> None:
    person = {"dev-1": "Ann", "a@acme.example": "Ann", "dev-2": "Ben", "b2": "Ben"}
    mail = commit(LAST, "a@acme.example")
    assert not four_eyes(change(approved(), changes=[mail])).ok
    assert four_eyes(change(approved(), changes=[mail]), person.get).ok
    twice = four_eyes(change(approved("dev-2"), approved("b2")), person.get)
    assert twice.approvers == ("Ben",)
    assert "b2, who wrote" in reasons(
        four_eyes(change(approved("b2"), changes=[commit(LAST, "dev-2")]), person.get)
    )
    # The second of one person's accounts took it back.
    assert not four_eyes(change(approved("dev-2"), approved("b2", 30, state="dismissed")), person.get).ok


def test_what_a_merge_commit_says_is_not_asked() -> None:
    merged = change(approved(commit=FIRST, minute=7))._replace(
        merged_by="dev-2", merged=at(40), merge_commit=GONE
    )
    assert "is of an earlier commit" in reasons(four_eyes(merged))


@pytest.mark.parametrize("login", ["", " ", "a b", "a@b", "ghost", "Ghost", "\u00a0x", "x\n"])
def test_a_login_that_names_nobody(login: str) -> None:
    assert by_login(login) is None


@pytest.mark.parametrize(
    ("login", "program"),
    [
        ("renovate[bot]", True),
        ("app/dependabot", True),
        ("project_12_bot_4f1a", True),
        ("group_7_bot", True),
        ("project_x_bottle", False),
        ("robot", False),
        ("bot", False),
    ],
)
def test_which_accounts_are_programs(login: str, program: bool) -> None:
    assert is_program(login) is program
