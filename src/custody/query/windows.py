"""Blind windows: stretches of time in which nobody reported what ran."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from custody.errors import UsageError
from custody.ledger import timestamps
from custody.query.history import History
from custody.query.index import Index
from custody.query.types import Proof


class Window(NamedTuple):
    """A stretch without a report. `until` is when the next one came, or the end of what was asked about; `after` is
    the next report, None where there is none."""

    since: str
    until: str
    seconds: float
    before: Proof
    after: Proof | None


def windows(
    index: Index, environment: str, interval: timedelta, *, since: str = "", until: str = ""
) -> list[Window]:
    """Stretches longer than an interval between two reports of an environment, and behind the last one.

    They end no later than `until`: by default the ledger's last moment. Before the first report nothing is known, and
    no window begins. Raises UsageError for an unknown environment, and for one that nobody reports.
    """
    history = History(index, environment)
    if history.basis != "snapshot":
        message = f"nobody reports what runs in {environment}: it is known from its deployments alone"
        raise UsageError(f"{message}; record snapshots", code="no-reports")
    end = until or last_moment(index)
    # A window that reaches into what is asked about begins with the last report in front of it.
    row = index.row("SELECT max(time) FROM snapshot WHERE environment = ? AND time < ?", environment, since)
    begin = (row[0] if row else None) or ""
    # SQLite passes over the reports that came in time; its own sums are to the millisecond, and a little generous.
    rows = index.rows(_SILENCES, environment, begin, end, interval.total_seconds() - 0.01)
    found: list[Window] = []
    for before, after in ((Proof(*row[:4]), Proof(*row[4:])) for row in rows):
        if after.time >= since:
            found += _window(before, after.time, after, interval)
    last = index.row(f"{_LAST} AND time <= ? ORDER BY time DESC, position DESC LIMIT 1", environment, end)
    if last is not None:
        found += _window(Proof(*last), end, None, interval)
    return found


def last_moment(index: Index) -> str:
    """The latest time at which anything in the ledger took effect: what *now* means in a file."""
    tables = ("chain", "artifact", "evidence", "approval", "deployment", "snapshot", "merge")
    union = " UNION ALL ".join(f"SELECT max(time) AS time FROM {table}" for table in tables)
    row = index.row(f"SELECT max(time) FROM ({union})")
    return str(row[0] or "") if row else ""


def silent(index: Index) -> list[tuple[str, Proof, float]]:
    """Environments that vanished: their name, their last report, and for how many seconds there was none.

    Without an interval that somebody declared, an environment has vanished when it has been silent for longer than
    twice the longest time that ever was between two of its reports.
    """
    end = last_moment(index)
    found = []
    for (name,) in index.rows("SELECT name FROM environment WHERE basis = 'snapshot' ORDER BY name"):
        longest = index.row(_LONGEST, name)
        last = index.row(f"{_LAST} ORDER BY time DESC, position DESC LIMIT 1", name)
        assert longest is not None and last is not None
        if longest[0]:  # seconds; none where there was a single report
            found += [
                (name, one.before, one.seconds)
                for one in _window(Proof(*last), end, None, timedelta(seconds=2 * longest[0]))
            ]
    return found


_LAST = "SELECT position, entry, time, writer FROM snapshot WHERE environment = ?"
_SILENCES = """
    SELECT b.position, b.entry, b.time, b.writer, a.position, a.entry, a.time, a.writer FROM
        (SELECT position, time, lead(position) OVER reports AS next, lead(time) OVER reports AS until FROM snapshot
         WHERE environment = ? AND time >= ? AND time <= ? WINDOW reports AS (ORDER BY time, position)) AS one
    JOIN snapshot b ON b.position = one.position JOIN snapshot a ON a.position = one.next
    WHERE (julianday(one.until) - julianday(one.time)) * 86400 > ? ORDER BY b.time, b.position
"""
_LONGEST = """
    SELECT max(julianday(time) - julianday(before)) * 86400 FROM
        (SELECT time, lag(time) OVER (ORDER BY time, position) AS before FROM snapshot WHERE environment = ?)
"""


def _window(before: Proof, until: str, after: Proof | None, interval: timedelta) -> list[Window]:
    """The stretch behind a report, if it is longer than the interval."""
    silence = timestamps.to_datetime(until) - timestamps.to_datetime(before.time)
    if silence <= interval:
        return []
    return [Window(before.time, until, silence.total_seconds(), before, after)]
