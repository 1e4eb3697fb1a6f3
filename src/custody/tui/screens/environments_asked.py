"""What is asked for in the Environments tab, understood: typed into a prompt, or as a report of what is on view.

Raises UsageError for what is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custody.errors import UsageError
from custody.query.clocks import Arrivals, Known
from custody.query.moments import Moment, parse_moment
from custody.report.subject import Subject
from custody.tui.screens.environments_reading import Cursor, Listed, Reading

_POSITION = re.compile("position:([0-9]{1,15})").fullmatch
_STATE = re.compile("([#~])([0-9]{1,9})").fullmatch
_NAMED = 4


class Belief(NamedTuple):
    """What was known at some moment: `given` as it was typed, `text` to be shown, `words` for the command line."""

    known: Known | None = None
    given: str = ""
    text: str = ""
    words: tuple[str, ...] = ()


def belief(given: str, arrivals: Arrivals, count: int, zone: ZoneInfo) -> Belief:
    """What had arrived by a moment, or with the entry at `position:N` of `count`; all, where nothing is given."""
    text = given.strip()
    if not text:
        return Belief()
    found = _POSITION(text)
    if found:
        position = int(found[1])
        if position >= count:
            raise UsageError(
                f"there is no entry at position {position}; the last is {count - 1}", code="entry"
            )
        words = ("--known-at", f"position:{position}")
        return Belief(arrivals.by_position(position), text, f"the entry at position {position}", words)
    if text.startswith("position:"):
        raise UsageError("a position is written position:42", code="entry")
    moment = parse_moment(text, now=datetime.now(UTC), tz=zone)
    words = ("--known-at", moment.utc)
    return Belief(arrivals.by_time(moment.utc), text, f"{moment.utc[:19].replace('T', ' ')} UTC", words)


def moment_or_state(given: str, zone: ZoneInfo) -> Moment | int:
    """A moment in words; or `#12` as 12, and `~1` as -1: one before the latest."""
    text = given.strip()
    found = _STATE(text)
    if not found:
        return parse_moment(text, now=datetime.now(UTC), tz=zone)
    number = int(found[2])
    if found[1] == "#" and not number:
        raise UsageError("states count from 1: the first is #1", code="state")
    return number if found[1] == "#" else -number


def beside(given: str, listed: Sequence[Listed], other: Listed) -> Listed:
    """The environment whose name begins like this, or has it; `other` where nothing is given."""
    wanted = given.strip()
    if not wanted:
        return other
    found = [one for one in listed if one.name.startswith(wanted)]
    exact = [one for one in found if one.name == wanted]
    if not found:
        raise UsageError("no environment begins with that", code="no-environment")
    if len(found) > 1 and not exact:
        names = ", ".join(one.name for one in found[:_NAMED])
        raise UsageError(f"that could be {names}{' …' if len(found) > _NAMED else ''}", code="ambiguous")
    return (exact or found)[0]


def subject(reading: Reading, mark: Cursor | None, belief: Belief, zone: ZoneInfo) -> Subject:
    """What a report of the cursor's moment is on; with a mark, with what changed between the two, both included."""
    cursor, state = reading.cursor, reading.views[reading.cursor.active].standing.state
    about = cursor.side.about
    if belief.known is not None:
        raise UsageError(
            "A report tells what is known now: K, with nothing typed, shows that.", code="known-at"
        )
    if about.is_group:
        raise UsageError(
            "A report is on one environment, and not on a group: ] leads to a member.", code="group"
        )
    if mark is not None and mark.side.about != about:
        raise UsageError(
            "A report is on one environment, and the mark is in another: d drops it.", code="mark"
        )

    def moment(instant: str) -> Moment:
        return parse_moment(instant, now=datetime.now(UTC), tz=zone)

    at = moment(cursor.instant) if cursor.instant else None
    query = about.name
    if at is not None and state is not None and state.until == cursor.instant:
        at, query = None, f"{query}#{state.number}"  # another state began at the same millisecond
    if mark is None:
        return Subject("environment", query, at)
    # Where one of the two is what is latest, that end stays open.
    ends = sorted(one for one in (mark.instant, cursor.instant) if one)
    if not ends:
        return Subject("environment", query, at)
    return Subject("environment", query, at, moment(ends[0]), moment(ends[1]) if ends[1:] else None)
