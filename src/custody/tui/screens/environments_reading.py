"""What the Environments tab shows, read in a thread: where the cursor is, and what ran there. Knows no screen.

The cursor is an instant and, on each side, the state of an environment at that instant. Moves are functions from one
cursor to the next, so that keys which come faster than answers are taken together and none is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from threading import Lock
from typing import NamedTuple

from custody.errors import UsageError
from custody.ledger.reader import Snapshot
from custody.policy.judgement import Judgement
from custody.policy.standing import Standing as Verdicts
from custody.policy.verdict import Verdict
from custody.query.clocks import END_OF_TIME, Arrival, Arrivals, Known
from custody.query.environments import Hindsight, environments, hindsight
from custody.query.index import Index
from custody.query.parts import Look, looks, seen
from custody.query.slack import moved
from custody.query.timeline import Difference, Place, Standing, Timeline
from custody.query.types import ServiceLine, StateLine
from custody.query.windows import Window, windows
from custody.trust.document import TrustDocument

LATEST = ""
"""The instant of whoever wants the latest state, whenever that is."""


class Listed(NamedTuple):
    """An environment in the list, or a group with its `members`. `basis` says what its states come from."""

    name: str
    members: tuple[str, ...]
    states: int
    last_change: str
    last_seen: str
    basis: str

    @property
    def is_group(self) -> bool:
        return bool(self.members)


class Basics:
    """What is asked once of an index. Verdicts are asked for one after the other, because they share what was read."""

    def __init__(self, snapshot: Snapshot, index: Index, trust: TrustDocument | None) -> None:
        self.index = index
        self.arrivals = Arrivals(index)
        self.judgement = Judgement(snapshot, index, trust)
        self.now = self.judgement.now
        self.lock = Lock()
        lines = environments(index)
        self.listed = [
            Listed(one.name, (), one.states, one.last_change, one.last_seen, one.basis) for one in lines
        ]
        for name, members in self.judgement.groups().items():
            of = [one for one in lines if one.name in members]
            if of:
                last, seen = max(one.last_change for one in of), max(one.last_seen for one in of)
                states = sum(one.states for one in of)
                self.listed.append(Listed(name, members, states, last, seen, "group"))
        # Of a group and an environment of one name the command line means the group.
        self.listed.sort(key=lambda one: (one.name, not one.is_group))
        self._intervals: dict[str, timedelta | None] = {}

    def interval(self, environment: str) -> timedelta | None:
        """How often reports of an environment are due, if the policies in force say so."""
        with self.lock:
            if environment not in self._intervals:
                self._intervals[environment] = self.judgement.interval(environment)
            return self._intervals[environment]

    def find(self, name: str) -> int:
        """The place in the list of a group, or else of an environment, of that name; -1 for none."""
        return next((at for at, one in enumerate(self.listed) if one.name == name), -1)


# --- where somebody is


class Side(NamedTuple):
    """One environment, and its state at the cursor."""

    about: Listed
    timeline: Timeline
    place: Place


class Cursor(NamedTuple):
    """One side, or two that are locked in time; steps go by the states of the `active` one."""

    sides: tuple[Side, ...]
    active: int = 0
    instant: str = LATEST

    @property
    def side(self) -> Side:
        return self.sides[self.active]


Move = Callable[[Basics, Cursor], Cursor]
VerdictsByService = dict[tuple[str, str], Verdict]


def _locked(cursor: Cursor, place: Place, instant: str) -> Cursor:
    """The active side at a place, and the other where it was at that instant."""
    sides = [
        side._replace(place=place if number == cursor.active else _at(side.timeline, instant))
        for number, side in enumerate(cursor.sides)
    ]
    return cursor._replace(sides=tuple(sides), instant=instant)


def _at(timeline: Timeline, instant: str) -> Place:
    return timeline.latest if instant == LATEST else timeline.at(instant)


def step(by: int) -> Move:
    """So many states on, or back; behind the last begins what is latest."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        side = cursor.side
        if not side.timeline.count:
            return cursor
        if by > 0 and side.place == side.timeline.latest:
            return _locked(cursor, side.place, LATEST)
        place = side.timeline.step(side.place, by)
        return _locked(cursor, place, side.timeline.began(place))

    return move


def number(of: int) -> Move:
    """The state of a number, or with one below 1 so many states before the latest."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        timeline = cursor.side.timeline
        wanted = of if of > 0 else timeline.count + of
        if not 1 <= wanted <= timeline.count:
            states = f"{timeline.count} state{'' if timeline.count == 1 else 's'}"
            text = f"#{of}" if of > 0 else f"~{-of}"
            raise UsageError(f"{timeline.name} has {states}: there is no {timeline.name}{text}", code="state")
        place = timeline.numbered(wanted)
        return _locked(cursor, place, timeline.began(place))

    return move


def instant(when: str) -> Move:
    """The state at an instant, or the latest."""
    return lambda basics, cursor: _locked(cursor, _at(cursor.side.timeline, when), when)


def day(by: int) -> Move:
    """So many times 24 hours on, or back; no further than the first state, and than the latest."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        timeline = cursor.side.timeline
        if not timeline.count:
            return cursor
        when = moved(cursor.instant or basics.now, timedelta(days=by))
        if when >= basics.now:
            return _locked(cursor, timeline.latest, LATEST)
        when = max(when, timeline.began(timeline.numbered(1)))
        return _locked(cursor, timeline.at(when), when)

    return move


def changed(service: str, *, later: bool) -> Move:
    """The next state that changed a service, or the one before."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        side = cursor.side
        place = side.timeline.changed(side.place, service, later=later)
        if place is None:
            raise UsageError(f"{service} has no {'later' if later else 'earlier'} change here", code="state")
        return _locked(cursor, place, side.timeline.began(place))

    return move


def show(about: Listed, known: Known | None) -> Move:
    """Another environment on the active side, at the same instant."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        side = _side(basics, about, known, cursor.instant)
        sides = [side if at == cursor.active else one for at, one in enumerate(cursor.sides)] or [side]
        return cursor._replace(sides=tuple(sides))

    return move


def beside(about: Listed | None, known: Known | None) -> Move:
    """Another environment beside the one on view; with None the active one has all the room again."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        if about is None:
            return cursor._replace(sides=(cursor.side,), active=0)
        side = _side(basics, about, known, cursor.instant)
        return cursor._replace(sides=(cursor.side, side), active=0)

    return move


def activate(side: int) -> Move:
    """Steps go by this side from now on."""
    return lambda basics, cursor: cursor._replace(active=min(side, len(cursor.sides) - 1))


def believe(known: Known | None) -> Move:
    """The same instant, as it was believed to be."""

    def move(basics: Basics, cursor: Cursor) -> Cursor:
        sides = [_side(basics, side.about, known, cursor.instant) for side in cursor.sides]
        return cursor._replace(sides=tuple(sides))

    return move


def _side(basics: Basics, about: Listed, known: Known | None, when: str) -> Side:
    timeline = Timeline(basics.index, about.name, about.members, known)
    return Side(about, timeline, _at(timeline, when))


# --- what is there


class View(NamedTuple):
    """What one side shows. `arrival` is when the report of its state came, `later` what became of a past belief."""

    side: Side
    standing: Standing
    bars: Sequence[StateLine]
    arrival: Arrival | None
    later: Hindsight | None


class Compared(NamedTuple):
    """What differs between the mark and the cursor; or why that cannot be said. `was` and `now` are the services at
    either, by name and fingerprint."""

    difference: Difference
    complaint: str
    was: Mapping[tuple[str, str], ServiceLine]
    now: Mapping[tuple[str, str], ServiceLine]


class Reading(NamedTuple):
    """Everything on view, of one moment."""

    cursor: Cursor
    views: tuple[View, ...]
    compared: Compared | None
    complaint: str  # of a move that led nowhere


def read(
    basics: Basics, cursor: Cursor, moves: Iterable[Move], mark: Cursor | None, rooms: Sequence[int]
) -> Reading:
    """Take the moves, and read what is there; `rooms` is how many states there is room for on either side."""
    complaint = ""
    for move in moves:
        try:
            cursor = move(basics, cursor)
        except UsageError as error:
            complaint = str(error)
    views = tuple(
        _view(basics, side, cursor.instant, room) for side, room in zip(cursor.sides, rooms, strict=False)
    )
    compared = _compare(mark.side, cursor.side, views[cursor.active].standing) if mark is not None else None
    return Reading(cursor, views, compared, complaint)


def _view(basics: Basics, side: Side, when: str, room: int) -> View:
    timeline, place = side.timeline, side.place
    standing = timeline.standing(place)
    before = place.number - 1 - max(0, min(place.number - 1 - room // 2, timeline.count - room))
    bars = timeline.around(place, max(before, 0), max(room - 1 - before, 0))
    state = standing.state
    arrival = basics.arrivals.of(state.proof.position, state.time) if state is not None else None
    later = None
    if timeline.known is not None:
        told = [
            hindsight(one, timeline.member(place, number), when or END_OF_TIME)
            for number, one in enumerate(timeline.histories)
        ]
        today = Timeline(basics.index, side.about.name, side.about.members)
        later = Hindsight(
            frozenset().union(*(one.later for one in told)), today.standing(_at(today, when)).state
        )
    return View(side, standing, bars, arrival, later)


def _compare(mark: Side, here: Side, standing: Standing) -> Compared:
    was, now = _services(mark.timeline.standing(mark.place)), _services(standing)
    try:
        difference = mark.timeline.difference(mark.place, here.timeline, here.place)
    except UsageError as error:
        return Compared(Difference(()), str(error), was, now)
    return Compared(difference, "", was, now)


def _services(standing: Standing) -> dict[tuple[str, str], ServiceLine]:
    found = standing.state.services if standing.state is not None else ()
    return {(one.service, one.sha256): one for one in found}


# --- what takes longer: asked for when the cursor rests


def silences(basics: Basics, view: View, wanted: Callable[[], bool]) -> list[Window]:
    """The blind windows of the states on view, by the intervals that are declared."""
    bars = view.bars
    if not bars or view.side.timeline.known is not None:
        return []
    found = []
    for history in view.side.timeline.histories:
        interval = basics.interval(history.environment)
        if not wanted() or interval is None or history.basis != "snapshot":
            continue
        number = history.number_at(bars[-1].time)
        end = history.head(number + 1).proof.time if number < history.count else basics.now
        found += windows(basics.index, history.environment, interval, since=bars[0].time, until=end)
    return found


class Sight(NamedTuple):
    """How well the moment was looked at: when each part was last reported, whether nobody ever reported what is outside
    of them, and how many entries of that time may have been about it and cannot be read. `member` is a group's."""

    member: str
    looks: Sequence[Look]
    nobody_outside: bool
    lost: int
    basis: str


def sights(view: View, when: str, wanted: Callable[[], bool]) -> list[Sight]:
    """Of the environment, or of each member of a group; those of which there is nothing to say are left out."""
    found = []
    timeline = view.side.timeline
    for number, history in enumerate(timeline.histories):
        if not wanted():
            return []
        state = timeline.member(view.side.place, number)
        until = when or END_OF_TIME
        told = seen(history, until, state.time if state is not None else "")
        parts = looks(history, until, wanted)
        member = history.environment if timeline.is_group else ""
        if parts or told.lost:
            found.append(Sight(member, parts, bool(told.parts), told.lost, history.basis))
    return found


def verdicts(basics: Basics, cursor: Cursor, side: Side, wanted: Callable[[], bool]) -> VerdictsByService:
    """The verdict at the cursor on everything that runs on a side, by service and fingerprint; nothing if it is not
    `wanted` any more by the time it could be asked."""
    found: VerdictsByService = {}
    with basics.lock:
        at, moment = _asked(basics, side.timeline.known, cursor.instant)
        for member, history in enumerate(side.timeline.histories):
            state = side.timeline.member(side.place, member)
            if state is None or not wanted():
                continue
            prefix = f"{history.environment}/" if side.about.is_group else ""
            artifacts = list({one.sha256 for one in state.services})
            told = basics.judgement.verdicts(artifacts, history.environment, moment=moment, at=at)
            found.update({(prefix + one.service, one.sha256): told[one.sha256] for one in state.services})
    return found


def verdict_when_it_began(
    basics: Basics, side: Side, one: ServiceLine, now: Verdict, wanted: Callable[[], bool]
) -> Verdicts:
    """The verdict on one service when it began to run, beside the one at the cursor."""
    with basics.lock:
        if not wanted():
            return Verdicts(now, now)
        at, _ = _asked(basics, side.timeline.known, LATEST)
        return Verdicts(basics.judgement.verdict(one.sha256, now.environment, moment=one.since, at=at), now)


def _asked(basics: Basics, known: Known | None, when: str) -> tuple[int | None, str]:
    """The position and the moment of a verdict at the cursor, as far as the belief goes."""
    moment = min(when or basics.now, basics.now)
    if known is None:
        return None, moment
    return max(known.through + 1, known.before), min(moment, known.time or moment)
