"""What people write for a moment, and which instant that is. Nothing is guessed.

A phrase that could mean two instants is refused with both of them named; so is a time that a clock skipped or
showed twice, where daylight saving begins or ends. Every answer says in words how it was understood. The forms
are listed in `docs/moments.md`. No I/O but the time zone database's own files; `now` comes from the caller.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from custody.errors import UsageError
from custody.ledger.timestamps import from_datetime
from custody.query.zones import gap_around, instants_of, offset_of, quoted, shown, shown_local

MAX_LENGTH = 100
"""Characters of a phrase."""

EXAMPLES = '"2026-11-19T02:30", "last thursday 02:30", "2 hours ago"'


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant. `utc` is `2026-11-19T01:30:00.000Z`; `local` is the same in the zone asked for, with its
    abbreviation and offset, `2026-11-19 02:30:00 CET (+01:00)`; `phrase` is what was asked, and `how` says in
    words how it was understood."""

    utc: str
    local: str
    phrase: str
    how: str


@dataclass(frozen=True, slots=True)
class EnvironmentReference:
    """A point in an environment's life: its `index`-th state (from 1), `back` states before the latest, at the
    moment `moment_text` says, or, with none of them, its latest state."""

    environment: str
    index: int | None = None
    back: int | None = None
    moment_text: str | None = None

    def __str__(self) -> str:
        """As `parse_reference` reads it."""
        if self.index is not None:
            return f"{self.environment}#{self.index}"
        if self.back is not None:
            return f"{self.environment}~{self.back}"
        return self.environment if self.moment_text is None else f"{self.environment}@{{{self.moment_text}}}"


_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9._/@:+-]{1,200})(?:#(?P<index>[0-9]{1,9})|~(?P<back>[0-9]{1,9})|@\{(?P<moment>[^{}]*)\})?"
)


def parse_reference(text: str) -> EnvironmentReference:
    """`prod`, `prod#12`, `prod~1` or `prod@{2.hours.ago}`; the moment itself is for `parse_moment`.

    Raises UsageError.
    """
    found = _REFERENCE.fullmatch(text)
    if not found:
        raise UsageError(
            f'"{quoted(text)}" names no environment; write prod, prod#12, prod~1 or prod@{{2 hours ago}}'
        )
    index, back, moment = found["index"], found["back"], found["moment"]
    if index is not None and int(index) == 0:
        raise UsageError(f'"{quoted(text)}": states count from 1; the first is {found["name"]}#1')
    if moment is not None and not moment.strip():
        raise UsageError(
            f'"{quoted(text)}": the braces are empty; write a moment, such as {found["name"]}@{{2 hours ago}}'
        )
    return EnvironmentReference(
        found["name"],
        int(index) if index else None,
        int(back) if back else None,
        moment.strip() if moment else None,
    )


def parse_moment(text: str, *, now: datetime, tz: ZoneInfo) -> Moment:
    """The instant a phrase means to somebody in `tz` at `now` (an aware datetime).

    Raises UsageError for a phrase that is not understood, has two meanings, or names a time that no clock in
    `tz` showed, or showed twice.
    """
    phrase = " ".join(text.split())
    if len(phrase) > MAX_LENGTH:
        raise UsageError(f"a moment of {len(phrase)} characters; write one such as {EXAMPLES}")
    words = re.sub(r"(?<![0-9])\.|\.(?![0-9])", " ", phrase.lower()).split()
    try:
        moment, how = _Reading(now.astimezone(tz), tz, phrase).read(" ".join(words))
        utc = from_datetime(moment)
        local = shown_local(moment.astimezone(tz))
    except OverflowError:
        raise UsageError(f'"{phrase}" is outside of the years 1 to 9999') from None
    if moment > now:
        how += "; this is in the future"
    return Moment(utc, local, phrase, how)


# --- the forms

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECONDS = {"second": 1, "sec": 1, "minute": 60, "min": 60, "hour": 3600, "hr": 3600}
_DAYS_OF = {"day": 1, "week": 7}
_MONTHS_OF = {"month": 1, "year": 12}

_TIME = (
    r"(?:at )?(?P<time>noon|midnight|[0-9]{1,2}(?::[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?)?(?: ?[ap] ?m)?)"
)
_OFFSET = r"(?P<offset>z|utc|[+-][0-9]{2}(?::?[0-9]{2})?)"
_ISO_DATE = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
_WEEKDAY = rf"(?P<weekday>{'|'.join(f'{day}|{day[:3]}' for day in _DAYS)})"
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
           "december")  # fmt: skip
_MONTH = rf"(?P<month>{'|'.join(f'{month}|{month[:3]}' for month in _MONTHS)}|sept)"
_DAY_OF = r"(?P<dayth>[0-9]{1,2})(?:st|nd|rd|th)?"
_AGO = rf"(?P<count>[0-9]{{1,9}}|an?|one) ?(?P<unit>{'|'.join((*_SECONDS, *_DAYS_OF, *_MONTHS_OF))})s? ago"

_DATE = re.compile(rf"{_ISO_DATE}(?:(?:t| ){_TIME} ?{_OFFSET}?)?")
_NAMED = [
    re.compile(rf"(?:{_WEEKDAY},? )?{day},? (?P<year>[0-9]{{4}})(?:,? {_TIME} ?{_OFFSET}?)?")
    for day in (rf"{_DAY_OF} (?:of )?{_MONTH}", rf"{_MONTH} {_DAY_OF}")
]
_NO_YEAR = re.compile(rf"(?!.*[0-9]{{4}})(?:.* )?(?:{_DAY_OF} (?:of )?)?{_MONTH}(?:,? .*)?")
_SHORT_AGO = re.compile(r"(?P<count>[0-9]{1,9}) ?(?P<unit>[smhdwy]) ago")
_SHORT_UNITS = {"s": "second", "h": "hour", "d": "day", "w": "week", "y": "year"}
_VAGUE = re.compile(
    r"(?P<which>last|this|next) (?P<what>week|month|year|morning|afternoon|evening|night)(?: .*)?"
)
_UNITS_OF_VAGUE = ("week", "month", "year")
_RELATIVE = re.compile(rf"(?P<day>today|yesterday|tomorrow)(?: {_TIME})?")
_LAST = re.compile(rf"(?:(?P<last>last) )?{_WEEKDAY}(?: {_TIME})?")
_BACK = re.compile(rf"{_AGO}(?: {_TIME})?")
_ONLY_TIME = re.compile(_TIME)
_SLASHES = re.compile(r"(?P<a>[0-9]{1,2})[-/.](?P<b>[0-9]{1,2})[-/.](?P<year>[0-9]{4})(?: .*)?")

_CLOCK = re.compile(
    r"(?P<h>[0-9]{1,2})(?::(?P<m>[0-9]{2})(?::(?P<s>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?)?(?P<half> ?[ap] ?m)?"
)


class _Clock(NamedTuple):
    """A time of day, and what there is to say about it."""

    time: time
    note: str = ""


class _Reading:
    """One phrase, read by somebody whose clock shows `here`."""

    def __init__(self, here: datetime, tz: ZoneInfo, phrase: str) -> None:
        # Two datetimes of one zone are compared by their clocks' faces, of UTC by time.
        self._now = here.astimezone(UTC)
        self._here, self._tz, self._phrase = here, tz, phrase
        self._zone = tz.key or "local time"

    def read(self, words: str) -> tuple[datetime, str]:
        if words == "now":
            return self._now, "now"
        if found := _DATE.fullmatch(words):
            return self._date(found)
        if found := _RELATIVE.fullmatch(words):
            days = {"yesterday": -1, "today": 0, "tomorrow": 1}[found["day"]]
            return self._on(self._here.date() + timedelta(days), found["time"], found["day"])
        if found := _LAST.fullmatch(words):
            return self._weekday(found)
        if found := _BACK.fullmatch(words):
            return self._ago(found)
        if found := _SHORT_AGO.fullmatch(words):
            return self._short_ago(found)
        for form in _NAMED:
            if found := form.fullmatch(words):
                return self._named(found)
        raise self._not_understood(words)

    def _date(self, found: re.Match[str]) -> tuple[datetime, str]:
        try:
            day = date.fromisoformat(found["date"])
        except ValueError:
            raise self._error(f"there is no day {found['date']}") from None
        return self._at(day, found)

    def _at(self, day: date, found: re.Match[str]) -> tuple[datetime, str]:
        if not found["offset"]:
            return self._on(day, found["time"], "as written")
        clock = self._clock(found["time"])
        moment = datetime.combine(day, clock.time, self._offset(found["offset"]))
        return moment, f"as written, with its offset from UTC{clock.note}"

    def _named(self, found: re.Match[str]) -> tuple[datetime, str]:
        month = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(found["month"][:3]))
        try:
            day = date(int(found["year"]), month, int(found["dayth"]))
        except ValueError:
            raise self._error(f"{_MONTHS[month - 1].capitalize()} has no day {found['dayth']}") from None
        if found["weekday"] and not _DAYS[day.weekday()].startswith(found["weekday"]):
            raise self._error(f"{day} is a {_DAYS[day.weekday()].capitalize()}; write the day that is meant")
        return self._at(day, found)

    def _short_ago(self, found: re.Match[str]) -> tuple[datetime, str]:
        count, unit = found["count"], found["unit"]
        if unit == "m":
            raise self._error(f'could be "{count} minutes ago" or "{count} months ago"; write it that way')
        long = _BACK.fullmatch(f"{count} {_SHORT_UNITS[unit]} ago")
        assert long is not None
        return self._ago(long)

    def _weekday(self, found: re.Match[str]) -> tuple[datetime, str]:
        wanted = next(number for number, day in enumerate(_DAYS) if day.startswith(found["weekday"]))
        today, name = self._here.date(), _DAYS[wanted].capitalize()
        since = (today.weekday() - wanted) % 7
        if found["last"]:
            return self._on(today - timedelta(since or 7), found["time"], f"the latest {name} before today")
        if since == 0 and found["time"] and not self._has_been(today, self._clock(found["time"]).time):
            since = 7
        how = (
            f"the latest {name} at that time, not after now"
            if found["time"]
            else f"the latest {name}, today counts"
        )
        return self._on(today - timedelta(since), found["time"], how)

    def _has_been(self, day: date, clock: time) -> bool:
        """Whether a clock has shown this already, once at least, or has skipped it already."""
        instants = instants_of(datetime.combine(day, clock), self._tz)
        if not instants:
            return clock <= self._here.time()
        return instants[0] <= self._now

    def _ago(self, found: re.Match[str]) -> tuple[datetime, str]:
        count = int(found["count"]) if found["count"].isdigit() else 1
        unit = found["unit"]
        if unit in _SECONDS:
            if found["time"]:
                raise self._error(f"{unit}s ago and a time of day contradict each other; leave one out")
            elapsed = timedelta(seconds=count * _SECONDS[unit])
            return self._now - elapsed, "counted back from now"
        today = self._here.date()
        if unit in _DAYS_OF:
            day = today - timedelta(count * _DAYS_OF[unit])
        else:
            day = self._months_before(today, count * _MONTHS_OF[unit])
        how = f"{count} {unit}{'' if count == 1 else 's'} back in the calendar"
        if found["time"]:
            return self._on(day, found["time"], how)
        return self._resolve(
            datetime.combine(day, self._here.time())
        ), f"{how}, at the same time of day in {self._zone}"

    def _months_before(self, day: date, count: int) -> date:
        months = day.year * 12 + day.month - 1 - count
        if months < 12:
            raise OverflowError
        year, month = divmod(months, 12)
        try:
            return day.replace(year=year, month=month + 1)
        except ValueError:
            raise self._error(f"{year:04d}-{month + 1:02d} has no day {day.day}; write the date") from None

    def _on(self, day: date, clock_text: str | None, how: str) -> tuple[datetime, str]:
        if clock_text is None:
            return self._start(day), f"{how}: the beginning of {day} in {self._zone}"
        clock = self._clock(clock_text)
        moment = self._resolve(datetime.combine(day, clock.time))
        return moment, f"{how}: {day} {shown(clock.time)} in {self._zone}{clock.note}"

    # --- time of day

    def _clock(self, text: str) -> _Clock:
        if text == "noon":
            return _Clock(time(12))
        if text == "midnight":
            return _Clock(time(0), ", midnight being the beginning of that day")
        found = _CLOCK.fullmatch(text)
        assert found is not None
        hour, half = int(found["h"]), (found["half"] or "").strip()[:1]
        if not half and not found["m"]:
            raise self._error(
                f'{text} could be a time in two ways; write {hour:02d}:00, "{text}am" or "{text}pm"'
            )
        if half and not 1 <= hour <= 12:
            raise self._error(f"there is no {text}; write 1am to 12pm, or a time from 00:00 to 23:59")
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        fraction = found["f"] or ""
        try:
            clock = time(
                hour, int(found["m"] or 0), int(found["s"] or 0), int(fraction[:3].ljust(3, "0")) * 1000
            )
        except ValueError:
            raise self._error(f"there is no time {text}; write one from 00:00 to 23:59:59") from None
        return _Clock(clock, ", cut to the millisecond" if fraction[3:].strip("0") else "")

    def _offset(self, text: str) -> timezone:
        if text in ("z", "utc"):
            return UTC
        hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
        if hours > 23 or minutes > 59:
            raise self._error(f"there is no offset {text}; write one such as +01:00, or Z")
        return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))

    # --- the zone's clock

    def _resolve(self, wall: datetime) -> datetime:
        """The one instant at which clocks in the zone showed this."""
        instants = instants_of(wall, self._tz)
        if len(instants) == 1:
            return instants[0]
        if not instants:
            before, after = gap_around(wall, self._tz)
            raise self._error(
                f"no clock in {self._zone} showed {shown(wall)}: it went from {shown(before)} to {shown(after)}; "
                "write a time before or after"
            )
        ways = " or ".join(
            f"{from_datetime(instant)} (write {wall.isoformat()}{offset_of(instant.astimezone(self._tz))})"
            for instant in instants
        )
        raise self._error(f"clocks in {self._zone} showed {shown(wall)} twice: {ways}")

    def _start(self, day: date) -> datetime:
        """The first instant of a day, which is not 00:00 where the clock skips that."""
        wall = datetime.combine(day, time(0))
        instants = instants_of(wall, self._tz)
        if instants:
            return instants[0]
        _, after = gap_around(wall, self._tz)
        if after.date() != day:
            raise self._error(f"there was no {day} in {self._zone}")
        return instants_of(after, self._tz)[0]

    # --- what cannot be answered

    def _error(self, reason: str) -> UsageError:
        return UsageError(f'"{quoted(self._phrase)}": {reason}')

    def _not_understood(self, words: str) -> UsageError:
        if _ONLY_TIME.fullmatch(words):
            return self._error(f'of which day? write "today {self._phrase}" or "yesterday {self._phrase}"')
        if (found := _SLASHES.fullmatch(words)) and (days := _readings(found)):
            meant = " or ".join(str(day) for day in days)
            return self._error(f"{'could be' if len(days) > 1 else 'is'} {meant}; write it that way")
        if found := _VAGUE.fullmatch(words):
            which, what = found["which"], found["what"]
            if which == "last" and what in _UNITS_OF_VAGUE:
                reading = f'"1 {what} ago" or the beginning of the {what} before this one'
                return self._error(f"could be {reading}; write the date, or the former")
            return self._error(f"{which} {what} is no moment but a stretch of time; write a date and a time")
        if _NO_YEAR.fullmatch(words):
            return self._error(
                f"of which year? write it with {self._here.year}, or as a date such as 2026-11-19"
            )
        return self._error(f"not understood as a moment; write one such as {EXAMPLES}")


def _readings(found: re.Match[str]) -> list[date]:
    """The days that day/month and month/day make of 03/04/2026."""
    days = set()
    for month, day in ((found["b"], found["a"]), (found["a"], found["b"])):
        try:
            days.add(date(int(found["year"]), int(month), int(day)))
        except ValueError:
            continue
    return sorted(days)
