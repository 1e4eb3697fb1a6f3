"""States of environments, from snapshots and from deployments, at any moment of their life."""

from __future__ import annotations

import random

import pytest
from facts import Log, about, at, digest

from custody.errors import UsageError
from custody.query.environments import environments, latest, log, state_at, state_number, states
from custody.query.fold import Item, Report, replay
from custody.query.index import Index
from custody.query.states import KEYFRAME_EVERY
from custody.query.types import EnvironmentLine


def running(state: object) -> list[tuple[str, str, int]]:
    assert state is not None
    return [(line.service, line.sha256, line.instances) for line in state.services]  # type: ignore[attr-defined]


@pytest.fixture
def blue_green() -> Index:
    """The new one starts beside the old, then the old stops; in between a report that changes nothing."""
    made = Log()
    chain = made.chain("reporter")
    made.snapshot(chain, 10, ("api", "blue", 2))
    made.snapshot(chain, 20, ("api", "blue", 2), ("api", "green", 2))
    made.snapshot(chain, 30, ("api", "blue", 2), ("api", "green", 2))
    made.snapshot(chain, 40, ("api", "green", 3))
    made.snapshot(chain, 50, ("api", "green", 3))
    return made.index()


def test_blue_green_is_two_changes(blue_green: Index) -> None:
    events = [(line.number, line.change.event, line.change.sha256) for line in log(blue_green, "prod")]
    assert events == [
        (1, "started", digest("blue")),
        (2, "started", digest("green")),
        (3, "scaled", digest("green")),
        (3, "stopped", digest("blue")),
    ]


def test_a_report_that_changes_nothing_only_renews_last_seen(blue_green: Index) -> None:
    assert environments(blue_green) == [EnvironmentLine("prod", 3, 1, at(10), at(40), at(50), "snapshot")]
    assert [(line.number, line.time, line.proof.position) for line in states(blue_green, "prod")] == [
        (1, at(10), 1),
        (2, at(20), 2),
        (3, at(40), 4),
    ]


@pytest.mark.parametrize(("minute", "number"), [(10, 1), (19, 1), (20, 2), (39, 2), (40, 3), (59, 3)])
def test_the_state_at_a_moment(blue_green: Index, minute: int, number: int) -> None:
    state = state_at(blue_green, "prod", at(minute))
    assert state is not None
    assert (state.number, state.of) == (number, 3)
    assert state == state_number(blue_green, "prod", number)


def test_before_the_first_report_nothing_is_known(blue_green: Index) -> None:
    assert state_at(blue_green, "prod", at(9)) is None
    assert state_number(blue_green, "prod", 0) is None
    assert state_number(blue_green, "prod", 4) is None


def test_a_state_says_from_when_to_when_and_since(blue_green: Index) -> None:
    second, last = state_number(blue_green, "prod", 2), latest(blue_green, "prod")
    assert second is not None
    assert (second.time, second.until, last.time, last.until) == (at(20), at(40), at(40), "")
    assert running(last) == [("api", digest("green"), 3)]
    assert last.services[0].since == at(20)
    assert not last.services[0].recorded


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ("a", "b", ["replaced"]),
        ("ab", "cd", ["started", "started", "stopped", "stopped"]),
        ("ab", "c", ["started", "stopped", "stopped"]),
        ("a", "bc", ["started", "started", "stopped"]),
        ("ab", "ac", ["replaced"]),
        ("a", "ab", ["started"]),
    ],
)
def test_replaced_is_one_for_one_and_nothing_else(before: str, after: str, events: list[str]) -> None:
    made = Log()
    chain = made.chain("reporter")
    for minute, words in enumerate((before, after)):
        made.snapshot(chain, minute, *(("api", word, 1) for word in words))
    assert sorted(change.event for change in latest(made.index(), "prod").changes) == events


def test_an_empty_snapshot_is_a_state_in_which_nothing_runs() -> None:
    made = Log()
    chain = made.chain("reporter")
    made.snapshot(chain, 10)
    made.snapshot(chain, 20, ("api", "one", 1))
    made.snapshot(chain, 30)
    index = made.index()
    assert [running(state_number(index, "prod", number)) for number in (1, 2, 3)] == [
        [], [("api", digest("one"), 1)], [],
    ]  # fmt: skip
    assert environments(index)[0].services == 0


def test_without_snapshots_deployments_say_what_runs() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 10, "one", "api")
    made.deployment(chain, 20, "other", "web")
    made.deployment(chain, 30, "two", "api")
    made.deployment(chain, 40, "two", "api")
    index = made.index()
    assert environments(index) == [EnvironmentLine("prod", 3, 2, at(10), at(30), at(40), "deployment")]
    assert running(latest(index, "prod")) == [("api", digest("two"), 1), ("web", digest("other"), 1)]
    (change,) = latest(index, "prod").changes
    assert (change.event, change.previous_sha256) == ("replaced", digest("one"))


def test_with_any_snapshot_deployments_do_not_make_states() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 10, "one")
    made.snapshot(chain, 20, ("api", "seen", 1))
    made.deployment(chain, 30, "two")
    made.deployment(chain, 40, "two", environment="staging")
    index = made.index()
    assert [(line.name, line.basis, line.states) for line in environments(index)] == [
        ("prod", "snapshot", 1),
        ("staging", "deployment", 1),
    ]
    assert running(latest(index, "prod")) == [("api", digest("seen"), 1)]


def test_what_does_not_count_changes_no_environment() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "one", 1))
    forged = {
        "environment": "prod",
        "running": [{"service": "api", "artifact": about("api", "evil"), "count": 1}],
    }
    made.add(chain, "snapshot", 20, forged, counts=False)
    made.add(chain, "snapshot", 30, {**forged, "environment": "elsewhere"}, counts=False)
    index = made.index()
    assert [(line.name, line.states, line.last_seen) for line in environments(index)] == [("prod", 1, at(10))]


def test_the_same_artifact_listed_twice_is_added_up() -> None:
    made = Log()
    made.snapshot(made.chain(), 10, ("api", "one", 2), ("api", "one", 3))
    assert running(latest(made.index(), "prod")) == [("api", digest("one"), 5)]


def test_snapshots_that_differ_in_their_salt_alone_are_one_state() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "one", 1))
    made.snapshot(chain, 10, ("api", "one", 1), environment="staging")
    for minute, salt in ((20, "01" * 16), (30, "23" * 16)):
        body = made.entries[1].body
        assert body is not None
        made.add(chain, "snapshot", minute, body.replace(b"ab" * 16, salt.encode()))
    index = made.index()
    assert [(line.name, line.states, line.last_seen) for line in environments(index)] == [
        ("prod", 1, at(30)),
        ("staging", 1, at(10)),
    ]


def test_a_malformed_repetition_of_a_good_snapshot_is_not_taken_for_it() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "one", 1))
    body = made.entries[1].body
    assert body is not None
    made.add(chain, "snapshot", 20, body[:-1] + b"]")
    made.add(chain, "snapshot", 30, body.replace(b"ab" * 16, b'","x":"' + b"0" * 25))
    index = made.index()
    assert environments(index)[0].last_seen == at(
        30
    )  # the third says the same, with an unknown field besides
    assert [position for position, _, _ in index.unreadable] == [2]


def test_any_state_of_many_is_the_one_that_replaying_gives() -> None:
    """Also in front of, at and behind each keyframe, through the stored form."""
    chosen = random.Random(7)
    made = Log()
    chain = made.chain()
    reports = []
    for minute in range(1, 3 * KEYFRAME_EVERY):
        listed = [
            (service, chosen.choice("abc"), chosen.randint(1, 2))
            for service in ("api", "web")
            for _ in range(chosen.randint(0, 2))
        ]
        made.snapshot(chain, minute, *listed)
        reports.append(
            Report(at(minute), tuple(Item(s, s, digest(word), n) for s, word, n in listed), whole=True)
        )
    index = made.index(step=50)
    expected = list(replay(reports))
    assert len(expected) > 2 * KEYFRAME_EVERY
    assert environments(index)[0].states == len(expected)
    for number, (items, changes) in enumerate(expected, 1):
        state = state_number(index, "prod", number)
        assert state is not None
        assert state.changes == changes
        assert [(one.service, one.sha256, one.instances, one.since) for one in state.services] == [
            (one.service, one.sha256, one.instances, one.since) for one in sorted(items.values())
        ]


def test_the_order_of_arrival_changes_nothing() -> None:
    """A merge may put chains in any order; only the claimed times, all different, decide."""
    answers = []
    for order in ((0, 1, 2), (2, 0, 1), (1, 2, 0)):
        made = Log()
        chains = {number: made.chain(f"reporter-{number}") for number in order}
        for number in order:
            for turn in range(4):
                made.snapshot(chains[number], 10 + 3 * turn + number, ("api", f"{turn}{number}", 1))
        index = made.index()
        answers.append(
            [
                (line.number, line.time, running(state_number(index, "prod", line.number)))
                for line in states(index, "prod")
            ]
        )
    assert len(answers[0]) == 12
    assert answers[0] == answers[1] == answers[2]


def test_who_approved_is_who_had_at_that_time() -> None:
    made = Log()
    build = made.chain()
    made.artifact(build, 1, "api", "one", version="1.2", commit="c" * 40)
    made.snapshot(build, 10, ("api", "one", 1))
    made.snapshot(build, 30, ("api", "one", 2))
    made.snapshot(build, 50, ("api", "one", 3))
    officer = made.chain("risk-officer")
    made.approval(officer, 20, word="one")
    made.approval(officer, 20, word="one", environment="staging", writer="dev-1")
    made.approval(officer, 40, "rejected", word="one")
    index = made.index()
    lines = [state_number(index, "prod", number).services[0] for number in (1, 2, 3)]  # type: ignore[union-attr]
    assert [line.approved_by for line in lines] == ["", "risk-officer", ""]
    assert {(line.version, line.commit, line.recorded) for line in lines} == {("1.2", "c" * 40, True)}
    assert [line.approved_by for line in log(index, "prod")] == ["", "risk-officer", ""]


def test_the_log_between_two_moments(blue_green: Index) -> None:
    assert [line.number for line in log(blue_green, "prod", since=at(20))] == [2, 3, 3]
    assert [line.number for line in log(blue_green, "prod", until=at(20))] == [1, 2]
    assert [line.number for line in log(blue_green, "prod", at(11), at(39))] == [2]


def test_states_by_the_page(blue_green: Index) -> None:
    assert [line.number for line in states(blue_green, "prod", limit=2)] == [1, 2]
    assert [line.number for line in states(blue_green, "prod", limit=2, offset=2)] == [3]
    second = states(blue_green, "prod")[2]
    assert (second.started, second.stopped, second.replaced, second.scaled) == (0, 1, 0, 1)


def test_an_unknown_environment_is_named_with_the_known_ones(blue_green: Index) -> None:
    for ask in (latest, log, states):
        with pytest.raises(UsageError, match="no environment prd: it records prod"):
            ask(blue_green, "prd")
    with pytest.raises(UsageError, match="it records none yet"):
        state_at(Log().index(), "prod", at(1))
