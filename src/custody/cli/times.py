"""Instants for people: in UTC, and beside it in their own time zone where that is another."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from custody.cli import console
from custody.cli.console import Column
from custody.errors import UsageError
from custody.ledger import timestamps
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.moments import Moment

_UTC = frozenset({"UTC", "UCT", "Etc/UTC", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"})


class Clock:
    """The clock on somebody's wall: --tz, else the variable TZ, else this machine's zone, else UTC."""

    def __init__(self, given: str | None) -> None:
        from custody.query.zones import find_zone

        variable = os.environ.get("TZ", "").removeprefix(":")
        self._doubt = ""
        try:
            self.zone = find_zone(given or variable or _machine_zone())
        except UsageError:
            if given:
                raise
            # A POSIX rule such as CET-1CEST. To show instants UTC will do; to understand a moment nothing is guessed.
            named = safe_text(variable, 60)
            self._doubt = f"TZ is {named}, which is no zone's name: say which with --tz, such as Europe/Oslo"
            self.zone = find_zone("UTC")
        self._is_utc = self.zone.key in _UTC

    def moment(self, text: str) -> Moment:
        """What a person means by "last thursday 02:30". Raises UsageError."""
        from custody.query.moments import parse_moment

        if self._doubt:
            raise UsageError(self._doubt, code="zone")
        return parse_moment(text, now=datetime.now(UTC), tz=self.zone)

    def columns(self, heading: str) -> list[Column]:
        """The columns of a table that `cells` fills."""
        columns = [Column(f"{heading} (UTC)")]
        return columns if self._is_utc else [*columns, Column(f"in {self.zone.key}", drop=1)]

    def cells(self, instant: str) -> list[str]:
        """An instant of a ledger as the cells of a row, to the second; `--json` has its milliseconds."""
        return [_short(instant)] if self._is_utc else [_short(instant), self._local(instant)]

    def text(self, instant: str) -> str:
        """An instant of a ledger in a sentence."""
        return f"{_short(instant)} UTC" + ("" if self._is_utc else f" ({self._local(instant)})")

    def _local(self, instant: str) -> str:
        try:
            return timestamps.to_datetime(instant).astimezone(self.zone).isoformat(" ", "seconds")
        except (
            ValueError,
            OverflowError,
        ):  # none, or one in the first or last hours of what a calendar holds
            return ""


class Span:
    """What --since and --until ask for, in UTC; "" where one of them was not given."""

    def __init__(self, clock: Clock, since: str | None, until: str | None) -> None:
        self.low = clock.moment(since) if since is not None else None
        self.high = clock.moment(until) if until is not None else None
        self.since = self.low.utc if self.low else ""
        self.until = self.high.utc if self.high else ""
        if self.low is not None and self.high is not None and self.since > self.until:
            raise UsageError(
                f"--since {self.since} is behind --until {self.until}: nothing lies between", code="moment"
            )


def print_understood(label: str, moment: Moment | None) -> None:
    """How a moment was understood, in UTC and in local time. Nothing is answered without saying so."""
    if moment is not None:
        where = f"{safe_text(moment.local)}; {safe_text(moment.how)}"
        console.out(f"{label:12}{safe_text(moment.phrase)} = {moment.utc} ({where})")


def _short(instant: str) -> str:
    return f"{instant[:10]} {instant[11:19]}" if instant else ""


def _machine_zone() -> str:
    _, separator, name = os.path.realpath("/etc/localtime").partition("zoneinfo/")
    return name if separator else "UTC"
