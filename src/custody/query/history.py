"""The states of one environment, as they are known now or as they were believed to be by some moment.

What is known now stands in the index. What was believed then is the same as far as no report is in it that had not
arrived; from there on the reports that had arrived are folded anew. So a question about a past belief costs what has
arrived since.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from custody.errors import UsageError
from custody.query.clocks import END_OF_TIME, Known
from custody.query.fold import Running, apply
from custody.query.index import Index
from custody.query.states import KEYFRAME_EVERY, Folding, read_changes, read_running, reports
from custody.query.types import ChangeLine, Proof, StateLine

_KNOWN_SHOWN = 20
_AT_ONCE = 16


class Head(NamedTuple):
    """A state without what runs in it."""

    number: int
    proof: Proof
    changes: tuple[ChangeLine, ...]


class History:
    """An environment's states, counted from 1. With `known`, as they were believed to be.

    Raises UsageError "no-environment" for one of which nothing was ever reported.
    """

    def __init__(self, index: Index, environment: str, known: Known | None = None) -> None:
        found = index.row("SELECT states, basis FROM environment WHERE name = ?", environment)
        if found is None:
            raise _no_environment(index, environment)
        self.index = index
        self.environment = environment
        self.known = known
        self.basis = str(found[1])
        self._stored = int(found[0])  # so many states are the index's
        self._folded: list[Head] = []  # and those behind them are folded here
        self._frames: list[Running] = []
        self._premature: dict[int, str] = {}
        if known is not None:
            self._believe(known)

    @property
    def count(self) -> int:
        """How many states there are; with `known` there may be none."""
        return self._stored + len(self._folded)

    def number_at(self, when: str) -> int:
        """The number of the state at an instant; 0 before the first, when nothing is known."""
        for head in reversed(self._folded):
            if head.proof.time <= when:
                return head.number
        found = self.index.row(
            "SELECT number FROM state WHERE environment = ? AND time <= ? AND number <= ? "
            "ORDER BY time DESC, number DESC LIMIT 1",
            self.environment, when, self._stored,
        )  # fmt: skip
        return int(found[0]) if found else 0

    def number_before(self, when: str) -> int:
        """The number of the last state that began in front of an instant; 0 where there was none."""
        for head in reversed(self._folded):
            if head.proof.time < when:
                return head.number
        return min(self._stored_before(when), self._stored)

    def head(self, number: int) -> Head:
        """The state of a number that exists."""
        if number > self._stored:
            return self._folded[number - self._stored - 1]
        row = self.index.row(f"{_HEADS} AND number = ?", self.environment, number)
        assert row is not None
        return _head(row)

    def heads(self, since: str = "", until: str = END_OF_TIME) -> Iterator[Head]:
        """The states that began between two instants, both included, in order."""
        rows = self.index.rows(
            f"{_HEADS} AND time >= ? AND time <= ? AND number <= ? ORDER BY number",
            self.environment, since, until, self._stored,
        )  # fmt: skip
        yield from map(_head, rows)
        yield from (head for head in self._folded if since <= head.proof.time <= until)

    def newest_first(self, until: str = END_OF_TIME) -> Iterator[Head]:
        """The states that began no later than an instant, the latest first, read as they are asked for."""
        yield from (head for head in reversed(self._folded) if head.proof.time <= until)
        below = min(self.number_at(until), self._stored) + 1
        while below > 1:
            rows = self.index.rows(
                f"{_HEADS} AND number < ? ORDER BY number DESC LIMIT {KEYFRAME_EVERY}",
                self.environment,
                below,
            )
            yield from map(_head, rows)
            below = rows[-1][0] if rows else 0

    def lines(self, first: int, last: int) -> list[StateLine]:
        """The states from one number to another, both included, with how much changed in each."""
        rows = self.index.rows(
            "SELECT number, position, entry, time, writer, started, stopped, replaced, scaled FROM state "
            "WHERE environment = ? AND number >= ? AND number <= ? ORDER BY number",
            self.environment, first, min(last, self._stored),
        )  # fmt: skip
        found = [StateLine(row[0], row[3], Proof(*row[1:5]), *row[5:]) for row in rows]
        for head in self._folded[max(first - self._stored - 1, 0) : max(last - self._stored, 0)]:
            events = Counter(change.event for change in head.changes)
            counts = (events["started"], events["stopped"], events["replaced"], events["scaled"])
            found.append(StateLine(head.number, head.proof.time, head.proof, *counts))
        return found

    def changed(self, service: str, number: int, *, later: bool) -> int:
        """The next state behind a number (or, with `later` false, in front of it) that changed a service; 0 for none.

        What does not hold the service's name as it is stored is passed over by SQLite, so that the distance hardly
        matters.
        """
        folded = self._folded if later else list(reversed(self._folded))
        inside = [
            head.number for head in folded if _is_beyond(head.number, number, later) and _tells(head, service)
        ]
        if inside and not later:
            return inside[0]
        compare, order = (">", "ASC") if later else ("<", "DESC")
        name = json.dumps(service, ensure_ascii=False)
        at = number
        while rows := self.index.rows(
            f"{_HEADS} AND number {compare} ? AND number <= ? AND instr(changes, ?) "
            f"ORDER BY number {order} LIMIT {_AT_ONCE}",
            self.environment, at, self._stored, name,
        ):  # fmt: skip
            for head in map(_head, rows):
                if _tells(head, service):
                    return head.number
                at = head.number
        return inside[0] if inside else 0

    def running(self, number: int) -> Running:
        """Everything that ran in a state that exists."""
        if number <= self._stored:
            return read_running(self.index, self.environment, number)
        frame, rest = divmod(number - self._stored - 1, KEYFRAME_EVERY)
        running = self._frames[frame]
        first = frame * KEYFRAME_EVERY + 1
        for head in self._folded[first : first + rest]:
            running = apply(running, head.changes, head.proof.time)
        return running

    def arrived(self) -> str:
        """A condition (SQL) on reports: those that say something as far as was known."""
        if self.known is None:
            return "1"
        premature = ", ".join(map(str, self._premature)) if self.basis == "snapshot" else ""
        return f"({self.known.sql()} AND position NOT IN ({premature}))"

    def late(self, since: str, until: str) -> frozenset[int]:
        """Positions of the reports that made a state between two instants, as is known now, and had not arrived."""
        if self.known is None:
            return frozenset()
        rows = self.index.rows(
            "SELECT position FROM state WHERE environment = ? AND time >= ? AND time <= ? "
            f"AND (NOT {self.known.sql()} OR position IN (SELECT value FROM json_each(?)))",
            self.environment, since, until, json.dumps(list(self._premature)),
        )  # fmt: skip
        return frozenset(row[0] for row in rows)

    def _believe(self, known: Known) -> None:
        condition = known.sql()
        premature = self._premature = self._find_premature(known)
        if self.basis == "snapshot" and not self._seen(condition, premature):
            # Nobody had looked yet: then what was said to be deployed was all there was to go by.
            self.basis, self._stored, since = "deployment", 0, ""
        else:
            # What had not arrived stands behind what had, so that looking for it costs no more than it is.
            # (A plus keeps SQLite from going by environment, which would be through the whole of its life.)
            row = self.index.row(
                f"SELECT min(time) FROM {self.basis} WHERE position > ? AND +environment = ? AND NOT {condition}",
                known.through, self.environment,
            )  # fmt: skip
            since = min((row[0] if row else None) or END_OF_TIME, *premature.values(), END_OF_TIME)
            self._stored = self._stored_before(since)
        stored = read_running(self.index, self.environment, self._stored) if self._stored else None
        folding = Folding(stored)
        for one in reports(self.index, self.environment, self.basis, since, condition):
            if one.proof.position in premature and self.basis == "snapshot":
                continue
            changes = folding.fold(one)
            if changes is not None:
                if len(self._folded) % KEYFRAME_EVERY == 0:
                    self._frames.append(folding.running or {})
                self._folded.append(Head(self.count + 1, one.proof, changes))

    def _find_premature(self, known: Known) -> dict[int, str]:
        """Positions and times of snapshots that say "as before" of one that had not arrived: they said nothing yet."""
        # (A cross join keeps SQLite to this order: each that had not arrived, and by an index what repeats it.)
        rows = self.index.rows(
            "SELECT s.position, s.time FROM snapshot AS base CROSS JOIN renewal ON renewal.base = base.entry "
            "CROSS JOIN snapshot AS s ON s.position = renewal.position "
            f"WHERE base.position > ? AND NOT {known.sql('base')} AND {known.sql('s')} AND s.environment = ?",
            known.through, self.environment,
        )  # fmt: skip
        return dict(rows)

    def _seen(self, condition: str, premature: dict[int, str]) -> bool:
        """Whether a snapshot that says something had arrived."""
        row = self.index.row(
            f"SELECT count(*) FROM (SELECT 1 FROM snapshot WHERE environment = ? AND {condition} LIMIT ?)",
            self.environment, len(premature) + 1,
        )  # fmt: skip
        return row is not None and row[0] > len(premature)

    def _stored_before(self, when: str) -> int:
        found = self.index.row(
            "SELECT number FROM state WHERE environment = ? AND time < ? ORDER BY time DESC, number DESC LIMIT 1",
            self.environment, when,
        )  # fmt: skip
        return int(found[0]) if found else 0


def _is_beyond(one: int, number: int, later: bool) -> bool:
    return one > number if later else one < number


def _tells(head: Head, service: str) -> bool:
    return any(change.service == service for change in head.changes)


_HEADS = "SELECT number, position, entry, time, writer, changes FROM state WHERE environment = ?"


def _head(row: tuple[Any, ...]) -> Head:
    number, *proof, changes = row
    return Head(number, Proof(*proof), read_changes(changes))


def _no_environment(index: Index, environment: str) -> UsageError:
    known = [row[0] for row in index.rows(f"SELECT name FROM environment ORDER BY name LIMIT {_KNOWN_SHOWN}")]
    names = f"it records {', '.join(known)}" if known else "it records none yet"
    return UsageError(f"this ledger records no environment {environment}: {names}", code="no-environment")
