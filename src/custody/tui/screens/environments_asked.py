"""What is typed into the Environments tab's prompts, understood. Raises UsageError for what is not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custody.errors import UsageError
from custody.query.clocks import Arrivals, Known
from custody.query.moments import Moment, parse_moment
from custody.tui.screens.environments_reading import Listed

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
