"""What the Environments tab says of a moment: which state it is, who proves it, and how well anybody had looked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from textual.content import Content

from custody.ledger import timestamps
from custody.query.parts import OUTSIDE, lost_words, shown_part
from custody.query.types import State
from custody.query.windows import Window
from custody.tui.screens.environments_reading import Cursor, Sight, View
from custody.tui.screens.environments_words import SIGNS
from custody.tui.widgets.when import lasting, utc
from custody.tui.widgets.words import ACCENT, GAP, GOOD, MUTED, Part, line

_BASIS = {"snapshot": "as snapshots saw it", "deployment": "as deployments left it; nobody reported"}
_ROOMY = 62  # cells from which on a line has room for a second clock and for asides
_NAMED = 3


class Clocks(NamedTuple):
    """How instants are written: in UTC, and by the clocks of a zone beside it where that is another."""

    zone: ZoneInfo

    def both(self, instant: str, *, roomy: bool = True) -> tuple[Part, Part]:
        """An instant in UTC, and here; without room only to the minute, and here only the time of day."""
        here = self.here(instant)
        if not roomy:
            here = here[11:16] + here[19:]
        return f"{utc(instant)[: 19 if roomy else 16]} UTC", (f"  {here}" if here else "", MUTED)

    def here(self, instant: str) -> str:
        """`2026-11-19 02:30:11 CET`; "" where UTC says the same, and for a year that it cannot show."""
        if self.zone.key in ("UTC", "Etc/UTC"):
            return ""
        try:
            return f"{timestamps.to_datetime(instant).astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"
        except (ValueError, OverflowError):
            return ""


class Looked(NamedTuple):
    """How well a moment was looked at: the blind windows that it is in, and its parts. Where `sights` are those of the
    moment before (`is_late`), because its own are still to come, only their room is taken."""

    blind: Sequence[Window]
    sights: Sequence[Sight]
    is_late: bool


def moment(
    view: View, cursor: Cursor, clocks: Clocks, width: int, looked: Looked, known: str, aside: str
) -> Iterator[Content]:
    """Which state it is, from when to when, by which entry, and how late that was known; then what is special."""
    about, state = view.side.about, view.standing.state
    roomy = width >= _ROOMY
    if state is None:
        yield line((about.name, "bold"), ("  not known", GAP))
        if cursor.instant:
            yield _fact("at", *clocks.both(cursor.instant, roomy=roomy))
        yield line(("Nothing had been reported of it by then.", GAP))
    else:
        of = f"group of {', '.join(about.members)}" if about.is_group else _BASIS[about.basis]
        yield line(
            (about.name, "bold"),
            (f"  state {state.number:,} of {state.of:,}", ACCENT),
            (f"   {of}" if roomy or about.is_group else "", MUTED),
            (f"   {aside}" if aside else "", MUTED),
        )
        yield _fact("from", *clocks.both(state.time, roomy=roomy))
        yield _until(view, state, clocks, roomy)
        yield _entry(view, state, roomy)
    if state is not None and cursor.instant not in ("", state.time):
        yield _fact(
            "at", *clocks.both(cursor.instant, roomy=roomy), ("  you are here" if roomy else "", ACCENT)
        )
    if known:
        yield _belief(view, known)
    for window in looked.blind:
        long = lasting(window.since, window.until)
        to = f"{utc(window.until)} UTC" if window.after else "the last moment that this ledger knows of"
        part = f" of {window.part}" if window.part else ""
        yield line((f"! {long} without a report{part}: {utc(window.since)} to {to}", GAP))
    if state is not None and view.standing.unknown:
        yield line((f"! nothing was known of {', '.join(view.standing.unknown)}", GAP))
    told = [row for sight in looked.sights for row in _sight(sight, looked.blind)]
    if looked.is_late:  # so that the services below stay where they are
        told = [_fact("" if number else "parts", ("·", MUTED)) for number in range(len(told))]
    yield from told
    if state is not None and state.number > 1:
        yield _changed(state)


def _sight(sight: Sight, blind: Sequence[Window]) -> Iterator[Content]:
    """The parts, who was silent longest first, and what was lost."""
    whose = f"{sight.member}: " if sight.member else ""
    if sight.looks:
        silent = {window.part for window in blind}
        told: list[Part] = []
        for one in sight.looks[:_NAMED]:
            part = shown_part(one.part)
            told += [
                f"{', ' if told else ''}{part}",
                (f" last {utc(one.last)[:16]}", GAP if part in silent else MUTED),
            ]
        more = len(sight.looks) - _NAMED
        told.append((f" and {more} more" if more > 0 else "", MUTED))
        yield _fact("parts", whose, *told)
        if sight.nobody_outside:
            yield _fact("", (OUTSIDE, GAP))
    if sight.lost:
        yield _fact("lost", whose, (lost_words(sight.lost, sight.basis), GAP))


def briefly(view: View, cursor: Cursor) -> Content:
    """The same in the one line that a tiny terminal has."""
    about, state = view.side.about, view.standing.state
    if state is None:
        return line((about.name, "bold"), (" not known", GAP))
    time = utc(cursor.instant or state.time)[5:16]
    return line((about.name, "bold"), (f" {state.number}/{state.of}", ACCENT), (f" {time}", MUTED))


def _fact(label: str, *parts: Part) -> Content:
    return line((label.ljust(6), MUTED), *parts)


def _until(view: View, state: State, clocks: Clocks, roomy: bool) -> Content:
    if state.until:
        long = f"  for {lasting(state.time, state.until)}" if roomy else ""
        return _fact("until", *clocks.both(state.until, roomy=roomy), (long, MUTED))
    if view.side.timeline.known is not None:
        return _fact("until", "now", ("  as was known then", MUTED))
    seen = utc(view.side.about.last_seen)
    last = f"  last reported {seen} UTC" if roomy else f", last seen {seen[:16]}"
    return _fact("until", "now", (last, MUTED))


def _entry(view: View, state: State, roomy: bool) -> Content:
    proof, arrival = state.proof, view.arrival
    writer = proof.writer or "nobody known"
    late = arrival is not None and arrival.time > proof.time
    long = lasting(proof.time, arrival.time) if arrival is not None else ""
    if not roomy:
        return _fact("by", f"#{proof.position:,}", (f" {writer}{f', {long} late' if late else ''}", MUTED))
    known = f"  known {long} later, {utc(arrival.time)[:16]}" if late and arrival else "  known at once"
    return _fact("by", f"entry #{proof.position:,}", (f" of {writer}", MUTED), (known, MUTED))


def _belief(view: View, known: str) -> Content:
    later = view.later
    if later is None or not later.later:
        told: Part = ("  no later report changed this", GOOD)
    else:
        reports = f"{len(later.later)} later report{'' if len(later.later) == 1 else 's'}"
        now = f"state {later.now.number}" if later.now else "not known"
        told = (f"  ! {reports} made it {now}", GAP)
    return _fact("known", (f"as of {known}", f"{ACCENT} bold"), told)


def _changed(state: State) -> Content:
    """What has just changed, named, because the rows of it may be out of view."""
    named = [f"{SIGNS[one.event]} {one.service}" for one in state.changes[:_NAMED]]
    more = len(state.changes) - _NAMED
    return _fact("new", ", ".join(named), (f" and {more} more" if more > 0 else "", MUTED))
