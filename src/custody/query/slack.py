"""How far apart two times may be and still count as the same: for rollouts, and pipelines that say so late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from custody.ledger import timestamps
from custody.query.clocks import END_OF_TIME

SLACK = timedelta(hours=1)


def later(instant: str) -> str:
    """As late as it may be."""
    return moved(instant, SLACK)


def earlier(instant: str) -> str:
    """As early as it may be."""
    return moved(instant, -SLACK)


def moved(instant: str, by: timedelta) -> str:
    """An instant moved, as far as the calendar goes."""
    if instant == END_OF_TIME:
        return instant
    try:
        return timestamps.from_datetime(timestamps.to_datetime(instant) + by)
    except OverflowError:
        end = datetime.max if by > timedelta(0) else datetime.min
        return timestamps.from_datetime(end.replace(tzinfo=UTC))
