"""An environment's states in the index: folded from its reports, kept as changes with a keyframe now and then.

Everything that runs is written out in full at every `KEYFRAME_EVERY`th state, and only the changes at each; so any
state is one keyframe and a bounded number of changes away, however many there are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from json.encoder import JSONEncoder
from typing import Any, NamedTuple

from custody.kinds.scope import WHOLE, Scope
from custody.query.fold import Item, Report, Running, apply, step
from custody.query.index import Index
from custody.query.types import ChangeLine, Proof

KEYFRAME_EVERY = 64
_FLUSH = 2000
_encode = JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode

_SNAPSHOTS = """
    SELECT environment, position, entry, time, writer, content FROM snapshot
    WHERE {} ORDER BY environment, time, tie, position
"""
_DEPLOYMENTS = """
    SELECT environment, position, entry, time, writer, name, sha256, service FROM deployment
    WHERE {} ORDER BY environment, time, tie, position
"""
_NOT_SEEN = "environment NOT IN (SELECT name FROM environment)"


class Reported(NamedTuple):
    """A report with the entry it rests on; equal snapshots have the same `content`, deployments -1."""

    proof: Proof
    content: int
    read: Callable[[], Report]


class Folding:
    """Folds reports, in order of effect, one after the other.

    What was said since the last change, and is said again, changes nothing: it is not even read. Where several report,
    each its own part and each as ever, a report so costs next to nothing.
    """

    def __init__(self, running: Running | None = None) -> None:
        self.running = running
        self._said: set[int] = set()  # since the last change

    def fold(self, one: Reported) -> tuple[ChangeLine, ...] | None:
        """What a report changed, if it began a new state; None if it did not."""
        if one.content in self._said:
            return None
        known = self.running is not None
        self.running, changes = step(self.running, one.read())
        if changes or not known:
            self._said.clear()
        if one.content >= 0:
            self._said.add(one.content)
        return changes if changes or not known else None


def fold_environments(index: Index) -> None:
    """Write the states of every environment: from its snapshots, or where it has none, from its deployments."""
    with index.scan(_SNAPSHOTS.format("1")) as rows:
        for environment, group in groupby(rows, key=_environment):
            _Folder(index, environment, "snapshot").run(_snapshots(index, group))
    with index.scan(_DEPLOYMENTS.format(_NOT_SEEN)) as rows:
        for environment, group in groupby(rows, key=_environment):
            _Folder(index, environment, "deployment").run(_deployments(group))


def reports(index: Index, environment: str, basis: str, since: str, condition: str) -> Iterator[Reported]:
    """The reports of an environment from an instant on that meet a condition (SQL of custody's own), in order."""
    wanted = f"environment = ? AND time >= ? AND {condition}"
    if basis == "snapshot":
        return _snapshots(index, index.rows(_SNAPSHOTS.format(wanted), environment, since))
    return _deployments(index.rows(_DEPLOYMENTS.format(wanted), environment, since))


def write_items(items: Iterable[Item]) -> str:
    """Items as the index stores them."""
    return _encode(list(items))


def write_scope(scope: Scope) -> str:
    """A scope as the index stores it; "" for the whole."""
    # In one order, and each pattern once: the same part is one part, however somebody wrote it.
    return "" if scope == WHOLE else _encode([sorted(set(patterns)) for patterns in scope])


def read_scope(text: str) -> Scope:
    """A scope that the index stores."""
    return Scope(*map(tuple, json.loads(text))) if text else WHOLE


def read_running(index: Index, environment: str, number: int) -> Running:
    """Everything that ran in a state that exists."""
    found = index.row(
        "SELECT number, running FROM keyframe WHERE environment = ? AND number <= ? ORDER BY number DESC LIMIT 1",
        environment, number,
    )  # fmt: skip
    assert found is not None
    running: Running = {(item[0], item[2]): Item._make(item) for item in json.loads(found[1])}
    for time, changes in index.rows(
        "SELECT time, changes FROM state WHERE environment = ? AND number > ? AND number <= ? ORDER BY number",
        environment, found[0], number,
    ):  # fmt: skip
        running = apply(running, read_changes(changes), time)
    return running


def read_changes(text: str) -> tuple[ChangeLine, ...]:
    """A state's changes as they are stored."""
    return tuple(map(ChangeLine._make, json.loads(text)))


def _environment(row: tuple[Any, ...]) -> str:
    return str(row[0])


def _snapshots(index: Index, rows: Iterable[tuple[Any, ...]]) -> Iterator[Reported]:
    for _, position, entry, time, writer, content in rows:
        proof = Proof(position, entry, time, writer)
        yield Reported(proof, content, partial(read_content, index, content, time))


def read_content(index: Index, number: int, time: str) -> Report:
    """What a snapshot says runs, and of which part of its environment it says so."""
    found = index.row("SELECT running, scope FROM content WHERE id = ?", number)
    assert found is not None
    return Report(time, tuple(map(Item._make, json.loads(found[0]))), True, read_scope(found[1]))


def _deployments(rows: Iterable[tuple[Any, ...]]) -> Iterator[Reported]:
    for _, position, entry, time, writer, name, sha256, service in rows:
        items = (Item(service, name, sha256, 1),)
        yield Reported(Proof(position, entry, time, writer), -1, partial(Report, time, items, whole=False))


class _Folder:
    """Folds the reports of one environment, in order of effect, into rows."""

    def __init__(self, index: Index, environment: str, basis: str) -> None:
        self._index = index
        self._environment = environment
        self._basis = basis
        self._folding = Folding()
        self._number = 0
        self._started: dict[tuple[str, str], tuple[str, Proof]] = {}
        self._rows: dict[str, list[tuple[object, ...]]] = {"state": [], "keyframe": [], "span": []}

    def run(self, reports: Iterable[Reported]) -> None:
        first = last_change = last_seen = ""
        for one in reports:
            last_seen = one.proof.time
            changes = self._folding.fold(one)
            if changes is not None:
                first = first or last_seen
                last_change = last_seen
                self._add_state(one.proof, changes)
                if len(self._rows["state"]) >= _FLUSH:
                    self._flush()
        running = self._folding.running or {}
        for key, since in self._started.items():
            self._add_span(key, since, Proof(-1, "", "", ""))
        self._flush()
        services = len({service for service, _ in running})
        self._index.insert(
            "environment",
            [(self._environment, self._basis, self._number, services, first, last_change, last_seen)],
        )

    def _add_state(self, proof: Proof, changes: tuple[ChangeLine, ...]) -> None:
        self._number += 1
        events = Counter(change.event for change in changes)
        self._rows["state"].append(
            (self._environment, self._number, *proof, events["started"], events["stopped"], events["replaced"],
             events["scaled"], _encode(changes))
        )  # fmt: skip
        if self._number % KEYFRAME_EVERY == 1:
            items = write_items((self._folding.running or {}).values())
            self._rows["keyframe"].append((self._environment, self._number, items))
        for change in changes:
            if change.event == "stopped":
                self._end(change.service, change.sha256, proof)
            elif change.event == "replaced":
                self._end(change.service, change.previous_sha256, proof)
            if change.event in ("started", "replaced"):
                self._started[change.service, change.sha256] = change.name, proof

    def _end(self, service: str, sha256: str, proof: Proof) -> None:
        self._add_span((service, sha256), self._started.pop((service, sha256)), proof)

    def _add_span(self, key: tuple[str, str], since: tuple[str, Proof], until: Proof) -> None:
        (service, sha256), (name, proof) = key, since
        self._rows["span"].append(
            (
                self._environment,
                service,
                name,
                sha256,
                *proof,
                until.time,
                until.position,
                until.entry,
                until.writer,
            )
        )

    def _flush(self) -> None:
        for table, rows in self._rows.items():
            self._index.insert(table, rows)
            rows.clear()
