"""Instants for people: UTC, and local time beside it."""

from __future__ import annotations

import pytest

from custody.cli.times import Clock
from custody.errors import UsageError

NIGHT = "2026-11-19T02:30:11.123Z"


def test_where_it_is_utc_it_is_said_once() -> None:
    clock = Clock("UTC")
    assert [column.heading for column in clock.columns("when")] == ["when (UTC)"]
    assert clock.cells(NIGHT) == ["2026-11-19 02:30:11"]
    assert clock.text(NIGHT) == "2026-11-19 02:30:11 UTC"


def test_elsewhere_local_time_stands_beside_it_with_its_offset() -> None:
    clock = Clock("Europe/Oslo")
    assert [column.heading for column in clock.columns("when")] == ["when (UTC)", "in Europe/Oslo"]
    assert clock.cells(NIGHT) == ["2026-11-19 02:30:11", "2026-11-19 03:30:11+01:00"]
    assert clock.cells("2026-07-01T23:00:00.000Z")[1] == "2026-07-02 01:00:00+02:00"
    assert clock.text(NIGHT) == "2026-11-19 02:30:11 UTC (2026-11-19 03:30:11+01:00)"


@pytest.mark.parametrize("instant", ["", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_an_instant_at_the_edge_of_the_calendar_is_no_trouble(instant: str, zone: str) -> None:
    assert len(Clock(zone).cells(instant)) == 2


def test_the_variable_counts_where_the_flag_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert Clock(None).zone.key == "Asia/Tokyo"
    assert Clock("Europe/Oslo").zone.key == "Europe/Oslo"
    monkeypatch.setenv("TZ", ":Asia/Tokyo")
    assert Clock(None).zone.key == "Asia/Tokyo"


def test_a_rule_in_the_variable_is_no_zone_and_no_moment_is_guessed_by_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    clock = Clock(None)
    assert clock.cells(NIGHT) == ["2026-11-19 02:30:11"]
    with pytest.raises(UsageError, match="--tz"):
        clock.moment("02:30")


def test_a_flag_that_is_no_zone_is_an_error() -> None:
    with pytest.raises(UsageError, match="Nowhere"):
        Clock("Nowhere")
