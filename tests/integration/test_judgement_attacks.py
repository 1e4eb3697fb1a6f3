"""Attacks on judgement, on real ledgers: a yes that should be none, a no that is hidden, two readers who disagree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from book import EXPECTED, Book, allowed, approved, at, checked, deployed, of, opened, policy, recorded
from ledgers import World, checkpoint, judged_by, put
from ledgers import signer as key

from custody.kinds import Change, Evidence, Merge, PullRequest, Review, Source
from custody.kinds.merge import MergedFile
from custody.ledger.reader import open_ledger
from custody.ledger.writer import ChainWriter, Draft
from custody.policy.judgement import Judgement
from custody.policy.verdict import Verdict
from custody.trust.document import parse_trust
from custody.trust.merging import merge
from custody.trust.verification import Verification

HEAD = 'version = 1\nname = "release"\nenvironments = ["*"]\n'
TESTS = HEAD + '[controls.tests]\nkind = "evidence"\n'
YES = HEAD + '[controls.yes]\nkind = "approvals"\napart-from = []\n'
EYES = HEAD + '[controls.eyes]\nkind = "four-eyes"\n'
GROUPS = EYES + '[groups]\nprod = ["eu", "us"]\n'
RELAYED = EYES + YES.removeprefix(HEAD) + "relayed = true\n"
C = [f"{number:02x}" * 20 for number in range(16, 24)]
MONTH = 60 * 24 * 30


class People(Book):
    """A book whose trust document knows dev-1, who writes and builds, and dev-2, who reviews and approves."""

    def __init__(self, text: str, seed: str = "people") -> None:
        super().__init__(seed)
        names = {"other-builder": "github:dev-1", "risk-officer": "github:dev-2"}
        for who, name in names.items():
            table = f"[identities.{who}]\n"
            self.text = self.text.replace(table, f'{table}elsewhere = ["{name}"]\n')
        self._world = World(seed)
        self.entries = self._world.trust(self.text)
        self.chain("keeper", 1, policy(text))

    def release(
        self, word: str, minute: int, environment: str, *, by: str = "risk-officer", **approval: str
    ) -> None:
        """Recorded, approved and deployed; its commit is the first of `C` that nobody reviewed."""
        self.chain("builder", minute, recorded(word, commit=C[1]), trail=word)
        if by:
            self.chain(by, minute + 1, approved(word, environment=environment, **approval))
        self.chain("deployer", minute + 2, deployed(word, "eu"))


@contextmanager
def judging(book: Book, folder: Path) -> Iterator[Judgement]:
    folder.mkdir(exist_ok=True)
    with opened(book.write(folder / "a.ledger")) as (snapshot, index):
        yield Judgement(snapshot, index, parse_trust(book.text))


def verdict(book: Book, folder: Path, word: str = "one", environment: str = "prod", **how: object) -> Verdict:
    with judging(book, folder) as judgement:
        return judgement.verdict(of(word).sha256, environment, **how)  # type: ignore[arg-type]


def outcome(book: Book, folder: Path, word: str = "one", environment: str = "prod", **how: object) -> str:
    return verdict(book, folder, word, environment, **how).outcome


def reviewed(number: int, *commits: str) -> Draft:
    """A pull request of dev-1's that dev-2 approved."""
    changes = tuple(Change(commit, ("dev-1",), "", at(1)) for commit in commits)
    reviews = (Review("dev-2", "approved", at(2), commits[-1]),)
    url = f"https://github.com/acme/payments/pull/{number}"
    change = PullRequest(url, "merged", "dev-1", changes, reviews, str(number), commits[-1])
    body = Evidence("pull-request", "pull-request", "pass", commit=commits[-1], pull_request=change)
    return Draft("evidence", body.write())


def merging(taken: int = 0) -> Draft:
    files = (MergedFile("x.ledger", "5e" * 32, taken, taken, "5e" * 32, "5e" * 32),) if taken else ()
    return Draft("merge", Merge(files).write())


# A custodian, and time


def test_a_merge_dated_back_moves_no_last_word(tmp_path: Path) -> None:
    """What it covers would have taken effect in front of the approval that an honest merge had covered before."""
    book = Book()
    book.chain("keeper", 1, policy(YES + TESTS.removeprefix(HEAD)))
    book.chain("builder", 2, recorded("one"), checked(of("one")))
    book.chain("risk-officer", 5, approved("one"))
    book.chain("keeper", 6, merging())
    assert outcome(book, tmp_path / "1") == "passed"
    book.chain("risk-officer", 10, approved("one", said="rejected", reason="no"))
    book.chain("builder", 10, checked(of("one"), "fail"))
    for number, minute in enumerate((1, 3, 5, 700)):
        folder, length = tmp_path / f"at {minute}", len(book.entries)
        book.chain("keeper", minute, merging())
        found = verdict(book, folder)
        assert [one.state for one in found.controls] == ["failed", "failed"], number
        del book.entries[length:]


def test_in_which_order_and_how_deep_a_ledger_was_merged_changes_no_verdict(tmp_path: Path) -> None:
    """A merge that came along stands among other chains by their ids, and covers none of them but by chance."""
    base = Book()
    base.chain("keeper", 1, policy(YES))
    base.chain("builder", 2, recorded("one"))
    common, said = list(base.entries), []
    for seed in (
        "0",
        "1",
        "2",
        "3",
    ):  # in some of them the chain of the rejection comes in front of the merge's
        near, far = Book(f"near {seed}"), Book(f"far {seed}")
        near.entries, far.entries = list(common), []
        near.chain("keeper", 11, merging())
        near.chain("risk-officer", 15, approved("one"))
        far.chain("risk-officer", 20, approved("one", said="rejected", reason="no"))
        folder = tmp_path / seed
        folder.mkdir()
        sources = [
            put(folder / "near.ledger", near.entries, [checkpoint(near.entries)]),
            put(folder / "far.ledger", far.entries),
        ]
        for number, acts in enumerate(([sources], [[one] for one in sources])):
            target = put(folder / f"{number}.ledger", common, [checkpoint(common)])
            for act in acts:
                merge(target, act, ChainWriter(key("keeper"), clock=lambda: at(500)), judged_by("root"))
            with opened(target) as (snapshot, index):
                judgement = Judgement(snapshot, index, parse_trust(base.text))
                said.append(judgement.verdict(of("one").sha256, "prod").outcome)
    assert said == ["failed"] * 8


def test_what_is_said_of_covered_times_is_what_takes_effect(tmp_path: Path) -> None:
    """The finding and the index agree on which merge covers an entry: not on one that came along with another."""
    book = Book()
    late = book.chain("builder", 50, checked("", control="x"), trail="7")
    book.chain("keeper", 20, merging())  # came along
    path = tmp_path / "book.ledger"
    book.chain("keeper", 60, merging(len(late) + 3))
    with open_ledger(book.write(path)) as snapshot:
        verification = Verification(snapshot, EXPECTED, workers=1)
        for _ in verification.run():
            pass
        assert "future-time" not in verification.report.counts
    with opened(path) as (_, index):
        assert index.rows("SELECT time FROM evidence") == [(at(50),)]


def test_a_check_that_claims_to_be_of_the_future_does_not_stay_fresh(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(TESTS + 'max-age = "1d"\n'))
    book.chain("builder", 2, recorded("one"))
    book.chain("builder", 3 * MONTH, checked(of("one")))
    with judging(book, tmp_path) as judgement:
        one = of("one").sha256
        assert judgement.verdict_now(one, "prod", at(5)).outcome == "failed"
        assert judgement.verdict_now(one, "prod", at(2 * MONTH)).outcome == "failed"
        assert judgement.verdict_now(one, "prod", at(3 * MONTH - 30)).outcome == "passed", "as clocks differ"
        assert judgement.verdict_now(one, "prod", at(3 * MONTH + 60)).outcome == "passed"


def test_a_no_of_the_future_is_a_no(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(YES))
    book.chain("builder", 2, recorded("one"))
    book.chain("risk-officer", 3, approved("one"))
    book.chain("risk-officer", 3 * MONTH, approved("one", said="rejected", reason="no"))
    with judging(book, tmp_path) as judgement:
        assert judgement.verdict_now(of("one").sha256, "prod", at(5)).outcome == "failed"


# Names


def test_a_second_artifact_of_the_name_hides_no_failure(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(TESTS))
    book.chain("builder", 2, recorded("one"), checked(of("one")), trail="7")
    book.chain("other-builder", 5, checked("api", "fail"), trail="7")
    assert outcome(book, tmp_path / "1") == "failed"
    book.chain("other-builder", 6, recorded("two"), trail="7")
    found = verdict(book, tmp_path / "2")
    assert found.outcome == "unknown" and "names more than one artifact" in found.controls[0].sentence
    assert outcome(book, tmp_path / "3", moment=at(6)) == "unknown"
    assert outcome(book, tmp_path / "4", moment=at(5)) == "failed"
    book.chain("builder", 9, checked(of("one")), trail="7")
    assert outcome(book, tmp_path / "5") == "passed", "a later word settles it"


def test_a_second_artifact_of_the_name_lends_it_no_pass(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(TESTS + '[controls.other]\nkind = "evidence"\n'))
    book.chain("builder", 2, recorded("one"), checked("api"), checked(of("one"), control="other"), trail="7")
    book.chain("builder", 6, recorded("two"), trail="7")
    found = verdict(book, tmp_path)
    assert [one.state for one in found.controls] == ["unknown", "satisfied"], "nor is another check in doubt"


def test_a_later_name_brings_no_exception_to_an_earlier_moment(tmp_path: Path) -> None:
    book = Book()
    book.chain("keeper", 1, policy(TESTS), allowed("payments-*"))
    book.chain("builder", 2, recorded("one"))
    book.chain("builder", 20, recorded("one", "payments-x"))
    assert outcome(book, tmp_path / "1", moment=at(19)) == "failed"
    assert outcome(book, tmp_path / "2", moment=at(20)) == "passed"


def test_an_exception_for_ever_ends_after_a_year(tmp_path: Path) -> None:
    """Whatever an admin signed: only the command that records one refuses it."""
    book = Book()
    book.chain("keeper", 1, policy(TESTS), allowed("api", until=50 * 12 * MONTH))
    book.chain("builder", 2, recorded("one"))
    with judging(book, tmp_path) as judgement:
        said = [judgement.verdict(of("one").sha256, "prod", moment=at(day * 24 * 60)) for day in (360, 370)]
    assert [one.outcome for one in said] == ["passed", "failed"] and "has expired" in said[1].controls[
        0
    ].sentence


def test_which_of_two_erased_records_stands_first_changes_no_verdict(tmp_path: Path) -> None:
    found = []
    for order in (("api", "web"), ("web", "api")):
        book = Book()
        book.chain("keeper", 1, policy(TESTS + 'when = { name = "api" }\n'))
        made = [book.chain("builder", 2 if name == "api" else 3, recorded("one", name), checked(of("one", name)))
                for name in order]  # fmt: skip
        for chain in made:
            book.erase(chain[1])
        found.append([one.state for one in verdict(book, tmp_path / order[0]).controls])
    assert found[0] == found[1]


# Which release was before: what takes commits from under the eyes of a reviewer


def ranged() -> dict[str, object]:
    return {"commit": C[2], "source": Source(commits=(C[0], C[1], C[2]))}


def with_one(book: People, record: dict[str, object]) -> People:
    """A release whose last commit was reviewed, and the one in front of it was not."""
    book.chain("builder", 30, recorded("one", **record), reviewed(2, C[2]), reviewed(1, C[0]), trail="one")
    return book


@pytest.mark.parametrize(
    ("text", "approvals"),
    [
        (EYES, []),
        (EYES, [{"by": "bot", "given_by": "slack:whoever"}]),
        (EYES, [{"by": "bot", "given_by": "github:dev-2"}]),
        (EYES, [{"by": "bot"}]),
        (EYES, [{"by": "risk-officer"}, {"by": "risk-officer", "said": "rejected", "reason": "no"}]),
        (RELAYED, [{"by": "bot", "given_by": "github:nobody"}]),
        (RELAYED, [{"by": "risk-officer"}, {"by": "bot", "said": "rejected", "given_by": "github:dev-2"}]),
        (GROUPS, [{"by": "risk-officer", "environment": "us"}]),
    ],
)  # fmt: skip
def test_what_nobody_approved_is_no_release(
    tmp_path: Path, text: str, approvals: Sequence[dict[str, str]]
) -> None:
    book = People(text)
    book.release("before", 5, "eu", by="")
    for one in approvals:
        who, environment = one["by"], one.get("environment", "eu")
        rest = {name: value for name, value in one.items() if name not in ("by", "environment")}
        book.chain(who, 6, approved("before", environment=environment, **rest))
    found = verdict(with_one(book, ranged()), tmp_path, environment="eu").controls[0]
    assert found.state == "missing" and C[1][:12] in found.sentence


@pytest.mark.parametrize(
    ("text", "approval"),
    [
        (EYES, {}),
        (RELAYED, {"by": "bot", "given_by": "github:dev-2"}),
        (GROUPS, {"environment": "prod"}),
    ],
)  # fmt: skip
def test_what_somebody_approved_is_one(tmp_path: Path, text: str, approval: dict[str, str]) -> None:
    book = People(text)
    book.release("before", 5, **{"environment": "eu", **approval})
    found = verdict(with_one(book, ranged()), tmp_path, environment="eu").controls[0]
    assert found.state == "satisfied" and "last approved release" in found.sentence


@pytest.mark.parametrize("text", [EYES, GROUPS])
def test_behind_a_release_that_nobody_approved_a_range_is_wanted(tmp_path: Path, text: str) -> None:
    """Else every release would be the first, of which one commit is judged."""
    for number, record in enumerate(({"commit": C[2]}, {"commit": C[2], "source": Source(commits=(C[2],))})):
        book = People(text)
        book.release("before", 5, "eu", by="")
        found = verdict(with_one(book, record), tmp_path / str(number), environment="eu").controls[0]
        assert found.state == "unknown" and f"--since {C[1][:12]}" in found.sentence
    book = People(text)
    book.release("before", 5, "eu", by="")
    since = {"commit": C[2], "source": Source(since=C[1], commits=(C[2],))}
    assert verdict(with_one(book, since), tmp_path / "2", environment="eu").controls[0].state == "satisfied"


def test_for_a_group_what_went_to_a_member_was_a_release(tmp_path: Path) -> None:
    book = People(GROUPS)
    book.release("before", 5, "prod")
    found = verdict(with_one(book, {"commit": C[2]}), tmp_path, environment="prod").controls[0]
    assert found.state == "unknown" and "last approved release" in found.sentence
