"""Blind windows: stretches of time in which nobody reported what ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from custody.errors import UsageError
from custody.ledger import timestamps
from custody.query.history import History
from custody.query.index import Index
from custody.query.parts import shown_part
from custody.query.types import Proof

WHOLE = ""
_AT_ONCE = 2000
MOST_PARTS = 1000
"""Parts of an environment that are looked at by themselves."""


class Window(NamedTuple):
    """A stretch without a report. `until` is when the next one came, or the end of what was asked about; `after` is
    the next report, None where there is none. `part` is what of the environment was not reported: patterns of service
    names, those left out with a minus, or "" for the whole."""

    since: str
    until: str
    seconds: float
    before: Proof
    after: Proof | None
    part: str = ""


def windows(
    index: Index, environment: str, interval: timedelta, *, since: str = "", until: str = ""
) -> list[Window]:
    """Stretches longer than an interval between two reports of an environment, and behind the last one.

    Where parts of it are reported by themselves, of each part: a report of the whole is one of every part. They end no
    later than `until`: by default the ledger's last moment. Before the first report nothing is known, and no window
    begins. Raises UsageError for an unknown environment, for one that nobody reports, and for one of too many parts.
    """
    history = History(index, environment)
    if history.basis != "snapshot":
        message = f"nobody reports what runs in {environment}: it is known from its deployments alone"
        raise UsageError(f"{message}; record snapshots", code="no-reports")
    end = until or last_moment(index)
    parts = _parts(index, environment)
    found = []
    last: dict[str, Proof] = {}
    for scope, report in _reports(
        index, environment, _begin(index, environment, parts, min(since, end)), end
    ):
        for part in (scope,) if scope in parts else parts:
            before = last.get(part)
            if before is not None and report.time >= since:
                found += _window(before, report.time, report, interval, parts[part])
            last[part] = report
    for part, report in last.items():
        found += _window(report, end, None, interval, parts[part])
    found.sort(key=lambda one: (one.since, one.part))
    return found


def _begin(index: Index, environment: str, parts: Iterable[str], since: str) -> str:
    """When the first of the windows can have begun that reach into what is asked about: with the last report in front
    of it, of whichever part that is the longest ago."""
    last = {}
    for scope in (WHOLE, *parts):
        row = index.row(
            "SELECT s.time FROM snapshot s JOIN content c ON c.id = s.content WHERE s.environment = ? AND s.time < ? "
            "AND c.scope = ? ORDER BY s.time DESC, s.tie DESC, s.position DESC LIMIT 1",
            environment, since, scope,
        )  # fmt: skip
        last[scope] = str(row[0]) if row else ""
    return min(filter(None, (last[part] or last[WHOLE] for part in parts)), default=since)


def _reports(index: Index, environment: str, since: str, until: str) -> Iterator[tuple[str, Proof]]:
    """The reports between two instants, both included, each with its scope. Read some at a time, so that somebody
    else's question comes in between."""
    time, tie, position = since, -(2**63), -1
    while rows := index.rows(
        "SELECT s.tie, c.scope, s.position, s.entry, s.time, s.writer FROM snapshot s "
        "JOIN content c ON c.id = s.content WHERE s.environment = ? AND s.time >= ? "
        "AND (s.time, s.tie, s.position) > (?, ?, ?) AND s.time <= ? ORDER BY s.time, s.tie, s.position LIMIT ?",
        environment, time, time, tie, position, until, _AT_ONCE,
    ):  # fmt: skip
        for _, scope, *proof in rows:
            yield scope, Proof(*proof)
        tie, position, time = rows[-1][0], rows[-1][2], rows[-1][4]


def _parts(index: Index, environment: str) -> dict[str, str]:
    """The parts that are reported by themselves, as the index stores them, and for people; or else the whole."""
    rows = index.rows(
        "SELECT DISTINCT scope FROM content WHERE scope != '' AND id IN "
        "(SELECT content FROM snapshot WHERE environment = ?) ORDER BY scope LIMIT ?",
        environment, MOST_PARTS + 1,
    )  # fmt: skip
    if len(rows) > MOST_PARTS:
        message = (
            f"{environment} is reported in more than {MOST_PARTS} parts: there is no list of their silences"
        )
        raise UsageError(message, code="parts")
    return {scope: shown_part(scope) for (scope,) in rows} or {WHOLE: ""}


def last_moment(index: Index) -> str:
    """The latest time at which anything in the ledger took effect: what *now* means in a file."""
    row = index.row("SELECT moment FROM log")
    return str(row[0]) if row else ""


def silent(
    index: Index, due: Callable[[str], timedelta | None] = lambda _: None
) -> list[tuple[str, Proof, float]]:
    """Environments that vanished: their name, their last report, and for how many seconds there was none.

    `due` says how often somebody declared that an environment is reported. Where nobody did, it has vanished when it
    has been silent for longer than twice the longest time that ever was between two of its reports.
    """
    end = last_moment(index)
    found = []
    for (name,) in index.rows("SELECT name FROM environment WHERE basis = 'snapshot' ORDER BY name"):
        longest = index.row(_LONGEST, name)
        last = index.row(
            "SELECT position, entry, time, writer FROM snapshot WHERE environment = ? "
            "ORDER BY time DESC, tie DESC, position DESC LIMIT 1",
            name,
        )
        assert longest is not None and last is not None
        # Of a single report there is no time between two.
        interval = due(name) or (timedelta(seconds=2 * longest[0]) if longest[0] else None)
        if interval is not None:
            found += [(name, one.before, one.seconds) for one in _window(Proof(*last), end, None, interval)]
    return found


_LONGEST = """
    SELECT max(julianday(time) - julianday(before)) * 86400 FROM
        (SELECT time, lag(time) OVER (ORDER BY time) AS before FROM snapshot WHERE environment = ?)
"""


def _window(
    before: Proof, until: str, after: Proof | None, interval: timedelta, part: str = ""
) -> list[Window]:
    """The stretch behind a report, if it is longer than the interval."""
    silence = timestamps.to_datetime(until) - timestamps.to_datetime(before.time)
    if silence <= interval:
        return []
    return [Window(before.time, until, silence.total_seconds(), before, after, part)]
