"""Commits: what lies between two of them, what a pull request brought, and what was built from either."""

from __future__ import annotations

import pytest
from facts import Log, at, digest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.query.diffs import differences
from custody.query.environments import read_state
from custody.query.history import History
from custody.query.incidents import leads
from custody.query.index import Index
from custody.query.lookups import find_subjects
from custody.query.sources import commits_between, commits_of, pull_requests

URL = "https://git.example/acme/api/pull/42"


def commit(letter: str) -> str:
    return letter * 40


def source(*parents: str, minute: int = 0, name: str = "dev-1") -> dict[str, object]:
    return {
        "parents": [commit(parent) for parent in parents],
        "author": {"name": name},
        "committer": {"time": at(minute)},
        "signature": "none",
        "dirty": False,
    }


def pull_request(url: str = URL, number: str = "42", merged: str = "c") -> dict[str, object]:
    changes = [{"commit": commit(letter), "authors": ["dev-2"], "time": at(3)} for letter in "de"]
    return {
        "url": url, "state": "merged", "author": "dev-2", "number": number, "mergeCommit": commit(merged),
        "head": commit("e"), "changes": changes, "reviews": [],
    }  # fmt: skip


@pytest.fixture
def made() -> Log:
    """a <- b <- c on the main line, where c merged d and e; each of a, b and c was built."""
    log = Log()
    chain = log.chain(repository="https://git.example/acme/api", flow="api", trail="7")
    for minute, (letter, parents) in enumerate((("a", ""), ("b", "a"), ("c", "be")), 1):
        log.artifact(
            chain, minute, "api", letter, commit=commit(letter), source=source(*parents, minute=minute)
        )
    log.evidence(
        chain,
        5,
        "pass",
        word="",
        commit=commit("c"),
        type="pull-request",
        control="review",
        pullRequest=pull_request(),
    )
    return log


def test_the_commits_between(made: Log) -> None:
    index = made.index()
    found = commits_between(index, commit("a"), commit("c"))
    assert [line.commit[0] for line in found.came] == ["c", "b", "e", "d"]
    assert (found.went, found.complete) == ((), True)
    by_letter = {line.commit[0]: line for line in found.came}
    assert (by_letter["c"].author, by_letter["c"].time, by_letter["c"].pull_request) == ("dev-1", at(3), URL)
    assert (by_letter["d"].author, by_letter["d"].pull_request) == ("dev-2", URL)
    back = commits_between(index, commit("c"), commit("a"))
    assert ([line.commit[0] for line in back.went], back.came, back.complete) == (
        ["c", "b", "e", "d"],
        (),
        True,
    )


def test_the_same_way_back_is_what_is_lost_and_nothing_that_came(made: Log) -> None:
    """What the older has lies all behind the newer: none of it came."""
    found = commits_between(made.index(), commit("c"), commit("a"))
    assert found.came == ()
    assert [line.commit[0] for line in found.went] == ["c", "b", "e", "d"]


def test_a_recorded_range_leads_from_a_release_to_the_last() -> None:
    """Commits that nothing was built from are known by the range of the next artifact."""
    log = Log()
    chain = log.chain()
    log.artifact(chain, 1, "api", "1", commit=commit("a"), source=source())
    ranged = {**source(), "since": commit("a"), "commits": [commit("b"), commit("c"), commit("d")]}
    log.artifact(chain, 2, "api", "2", commit=commit("d"), source=ranged)
    found = commits_between(log.index(), commit("a"), commit("d"))
    assert [line.commit[0] for line in found.came] == ["d", "c", "b"]
    assert (found.went, found.complete) == ((), True)


def test_where_the_way_is_not_known_that_is_said(made: Log) -> None:
    chain = made.chain()
    made.artifact(chain, 9, "api", "f", commit=commit("f"), source=source("9"))
    made.artifact(chain, 9, "api", "g", commit="1" * 40)
    index = made.index()
    for old, new in ((commit("a"), commit("f")), (commit("a"), "1" * 40), ("2" * 40, commit("c"))):
        found = commits_between(index, old, new)
        assert not found.complete and found.came[0].commit == new and not found.went
    assert commits_between(index, "", commit("a")).came == ()
    same = commits_between(index, commit("a"), commit("a"))
    assert same.complete and not same.came


def test_history_that_goes_in_circles_ends() -> None:
    log = Log()
    chain = log.chain()
    log.artifact(chain, 1, "api", "a", commit=commit("a"), source=source("b"))
    log.artifact(chain, 1, "api", "b", commit=commit("b"), source=source("a"))
    found = commits_between(log.index(), commit("a"), commit("b"))
    assert [line.commit[0] for line in (*found.came, *found.went)] in ([], ["b"], ["a"], ["b", "a"])


def test_what_a_pull_request_leads_to(made: Log) -> None:
    index = made.index()
    assert (
        pull_requests(index, "#42") == pull_requests(index, URL) == pull_requests(index, URL + "/") == [URL]
    )
    assert set(commits_of(index, URL)) == {commit("c"), commit("d"), commit("e")}
    for query in ("#42", URL, commit("d"), commit("e")[:7], commit("c")[:9]):
        assert find_subjects(index, query) == [digest("c")]
    made.evidence(made.chain(), 6, "pass", word="b", type="pull-request", pullRequest=pull_request())
    assert find_subjects(made.index(), "#42") == [digest("c"), digest("b")]


@pytest.mark.parametrize("query", ["#43", "https://git.example/acme/api/pull/43", "nothing", "f" * 7])
def test_what_leads_nowhere_is_said(made: Log, query: str) -> None:
    with pytest.raises(UsageError) as caught:
        find_subjects(made.index(), query)
    assert caught.value.code == "unknown"


def test_of_two_repositories_with_a_request_of_one_number_none_is_guessed(made: Log) -> None:
    other = "https://git.example/acme/web/pull/42"
    made.evidence(
        made.chain(), 6, "pass", word="", commit=commit("d"), pullRequest=pull_request(other, merged="d")
    )
    with pytest.raises(UsageError, match=r"acme/api/pull/42.*acme/web/pull/42") as caught:
        find_subjects(made.index(), "#42")
    assert caught.value.code == "ambiguous"


def test_a_commit_leads_to_all_that_was_built_from_it_and_a_name_to_one(made: Log) -> None:
    made.artifact(made.chain(), 8, "worker", "w", commit=commit("c"))
    index = made.index()
    assert find_subjects(index, commit("c")) == [digest("w"), digest("c")]
    assert find_subjects(index, "worker") == [digest("w")]
    with pytest.raises(UsageError) as caught:
        find_subjects(index, "api")
    assert caught.value.code == "ambiguous"


def seen(made: Log) -> Index:
    chain = made.chain("reporter")
    made.snapshot(chain, 10, ("api", "a", 2), ("web", "w", 1))
    made.snapshot(chain, 20, ("api", "a", 2), ("api", "c", 2), ("web", "w", 1))
    made.snapshot(chain, 21, ("api", "c", 2), ("web", "w", 2))
    return made.index()


def test_a_difference_tells_the_commits(made: Log) -> None:
    index = seen(made)
    history = History(index, "prod")
    found = differences((history, read_state(history, 1)), (history, read_state(history, 3)))
    assert [(line.change.event, line.change.service) for line in found.lines] == [
        ("replaced", "api"),
        ("scaled", "web"),
    ]
    assert [line.commit[0] for line in found.lines[0].commits.came] == ["c", "b", "e", "d"]
    assert found.lines[0].previous_commit == commit("a")
    assert found.lines[1].commits.came == ()


def test_of_what_is_not_known_nothing_is_compared(made: Log) -> None:
    history = History(seen(made), "prod")
    found = differences((history, None), (history, read_state(history, 1)))
    assert not found.known and found.lines == ()


def test_back_from_a_moment_to_the_commits_that_had_just_come(made: Log) -> None:
    index = seen(made)
    found = leads(History(index, "prod"), at(15), at(20))
    assert [(lead.line.change.event, lead.line.commit) for lead in found] == [("started", commit("c"))]
    (lead,) = found
    assert lead.previous_commit == commit("a")  # beside which it started
    assert [line.commit[0] for line in lead.commits.came] == ["c", "b", "e", "d"]
    assert lead.build is not None and lead.build.trail == "7"
    assert len(leads(History(index, "prod"), at(0), at(21))) == 5


@given(st.lists(st.lists(st.integers(0, 20), max_size=3), min_size=2, max_size=10), st.data())
def test_of_a_history_that_is_known_what_came_and_went_is_what_git_would_say(
    tree: list[list[int]], data: st.DataObject
) -> None:
    parents = [sorted({one % number for one in some}) if number else [] for number, some in enumerate(tree)]
    log = Log()
    chain = log.chain()
    for number, before in enumerate(parents):
        letters = ["0123456789abcdef"[one] for one in before]
        letter = "0123456789abcdef"[number]
        log.artifact(chain, number, "api", letter, commit=commit(letter), source=source(*letters))
    index = log.index()
    behind: list[set[int]] = []
    for number, before in enumerate(parents):
        behind.append({number}.union(*(behind[one] for one in before)))
    old, new = (data.draw(st.integers(0, len(tree) - 1)) for _ in range(2))
    found = commits_between(index, commit("0123456789abcdef"[old]), commit("0123456789abcdef"[new]))
    assert {int(line.commit[0], 16) for line in found.came} == behind[new] - behind[old]
    if behind[old] & behind[new]:
        assert {int(line.commit[0], 16) for line in found.went} == behind[old] - behind[new]


def test_a_branch_from_far_back_brings_its_own_commits_and_not_what_was_there_long_ago(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = Log()
    chain = log.chain()

    def built(name: str, *parents: str) -> str:
        mine = digest(name)[:40]
        told = source() | {"parents": [digest(one)[:40] for one in parents]}
        log.artifact(chain, 1, "api", name, commit=mine, source=told)
        return mine

    built("0")
    for number in range(1, 40):
        built(str(number), str(number - 1))
    old, branch, new = digest("39")[:40], built("branch", "3"), built("new", "39", "branch")
    monkeypatch.setattr("custody.query.sources.MOST", 10)
    found = commits_between(log.index(), old, new)
    assert ([line.commit for line in found.came], found.complete) == ([new, branch], True)
    monkeypatch.setattr("custody.query.sources.MOST_BEHIND", 10)
    assert not commits_between(log.index(), old, new).complete
