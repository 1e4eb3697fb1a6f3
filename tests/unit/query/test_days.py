"""How much was deployed on each day."""

from __future__ import annotations

from datetime import date

from facts import Log, at

from custody.query.clocks import Arrivals
from custody.query.days import Day, by_day
from custody.query.history import History

EVE, DAY, MORROW = date(2026, 11, 18), date(2026, 11, 19), date(2026, 11, 20)


def made() -> Log:
    """Of one day: what runs at first, one more, another in its place, a scaling, and two declarations."""
    log = Log()
    chain = log.chain()
    log.snapshot(chain, 1, ("api", "a", 1))
    log.snapshot(chain, 2, ("api", "a", 1), ("web", "b", 1))
    log.snapshot(chain, 3, ("api", "c", 1), ("web", "b", 1))
    log.snapshot(chain, 4, ("api", "c", 2), ("web", "b", 1))
    log.deployment(chain, 3, "c")
    log.deployment(chain, 3, "b", "web")
    log.deployment(chain, 3, "c", environment="staging")
    return log


def test_what_began_to_run_is_counted_but_not_in_the_first_report() -> None:
    index = made().index()
    assert by_day([History(index, "prod")], EVE, MORROW) == [
        Day(EVE, None, 0),
        Day(DAY, 2, 2),
        Day(MORROW, 0, 0),
    ]


def test_where_nobody_reports_only_declarations_are_known() -> None:
    index = made().index()
    assert by_day([History(index, "staging")], DAY, DAY) == [Day(DAY, None, 1)]


def test_members_are_counted_together() -> None:
    index = made().index()
    told = by_day([History(index, "prod"), History(index, "staging")], DAY, DAY)
    assert told == [Day(DAY, 2, 3)]


def test_the_ends_of_a_day_belong_to_it() -> None:
    log = made()
    chain = log.chain()
    log.snapshot(chain, 0, environment="edge")
    log.snapshot(chain, 24 * 60 - 1, ("api", "a", 1), environment="edge")
    index = log.index()
    assert at(0)[:10] == at(24 * 60 - 1)[:10] == DAY.isoformat()
    assert by_day([History(index, "edge")], DAY, DAY) == [Day(DAY, 1, 0)]


def test_what_came_later_is_left_out_of_what_was_known() -> None:
    index = made().index()
    known = Arrivals(index).by_position(2)  # the second snapshot
    assert by_day([History(index, "prod", known)], DAY, DAY) == [Day(DAY, 1, 0)]
