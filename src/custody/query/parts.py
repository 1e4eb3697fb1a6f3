"""When which part of an environment was reported.

A report is of a whole environment, or of a part of it. Whoever asks whether somebody looked means a look at all of it:
a report of the whole, or one of each part that is ever reported by itself.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict

from custody.query.index import Index


class Looks:
    """The times of an environment's reports, by part."""

    def __init__(self, index: Index, environment: str) -> None:
        rows = index.rows(
            "SELECT c.scope, s.time FROM snapshot s JOIN content c ON c.id = s.content WHERE s.environment = ? "
            "ORDER BY s.time, s.position",
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


def _any(times: list[str], since: str, until: str) -> bool:
    place = bisect_left(times, since)
    return place < len(times) and times[place] < until
