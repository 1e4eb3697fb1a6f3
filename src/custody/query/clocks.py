"""The second clock: when this ledger learned of an entry, beside when it is claimed to have happened.

An entry arrived when it was appended here, or else with the merge that brought it (`spec/ledger.md` §7). No entry says
which it was: a custodian's merge says how many entries it took, and those are the ones in front of its chain. So the
whole second clock follows from the merges, and costs an entry nothing.

What arrived never arrived before the merges in front of it, whatever it claims. A merge that came along with another
merge was an act in another ledger, and is none in this one.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from custody.errors import UsageError
from custody.query.index import Index
from custody.trust.merges import Act, MergeEntry, own_merges

END_OF_TIME = "~"  # behind every instant


class Arrival(NamedTuple):
    """When this ledger learned of something: the position of the entry that brought it (its own, or a merge's)."""

    position: int
    time: str


class Known(NamedTuple):
    """What had arrived by a moment: all up to position `through`, and of what was appended here behind it, but in
    front of `before`, what claims no later than `time`. Nothing had arrived that stands at `before` or behind it."""

    through: int
    before: int
    time: str

    def holds(self, position: int, time: str) -> bool:
        """Whether an entry had arrived; `time` is when it took effect."""
        return position <= self.through or (position < self.before and time <= self.time)

    def sql(self, table: str = "") -> str:
        """The same as a condition on a table of facts. It holds numbers and an instant of custody's own making."""
        at = f"{table}." if table else ""
        return f"({at}position <= {self.through:d} OR ({at}position < {self.before:d} AND {at}time <= '{self.time}'))"


class Arrivals:
    """The second clock of one ledger."""

    def __init__(self, index: Index) -> None:
        self._acts = own_acts(index)
        self._positions = [act.position for act in self._acts]

    def of(self, position: int, time: str) -> Arrival:
        """When an entry that took effect at `time` arrived."""
        place = bisect_left(self._positions, position)
        if place < len(self._acts) and self._acts[place].first <= position:
            act = self._acts[place]
            return Arrival(act.position, act.time)
        return Arrival(position, max(time, self._acts[place - 1].time) if place else time)

    def by_time(self, utc: str) -> Known:
        """What had arrived at an instant (UTC text)."""
        place = 0
        while place < len(self._acts) and self._acts[place].time <= utc:
            place += 1
        through = self._acts[place - 1].position if place else -1
        before = self._acts[place].first if place < len(self._acts) else 2**62
        return Known(through, before, _instant(utc))

    def by_position(self, position: int) -> Known:
        """What had arrived with the entry at a position. Raises UsageError for one below 0."""
        if position < 0:
            raise UsageError(f"positions count from 0: there is no position {position}", code="entry")
        place = bisect_left(self._positions, position)
        if place < len(self._acts) and self._acts[place].first <= position < self._acts[place].position:
            position = self._acts[place].first - 1
        return Known(position, position + 1, END_OF_TIME)


def own_acts(index: Index) -> list[Act]:
    """This ledger's own merges, in order."""
    return own_merges(
        MergeEntry(*row) for row in index.rows("SELECT chain, position, taken, time FROM merge")
    )


def _instant(utc: str) -> str:
    """An instant, checked, because it becomes part of a question's text."""
    from custody.ledger.timestamps import is_instant

    if not is_instant(utc):
        raise UsageError("an instant is written 2026-11-19T02:30:11.123Z", code="moment")
    return utc
