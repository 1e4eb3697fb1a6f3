"""`--known-at`: what was believed at some moment, and what has become of it since."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

from custody.cli import console, options
from custody.cli.times import Clock, print_understood
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.query.clocks import Known
    from custody.query.index import Index
    from custody.query.moments import Moment

KnownAt = Annotated[
    str | None,
    options.option(
        "--known-at",
        metavar="WHEN",
        help="As it was known at this moment, or with the entry at position:N: later exports left out.",
    ),
]
_POSITION = re.compile("position:([0-9]{1,15})")


class Belief:
    """What --known-at asks for: the moment of an index's second clock, if it was given."""

    def __init__(self, given: str | None, clock: Clock) -> None:
        self.moment: Moment | None = None
        self.position: int | None = None
        self.known: Known | None = None
        if given is None:
            return
        if found := _POSITION.fullmatch(given.strip()):
            self.position = int(found[1])
        elif given.strip().startswith("position:"):
            raise UsageError("a position is written position:42", code="entry")
        else:
            self.moment = clock.moment(given)

    def settle(self, index: Index, count: int) -> Known | None:
        """What had arrived by then, in a log of so many entries. Raises UsageError for a position behind its end."""
        from custody.query.clocks import Arrivals

        if self.position is not None:
            if self.position >= count:
                raise UsageError(
                    f"there is no entry at position {self.position}; the last is {count - 1}", code="entry"
                )
            self.known = Arrivals(index).by_position(self.position)
        elif self.moment is not None:
            self.known = Arrivals(index).by_time(self.moment.utc)
        return self.known

    def print_understood(self) -> None:
        """How it was understood."""
        print_understood("known at", self.moment)
        if self.position is not None:
            console.out(f"{'known at':12}with the entry at position {self.position}")

    def print_later(self, later: int, now: str = "") -> None:
        """Whether what arrived since has changed the answer."""
        if self.known is None:
            return
        if not later:
            console.out("since then, no later report changed this answer")
            return
        reports = f"{later} later report{'' if later == 1 else 's'}"
        console.out(console.style(f"since then, {reports} changed this answer{now}", "warn"))

    def json(self, later: int) -> dict[str, object] | None:
        """For --json: how it was understood, and how many reports changed the answer since."""
        if self.known is None:
            return None
        return {
            "moment": asdict(self.moment) if self.moment is not None else None,
            "position": self.position,
            "laterReports": later,
        }
