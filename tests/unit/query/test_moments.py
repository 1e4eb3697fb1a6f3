"""What people write for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custody.errors import UsageError
from custody.ledger.timestamps import from_datetime, is_instant
from custody.query.moments import (
    EnvironmentReference,
    Moment,
    parse_moment,
    parse_reference,
)
from custody.query.zones import find_zone

OSLO = ZoneInfo("Europe/Oslo")
NOW = datetime(2026, 11, 24, 9, 15, 30, 123456, UTC)  # a Tuesday, 10:15 in Oslo


def read(text: str, now: datetime = NOW, zone: ZoneInfo = OSLO) -> Moment:
    return parse_moment(text, now=now, tz=zone)


def refused(text: str, now: datetime = NOW, zone: ZoneInfo = OSLO) -> str:
    with pytest.raises(UsageError) as caught:
        read(text, now, zone)
    message = str(caught.value)
    assert "\n" not in message
    return message


def oslo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OSLO)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        # dates and times as written
        ("2026-11-19", "2026-11-18T23:00:00.000Z"),
        ("2026-07-01", "2026-06-30T22:00:00.000Z"),
        ("2026-11-19T02:30", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19t02:30", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19 02:30:15", "2026-11-19T01:30:15.000Z"),
        ("2026-11-19 2:30", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19 at 02:30", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19 2:30 p.m.", "2026-11-19T13:30:00.000Z"),
        ("2026-11-19T02:30:15.123", "2026-11-19T01:30:15.123Z"),
        ("2026-11-19T02:30:15,5", "2026-11-19T01:30:15.500Z"),
        ("2026-11-19T02:30:15.123999", "2026-11-19T01:30:15.123Z"),
        ("2026-11-19T02:30Z", "2026-11-19T02:30:00.000Z"),
        ("2026-11-19T02:30 UTC", "2026-11-19T02:30:00.000Z"),
        ("2026-11-19T02:30+01:00", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19T02:30+0100", "2026-11-19T01:30:00.000Z"),
        ("2026-11-19T02:30-05", "2026-11-19T07:30:00.000Z"),
        ("2026-11-19 02:30 -03:30", "2026-11-19T06:00:00.000Z"),
        ("2024-02-29", "2024-02-28T23:00:00.000Z"),
        # days near now
        ("now", "2026-11-24T09:15:30.123Z"),
        ("  NOW ", "2026-11-24T09:15:30.123Z"),
        ("today", "2026-11-23T23:00:00.000Z"),
        ("today 02:30", "2026-11-24T01:30:00.000Z"),
        ("yesterday", "2026-11-22T23:00:00.000Z"),
        ("yesterday 14:00", "2026-11-23T13:00:00.000Z"),
        ("Yesterday at 2pm", "2026-11-23T13:00:00.000Z"),
        ("yesterday 2:30am", "2026-11-23T01:30:00.000Z"),
        ("yesterday 12am", "2026-11-22T23:00:00.000Z"),
        ("yesterday 12:30am", "2026-11-22T23:30:00.000Z"),
        ("yesterday 12pm", "2026-11-23T11:00:00.000Z"),
        ("yesterday noon", "2026-11-23T11:00:00.000Z"),
        ("yesterday midnight", "2026-11-22T23:00:00.000Z"),
        ("yesterday.14:00", "2026-11-23T13:00:00.000Z"),
        # weekdays; today is a Tuesday, 10:15
        ("last thursday 02:30", "2026-11-19T01:30:00.000Z"),
        ("LAST  Thursday\t02:30", "2026-11-19T01:30:00.000Z"),
        ("last.thursday.02:30", "2026-11-19T01:30:00.000Z"),
        ("last thu 02:30", "2026-11-19T01:30:00.000Z"),
        ("last monday 02:30", "2026-11-23T01:30:00.000Z"),
        ("last tuesday 02:30", "2026-11-17T01:30:00.000Z"),
        ("last tuesday", "2026-11-16T23:00:00.000Z"),
        ("last wednesday 23:59", "2026-11-18T22:59:00.000Z"),
        ("thursday 02:30", "2026-11-19T01:30:00.000Z"),
        ("tuesday 02:30", "2026-11-24T01:30:00.000Z"),
        ("tuesday 10:15:30", "2026-11-24T09:15:30.000Z"),
        ("tuesday 10:15:31", "2026-11-17T09:15:31.000Z"),
        ("tuesday", "2026-11-23T23:00:00.000Z"),
        ("monday", "2026-11-22T23:00:00.000Z"),
        # counted back
        ("2 hours ago", "2026-11-24T07:15:30.123Z"),
        ("2.hours.ago", "2026-11-24T07:15:30.123Z"),
        ("an hour ago", "2026-11-24T08:15:30.123Z"),
        ("90 minutes ago", "2026-11-24T07:45:30.123Z"),
        ("90 mins ago", "2026-11-24T07:45:30.123Z"),
        ("30 seconds ago", "2026-11-24T09:15:00.123Z"),
        ("0 hours ago", "2026-11-24T09:15:30.123Z"),
        ("3 days ago", "2026-11-21T09:15:30.123Z"),
        ("3 days ago 09:00", "2026-11-21T08:00:00.000Z"),
        ("3.days.ago.09:00", "2026-11-21T08:00:00.000Z"),
        ("one week ago", "2026-11-17T09:15:30.123Z"),
        ("1 month ago", "2026-10-24T08:15:30.123Z"),  # summer time: 10:15 there and then
        ("11 months ago", "2025-12-24T09:15:30.123Z"),
        ("2 years ago noon", "2024-11-24T11:00:00.000Z"),
        # ahead
        ("tomorrow noon", "2026-11-25T11:00:00.000Z"),
    ],
)
def test_phrases(text: str, utc: str) -> None:
    assert read(text).utc == utc


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("2026-11-19", "as written: the beginning of 2026-11-19 in Europe/Oslo"),
        (
            "today midnight",
            "today: 2026-11-24 00:00 in Europe/Oslo, midnight being the beginning of that day",
        ),
        (
            "thursday 02:30",
            "the latest Thursday at that time, not after now: 2026-11-19 02:30 in Europe/Oslo",
        ),
        ("last tuesday 02:30", "the latest Tuesday before today: 2026-11-17 02:30 in Europe/Oslo"),
        ("2026-11-19T02:30:00.1239Z", "as written, with its offset from UTC, cut to the millisecond"),
        ("2026-11-19T02:30:00.120000Z", "as written, with its offset from UTC"),
        ("3 days ago", "3 days back in the calendar, at the same time of day in Europe/Oslo"),
        ("1 day ago 09:00", "1 day back in the calendar: 2026-11-23 09:00 in Europe/Oslo"),
        ("2 hours ago", "counted back from now"),
        ("now", "now"),
        ("today 10:16", "today: 2026-11-24 10:16 in Europe/Oslo; this is in the future"),
        ("2027-01-01T00:00Z", "as written, with its offset from UTC; this is in the future"),
    ],
)
def test_it_says_how_it_understood(text: str, how: str) -> None:
    assert read(text).how == how


@pytest.mark.parametrize(
    ("text", "zone", "local"),
    [
        ("2026-11-19T02:30", "Europe/Oslo", "2026-11-19 02:30:00 CET (+01:00)"),
        ("2026-07-01T02:30:01.5", "Europe/Oslo", "2026-07-01 02:30:01.500 CEST (+02:00)"),
        ("2026-11-19T02:30", "UTC", "2026-11-19 02:30:00 UTC (+00:00)"),
        ("2026-11-19T02:30", "America/New_York", "2026-11-19 02:30:00 EST (-05:00)"),
        ("2026-11-19T02:30", "America/Sao_Paulo", "2026-11-19 02:30:00 (-03:00)"),
        ("2026-11-19T02:30Z", "Asia/Kathmandu", "2026-11-19 08:15:00 (+05:45)"),
    ],
)
def test_local_time_with_its_zone(text: str, zone: str, local: str) -> None:
    assert read(text, zone=ZoneInfo(zone)).local == local


# --- daylight saving


def test_a_time_that_the_clock_skipped_is_named() -> None:
    message = refused("2026-03-29 02:30")
    assert "no clock in Europe/Oslo showed 2026-03-29 02:30" in message
    assert "from 2026-03-29 02:00 to 2026-03-29 03:00" in message
    assert read("2026-03-29 01:59").utc == "2026-03-29T00:59:00.000Z"
    assert read("2026-03-29 03:00").utc == "2026-03-29T01:00:00.000Z"
    assert "no clock" in refused("2026-03-29 02:00")


def test_a_time_that_the_clock_showed_twice_is_named_with_both() -> None:
    message = refused("2026-10-25 02:30")
    assert "2026-10-25T00:30:00.000Z (write 2026-10-25T02:30:00+02:00)" in message
    assert "2026-10-25T01:30:00.000Z (write 2026-10-25T02:30:00+01:00)" in message
    assert read("2026-10-25T02:30:00+02:00").utc == "2026-10-25T00:30:00.000Z"
    assert read("2026-10-25T02:30:00+01:00").utc == "2026-10-25T01:30:00.000Z"
    assert read("2026-10-25 01:59:59.999").utc == "2026-10-24T23:59:59.999Z"
    assert read("2026-10-25 03:00").utc == "2026-10-25T02:00:00.000Z"


def test_elapsed_hours_and_calendar_days_over_a_change() -> None:
    now = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)  # 12:00, the clock having gone forward in the night
    assert read("24 hours ago", now).utc == "2026-03-28T10:00:00.000Z"
    assert read("1 day ago", now).utc == "2026-03-28T11:00:00.000Z"
    assert "no clock" in refused("1 week ago", oslo("2026-04-05T02:30"))
    assert "twice" in refused("1 week ago", oslo("2026-11-01T02:30"))
    assert "no clock" in refused("last sunday 02:30", oslo("2026-03-30T10:00"))


def test_a_weekday_whose_time_was_skipped_or_repeated_today() -> None:
    before = oslo("2026-03-29T01:00")
    assert read("sunday 02:30", before).utc == "2026-03-22T01:30:00.000Z"  # today's is still to be skipped
    assert "no clock" in refused("sunday 02:30", oslo("2026-03-29T12:00"))
    assert read("sunday 02:30", oslo("2026-10-25T01:00")).utc == "2026-10-18T00:30:00.000Z"
    assert "twice" in refused("sunday 02:30", oslo("2026-10-25T12:00"))
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 02:15 for the second time: 02:30 was seen once
    assert "twice" in refused("sunday 02:30", second)


def test_what_is_ahead_is_told_by_time_and_not_by_the_clocks_face() -> None:
    first = datetime(2026, 10, 25, 0, 45, tzinfo=UTC).astimezone(OSLO)  # 02:45 for the first time
    assert read("2026-10-25T02:30+01:00", first).how.endswith("in the future")
    second = datetime(2026, 10, 25, 1, 15, tzinfo=UTC).astimezone(OSLO)  # 02:15 for the second time
    assert "future" not in read("2026-10-25T02:30+02:00", second).how
    assert read("now", second).utc == "2026-10-25T01:15:00.000Z"
    assert read("1 hour ago", second).utc == "2026-10-25T00:15:00.000Z"


def test_where_midnight_is_skipped_the_day_begins_later() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    assert read("2018-11-04", zone=zone).utc == "2018-11-04T03:00:00.000Z"
    assert read("2018-11-04", zone=zone).local.startswith("2018-11-04 01:00:00")
    assert "no clock" in refused("2018-11-04 midnight", zone=zone)


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    zone = ZoneInfo("America/Havana")
    assert read("2026-11-01", zone=zone).utc == "2026-11-01T04:00:00.000Z"
    assert "twice" in refused("2026-11-01 00:00", zone=zone)


def test_a_day_that_was_left_out() -> None:
    zone = ZoneInfo("Pacific/Apia")  # went over the date line
    assert "there was no 2011-12-30 in Pacific/Apia" in refused("2011-12-30", zone=zone)
    assert "from 2011-12-30 00:00 to 2011-12-31 00:00" in refused("2011-12-30 12:00", zone=zone)


def test_a_change_of_half_an_hour() -> None:
    message = refused("2026-04-05 01:45", zone=ZoneInfo("Australia/Lord_Howe"))
    assert "+11:00" in message
    assert "+10:30" in message


# --- what is not guessed


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("03/04/2026", "could be 2026-03-04 or 2026-04-03"),
        ("3-4-2026", "could be 2026-03-04 or 2026-04-03"),
        ("03.04.2026 02:30", "could be 2026-03-04 or 2026-04-03"),
        ("19/11/2026", "is 2026-11-19"),
        ("11/19/2026", "is 2026-11-19"),
        ("03/03/2026", "is 2026-03-03"),
        ("02:30", 'write "today 02:30" or "yesterday 02:30"'),
        ("2 p.m.", 'write "today 2 p.m." or "yesterday 2 p.m."'),
        ("noon", "of which day?"),
        ("yesterday 2", 'write 02:00, "2am" or "2pm"'),
        ("2026-02-30", "there is no day 2026-02-30"),
        ("2025-02-29", "there is no day"),
        ("0000-01-01", "there is no day"),
        ("2026-13-01T00:00Z", "there is no day"),
        ("today 24:00", "there is no time 24:00"),
        ("today 23:60", "there is no time"),
        ("today 23:59:60", "there is no time"),
        ("today 13pm", "there is no 13pm"),
        ("today 0am", "there is no 0am"),
        ("2026-11-19T02:30+25:00", "there is no offset +25:00"),
        ("2026-11-19T02:30+01:75", "there is no offset +01:75"),
        ("2 hours ago 09:00", "contradict each other"),
        ("9 months ago", "2026-02 has no day 30"),
        ("9999 years ago", "outside of the years 1 to 9999"),
        ("999999999 weeks ago", "outside of the years"),
        ("999999999 hours ago", "outside of the years"),
        ("0001-01-01T00:00+01:00", "outside of the years"),
        ("0001-01-01", "outside of the years"),
        ("9999-12-31T23:59-05:00", "outside of the years"),
        ("x" * 101, "a moment of 101 characters"),
    ],
)
def test_what_has_no_or_two_meanings(text: str, reason: str) -> None:
    assert reason in refused(text, NOW + timedelta(days=6))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            "fish",
            "2026",
            "2026-11",
            "20261119",
            "2026-W47-4",
            "2026-W47",
            "2026-323",
            "2026-11-19Z",
        ),
        *("2026-11-19T", "2026-11-19T0230", "T02:30", "26-11-19", "31/31/2026", "next thursday"),
        *(
            "thursday last",
            "last",
            "ago",
            "hours ago",
            "-2 hours ago",
            "1.5 hours ago",
            "in 2 hours",
        ),
        *("today today", "today +01:00", "last thursday 02:30Z", "1e3 hours ago", "2026-11-19T02:30 CET"),
        *("\u0662 hours ago", "２ hours ago", "2026-11-1９", "noon\0", "\x1b[2J", "now\u202e", "@1795512330"),
    ],
)
def test_what_is_not_understood_gets_three_examples(text: str) -> None:
    message = refused(text)
    assert '"2026-11-19T02:30", "last thursday 02:30", "2 hours ago"' in message


def test_the_examples_are_understood() -> None:
    for text in ("2026-11-19T02:30", "last thursday 02:30", "2 hours ago"):
        assert read(text).utc


# --- properties

ZONES = ["Europe/Oslo", "UTC", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia"]
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
nows = st.datetimes(timezones=st.just(UTC))
words = st.lists(
    st.sampled_from(
        "now today yesterday last thursday sun 2 1 an hours day weeks month year ago at 02:30 25:61 2:30am 12 pm noon "
        "midnight 2026-03-29 2026-10-25T02:30 0001-01-01 9999-12-31 Z +02:00 +99 03/04/2026 . T :".split()
    ),
    max_size=5,
)
phrases = st.one_of(st.text(max_size=40), words.map(" ".join), words.map("".join), words.map(".".join))


@settings(max_examples=1000)
@given(phrases, nows, zones)
def test_nothing_but_a_usage_error_comes_out(text: str, now: datetime, zone: ZoneInfo) -> None:
    try:
        moment = read(text, now, zone)
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017 - that none is raised is as good
        return
    assert is_instant(moment.utc)
    assert ("in the future" in moment.how) == (
        moment.utc > from_datetime(now)
    ) or moment.utc == from_datetime(now)


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60), zones)
def test_any_time_with_an_offset_is_read_exactly(wall: datetime, minutes: int, zone: ZoneInfo) -> None:
    moment = wall.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    utc = read(moment.isoformat(), zone=zone).utc
    assert utc == from_datetime(moment)
    assert read(utc, zone=zone).utc == utc


@settings(max_examples=300)
@given(st.datetimes(datetime(1971, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC)), zones)
def test_what_a_local_clock_shows_is_read_back_or_refused(instant: datetime, zone: ZoneInfo) -> None:
    shown = instant.astimezone(zone).replace(tzinfo=None)
    try:
        utc = read(shown.isoformat(), zone=zone).utc
    except UsageError as error:
        assert f"{from_datetime(instant)[:-5]}" in str(error)  # noqa: PT017 - one of the two it names
        assert "twice" in str(error)  # noqa: PT017
    else:
        assert utc == from_datetime(instant)


def test_every_minute_of_the_two_nights() -> None:
    for day, gone, twice in (("2026-03-29", 60, 0), ("2026-10-25", 0, 60)):
        kinds = []
        for minute in range(24 * 60):
            try:
                read(f"{day} {minute // 60:02d}:{minute % 60:02d}")
            except UsageError as error:
                kinds.append("twice" if "twice" in str(error) else "gone")
        assert (kinds.count("gone"), kinds.count("twice")) == (gone, twice)


# --- zones and references


def test_zones() -> None:
    assert find_zone("Europe/Oslo").key == "Europe/Oslo"
    for name in (
        "",
        "Oslo",
        "Europe",
        "../etc/passwd",
        "/etc/localtime",
        "a\0b",
        "\ud800",
        "x" * 5000,
        "CET+1",
    ):
        with pytest.raises(UsageError, match="is no time zone; write one such as Europe/Oslo"):
            find_zone(name)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("prod", EnvironmentReference("prod")),
        ("prod#12", EnvironmentReference("prod", index=12)),
        ("prod~1", EnvironmentReference("prod", back=1)),
        ("prod~0", EnvironmentReference("prod", back=0)),
        ("prod@{2026-11-19T02:30}", EnvironmentReference("prod", moment_text="2026-11-19T02:30")),
        ("prod@{ 2.hours.ago }", EnvironmentReference("prod", moment_text="2.hours.ago")),
        ("eu/prod@a:1+x", EnvironmentReference("eu/prod@a:1+x")),
        ("prod@eu@{now}", EnvironmentReference("prod@eu", moment_text="now")),
    ],
)
def test_references(text: str, reference: EnvironmentReference) -> None:
    assert parse_reference(text) == reference


@pytest.mark.parametrize(
    "text",
    [
        *("", "#1", "~1", "@{now", "prod#", "prod~", "prod#0", "prod#-1", "prod#1.5", "prod#1~1", "prod~1#1"),
        *(
            "prod@{}",
            "prod@{ }",
            "prod@{\n}",
            "prod@{now}}",
            "prod@{now}x",
            "prod #1",
            "pröd",
            "prod\n",
            "x" * 201,
        ),
        *("prod#" + "9" * 5000, "prod#\u0661"),
    ],
)
def test_what_is_no_reference(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_reference(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.text(st.sampled_from("prod#~@{}01 ago\n"), max_size=20))
def test_a_reference_is_read_or_refused(text: str) -> None:
    try:
        found = parse_reference(text)
    except UsageError:
        return
    assert [found.index, found.back, found.moment_text].count(None) >= 2


@pytest.mark.parametrize(
    ("phrase", "instant"),
    [
        ("19 nov 2026 02:30", "2026-11-19T01:30:00.000Z"),
        ("Nov 19th, 2026, 2:30 pm", "2026-11-19T13:30:00.000Z"),
        ("Thu, 19 November 2026", "2026-11-18T23:00:00.000Z"),
        ("1st of may 2026 noon", "2026-05-01T10:00:00.000Z"),
        ("19 nov 2026 02:30+00:00", "2026-11-19T02:30:00.000Z"),
        ("sept 5 2026", "2026-09-04T22:00:00.000Z"),
        ("2h ago", "2026-11-24T07:15:30.123Z"),
        ("3d ago", "2026-11-21T09:15:30.123Z"),
    ],
)
def test_months_by_name_and_short_units(phrase: str, instant: str) -> None:
    assert read(phrase).utc == instant


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("5m ago", '"5 minutes ago" or "5 months ago"'),
        ("last week", '"1 week ago" or the beginning of the week before'),
        ("last month 3pm", '"1 month ago" or the beginning of the month before'),
        ("this morning", "no moment but a stretch of time"),
        ("fri 19 nov 2026", "2026-11-19 is a Thursday"),
        ("31 feb 2026", "February has no day 31"),
        ("19 nov", "of which year"),
        ("march 3rd 02:30", "of which year"),
        ("25 oct 2026 02:30", "twice"),
        ("29 mar 2026 02:30", "no clock in Europe/Oslo showed"),
        ("may 2026", "not understood"),
    ],
)
def test_what_could_mean_two_things_names_both(phrase: str, why: str) -> None:
    assert why in refused(phrase)
