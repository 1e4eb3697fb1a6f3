"""Four eyes over a release: every trap by its name, the range of commits, services, and each outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from verdicts import (
    ADDRESS,
    API,
    C0,
    C1,
    C2,
    C3,
    NOBODY,
    OTHER,
    commit,
    evidence,
    facts,
    hidden,
    one,
    policy,
    pull,
    ranged,
    record,
    release,
    review,
    reviewed,
    verdict,
)

from custody.kinds import Change, Review
from custody.policy.document import FourEyesControl
from custody.record.four_eyes import NO_COMMIT

SIGNED = Change(C1, ("dev-1@acme.example",), "dev-1@acme.example", commit().time, True)


def eyes(**demands: Any) -> FourEyesControl:
    return FourEyesControl(name="four-eyes", **demands)


def test_satisfied() -> None:
    found = one(eyes(), fact := reviewed())
    assert (found.kind, found.state, found.proofs) == ("four-eyes", "satisfied", (fact.proof,))
    assert 'dev-2 approved pull request "1"' in found.sentence
    assert "nothing earlier is judged" in found.sentence


TRAPS: dict[str, tuple[Sequence[Any], str, str]] = {
    "zero approvers": ([reviewed(pull(reviews=[]))], "failed", "no approval that counts"),
    "no review at all": ([], "missing", "no pull-request is about it"),
    "an empty change": (
        [reviewed(pull(reviews=[review()])._replace(changes=(), merge_commit=C1))],
        "failed",
        "no commit",
    ),
    "a merge commit's message proves nothing": (
        [evidence(control="pull-request", type="generic", subject=f"commit:{C1}")],
        "missing",
        "no pull-request is about it",
    ),
    "a push after the approval makes it stale": (
        [reviewed(pull(commit(C0, minute=5), commit(C1, minute=30), reviews=[review(of=C0, minute=20)]))],
        "failed",
        "is of an earlier commit than the last",
    ),
    "a push after the approval, by time": (
        [reviewed(pull(commit(minute=30), reviews=[review(of="", minute=20)]))],
        "failed",
        "given before the last commit",
    ),
    "a force-push that did away with what was approved": (
        [reviewed(pull(reviews=[review(of=NO_COMMIT)]))],
        "failed",
        "an earlier commit",
    ),
    "approving one's own change": ([reviewed(pull(reviews=[review("dev-1")]))], "failed", "who wrote some of it"),
    "approving one's own change under another login": (
        [reviewed(pull(commit(C1, "dev-3"), reviews=[review("dev-3-too")]))],
        "failed",
        "who wrote some of it",
    ),
    "one committer of several approving": (
        [reviewed(pull(commit(C0, "dev-2", minute=5), commit(), reviews=[review()]))],
        "failed",
        "who wrote some of it",
    ),
    "a co-author approving": ([reviewed(pull(commit(C1, "dev-1", "dev-2")))], "failed", "who wrote some of it"),
    "whoever committed it approving": ([reviewed(pull(commit(committer="dev-2")))], "failed", "who wrote some of it"),
    "whoever opened it approving": ([reviewed(pull(author="dev-2"))], "failed", "who wrote some of it"),
    "a reviewer who turned contributor": (
        [reviewed(pull(commit(C0, minute=5), commit(C1, "dev-2"), reviews=[review(of=C0, minute=7), review()]))],
        "failed",
        "who wrote some of it",
    ),
    "unknown identity of the reviewer": ([reviewed(pull(reviews=[review("stranger")]))], "failed", "nobody known"),
    "logins of a platform that is not known": (
        [reviewed(pull()._replace(url="https://git.acme.example/1"), format="custody-pull-request")],
        "failed",
        "nobody known",
    ),
    "unknown identity of an author": (
        [reviewed(pull(commit(C1, "stranger")))],
        "unknown",
        '"github:stranger" is nobody that trust.toml names',
    ),
    "unknown identity of whoever opened it": ([reviewed(pull(author="ghost"))], "unknown", '"github:ghost"'),
    "an author who is not named": ([reviewed(pull(Change(C1, (), "", commit().time)))], "unknown", "not named"),
    "the author of an unsigned commit is only a claim": (
        [reviewed(pull(commit(C1, "dev-1@acme.example")))],
        "unknown",
        '"dev-1@acme.example" is nobody that trust.toml names, or an address that no checked signature proves',
    ),
    "an address that is signed in one commit only": (
        [reviewed(pull(SIGNED._replace(commit=C0), SIGNED._replace(verified=False), reviews=[review()]))],
        "unknown",
        "no checked signature proves",
    ),
    "a reviewer who is only an address": (
        [reviewed(pull(reviews=[review("dev-2@acme.example")]))],
        "failed",
        "nobody known",
    ),
    "a dismissed approval": (
        [reviewed(pull(reviews=[review(), review(minute=30, state="dismissed")]))],
        "failed",
        "taken back or dismissed",
    ),
    "a second thought": (
        [reviewed(pull(reviews=[review(), review(minute=30, state="changes-requested")]))],
        "failed",
        "1 person asked for changes",
    ),
    "a comment is no approval": ([reviewed(pull(reviews=[review(state="commented")]))], "failed", "no approval"),
    "an approval of no commit and no time": (
        [reviewed(pull(reviews=[Review("dev-2", "approved")]))],
        "failed",
        "neither of which commit",
    ),
    "a program's approval": (
        [reviewed(pull(reviews=[review("renovate[bot]")]))],
        "failed",
        "which is a program",
    ),
    "not merged": (
        [reviewed(pull(commit(), commit(C2), state="open"), subject=f"commit:{C1}")],
        "missing",
        "not in force, or not merged",
    ),
    "about another commit, and recorded on this one": (
        [reviewed(pull(commit(C2)), subject=f"commit:{C1}")],
        "missing",
        "no pull-request is about it",
    ),
    "about another fingerprint": ([reviewed(subject=OTHER)], "missing", "no pull-request is about it"),
    "about another trail": ([reviewed(subject="trail:2")], "missing", "no pull-request is about it"),
    "under another name": ([reviewed(control="review")], "missing", "no pull-request is about it"),
    "recorded by nobody": ([reviewed(writer=NOBODY)], "missing", "no pull-request is about it"),
    "recorded by somebody without the role": ([reviewed(writer="dev-2")], "missing", "no pull-request is about it"),
    "recorded later": ([reviewed(minute=601)], "missing", "no pull-request is about it"),
    "an approval that a later record takes back": (
        [reviewed(), reviewed(pull(reviews=[]), 66)],
        "failed",
        "no approval that counts",
    ),
    "an approval that a later record on another subject takes back": (
        [reviewed(), reviewed(pull(reviews=[]), 66, subject=API.sha256)],
        "failed",
        "no approval that counts",
    ),
    "two records of one time": (
        [reviewed(chain="a"), reviewed(pull(reviews=[]), chain="b")],
        "failed",
        "no approval that counts",
    ),
    "two records of one time on two subjects": (
        [reviewed(chain="a"), reviewed(pull(reviews=[]), chain="b", subject=API.sha256)],
        "failed",
        "no approval that counts",
    ),
    "two changes of one time, of which one is about something else": (
        [reviewed(chain="a"), reviewed(pull(commit(C2), number=2), chain="b", subject=f"commit:{C1}")],
        "missing",
        "",
    ),
    "a later result that is no change": (
        [reviewed(), evidence(66, control="pull-request", subject=f"commit:{C1}")],
        "missing",
        "",
    ),
    "evidence that cannot be read, later": ([reviewed(), hidden()], "unknown", "may be the last word on it"),
    "evidence that cannot be read, alone": ([hidden(1)], "unknown", "may be the last word on it"),
}  # fmt: skip


@pytest.mark.parametrize("name", TRAPS)
def test_trap(name: str) -> None:
    given, state, said = TRAPS[name]
    found = one(eyes(), *given)
    assert found.state == state
    assert said in found.sentence


WAYS: dict[str, Sequence[Any]] = {
    "on the artifact": [reviewed(subject=API.sha256)],
    "on its trail": [reviewed(subject="trail:1")],
    "what it was merged as": [reviewed(pull(commit(C2), merge_commit=C1))],
    "one commit of several": [reviewed(pull(commit(), commit(C2, minute=11)))],
    "not merged, with this commit at its head": [reviewed(pull(commit(C0), commit(), state="open"))],
    "an address whose signature was checked": [reviewed(pull(SIGNED))],
    "by its address alone": [reviewed(format="custody-pull-request")],
    "read again later": [reviewed(pull(reviews=[])), reviewed(minute=66)],
    "unread evidence before it": [hidden(50), reviewed()],
    "unread evidence of nobody": [hidden(80, writer=NOBODY), reviewed()],
    "another change about it that nobody approved": [
        reviewed(),
        reviewed(pull(number=2, reviews=[]), subject=API.sha256),
    ],
}


@pytest.mark.parametrize("name", WAYS)
def test_way_through(name: str) -> None:
    assert one(eyes(), *WAYS[name]).state == "satisfied"


def test_the_platform_is_gitlabs() -> None:
    change = pull(reviews=[review("dev-1")], author="dev-2")._replace(url="https://git.acme.example/x/1")
    people = eyes()
    assert one(
        people, reviewed(change._replace(changes=(commit(C1, "dev-2"),)), format="gitlab-merge-request")
    ).state == ("unknown"), "dev-2 is known on GitHub alone"
    change = change._replace(author="dev-1", changes=(commit(),))
    assert one(people, reviewed(change, format="gitlab-merge-request")).state == "failed", (
        "dev-1 approved dev-1"
    )


def test_an_address_of_no_form_names_no_platform() -> None:
    for url in ("https://[bad", "git.acme.example", "https://github.com.evil.example/1"):
        assert (
            one(eyes(), reviewed(pull()._replace(url=url), format="custody-pull-request")).state == "failed"
        )


def test_one_who_may_not_be_asked_for_changes() -> None:
    given = reviewed(pull(reviews=[review(), review("dev-3", state="changes-requested")]))
    found = one(eyes(), given)
    assert found.state == "failed" and "1 person asked for changes" in found.sentence
    assert one(eyes(objections=False), given).state == "satisfied"


def test_roles_of_the_recorder() -> None:
    demanded = eyes(roles=frozenset({"scanner"}))
    assert one(demanded, reviewed()).state == "missing"
    assert one(demanded, reviewed(writer="ci-2"), hidden()).state == "satisfied"
    assert one(demanded, reviewed(writer="ci-2"), hidden(writer="ci-2")).state == "unknown"
    assert one(demanded, reviewed(writer="ci-2"), reviewed(pull(reviews=[]), 70)).state == "satisfied"


def test_two_controls_with_different_roles() -> None:
    scanned = replace(eyes(), name="scanned", roles=frozenset({"scanner"}))
    found = verdict(policy(eyes(), scanned), facts(reviewed()))
    assert [control.state for control in found.controls] == ["satisfied", "missing"]


class TestRange:
    """Which commits must have been seen."""

    ALL = (
        reviewed(pull(commit(C1), number=1)),
        reviewed(pull(commit(C2), number=2)),
        reviewed(pull(commit(C3), number=3)),
    )

    def test_every_commit_of_the_range(self) -> None:
        found = one(eyes(), ranged(C1, C2, C3), *self.ALL)
        assert found.state == "satisfied" and "3 commits" in found.sentence and len(found.proofs) == 3
        for left_out in range(3):
            rest = [fact for index, fact in enumerate(self.ALL) if index != left_out]
            found = one(eyes(), ranged(C1, C2, C3), *rest)
            assert found.state == "missing" and "1 of 3 commits" in found.sentence

    def test_the_worst_commit_decides(self) -> None:
        refused = reviewed(pull(commit(C2), number=2, reviews=[]))
        found = one(eyes(), ranged(C1, C2, C3), refused, self.ALL[2])
        assert found.state == "failed" and found.proofs == (refused.proof,)

    def test_one_change_of_several_commits(self) -> None:
        given = reviewed(pull(commit(C1, minute=5), commit(C2, minute=6), commit(C3)))
        assert one(eyes(), ranged(C1, C2, C3), given).state == "satisfied"

    def test_those_after_the_last_release(self) -> None:
        given = ranged(C0, C1, C2, C3)
        found = one(eyes(), given, *self.ALL, base=release(C0))
        assert found.state == "satisfied" and f"commit {C0[:12]}" in found.sentence
        assert one(eyes(), given, *self.ALL[1:], base=release(C1)).state == "satisfied"
        assert one(eyes(), given, *self.ALL[1:], base=release(C0)).state == "missing"

    def test_those_since_the_last_release(self) -> None:
        given = ranged(C1, C2, C3, since=C0)
        assert one(eyes(), given, *self.ALL, base=release(C0)).state == "satisfied"
        assert one(eyes(), given, *self.ALL[1:], base=release(C0)).state == "missing"

    def test_a_range_that_does_not_reach_back_to_the_last_release(self) -> None:
        for since in ("", C2):
            found = one(eyes(), ranged(C3, since=since), *self.ALL, base=release(C0))
            assert found.state == "unknown" and f"--since {C0[:12]}" in found.sentence
            assert release(C0).proof in found.proofs

    def test_no_range_and_another_release_before_it(self) -> None:
        found = one(eyes(), reviewed(), base=release(C0))
        assert found.state == "unknown" and "--since" in found.sentence

    def test_since_by_itself_is_no_range(self) -> None:
        assert one(eyes(), ranged(C1, since=C0), reviewed(), base=release(C0)).state == "satisfied"
        lonely = record(source=replace(ranged(C1, since=C0).body.source, commits=()))  # type: ignore[union-attr]
        assert one(eyes(), lonely, reviewed(), base=release(C0)).state == "unknown"

    def test_a_range_that_ends_in_another_commit_is_none(self) -> None:
        odd = replace(ranged(C0, C2), commit=C1)
        assert one(eyes(), odd, reviewed(), base=release(C0)).state == "unknown"

    def test_a_release_that_names_no_commit(self) -> None:
        found = one(eyes(), ranged(C1, since=""), reviewed(), base=release(""))
        assert found.state == "unknown" and "names no commit" in found.sentence

    def test_a_release_of_the_same_commit_says_nothing_of_who_saw_it(self) -> None:
        assert one(eyes(), record(), base=release(C1)).state == "missing"
        assert one(eyes(), ranged(C0, C1), base=release(C1)).state == "missing"
        assert one(eyes(), record(), reviewed(), base=release(C1)).state == "satisfied"

    def test_a_release_that_is_later_is_none_yet(self) -> None:
        assert one(eyes(), reviewed(), base=release(C0, 601)).state == "satisfied"

    def test_one_record_with_the_range_is_enough(self) -> None:
        assert (
            one(eyes(), record(), ranged(C1, since=C0, minute=61), reviewed(), base=release(C0)).state
            == "satisfied"
        )

    def test_of_two_ranges_both_count(self) -> None:
        short, long = ranged(C2, since=C0), ranged(C1, C2, since=C0, minute=61)
        for given in ((short, long), (long, short)):
            assert one(eyes(), *given, self.ALL[1], base=release(C0)).state == "missing"
            assert one(eyes(), *given, *self.ALL[:2], base=release(C0)).state == "satisfied"

    def test_each_commit_of_its_records(self) -> None:
        given = record(), record(61, "ci-2", C2)
        assert one(eyes(), *given, self.ALL[0]).state == "missing"
        assert one(eyes(), *given, *self.ALL[:2]).state == "satisfied"

    def test_no_commit(self) -> None:
        assert one(eyes(), record(commit=""), reviewed()).state == "missing"
        assert one(eyes(), reviewed(), records=False).state == "missing"

    def test_a_record_that_cannot_be_read_may_bring_others(self) -> None:
        found = one(eyes(), record(), record(61, readable=False), reviewed())
        assert found.state == "unknown" and "may name other commits" in found.sentence


class TestServices:
    RENOVATE = pull(commit(C1, "renovate[bot]"), author="app/renovate", reviews=[])
    demanded = eyes(services=frozenset({"renovate"}))

    def test_their_own_commits_need_nobody(self) -> None:
        found = one(self.demanded, reviewed(self.RENOVATE))
        assert found.state == "satisfied" and "renovate alone wrote" in found.sentence
        assert one(eyes(), reviewed(self.RENOVATE)).state == "failed"

    def test_what_they_were_merged_as(self) -> None:
        merged = self.RENOVATE._replace(changes=(commit(C2, "renovate[bot]"),), merge_commit=C1)
        assert one(self.demanded, reviewed(merged)).state == "satisfied"
        with_dev = merged._replace(changes=(*merged.changes, commit(C3)))
        assert one(self.demanded, reviewed(with_dev)).state == "failed"
        assert one(self.demanded, reviewed(merged._replace(author="dev-1"))).state == "failed"

    @pytest.mark.parametrize(
        "change",
        [
            commit(C1, "renovate[bot]", "dev-1"),
            commit(C1, "renovate[bot]", committer="dev-1"),
            commit(C1, "stranger[bot]"),
            commit(C1, "dev-1"),
            Change(C1, (), "", commit().time),
        ],
        ids="co-author, committer, another, a person, nobody".split(", "),
    )
    def test_with_somebody_else_they_do(self, change: Change) -> None:
        assert one(self.demanded, reviewed(self.RENOVATE._replace(changes=(change,)))).state == "failed"

    def test_they_need_a_change_all_the_same(self) -> None:
        assert one(self.demanded).state == "missing"

    def test_their_approval_is_nobodys(self) -> None:
        given = reviewed(pull(reviews=[review("dev-2")]))
        found = one(eyes(services=frozenset({"dev-2"})), given)
        assert found.state == "failed" and "only dev-2 approved it, which is a service" in found.sentence
        both = reviewed(pull(reviews=[review("dev-2"), review("dev-3")]))
        assert one(eyes(services=frozenset({"dev-2"})), both).state == "satisfied"

    def test_an_objection_holds_against_them_too(self) -> None:
        objected = self.RENOVATE._replace(reviews=(review("dev-2", state="changes-requested"),))
        assert one(self.demanded, reviewed(objected)).state == "failed"


def test_where_the_change_is() -> None:
    assert one(eyes(), reviewed(pull(number=7))).sentence.count("7") == 1
    assert f'"{ADDRESS}1"' in one(eyes(), reviewed(pull()._replace(number=""))).sentence
