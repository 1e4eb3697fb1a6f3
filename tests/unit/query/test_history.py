"""Beliefs about snapshots that say "as before"."""

from __future__ import annotations

from facts import Log, at, digest

from custody.query.clocks import Arrivals
from custody.query.environments import latest
from custody.query.history import History


def test_as_before_of_what_had_not_arrived_said_nothing_yet() -> None:
    """Its export was merged first, and the one that it builds on later."""
    made = Log()
    first = made.chain("reporter")
    made.snapshot(first, 10, ("api", "one", 1))
    base = digest(f"entry {6}")
    again = made.chain("reporter")
    made.add(again, "snapshot", 40, {"environment": "prod", "running": {"unchanged": base}})
    made.merge(60, 2)
    assert len(made.entries) == 6
    assert made.add(first, "snapshot", 30, {"environment": "prod", "running": [
        {"service": "api", "artifact": {"name": "api", "sha256": digest("two")}, "count": 1}
    ]}) == base  # fmt: skip
    made.merge(90, 1)
    index = made.index()
    assert [item.sha256 for item in latest(index, "prod").services] == [digest("two")]
    then = History(index, "prod", Arrivals(index).by_time(at(70)))
    assert [item.sha256 for item in then.running(then.count).values()] == [digest("one")]
    assert then.late("", "~") == {6}
    now = History(index, "prod", Arrivals(index).by_time(at(90)))
    assert [item.sha256 for item in now.running(now.count).values()] == [digest("two")]
