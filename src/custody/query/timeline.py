"""A timeline to walk along: the states of an environment, or those of a group's members as one.

A group's states are its members', in order of time (and at one time in the order of the members), counted from 1: each
step is a change in one member. Every step is a few look-ups, however long the lives of the members are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from custody.errors import UsageError
from custody.query.clocks import Known
from custody.query.diffs import DiffLine, differences
from custody.query.environments import read_state
from custody.query.history import History
from custody.query.index import Index
from custody.query.types import State, StateLine


class Place(NamedTuple):
    """A point in a timeline: of each member the number of its state, 0 while nothing was known of it."""

    numbers: tuple[int, ...]

    @property
    def number(self) -> int:
        """Of the state of the whole; 0 in front of the first."""
        return sum(self.numbers)


class Standing(NamedTuple):
    """What ran at a place. `state` is None where nothing was known; of a group its services have their member's name
    in front, its proof is that of the latest change, and `unknown` names the members of which nothing was known."""

    state: State | None
    unknown: tuple[str, ...] = ()


class Difference(NamedTuple):
    """What differs between two places; of the members in `unknown` nothing can be said, because at one of the two
    nothing was known of them."""

    lines: tuple[DiffLine, ...]
    unknown: tuple[str, ...] = ()


class _Change(NamedTuple):
    """Where a member's state stands among those of all members."""

    time: str
    member: int
    number: int


class Timeline:
    """One environment, or with `members` a group of them; with `known`, as it was believed to be.

    Raises UsageError "no-environment" for an environment of which nothing was ever reported. A group's member of which
    nothing was is not known at any time.
    """

    def __init__(
        self, index: Index, name: str, members: Sequence[str] = (), known: Known | None = None
    ) -> None:
        self.name = name
        self.is_group = bool(members)
        self.known = known
        self.unreported: tuple[str, ...] = ()
        self.histories: tuple[History, ...] = ()
        for member in members or (name,):
            try:
                self.histories += (History(index, member, known),)
            except UsageError as error:
                if not members or error.code != "no-environment":
                    raise
                self.unreported += (member,)

    @property
    def count(self) -> int:
        """How many states there are."""
        return sum(one.count for one in self.histories)

    @property
    def latest(self) -> Place:
        """The last state of all."""
        return Place(tuple(one.count for one in self.histories))

    # --- places

    def at(self, when: str) -> Place:
        """The state at an instant."""
        return Place(tuple(one.number_at(when) for one in self.histories))

    def numbered(self, number: int) -> Place:
        """The state of that number; of one that there is none of, the nearest."""
        number = max(0, min(number, self.count))
        if number in (0, self.count) or len(self.histories) == 1:
            return self.latest if number == self.count else Place(self._share(number))
        for member, history in enumerate(self.histories):

            def rank(of: int, member: int = member) -> int:
                return self._place_of(self._change(member, of)).number

            found = bisect_left(range(1, history.count + 1), number, key=rank) + 1
            if found <= history.count and rank(found) == number:
                return self._place_of(self._change(member, found))
        raise AssertionError("every number is that of a member's state")

    def step(self, place: Place, by: int) -> Place:
        """So many states on, or back; never beyond either end, nor back to where nothing was known."""
        if len(self.histories) == 1:
            return self.numbered(max(place.number + by, 1))
        for _ in range(abs(by)):
            place = self._next(place) if by > 0 else self._previous(place)
        return place

    def changed(self, place: Place, service: str, *, later: bool) -> Place | None:
        """The next state that changed a service, or the one before; None where there is none."""
        newest = self._newest(place)
        for member, history in enumerate(self.histories):
            prefix = self._prefix(history)
            if service.startswith(prefix):
                # Where another member changed last, this one's own state lies in front of the place.
                beside = not later and newest is not None and newest.member != member
                number = history.changed(service[len(prefix) :], place.numbers[member] + beside, later=later)
                if number:
                    return self._place_of(self._change(member, number))
        return None

    def began(self, place: Place) -> str:
        """When the state at a place began; "" where nothing was known."""
        newest = self._newest(place)
        return newest.time if newest else ""

    # --- what is there

    def standing(self, place: Place) -> Standing:
        """What ran at a place."""
        newest = self._newest(place)
        if newest is None:
            return Standing(None, tuple(one.environment for one in self.histories) if self.is_group else ())
        if not self.is_group:
            return Standing(read_state(self.histories[0], place.number))
        services, unknown = [], list(self.unreported)
        for history, number in zip(self.histories, place.numbers, strict=True):
            state = read_state(history, number)
            if state is None:
                unknown.append(history.environment)
                continue
            prefix = self._prefix(history)
            services += [one._replace(service=prefix + one.service) for one in state.services]
        history = self.histories[newest.member]
        head, prefix = history.head(newest.number), self._prefix(history)
        changes = tuple(one._replace(service=prefix + one.service) for one in head.changes)
        after = self._following(place)
        until = after.time if after else ""
        return Standing(
            State(
                self.name, place.number, self.count, newest.time, until, head.proof, tuple(services), changes
            ),
            tuple(unknown),
        )

    def member(self, place: Place, number: int) -> State | None:
        """What ran in one of the members."""
        return read_state(self.histories[number], place.numbers[number])

    def around(self, place: Place, before: int, after: int) -> list[StateLine]:
        """The state at a place with so many in front of it and behind it, as many as there are, by number."""
        past: list[tuple[int, StateLine]] = []
        future: list[tuple[int, StateLine]] = []
        for member, (history, number) in enumerate(zip(self.histories, place.numbers, strict=True)):
            for one in history.lines(max(number - before, 1), number + after):
                (past if one.number <= number else future).append((member, one))
        for lines in (past, future):
            lines.sort(key=lambda one: (one[1].time, one[0], one[1].number))
        past = past[-before - 1 :]
        told = [one for _, one in past + future[:after]]
        first = place.number - len(past) + 1
        return [one._replace(number=number) for number, one in enumerate(told, first)]

    def difference(self, place: Place, other: Timeline, there: Place) -> Difference:
        """What has to change to get from a place here to one in another timeline. Raises UsageError "group" for a group
        and something else, whose services have other names, and "not-known" where nothing was known of one of them.
        """
        if (self.is_group or other.is_group) and self.name != other.name:
            raise UsageError(
                "a group's services have other names: it is compared with itself alone", code="group"
            )
        if not place.number or not there.number:
            raise UsageError(
                "of one of the two moments nothing is known, so nothing can be compared", code="not-known"
            )
        found: list[DiffLine] = []
        unknown = list(self.unreported)
        for one, number, two, then in zip(
            self.histories, place.numbers, other.histories, there.numbers, strict=True
        ):
            if not number or not then:
                unknown.append(two.environment)
            told = differences((one, read_state(one, number)), (two, read_state(two, then)))
            prefix = self._prefix(two)
            found += [
                line._replace(change=line.change._replace(service=prefix + line.change.service))
                for line in told.lines
            ]
        return Difference(tuple(found), tuple(unknown))

    # --- the order of all members' states

    def _prefix(self, history: History) -> str:
        return f"{history.environment}/" if self.is_group else ""

    def _share(self, number: int) -> tuple[int, ...]:
        return (number,) if len(self.histories) == 1 else (0,) * len(self.histories)

    def _change(self, member: int, number: int) -> _Change:
        return _Change(self.histories[member].head(number).proof.time, member, number)

    def _place_of(self, change: _Change) -> Place:
        """The place where a member's state is the latest of all."""
        numbers = [
            history.number_at(change.time) if member < change.member else history.number_before(change.time)
            for member, history in enumerate(self.histories)
        ]
        numbers[change.member] = change.number
        return Place(tuple(numbers))

    def _newest(self, place: Place) -> _Change | None:
        known = [self._change(member, number) for member, number in enumerate(place.numbers) if number]
        return max(known, default=None)

    def _following(self, place: Place) -> _Change | None:
        coming = [
            self._change(member, place.numbers[member] + 1)
            for member, history in enumerate(self.histories)
            if place.numbers[member] < history.count
        ]
        return min(coming, default=None)

    def _next(self, place: Place) -> Place:
        following = self._following(place)
        return self._moved(place, following.member, 1) if following else place

    def _previous(self, place: Place) -> Place:
        newest = self._newest(place)
        return self._moved(place, newest.member, -1) if newest and place.number > 1 else place

    def _moved(self, place: Place, member: int, by: int) -> Place:
        numbers = list(place.numbers)
        numbers[member] += by
        return Place(tuple(numbers))
