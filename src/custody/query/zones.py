"""Clocks on the wall: the instants at which a zone's clocks showed something, and how an instant is shown.

A time that a clock skipped has no instant, one that it showed twice has two; nothing here chooses.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from custody.errors import UsageError


def find_zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as `Europe/Oslo` or `UTC`. Raises UsageError."""
    try:
        return ZoneInfo(name)
    # An unknown name is a KeyError; a directory's, a path or an empty one are of the other kinds.
    except (KeyError, ValueError, OSError):
        raise UsageError(f'"{quoted(name)}" is no time zone; write one such as Europe/Oslo, or UTC') from None


def instants_of(wall: datetime, tz: ZoneInfo) -> list[datetime]:
    """The instants, in UTC, at which clocks in the zone show this: none in a gap, two where it is repeated.

    PEP 495: `fold` chooses between the offsets on either side of a change; an instant that the zone itself
    shows differently is one that no clock showed.
    """
    instants = {wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1)}
    return [
        instant for instant in sorted(instants) if instant.astimezone(tz).replace(tzinfo=None, fold=0) == wall
    ]


def gap_around(wall: datetime, tz: ZoneInfo) -> tuple[datetime, datetime]:
    """What the clock showed when it jumped over `wall`, and what it showed then: 02:00 and 03:00."""
    early, late = sorted(wall.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (0, 1))
    offset = early.astimezone(tz).utcoffset()
    while late - early > timedelta(microseconds=1):
        middle = early + (late - early) / 2
        if middle.astimezone(tz).utcoffset() == offset:
            early = middle
        else:
            late = middle
    assert offset is not None
    return (late + offset).replace(tzinfo=None), late.astimezone(tz).replace(tzinfo=None)


def shown_local(moment: datetime) -> str:
    """An instant on its zone's clock: `2026-11-19 02:30:00 CET (+01:00)`."""
    name = moment.tzname() or ""
    # Zones without an abbreviation have the offset for a name.
    abbreviation = f" {name}" if name.isalpha() else ""
    return f"{moment.date()} {shown(moment.time(), seconds=True)}{abbreviation} ({offset_of(moment)})"


def offset_of(moment: datetime) -> str:
    """How far its zone is from UTC: `+01:00`."""
    return moment.strftime("%z")[:3] + ":" + moment.strftime("%z")[3:5]


def shown(value: time | datetime, seconds: bool = False) -> str:
    """To the minute where that is all there is, or else to the second or millisecond."""
    spec = (
        "milliseconds" if value.microsecond >= 1000 else "seconds" if seconds or value.second else "minutes"
    )
    return value.isoformat(" ", spec) if isinstance(value, datetime) else value.isoformat(spec)


def quoted(text: str) -> str:
    """What somebody wrote, short enough for a message."""
    text = " ".join(text.split())
    return text if len(text) <= 60 else text[:60] + "..."
