"""Questions to an index as far as one position, and the bodies behind the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from custody.kinds.again import Again
from custody.kinds.fields import Fields
from custody.ledger.reader import Snapshot
from custody.policy.bodies import Bodies
from custody.query.index import Index

T = TypeVar("T")

BEYOND = 2**62
"""A position behind every log."""

ALWAYS = "9999-12-31T23:59:59.999Z"
"""The last moment of all."""


class Known:
    """What questions to one index share: the bodies that were read, and the chains whose genesis is blank (`dark`):
    what it would have said, such as their trail, nobody knows."""

    def __init__(self, snapshot: Snapshot, index: Index) -> None:
        self.index = index
        self.bodies = Bodies(snapshot)
        dark = index.rows("SELECT position, time FROM blank WHERE kind = 'genesis'")
        self.dark: dict[int, str] = dict(dark)


class Asking:
    """Asks for what stands in front of position `before` and, where it matters, was in effect at `until`."""

    def __init__(self, known: Known, at: int | None, moment: str | None) -> None:
        self.dark = known.dark
        self.index = known.index
        self.bodies = known.bodies
        self.before = BEYOND if at is None else at
        self.until = moment or ALWAYS
        self.whole = at is None and moment is None

    def rows(self, sql: str, values: Iterable[object] = (), *more: object) -> list[tuple[Any, ...]]:
        """The rows of a statement in which {} stands for all these values, ?2 for `before` and ?3 on for `more`."""
        listed = "(SELECT value FROM json_each(?1))"
        return self.index.rows(sql.replace("{}", listed), json.dumps(list(values)), self.before, *more)

    def read(self, wanted: Mapping[int, str], kind: str, read: Callable[[Fields], T]) -> dict[int, T]:
        """The bodies with these digests, by position."""
        return {position: read(Again(value, kind)) for position, value in self.bodies.read(wanted).items()}
