"""The second clock: what arrived when, as the merges of a log tell it."""

from __future__ import annotations

import pytest
from facts import Log, at
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.query.clocks import Arrival, Arrivals, Known


@pytest.fixture
def made() -> Log:
    """0 genesis and 1 snapshot appended; 2 and 3 brought at 60 by 5; 6 and 7 appended; 8 and 9 brought at 90 by 11."""
    log = Log()
    here = log.chain("reporter", minute=5)
    log.snapshot(here, 10, ("api", "one", 1))
    there = log.chain("reporter", minute=15)
    log.snapshot(there, 20, ("api", "two", 1))
    assert log.merge(60, 2) == 5
    late = log.chain("reporter", minute=30)
    log.snapshot(late, 70, ("api", "three", 1))
    away = log.chain("reporter", minute=35)
    log.snapshot(away, 40, ("api", "four", 1))
    assert log.merge(90, 2) == 11
    return log


def test_an_entry_arrives_with_its_append_or_the_merge_that_brought_it(made: Log) -> None:
    arrivals = Arrivals(made.index())
    times = {entry.position: entry.effective for entry in made.entries}
    arrived = [arrivals.of(position, times[position]) for position in range(12)]
    assert arrived[:4] == [Arrival(0, at(5)), Arrival(1, at(10)), Arrival(5, at(60)), Arrival(5, at(60))]
    # What claims to be older than the merge in front of it was appended behind that merge all the same.
    assert arrived[6:10] == [Arrival(6, at(60)), Arrival(7, at(70)), Arrival(11, at(90)), Arrival(11, at(90))]


@pytest.mark.parametrize(
    ("minute", "positions"),
    [
        (4, []),
        (5, [0]),
        (10, [0, 1]),
        (59, [0, 1]),
        (60, [0, 1, 2, 3, 4, 5, 6]),
        (70, [0, 1, 2, 3, 4, 5, 6, 7]),
        (89, [0, 1, 2, 3, 4, 5, 6, 7]),
        (90, [*range(12)]),
    ],
)
def test_what_was_known_at_an_instant(made: Log, minute: int, positions: list[int]) -> None:
    known = Arrivals(made.index()).by_time(at(minute))
    assert [one.position for one in made.entries if known.holds(one.position, one.effective)] == positions


@pytest.mark.parametrize(
    ("position", "last"), [(0, 0), (1, 1), (2, 1), (3, 1), (4, 1), (5, 5), (7, 7), (8, 7), (10, 7), (11, 11)]
)
def test_a_position_within_a_merge_is_the_log_before_it(made: Log, position: int, last: int) -> None:
    known = Arrivals(made.index()).by_position(position)
    assert [n for n in range(12) if known.holds(n, at(0))] == [*range(last + 1)]
    assert known == Known(last, last + 1, "~")
    with pytest.raises(UsageError):
        Arrivals(made.index()).by_position(-1)


def test_one_act_in_several_entries_is_one_arrival() -> None:
    log = Log()
    log.snapshot(log.chain(), 1, ("api", "one", 1))
    assert log.merge(60, 2, entries=3) == 3
    arrivals = Arrivals(log.index())
    assert arrivals.of(0, at(1)) == arrivals.of(1, at(1)) == Arrival(3, at(60))
    assert [arrivals.by_position(n).through for n in (1, 2, 3)] == [-1, -1, 3]


def test_a_merge_that_came_with_a_merge_was_an_act_elsewhere() -> None:
    log = Log()
    log.snapshot(log.chain(), 1, ("api", "one", 1))
    log.merge(20, 2)  # in the other ledger
    log.merge(60, 4)  # which came as a whole
    arrivals = Arrivals(log.index())
    assert [arrivals.of(n, at(1)).position for n in range(4)] == [5, 5, 5, 5]


def test_a_merge_that_claims_more_than_there_is_took_what_there_is() -> None:
    log = Log()
    log.snapshot(log.chain(), 1, ("api", "one", 1))
    log.merge(20, 2)
    log.snapshot(log.chain(minute=30), 31, ("api", "two", 1))
    log.merge(60, 2**40)
    arrivals = Arrivals(log.index())
    assert all(arrivals.of(n, at(1)) == Arrival(7, at(60)) for n in (0, 4, 5))


def test_a_custodians_clock_that_goes_backwards_takes_nothing_back() -> None:
    log = Log()
    log.snapshot(log.chain(), 1, ("api", "one", 1))
    log.merge(60, 2)
    log.snapshot(log.chain(minute=2), 3, ("api", "two", 1))
    log.merge(30, 2)
    arrivals = Arrivals(log.index())
    assert arrivals.of(1, at(1)).time <= arrivals.of(5, at(3)).time
    for minute in range(0, 90, 10):
        known = arrivals.by_time(at(minute))
        held = [known.holds(one.position, one.effective) for one in log.entries]
        assert held == sorted(held, reverse=True)


@given(st.integers(-1, 9), st.integers(0, 12), st.integers(0, 9))
def test_as_a_condition_it_holds_of_the_same(through: int, before: int, minute: int) -> None:
    known = Known(through, before, at(minute))
    index = _TWELVE
    held = {row[0] for row in index.rows(f"SELECT position FROM snapshot WHERE {known.sql()}")}
    assert held == {n for n in range(1, 12) if known.holds(n, at(n))}


_LOG = Log()
_CHAIN = _LOG.chain()
for _minute in range(1, 12):
    _LOG.snapshot(_CHAIN, _minute)
_TWELVE = _LOG.index()
