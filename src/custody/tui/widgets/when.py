"""Moments as a person reads them: in UTC, and where this machine is."""

from __future__ import annotations

from datetime import datetime

from custody.ledger import timestamps


def utc(instant: str) -> str:
    """`2026-11-19 02:30:11`, from a ledger's instant; "" from none."""
    return instant[:19].replace("T", " ")


def local(instant: str) -> str:
    """The same moment by this machine's clock and zone; "" where that is UTC's, or a year that it cannot show."""
    moment = _moment(instant)
    if moment is None:
        return ""
    try:
        here = moment.astimezone()
        return "" if not here.utcoffset() else f"{here:%Y-%m-%d %H:%M:%S} {here.tzname() or ''}".rstrip()
    except (OSError, OverflowError, ValueError):
        return ""


def lasting(since: str, until: str) -> str:
    """How long it is between two instants, in its two largest units; "" where that says nothing."""
    first, last = _moment(since), _moment(until)
    if first is None or last is None or last < first:
        return ""
    seconds = int((last - first).total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days:,} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"


def _moment(instant: str) -> datetime | None:
    try:
        return timestamps.to_datetime(instant)
    except ValueError:
        return None
