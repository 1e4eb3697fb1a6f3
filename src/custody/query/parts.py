"""When which part of an environment was reported.

A report is of a whole environment, or of a part of it. Whoever asks whether somebody looked means a look at all of it:
a report of the whole, or one of each part that is ever reported by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from custody.query.clocks import END_OF_TIME
from custody.query.history import History
from custody.query.index import Index
from custody.query.states import read_scope
from custody.query.types import Proof

_AT_ONCE = 2000  # reports that are read without a pause
MOST_PARTS = 1000
"""Parts of an environment whose first reports are told apart."""


class Looks:
    """The times of an environment's reports, by part."""

    def __init__(self, index: Index, environment: str) -> None:
        rows = index.rows(
            "SELECT c.scope, s.time FROM snapshot s JOIN content c ON c.id = s.content WHERE s.environment = ? "
            "ORDER BY s.time",
            environment,
        )
        times: dict[str, list[str]] = defaultdict(list)
        for scope, time in rows:
            times[scope].append(time)
        self._whole = times.pop("", [])
        self._parts = list(times.values())

    def between(self, since: str, until: str) -> bool:
        """Whether somebody looked from one instant on and before another."""
        if _any(self._whole, since, until):
            return True
        return bool(self._parts) and all(_any(times, since, until) for times in self._parts)


def shown_part(scope: str) -> str:
    """A part for people, of a scope as the index stores it: its patterns, those left out with a minus."""
    include, exclude = read_scope(scope)
    return " ".join([*include, *(f"-{pattern}" for pattern in exclude)])


class FirstLooks:
    """The reports that were the first to be about a service: of the whole of its environment, or of a part it is in."""

    def __init__(self, index: Index, environment: str) -> None:
        rows = index.rows(
            "SELECT position, scope FROM part WHERE environment = ? ORDER BY rowid LIMIT ?",
            environment, MOST_PARTS,
        )  # fmt: skip
        self._looks = [(position, read_scope(scope)) for position, scope in rows]
        self._known: dict[str, int] = {}

    def position(self, service: str) -> int:
        """Where the first report stands that was about a service; -1 in an environment without parts."""
        if service not in self._known:
            found = (position for position, scope in self._looks if scope.covers(service))
            self._known[service] = next(found, -1)
        return self._known[service]


class Seen(NamedTuple):
    """How well an environment was looked at by an instant: the last report until then, the first one behind it, and,
    where nobody had ever reported the whole, the parts of which somebody had (as the index stores them).

    `lost` is how many entries took effect in between that may have been about it: their bodies are not there, because
    they were redacted, or cannot be read.
    """

    last: Proof | None
    next: Proof | None
    parts: tuple[str, ...]
    lost: int


def seen(history: History, when: str, began: str = "") -> Seen:
    """What answers at an instant for a state that began at another; of deployments alone there is no report."""
    arrived = history.arrived()
    row = history.index.row(
        f"SELECT count(DISTINCT position) FROM blank WHERE kind = ? AND time >= ? AND time <= ? AND {arrived}",
        history.basis, began, when,
    )  # fmt: skip
    lost = row[0] if row else 0
    if history.basis != "snapshot":
        return Seen(None, None, (), lost)
    ask = (
        f"SELECT position, entry, time, writer FROM snapshot WHERE environment = ? AND time {{0}} ? AND {arrived} "
        "ORDER BY time {1}, tie {1}, position {1} LIMIT 1"
    )
    last = history.index.row(ask.format("<=", "DESC"), history.environment, when)
    following = history.index.row(ask.format(">", "ASC"), history.environment, when)
    return Seen(
        Proof(*last) if last else None,
        Proof(*following) if following else None,
        _parts(history, when, arrived),
        lost,
    )


OUTSIDE = "what runs outside of them was not reported"
"""Said of the parts that were reported where nobody ever reported the whole."""


def lost_words(lost: int, basis: str) -> str:
    """What is said of entries that may have been about an environment and cannot be read."""
    entries = f"{lost} {basis}{'' if lost == 1 else 's'}"
    return f"{entries} in that time, redacted or unreadable: they may have been about this"


class Look(NamedTuple):
    """A part of an environment, as the index stores it, and when the last report by some instant was that was about it,
    or about the whole."""

    part: str
    last: str


def looks(history: History, when: str, wanted: Callable[[], bool] = lambda: True) -> list[Look]:
    """When each part was last reported, of an environment that is reported in parts; who was silent longest first.

    Reads back from the instant, some reports at a time, so that somebody else's question comes in between, and no
    further than to the last of the part that nobody reports any more. Of what is not `wanted` any more it says nothing.
    """
    if history.basis != "snapshot":
        return []
    arrived = history.arrived()
    parts = {scope for scope in _scopes(history, when, arrived) if scope}
    last: dict[str, str] = {}
    place: tuple[object, ...] = (when, 2**63 - 1, 2**63 - 1)
    while parts - last.keys():
        if not wanted():
            return []
        rows = history.index.rows(
            "SELECT scope, time, tie, position FROM snapshot JOIN content ON content.id = snapshot.content "
            f"WHERE environment = ? AND time <= ? AND (time, tie, position) < (?, ?, ?) AND {arrived} "
            "ORDER BY time DESC, tie DESC, position DESC LIMIT ?",
            history.environment, place[0], *place, _AT_ONCE,
        )  # fmt: skip
        for scope, time, *_ in rows:
            for part in (scope,) if scope else parts:
                last.setdefault(part, time)
        if len(rows) < _AT_ONCE:
            break
        place = tuple(rows[-1][1:])
    return sorted((Look(part, last[part]) for part in parts & last.keys()), key=lambda one: one[::-1])


def _parts(history: History, when: str, arrived: str) -> tuple[str, ...]:
    """The parts that had been reported by an instant; none if the whole was."""
    scopes = _scopes(history, when, arrived)
    return () if "" in scopes else scopes


def _scopes(history: History, when: str, arrived: str) -> tuple[str, ...]:
    """What had been reported by an instant of an environment that is reported in parts: those, and "" for the whole."""
    ask = "SELECT scope FROM part WHERE environment = ? AND time <= ? ORDER BY scope LIMIT ?"
    if history.known is not None and history.index.row(ask, history.environment, END_OF_TIME, 1) is not None:
        ask = (
            "SELECT DISTINCT scope FROM snapshot JOIN content ON content.id = snapshot.content "
            f"WHERE environment = ? AND time <= ? AND {arrived} ORDER BY scope LIMIT ?"
        )
    return tuple(row[0] for row in history.index.rows(ask, history.environment, when, MOST_PARTS))


def _any(times: list[str], since: str, until: str) -> bool:
    place = bisect_left(times, since)
    return place < len(times) and times[place] < until
