"""How much was deployed on each day: what was declared, and what reports saw begin to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from custody.query.history import History


class Day(NamedTuple):
    """A day in UTC. `seen` are the artifacts that began to run, started or in the place of another, in a report that
    was not the first; `declared` are deployments that somebody recorded."""

    day: date
    seen: int
    declared: int


def by_day(histories: Iterable[History], first: date, last: date) -> list[Day]:
    """Each day from the first to the last, both included, in one or several environments together."""
    seen: Counter[str] = Counter()
    declared: Counter[str] = Counter()
    # Text that stands in front of, and behind, every instant of these days.
    since, until = first.isoformat(), f"{last.isoformat()}U"
    for history in histories:
        if history.basis == "snapshot":
            seen.update(dict(_seen(history, since, until)))
        declared.update(dict(_declared(history, since, until)))
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    return [Day(day, seen[day.isoformat()], declared[day.isoformat()]) for day in days]


def _declared(history: History, since: str, until: str) -> list[tuple[str, int]]:
    rows = history.index.rows(
        "SELECT substr(time, 1, 10), count(*) FROM deployment WHERE environment = ? AND time >= ? AND time < ? "
        f"AND {history.known.sql() if history.known else '1'} GROUP BY 1",
        history.environment, since, until,
    )  # fmt: skip
    return [(day, count) for day, count in rows]


def _seen(history: History, since: str, until: str) -> list[tuple[str, int]]:
    if history.known is None:
        rows = history.index.rows(
            "SELECT substr(time, 1, 10), sum(started + replaced) FROM state "
            "WHERE environment = ? AND number > 1 AND time >= ? AND time < ? GROUP BY 1",
            history.environment, since, until,
        )  # fmt: skip
        return [(day, count) for day, count in rows]
    counts: Counter[str] = Counter()
    for head in history.heads(since, until):
        if head.number > 1:
            counts[head.proof.time[:10]] += sum(one.event in ("started", "replaced") for one in head.changes)
    return list(counts.items())
