"""What people write for a length of time: `1h`, `90 minutes`, `1h30m`, `2 days`. Nothing is guessed."""

from __future__ import annotations

import re
from datetime import timedelta

from custody.errors import UsageError
from custody.query.zones import quoted

MOST = timedelta(days=100 * 366)

_UNITS = {
    "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hr": 3600, "hour": 3600,
    "d": 86400, "day": 86400, "w": 604800, "week": 604800,
}  # fmt: skip
_PART = re.compile(r"(?P<count>[0-9]{1,9}) ?(?P<unit>[a-z]+?)s?(?: |$|(?=[0-9]))")


def parse_duration(text: str) -> timedelta:
    """A length of time that is longer than none. Raises UsageError.

    Months and years are refused: no two of them need be of one length.
    """
    words = " ".join(text.lower().replace(",", " ").split())
    seconds = at = 0
    while at < len(words):
        found = _PART.match(words, at)
        unit = found["unit"] if found else ""
        if unit in ("month", "year", "y"):
            raise UsageError(
                f'"{quoted(text)}": a {unit} has no one length; write it in days', code="duration"
            )
        if found is None or (unit or "s") not in _UNITS:
            raise UsageError(
                f'"{quoted(text)}" is no length of time; write one such as 1h, "90 minutes" or "2 days"',
                code="duration",
            )
        seconds += int(found["count"]) * _UNITS[unit or "s"]
        at = found.end()
    if not 0 < seconds <= MOST.total_seconds():
        raise UsageError(
            f'"{quoted(text)}": a length of time is longer than none and not longer than a century',
            code="duration",
        )
    return timedelta(seconds=seconds)


def shown_duration(seconds: float) -> str:
    """A length of time in its two largest units: `2 d 3 h`, `45 s`."""
    left = int(abs(seconds))
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count or (parts and len(parts) < 2):
            parts.append(f"{count} {unit}" if count else "")
        if len(parts) == 2:
            break
    return ("-" if seconds < 0 else "") + (" ".join(filter(None, parts)) or "0 s")
