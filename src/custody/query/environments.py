"""What ran where, and when: the states of each environment."""

from __future__ import annotations

from typing import Any

from custody.errors import UsageError
from custody.query.index import Index
from custody.query.states import read_changes, read_running
from custody.query.types import EnvironmentLine, LogLine, Proof, ServiceLine, State, StateLine

_END_OF_TIME = "~"  # behind every instant
_KNOWN_SHOWN = 20


def environments(index: Index) -> list[EnvironmentLine]:
    """All environments of which anything was reported, by name."""
    return [
        EnvironmentLine(*row)
        for row in index.rows(
            "SELECT name, states, services, first, last_change, last_seen, basis FROM environment ORDER BY name"
        )
    ]


def state_at(index: Index, environment: str, when: str) -> State | None:
    """What ran at an instant; None before the first report, when nothing is known. Raises UsageError."""
    of = _count(index, environment)
    found = index.row(
        "SELECT number FROM state WHERE environment = ? AND time <= ? ORDER BY time DESC, number DESC LIMIT 1",
        environment, when,
    )  # fmt: skip
    return _state(index, environment, found[0], of) if found else None


def state_number(index: Index, environment: str, number: int) -> State | None:
    """The state of that number, counted from 1; None where there is none. Raises UsageError."""
    of = _count(index, environment)
    return _state(index, environment, number, of) if 1 <= number <= of else None


def latest(index: Index, environment: str) -> State:
    """The last reported state. Raises UsageError for an unknown environment."""
    of = _count(index, environment)
    return _state(index, environment, of, of)


def states(index: Index, environment: str, *, limit: int | None = None, offset: int = 0) -> list[StateLine]:
    """States by number, at most `limit` of them, leaving out the first `offset`. Raises UsageError."""
    _count(index, environment)
    return [
        StateLine(number, time, Proof(position, entry, time, writer), *counts)
        for number, position, entry, time, writer, *counts in index.rows(
            "SELECT number, position, entry, time, writer, started, stopped, replaced, scaled FROM state "
            "WHERE environment = ? AND number > ? ORDER BY number LIMIT ?",
            environment, max(offset, 0), -1 if limit is None else max(limit, 0),
        )
    ]  # fmt: skip


def log(index: Index, environment: str, since: str = "", until: str = "") -> list[LogLine]:
    """Changes from `since` to `until`, both included, the newest last. Raises UsageError."""
    _count(index, environment)
    lines = []
    commits: dict[str, str] = {}
    for number, position, entry, time, writer, text in index.rows(
        "SELECT number, position, entry, time, writer, changes FROM state "
        "WHERE environment = ? AND time >= ? AND time <= ? ORDER BY number",
        environment, since, until or _END_OF_TIME,
    ):  # fmt: skip
        proof = Proof(position, entry, time, writer)
        for change in read_changes(text):
            sha256 = change.sha256
            if sha256 not in commits:
                recorded = _recorded(index, sha256)
                commits[sha256] = recorded[1] if recorded else ""
            approved_by = _approved_by(index, sha256, environment, time)
            lines.append(LogLine(number, time, change, commits[sha256], approved_by, proof))
    return lines


def _count(index: Index, environment: str) -> int:
    """How many states there are. Raises UsageError for an environment of which nothing was reported."""
    found = index.row("SELECT states FROM environment WHERE name = ?", environment)
    if found is not None:
        return int(found[0])
    known = [row[0] for row in index.rows(f"SELECT name FROM environment ORDER BY name LIMIT {_KNOWN_SHOWN}")]
    names = f"it records {', '.join(known)}" if known else "it records none yet"
    raise UsageError(f"this ledger records no environment {environment}: {names}", code="no-environment")


def _state(index: Index, environment: str, number: int, of: int) -> State:
    row = index.row(
        "SELECT position, entry, time, writer, changes FROM state WHERE environment = ? AND number = ?",
        environment, number,
    )  # fmt: skip
    after = index.row("SELECT time FROM state WHERE environment = ? AND number = ?", environment, number + 1)
    assert row is not None
    *proof, changes = row
    time = row[2]
    services = []
    for item in sorted(read_running(index, environment, number).values()):
        recorded = _recorded(index, item.sha256)
        version, commit = recorded or ("", "")
        services.append(
            ServiceLine(
                item.service,
                item.name,
                item.sha256,
                item.instances,
                item.version or version,
                commit,
                item.since,
                _approved_by(index, item.sha256, environment, time),
                recorded is not None,
            )
        )
    until = after[0] if after else ""
    return State(environment, number, of, time, until, Proof(*proof), tuple(services), read_changes(changes))


def _recorded(index: Index, sha256: str) -> tuple[Any, ...] | None:
    """Version and commit, by the newest artifact entry."""
    return index.row("SELECT version, source_commit FROM artifact WHERE sha256 = ? AND newest = 1", sha256)


def _approved_by(index: Index, sha256: str, environment: str, time: str) -> str:
    """Whose approval was in force at an instant; "" where there was none, or the last word was a rejection."""
    found = index.row(
        "SELECT decision, writer FROM approval WHERE sha256 = ? AND environment = ? AND time <= ? "
        "ORDER BY time DESC, decision = 'rejected' DESC, entry LIMIT 1",
        sha256, environment, time,
    )  # fmt: skip
    return str(found[1]) if found and found[0] == "approved" else ""
