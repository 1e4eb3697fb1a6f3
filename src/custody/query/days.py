"""How much was deployed on each day: what was declared, and what reports saw begin to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple

from custody.query.history import History


class Day(NamedTuple):
    """A day in UTC. `seen` are the artifacts that began to run, started or in the place of another, in a report that
    was not the first; None where nobody had reported yet, or nobody ever does. `declared` are deployments that
    somebody recorded."""

    day: date
    seen: int | None
    declared: int


def by_day(histories: Iterable[History], first: date, last: date) -> list[Day]:
    """Each day from the first to the last, both included, in one or several environments together."""
    seen: Counter[str] = Counter()
    declared: Counter[str] = Counter()
    looked = last.isoformat() + "~"  # since when somebody does
    # Text that stands in front of, and behind, every instant of these days.
    since, until = first.isoformat(), f"{last.isoformat()}U"
    for history in histories:
        if history.basis == "snapshot" and history.count:
            seen.update(dict(_seen(history, since, until)))
            looked = min(looked, history.head(1).proof.time[:10])
        declared.update(dict(_declared(history, since, until)))
    days = [first + timedelta(number) for number in range((last - first).days + 1)]
    texts = [day.isoformat() for day in days]
    return [
        Day(day, seen[text] if text >= looked else None, declared[text])
        for day, text in zip(days, texts, strict=True)
    ]


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
