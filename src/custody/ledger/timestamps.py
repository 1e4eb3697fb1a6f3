"""The one written form of an instant: UTC, milliseconds, `2026-11-19T02:30:11.123Z`.

Order of text is order of time, so instants are kept and compared as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

# Hours end at 23 here, because whether 24:00 is an instant is a matter of Python's version.
FORM = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
_FORM = re.compile(FORM)


def now() -> str:
    """This machine's clock."""
    return from_datetime(datetime.now(UTC))


def from_datetime(moment: datetime) -> str:
    """An aware datetime as text, cut to the millisecond. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("an instant needs its offset from UTC")
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='milliseconds')}Z"


def to_datetime(text: str) -> datetime:
    """The instant that a text of the one form names. Raises ValueError for any other text."""
    if not _FORM.fullmatch(text):
        raise ValueError(f"not an instant of the form 2026-11-19T02:30:11.123Z: {text!r}")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


def is_instant(text: str) -> bool:
    """Whether a text is of the one form and names an instant that exists."""
    try:
        to_datetime(text)
    except ValueError:
        return False
    return True
