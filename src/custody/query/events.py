"""Everything that happened, one row an event, in one order: for tools that people already have.

`docs/export.md` documents the columns and what each event fills in. An event is a fact of an entry that counts; the
changes of an environment are those of its states.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from typing import Any, NamedTuple

from custody.query.clocks import END_OF_TIME, Arrivals
from custody.query.index import Index
from custody.query.states import read_changes


class EventRow(NamedTuple):
    """One event; what it does not have is empty. The names of the fields are the columns of an export."""

    time: str
    arrived: str
    event: str
    environment: str = ""
    service: str = ""
    artifact: str = ""
    sha256: str = ""
    previous_sha256: str = ""
    version: str = ""
    commit: str = ""
    repository: str = ""
    control: str = ""
    result: str = ""
    before: int | str = ""
    after: int | str = ""
    detail: str = ""
    writer: str = ""
    position: int = 0
    arrived_position: int = 0
    entry: str = ""


EVENTS = (
    "artifact",
    "evidence",
    "approval",
    "decision",
    "deployment",
    "snapshot",
    "started",
    "stopped",
    "replaced",
    "scaled",
)

_ASKED = "(?1 = '' OR environment = ?1)"

# Which columns an event fills in, and from what.
_FACTS: dict[str, tuple[tuple[str, ...], str]] = {
    "artifact": (
        ("artifact", "sha256", "version", "commit", "repository"),
        "name, sha256, version, source_commit, repository FROM artifact WHERE ?1 = ''",
    ),
    "evidence": (
        ("sha256", "commit", "control", "result", "detail"),
        "CASE WHEN subject GLOB '*:*' THEN '' ELSE subject END, "
        "CASE WHEN subject GLOB 'commit:*' THEN substr(subject, 8) ELSE '' END, control, result, detail "
        "FROM evidence WHERE ?1 = ''",
    ),
    "approval": (
        ("environment", "artifact", "sha256", "result", "detail"),
        f"environment, name, sha256, decision, detail FROM approval WHERE {_ASKED}",
    ),
    "decision": (
        ("environment", "artifact", "sha256", "result"),
        f"environment, name, sha256, result FROM decision WHERE {_ASKED}",
    ),
    "deployment": (
        ("environment", "service", "artifact", "sha256", "detail"),
        f"environment, service, name, sha256, reason FROM deployment WHERE {_ASKED}",
    ),
    "snapshot": (("environment",), f"environment FROM snapshot WHERE {_ASKED}"),
}
_BETWEEN = "time >= ?2 AND time <= ?3 ORDER BY time, position"
_CHANGES = (
    f"SELECT position, entry, time, writer, environment, changes FROM state WHERE {_ASKED} "
    "AND time >= ?2 AND time <= ?3 ORDER BY time, environment, number"
)


def events(
    index: Index, *, environment: str = "", since: str = "", until: str = END_OF_TIME
) -> Iterator[EventRow]:
    """Events between two instants, both included, in the order of `docs/export.md`; with an environment, only of that.

    Rows are read as they are asked for.
    """
    arrivals = Arrivals(index)
    asked = (environment, since, until)
    streams = [_facts(index, arrivals, event, asked) for event in _FACTS]
    # Merged and not sorted, so that a long history is never held as a whole. Of one instant come what entries say and
    # then the changes that it brought, state after state, which need not be the order of their entries' positions.
    facts = merge(*streams, key=lambda row: (row.time, row.position))
    yield from merge(facts, _changes(index, arrivals, asked), key=lambda row: row.time)


def _facts(index: Index, arrivals: Arrivals, event: str, asked: tuple[str, str, str]) -> Iterator[EventRow]:
    columns, sql = _FACTS[event]
    select = f"SELECT position, entry, time, writer, {sql} AND {_BETWEEN}"
    with index.scan(select, *asked) as rows:
        for position, entry, time, writer, *values in rows:
            arrival = arrivals.of(position, time)
            yield EventRow(
                time, arrival.time, event, writer=writer, position=position, arrived_position=arrival.position,
                entry=entry, **dict(zip(columns, values, strict=True)),
            )  # fmt: skip


def _changes(index: Index, arrivals: Arrivals, asked: tuple[str, str, str]) -> Iterator[EventRow]:
    commits: dict[str, tuple[Any, ...]] = {}
    with index.scan(_CHANGES, *asked) as rows:
        for position, entry, time, writer, environment, text in rows:
            arrival = arrivals.of(position, time)
            for change in read_changes(text):
                if change.sha256 not in commits:
                    commits[change.sha256] = index.row(
                        "SELECT version, source_commit, repository FROM artifact WHERE sha256 = ? AND newest = 1",
                        change.sha256,
                    ) or ("", "", "")
                version, commit, repository = commits[change.sha256]
                yield EventRow(
                    time, arrival.time, change.event, environment, change.service, change.name, change.sha256,
                    change.previous_sha256, change.version or version, commit, repository, "", "", change.before,
                    change.after, "", writer, position, arrival.position, entry,
                )  # fmt: skip
