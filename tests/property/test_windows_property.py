"""Blind windows of a stretch are those of the whole life that reach into it."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.query import windows as module
from custody.query.windows import Window, windows

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "query"))

from facts import Log, at

SCOPES = [None, {"include": ["a*"]}, {"include": ["b*"]}, {"include": ["b*"], "exclude": ["bc*"]}]
REPORTS = st.lists(
    st.tuples(st.integers(0, 12), st.sampled_from(range(len(SCOPES)))), min_size=1, max_size=15
)
MINUTES = st.integers(0, 13)


@given(REPORTS, MINUTES, MINUTES, st.integers(1, 4))
def test_a_stretch_has_the_windows_that_reach_into_it(
    reports: list[tuple[int, int]], since: int, until: int, interval: int
) -> None:
    log = Log()
    chain = log.chain(minute=0)
    for minute, which in reports:
        scope = SCOPES[which]
        body = {"environment": "prod", "running": [] if scope is None else {"list": [], **scope}}
        log.add(chain, "snapshot", minute, body)
    index = log.index()
    length = timedelta(minutes=interval)

    def asked(since: str, at_once: int) -> list[Window]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_AT_ONCE", at_once)
            return windows(index, "prod", length, since=since, until=at(until))

    every = asked("", 1000)
    assert asked(at(since), 3) == [one for one in every if one.after is None or one.until >= at(since)]
