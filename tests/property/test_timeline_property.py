"""Rules of walking through time, through the index: of one environment and of a group, now and as was believed."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from custody.query.clocks import Arrivals
from custody.query.diffs import differences
from custody.query.environments import read_state
from custody.query.history import History
from custody.query.timeline import Place, Timeline

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "query"))

from facts import Log, at

MEMBERS = ("prod-eu", "prod-us", "prod-x")
RUNNING = st.lists(
    st.tuples(st.sampled_from(["api", "web"]), st.sampled_from("abc"), st.integers(1, 2)), max_size=3
)
# Few minutes, so that members often change at one time.
REPORTS = st.lists(st.tuples(st.sampled_from(MEMBERS), st.integers(1, 12), RUNNING), min_size=1, max_size=14)
MERGED = st.one_of(st.none(), st.integers(0, 14))


def told(reports: list[tuple[str, int, list[tuple[str, str, int]]]], merged: int | None) -> tuple[Log, int]:
    """A log, and how much of it had arrived before its last merge."""
    log = Log()
    for environment, minute, running in reports:
        log.snapshot(log.chain(minute=0), minute, *running, environment=environment)
    known = len(log.entries)
    if merged is not None:
        log.merge(40, merged)
        known = max(known - merged - 1, 0)
    return log, known


def timelines(log: Log, known: int) -> list[Timeline]:
    index = log.index()
    names = [row[0] for row in index.rows("SELECT name FROM environment")]
    past = Arrivals(index).by_position(known)
    single = [Timeline(index, name, (), then) for name in names for then in (None, past)]
    return [*single, *(Timeline(index, "prod", MEMBERS, then) for then in (None, past))]


def order(timeline: Timeline) -> list[tuple[str, int, int]]:
    """The states of all members in order of time, each as (time, member, number)."""
    return sorted(
        (history.head(number).proof.time, member, number)
        for member, history in enumerate(timeline.histories)
        for number in range(1, history.count + 1)
    )


@settings(max_examples=40)
@given(REPORTS, MERGED)
def test_walking_right_n_times_leads_to_state_n(reports: list, merged: int | None) -> None:
    for timeline in timelines(*told(reports, merged)):
        place = timeline.at("")
        assert place.number == 0 and timeline.standing(place).state is None
        for number, (time, member, of) in enumerate(order(timeline), 1):
            place = timeline.step(place, 1)
            assert place.number == number
            assert place.numbers[member] == of and timeline.began(place) == time
            assert timeline.numbered(number) == place
            state = timeline.standing(place).state
            assert state is not None and (state.number, state.of, state.time) == (
                number,
                timeline.count,
                time,
            )
        assert timeline.step(place, 1) == place == timeline.latest
        for number in range(timeline.count - 1, 0, -1):
            place = timeline.step(place, -1)
            assert place == timeline.numbered(number)
        assert timeline.step(place, -1) == place


@settings(max_examples=40)
@given(REPORTS, MERGED)
def test_a_place_at_an_instant_is_the_last_that_had_begun(reports: list, merged: int | None) -> None:
    for timeline in timelines(*told(reports, merged)):
        times = [time for time, _, _ in order(timeline)]
        for minute in range(14):
            assert timeline.at(at(minute)).number == sum(time <= at(minute) for time in times)


@settings(max_examples=40)
@given(REPORTS, MERGED, st.integers(0, 4), st.integers(0, 4))
def test_what_stands_around_a_place_is_what_walking_meets(
    reports: list, merged: int | None, before: int, after: int
) -> None:
    for timeline in timelines(*told(reports, merged)):
        every = order(timeline)
        for number in range(1, len(every) + 1):
            around = timeline.around(timeline.numbered(number), before, after)
            first, last = max(number - before, 1), min(number + after, len(every))
            assert [one.number for one in around] == list(range(first, last + 1))
            assert [one.time for one in around] == [time for time, _, _ in every[first - 1 : last]]
            for one in around:
                state = timeline.standing(timeline.numbered(one.number)).state
                assert state is not None and state.proof == one.proof
                assert len(state.changes) == one.started + one.stopped + one.replaced + one.scaled


@settings(max_examples=40)
@given(REPORTS, MERGED, st.sampled_from(["api", "web", "ap", "a"]))
def test_the_next_change_of_a_service_is_the_first_that_walking_meets(
    reports: list, merged: int | None, service: str
) -> None:
    for timeline in timelines(*told(reports, merged)):
        name = f"{MEMBERS[0]}/{service}" if timeline.is_group else service
        changed = [False]
        for number in range(1, timeline.count + 1):
            state = timeline.standing(timeline.numbered(number)).state
            changed.append(state is not None and any(one.service == name for one in state.changes))
        for number in range(timeline.count + 1):
            place = timeline.numbered(number)
            later = next((n for n in range(number + 1, timeline.count + 1) if changed[n]), None)
            earlier = next((n for n in range(number - 1, 0, -1) if changed[n]), None)
            for wanted, direction in ((later, True), (earlier, False)):
                found = timeline.changed(place, name, later=direction)
                assert found == (timeline.numbered(wanted) if wanted else None)


@settings(max_examples=40)
@given(REPORTS)
def test_a_groups_services_and_differences_are_its_members(reports: list) -> None:
    log, _ = told(reports, None)
    index = log.index()
    group = Timeline(index, "prod", MEMBERS)
    places = [group.numbered(number) for number in range(1, group.count + 1)]
    for place in places:
        standing = group.standing(place)
        assert standing.state is not None
        expected, unknown = [], list(group.unreported)
        for history, number in zip(group.histories, place.numbers, strict=True):
            state = read_state(history, number)
            unknown += [] if state else [history.environment]
            expected += [f"{history.environment}/{one.service}" for one in state.services] if state else []
        assert [one.service for one in standing.state.services] == expected
        assert sorted(standing.unknown) == sorted(unknown)
    first, last = places[0], places[-1]
    difference = group.difference(first, group, last)
    lines = [
        (f"{history.environment}/{line.change.service}", line.change.event)
        for history, one, two in zip(group.histories, first.numbers, last.numbers, strict=True)
        for line in differences(
            (History(index, history.environment), read_state(history, one)),
            (history, read_state(history, two)),
        ).lines
    ]
    assert [(line.change.service, line.change.event) for line in difference.lines] == lines
    silent = [
        history.environment for history, one in zip(group.histories, first.numbers, strict=True) if not one
    ]
    assert sorted(difference.unknown) == sorted([*group.unreported, *silent])


def test_a_place_counts_its_members_states() -> None:
    assert Place((2, 0, 3)).number == 5
