"""When each part of an environment was last reported: against the plain rule, in stretches of any length."""

from __future__ import annotations

import pytest
from facts import Log, at
from hypothesis import given
from hypothesis import strategies as st

from custody.query import parts
from custody.query.clocks import END_OF_TIME, Arrivals
from custody.query.history import History
from custody.query.parts import Look, looks, shown_part


def report(made: Log, chain: str, minute: int, pattern: str) -> None:
    """A report of the services of a pattern; "" of them all."""
    if pattern:
        running = {"list": [], "include": [pattern]}
        made.add(chain, "snapshot", minute, {"environment": "prod", "running": running})
    else:
        made.snapshot(chain, minute)


REPORTS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from(["a/*", "b/*", "c/*", ""])), min_size=1, max_size=12
)


@given(REPORTS, st.integers(0, 31), st.integers(1, 4))
def test_a_report_of_the_whole_is_one_of_every_part(
    reports: list[tuple[int, str]], when: int, at_once: int
) -> None:
    made = Log()
    for minute, pattern in reports:
        report(made, made.chain(), minute, pattern)
    by_then = [(minute, pattern) for minute, pattern in reports if minute <= when]
    wanted = {
        pattern: max(minute for minute, other in by_then if other in ("", pattern))
        for _, pattern in by_then
        if pattern
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "_AT_ONCE", at_once)
        found = looks(History(made.index(), "prod"), at(when))
    assert {shown_part(one.part): one.last for one in found} == {
        pattern: at(minute) for pattern, minute in wanted.items()
    }
    assert found == sorted(found, key=lambda one: (one.last, one.part))


def test_what_had_not_arrived_says_nothing() -> None:
    made = Log()
    chain = made.chain()
    report(made, chain, 10, "a/*")
    report(made, chain, 20, "b/*")
    index = made.index()
    known = Arrivals(index).by_position(1)
    found = looks(History(index, "prod", known), END_OF_TIME)
    assert [(shown_part(one.part), one.last) for one in found] == [("a/*", at(10))]


def test_nothing_is_read_for_nobody() -> None:
    made = Log()
    report(made, made.chain(), 10, "a/*")
    history = History(made.index(), "prod")
    assert looks(history, END_OF_TIME, lambda: False) == []
    assert [one.last for one in looks(history, END_OF_TIME)] == [at(10)]


def test_what_is_known_from_deployments_alone_has_no_parts() -> None:
    made = Log()
    made.deployment(made.chain(), 5, "api", "one")
    history = History(made.index(), "prod")
    assert history.basis == "deployment" and looks(history, END_OF_TIME) == list[Look]()
