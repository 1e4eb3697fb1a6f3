"""What somebody is shown before they approve: the commits, their people, and what the word would change."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from book import Book, approved, at, checked, deployed, of, opened, policy, recorded
from ledgers import signer

from custody.kinds import Evidence, PullRequest, Source
from custody.kinds.artifact import Author
from custody.kinds.pull_request import Change, Review
from custody.ledger.writer import Draft
from custody.policy.approving import Asked, CommitAsked, ask
from custody.policy.judgement import Judgement
from custody.trust.document import parse_trust

C1, C2, C3, C4 = ("1c" * 20, "2c" * 20, "3c" * 20, "4c" * 20)
POLICY = """
version = 1
name = "release"
environments = ["prod"]
[controls.yes]
kind = "approvals"
apart-from = []
relayed = true
"""


def asked(book: Book, folder: Path, word: str = "two", minute: int = 100, **how: str) -> Asked:
    (folder / "a.ledger").unlink(missing_ok=True)
    with opened(book.write(folder / "a.ledger")) as (snapshot, index):
        judgement = Judgement(snapshot, index, parse_trust(book.text))
        given = {"recorder": "risk-officer", **how}
        return ask(judgement, of(word).sha256, "prod", moment=at(minute), **given)  # type: ignore[arg-type]


def pull(*commits: str, authors: tuple[str, ...] = ("dev-1",), merge: str = "") -> Draft:
    change = PullRequest(
        "https://git.example/pulls/7", "merged" if merge else "open", authors[0] if authors else "opener",
        changes=tuple(Change(one, authors) for one in commits),
        reviews=(Review("dev-2", "approved"), Review("dev-3", "commented"), Review("dev-2", "approved")),
        merge_commit=merge,
    )  # fmt: skip
    body = Evidence("review", "pull-request", "pass", of("two"), pull_request=change)
    return Draft("evidence", body.write(), (of("two"),))


def released() -> Book:
    """one is out, of C1; two brings C2 to C4."""
    book = Book()
    book.chain("keeper", 1, policy(POLICY))
    book.chain("builder", 2, recorded("one", commit=C1))
    book.chain("risk-officer", 3, approved("one"))
    book.chain("deployer", 4, deployed("one"))
    source = Source(author=Author("dev-9", "dev-9@acme.example"), since=C1, commits=(C2, C3, C4))
    book.chain("builder", 5, recorded("two", commit=C4, source=source))
    return book


def test_the_commits_since_the_last_approved_release(tmp_path: Path) -> None:
    found = asked(released(), tmp_path)
    assert found.base is not None and found.base.commit == C1
    assert [one.commit for one in found.commits] == [C2, C3, C4]
    assert found.commits[-1] == CommitAsked(C4, ("dev-9@acme.example",))
    assert found.commits[0].authors == ()
    assert found.range is not None and (found.range.head, found.range.base) == (C4, C1)
    assert found.policy is not None and found.policy.name == "release"


def test_a_range_that_begins_before_the_last_release_is_cut_there(tmp_path: Path) -> None:
    book = released()
    source = Source(commits=("0c" * 20, C1, C2, C3, C4))
    book.chain("builder", 6, recorded("two", commit=C4, source=source))
    assert [one.commit for one in asked(book, tmp_path).commits] == [C2, C3, C4]


def test_without_a_release_before_it_everything_recorded_is_new(tmp_path: Path) -> None:
    book = Book()
    book.chain("builder", 5, recorded("two", commit=C4))
    found = asked(book, tmp_path)
    assert found.base is None and [one.commit for one in found.commits] == [C4]
    assert found.range is not None and found.range.base == ""
    assert found.policy is None and found.before.outcome == "unknown"


def test_the_release_itself_once_more_brings_nothing(tmp_path: Path) -> None:
    book = released()
    book.chain("builder", 6, recorded("three", commit=C1, source=Source(commits=(C1,))))
    found = asked(book, tmp_path, "three")
    assert (
        found.commits == () and found.range is not None and (found.range.head, found.range.base) == (C1, "")
    )


def test_who_wrote_and_who_reviewed_each(tmp_path: Path) -> None:
    book = released()
    book.chain("builder", 6, pull(C2, C3, merge=C3))
    found = {one.commit: one for one in asked(book, tmp_path).commits}
    assert replace(found[C3], commit=C2) == found[C2]
    assert (found[C2].authors, found[C2].change, found[C2].approved_by) == (
        ("dev-1",), "https://git.example/pulls/7", ("dev-2",),
    )  # fmt: skip
    assert found[C4].change == ""


def test_what_is_not_in_effect_yet_is_not_there(tmp_path: Path) -> None:
    book = released()
    assert asked(book, tmp_path, minute=4).record is None
    assert asked(book, tmp_path, minute=5).record is not None
    assert asked(Book(), tmp_path).record is None


def test_of_several_records_the_newest_is_shown(tmp_path: Path) -> None:
    book = released()
    book.chain("other-builder", 7, recorded("two", commit=C3))
    found = asked(book, tmp_path)
    assert found.record is not None and found.record.commit == C3


@pytest.mark.parametrize(
    ("how", "person", "after"),
    [
        ({}, "risk-officer", "passed"),
        ({"recorder": "builder"}, "builder", None),
        ({"recorder": ""}, "", None),
        ({"recorder": "bot"}, "bot", "failed"),
        ({"recorder": "bot", "given_by": "github:risk-1"}, "risk-officer", "passed"),
        ({"recorder": "bot", "given_by": "github:nobody"}, "", "failed"),
        ({"recorder": "risk-officer", "given_by": "github:risk-1"}, "risk-officer", "failed"),
        ({"recorder": "bot", "signed_by": signer("risk-officer").public.hex}, "risk-officer", "passed"),
        ({"recorder": "bot", "signed_by": signer("nobody").public.hex}, "", "failed"),
        ({"decision": "rejected"}, "risk-officer", "failed"),
    ],
    ids=[
        "own",
        "no role",
        "nobody",
        "a relay's own",
        "relayed",
        "of nobody",
        "by no relay",
        "tag",
        "tag of nobody",
        "no",
    ],
)
def test_whose_word_it_is_and_what_it_changes(
    tmp_path: Path, how: dict[str, str], person: str, after: str | None
) -> None:
    book = released()
    text = book.text.replace(
        "[identities.risk-officer]", '[identities.risk-officer]\nelsewhere = ["github:risk-1"]'
    )
    tail = book.entries[2:]
    book.text = text
    book.entries = [*book._world.trust(text), *tail]
    found = asked(book, tmp_path, **how)
    assert found.person == person
    assert (found.after.outcome if found.after is not None else None) == after
    assert found.before.outcome == "failed" and [one.state for one in found.before.controls] == ["missing"]


def test_what_is_shown_is_what_the_gate_says_once_it_is_recorded(tmp_path: Path) -> None:
    book = released()
    shown = asked(book, tmp_path)
    body = {"commits": shown.range, "policy": shown.policy}
    book.chain("risk-officer", 100, approved("two", **body))
    recorded_now = asked(book, tmp_path)
    assert shown.after is not None and recorded_now.before.outcome == shown.after.outcome == "passed"
    assert [one.sentence for one in recorded_now.before.controls] == [
        one.sentence for one in shown.after.controls
    ]


def test_a_no_of_somebody_else_is_not_talked_away(tmp_path: Path) -> None:
    book = released()
    book.chain("risk-officer", 8, approved("two", said="rejected"))
    found = asked(book, tmp_path)
    assert found.after is not None and found.after.outcome == "passed", "their own no, taken back"
    found = asked(book, tmp_path, recorder="bot", given_by="github:nobody")
    assert found.after is not None and found.after.outcome == "failed"
    book.chain("builder", 9, checked(of("two")))
    assert asked(book, tmp_path, decision="rejected").before.outcome == "failed"
