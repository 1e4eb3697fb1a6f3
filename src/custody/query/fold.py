"""Folding reports into the states of an environment. Values in, values out; no I/O.

What runs is a mapping from (service, fingerprint) to an `Item`. A state is new only when that set or a count in it
changed; a name or version that a later report spells otherwise for the same bytes is not a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from custody.kinds.scope import WHOLE, Scope
from custody.query.types import ChangeLine, Event


class Item(NamedTuple):
    """So many instances of one artifact in one service, and since when without a break ("" in a report)."""

    service: str
    name: str
    sha256: str
    instances: int
    version: str = ""
    since: str = ""


Running = Mapping[tuple[str, str], Item]


class Report(NamedTuple):
    """What an entry says of an environment at a moment.

    With `whole`, everything that ran in a part of it, its `scope`, and nothing of what ran elsewhere (a snapshot);
    otherwise each item took its service over (a deployment).
    """

    time: str
    items: tuple[Item, ...]
    whole: bool
    scope: Scope = WHOLE


def step(running: Running | None, report: Report) -> tuple[Running, tuple[ChangeLine, ...]]:
    """What runs after a report, and what it changed. `None` is what runs before the first report: not known.

    It is a new state if there are changes, or if nothing was known before.
    """
    before = running or {}
    after: dict[tuple[str, str], Item] = {}
    if not report.whole:
        taken_over = {item.service for item in report.items}
        after = {key: item for key, item in before.items() if key[0] not in taken_over}
    elif report.scope != WHOLE:
        after = {key: item for key, item in before.items() if not report.scope.covers(key[0])}
    for item in report.items:
        key = item.service, item.sha256
        twice = after.get(key)
        after[key] = item if twice is None else twice._replace(instances=twice.instances + item.instances)
    changes = diff(before, after)
    return apply(before, changes, report.time), changes


def replay(reports: Iterable[Report]) -> Iterator[tuple[Running, tuple[ChangeLine, ...]]]:
    """The states that reports, in order of effect, lead through; reports that change nothing give none."""
    running: Running | None = None
    for report in reports:
        after, changes = step(running, report)
        if running is None or changes:
            yield after, changes
        running = after


def diff(before: Running, after: Running) -> tuple[ChangeLine, ...]:
    """What must change to get from one to the other, by service.

    Where exactly one fingerprint of a service left and exactly one came, it was replaced.
    """
    came = after.keys() - before.keys()
    left = before.keys() - after.keys()
    changes: list[ChangeLine] = []
    left_by_service, came_by_service = _by_service(left), _by_service(came)
    for service, olds in left_by_service.items():
        news = came_by_service.get(service, [])
        if len(olds) == len(news) == 1:
            left -= {olds[0]}
            came -= {news[0]}
            changes.append(_change("replaced", before[olds[0]], after[news[0]]))
    changes += [_change("stopped", before[key], None) for key in left]
    changes += [_change("started", None, after[key]) for key in came]
    changes += [
        _change("scaled", item, after[key])
        for key, item in before.items()
        if key in after and after[key].instances != item.instances
    ]
    changes.sort(key=lambda change: (change.service, change.event, change.sha256))
    return tuple(changes)


def apply(running: Running, changes: Iterable[ChangeLine], time: str) -> Running:
    """What runs after changes that took effect at `time`: the inverse of `diff`."""
    after = dict(running)
    for change in changes:
        key = change.service, change.sha256
        if change.event == "stopped":
            del after[key]
            continue
        if change.event == "scaled":
            after[key] = after[key]._replace(instances=change.after)
            continue
        if change.event == "replaced":
            del after[change.service, change.previous_sha256]
        after[key] = Item(change.service, change.name, change.sha256, change.after, change.version, time)
    return after


def _by_service(keys: Iterable[tuple[str, str]]) -> dict[str, list[tuple[str, str]]]:
    grouped: dict[str, list[tuple[str, str]]] = {}
    for key in keys:
        grouped.setdefault(key[0], []).append(key)
    return grouped


def _change(event: Event, old: Item | None, new: Item | None) -> ChangeLine:
    about = new or old
    assert about is not None
    # What goes on running keeps the words under which it started, however a later report spells them.
    name, version = (old.name, old.version) if event == "scaled" and old else (about.name, about.version)
    return ChangeLine(
        event,
        about.service,
        name,
        about.sha256,
        old.instances if old else 0,
        new.instances if new else 0,
        old.sha256 if event == "replaced" and old else "",
        version,
    )
