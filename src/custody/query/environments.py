"""What ran where, and when: the states of each environment, as they are known now or were believed to be."""

from __future__ import annotations

from typing import Any, NamedTuple

from custody.errors import UsageError
from custody.query.clocks import END_OF_TIME, Known
from custody.query.fold import Item
from custody.query.history import History
from custody.query.index import Index
from custody.query.moments import EnvironmentReference
from custody.query.types import ChangeLine, EnvironmentLine, LogLine, Proof, ServiceLine, State, StateLine


def environments(index: Index) -> list[EnvironmentLine]:
    """All environments of which anything was reported, by name."""
    return [
        EnvironmentLine(*row)
        for row in index.rows(
            "SELECT name, states, services, first, last_change, last_seen, basis FROM environment ORDER BY name"
        )
    ]


def state_at(index: Index, environment: str, when: str, known: Known | None = None) -> State | None:
    """What ran at an instant; None before the first report, when nothing is known. Raises UsageError."""
    history = History(index, environment, known)
    return read_state(history, history.number_at(when))


def state_number(index: Index, environment: str, number: int) -> State | None:
    """The state of that number, counted from 1; None where there is none. Raises UsageError."""
    return read_state(History(index, environment), number)


def latest(index: Index, environment: str) -> State:
    """The last reported state. Raises UsageError for an unknown environment."""
    history = History(index, environment)
    state = read_state(history, history.count)
    assert state is not None
    return state


def find_state(
    history: History, reference: EnvironmentReference, when: str | None = None
) -> tuple[State | None, str]:
    """The state that a reference means, and the instant it is asked of (the end of time for the latest).

    `when` is the instant that its moment names. None where nothing was known. Raises UsageError "state" for the
    number of a state that there is none of.
    """
    if when is not None:
        return read_state(history, history.number_at(when)), when
    if history.count == 0:
        return None, END_OF_TIME
    number = reference.index if reference.index is not None else history.count - (reference.back or 0)
    state = read_state(history, number)
    if state is None:
        text = f"#{reference.index}" if reference.index is not None else f"~{reference.back}"
        states = f"{history.count} state{'' if history.count == 1 else 's'}"
        raise UsageError(
            f"{history.environment} has {states}: there is no {history.environment}{text}", code="state"
        )
    return state, END_OF_TIME if number == history.count else state.time


def states(index: Index, environment: str, *, limit: int | None = None, offset: int = 0) -> list[StateLine]:
    """States by number, at most `limit` of them, leaving out the first `offset`. Raises UsageError."""
    History(index, environment)
    return [
        StateLine(number, time, Proof(position, entry, time, writer), *counts)
        for number, position, entry, time, writer, *counts in index.rows(
            "SELECT number, position, entry, time, writer, started, stopped, replaced, scaled FROM state "
            "WHERE environment = ? AND number > ? ORDER BY number LIMIT ?",
            environment, max(offset, 0), -1 if limit is None else max(limit, 0),
        )
    ]  # fmt: skip


def log(
    index: Index,
    environment: str,
    since: str = "",
    until: str = "",
    *,
    known: Known | None = None,
    limit: int | None = None,
) -> list[LogLine]:
    """Changes from `since` to `until`, both included, the newest last; with `limit`, so many of the newest.

    Raises UsageError.
    """
    history = History(index, environment, known)
    words = Words(history)
    lines: list[LogLine] = []
    for head in history.newest_first(until or END_OF_TIME):
        if head.proof.time < since or (limit is not None and len(lines) >= limit):
            break
        lines += [words.line(head.number, head.proof, change) for change in reversed(head.changes)]
    if limit is not None:
        del lines[limit:]
    lines.reverse()
    return lines


def read_state(history: History, number: int) -> State | None:
    """A state with its services; None for a number that there is none of."""
    if not 1 <= number <= history.count:
        return None
    head = history.head(number)
    until = history.head(number + 1).proof.time if number < history.count else ""
    words = Words(history)
    services = tuple(
        words.service(item, head.proof.time) for item in sorted(history.running(number).values())
    )
    return State(
        history.environment, number, history.count, head.proof.time, until, head.proof, services, head.changes
    )


class Hindsight(NamedTuple):
    """What became of a past belief: the positions of the reports that changed it later, and what is known now."""

    later: frozenset[int]
    now: State | None


def hindsight(history: History, state: State | None, when: str) -> Hindsight:
    """How a past belief about an instant differs from what is known of that instant now."""
    today = History(history.index, history.environment)
    now = read_state(today, today.number_at(when))
    if _ran(now) == _ran(state):
        return Hindsight(frozenset(), now)
    if today.basis != history.basis:
        # Since somebody looks, deployments say nothing of what runs, also not of the time before the first look.
        return Hindsight(history.late("", when) or history.late("", END_OF_TIME), now)
    # From when on either of the two answers speaks of: what is older changed nothing in them.
    told = [one for one in (state, now) if one is not None]
    began = [one.time for one in told] + [service.since for one in told for service in one.services]
    return Hindsight(history.late(min(began) if state is not None else "", when), now)


def hindsight_log(history: History, lines: list[LogLine], since: str, until: str) -> frozenset[int]:
    """The positions of the reports that arrived later and changed what was believed of a stretch of time."""
    if history.known is None:
        return frozenset()
    today = History(history.index, history.environment)
    until = until or END_OF_TIME
    if _changed(lines) == _changed(log(history.index, history.environment, since, until)):
        return frozenset()
    if today.basis != history.basis:
        return history.late("", until) or history.late("", END_OF_TIME)
    # The first changes are told by the states in front of the interval, so what made those counts too.
    numbers = [(one, one.number_before(since)) for one in (history, today)]
    began = [one.head(number).proof.time if number else "" for one, number in numbers]
    return history.late(min(began), until)


class Words:
    """What the ledger says of the artifacts in a history: version, commit, and whose approval was in force."""

    def __init__(self, history: History) -> None:
        self._index = history.index
        self._environment = history.environment
        self._condition = history.known.sql() if history.known else ""
        self._recorded: dict[str, tuple[Any, ...] | None] = {}

    def recorded(self, sha256: str) -> tuple[Any, ...] | None:
        """Version and commit, by the newest artifact entry; None where there is none."""
        if sha256 not in self._recorded:
            which = "newest = 1"
            if self._condition:
                which = f"{self._condition} ORDER BY time DESC, tie DESC, position DESC LIMIT 1"
            self._recorded[sha256] = self._index.row(
                f"SELECT version, source_commit FROM artifact WHERE sha256 = ? AND {which}", sha256
            )
        return self._recorded[sha256]

    def approved_by(self, sha256: str, time: str) -> str:
        """Whose approval was in force at an instant; "" where there was none, or the last word was a rejection."""
        found = self._index.row(
            "SELECT decision, writer FROM approval WHERE sha256 = ? AND environment = ? AND time <= ? "
            f"AND {self._condition or '1'} ORDER BY time DESC, decision = 'rejected' DESC, entry LIMIT 1",
            sha256, self._environment, time,
        )  # fmt: skip
        return str(found[1]) if found and found[0] == "approved" else ""

    def service(self, item: Item, time: str) -> ServiceLine:
        recorded = self.recorded(item.sha256)
        version, commit = recorded or ("", "")
        return ServiceLine(
            item.service,
            item.name,
            item.sha256,
            item.instances,
            item.version or version,
            commit,
            item.since,
            self.approved_by(item.sha256, time),
            recorded is not None,
        )

    def line(self, number: int, proof: Proof, change: ChangeLine) -> LogLine:
        _, commit = self.recorded(change.sha256) or ("", "")
        approved_by = self.approved_by(change.sha256, proof.time)
        return LogLine(number, proof.time, change, commit, approved_by, proof)


def _changed(lines: list[LogLine]) -> object:
    return [(line.time, line.change._replace(name="", version="")) for line in lines]


def _ran(state: State | None) -> object:
    """What makes two answers the same: which bytes ran in which service, how often, and since when."""
    return state and [(one.service, one.sha256, one.instances, one.since) for one in state.services]
