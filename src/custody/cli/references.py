"""`prod`, `prod#12`, `prod~1`, `prod@{yesterday 14:00}` on the command line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from custody.cli import console
from custody.cli.beliefs import Belief
from custody.cli.times import Clock, print_understood
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.history import History
    from custody.query.index import Index
    from custody.query.moments import Moment
    from custody.query.parts import Look, Seen
    from custody.query.types import ChangeLine, Proof, State

SIGNS = {"started": "+", "stopped": "-", "replaced": "~", "scaled": "="}
STYLES = {"started": "good", "stopped": "bad", "replaced": "warn", "scaled": "dim"}


_PARTS_SHOWN = 8


class Point:
    """A point in an environment's life: understood first, and found once the ledger is open."""

    history: History
    state: State | None
    seen: Seen
    looks: list[Look]
    when: str  # the instant that is asked about

    def __init__(self, text: str, at: str | None, clock: Clock) -> None:
        from custody.query.moments import parse_reference

        self.text = text
        self.reference = parse_reference(text)
        self.name = self.reference.environment
        if at is not None and self.reference != parse_reference(self.name):
            raise UsageError(f"--at and {text} each name a moment: use one of them", code="moment")
        when = at if at is not None else self.reference.moment_text
        self.moment: Moment | None = clock.moment(when) if when is not None else None

    def find(self, index: Index, belief: Belief) -> None:
        """Look it up. Raises UsageError for an environment or a state that there is none of."""
        from custody.query.environments import find_state
        from custody.query.history import History
        from custody.query.parts import looks, seen

        self.history = History(index, self.name, belief.known)
        self.state, self.when = find_state(
            self.history, self.reference, self.moment.utc if self.moment is not None else None
        )
        self.seen = seen(self.history, self.when, self.state.time if self.state is not None else "")
        self.looks = looks(self.history, self.when)

    def later(self) -> tuple[frozenset[int], State | None]:
        """The positions of the reports that arrived since and changed what was believed, and what is known now."""
        from custody.query.environments import hindsight

        if self.history.known is None:
            return frozenset(), self.state
        return hindsight(self.history, self.state, self.when)

    def print_head(self, clock: Clock, label: str = "environment") -> None:
        """Which state it is, from when to when, and the entry that proves it."""
        print_understood("understood", self.moment)
        state = self.state
        if state is None:
            console.out(f"{safe_text(self.name)}: not known: nothing had been reported of it by then")
            self._print_lost()
            return
        console.out(f"{label:11} {safe_text(state.environment)}, state {state.number} of {state.of}")
        until = f"until {clock.text(state.until)}" if state.until else "and is the latest known"
        console.out(f"since       {clock.text(state.time)}, {until}")
        writer = safe_text(state.proof.writer) or "unknown"
        console.out(f"proven by   entry {state.proof.entry} (position {state.proof.position}, by {writer})")
        self._print_seen(state, clock)
        self._print_lost()

    def _print_seen(self, state: State, clock: Clock) -> None:
        """How well the moment that is asked about was looked at: what was not seen may have been otherwise."""
        from custody.query.parts import OUTSIDE, shown_part

        if self.history.basis != "snapshot":
            console.out(
                "known from  deployments alone: they were declared, and nobody had reported what runs"
            )
            return
        seen = self.seen
        if seen.last is not None and (self.moment is not None or not state.until):
            last, then = clock.text(seen.last.time), f", entry {seen.last.entry[:12]}"
            following = (
                f"; the next {clock.text(seen.next.time)}" if seen.next is not None else "; none since"
            )
            if seen.next is not None and state.until == seen.next.time:
                following += ", with a change made in between"
            console.out(f"last report {last}{then}{following}")
        if self.looks:
            shown = self.looks[:_PARTS_SHOWN]
            parts = ", ".join(f"{shown_part(one.part)} (last {clock.text(one.last)})" for one in shown)
            more = len(self.looks) - _PARTS_SHOWN
            parts += f" and {more} more" if more > 0 else ""
            console.out(f"in parts    {safe_text(parts, 800)}{f': {OUTSIDE}' if seen.parts else ''}")

    def _print_lost(self) -> None:
        from custody.query.parts import lost_words

        if self.seen.lost:
            text = f"lost        {lost_words(self.seen.lost, self.history.basis)}"
            console.out(console.style(text, "warn"))

    def json(self) -> dict[str, Any]:
        """For --json: what was asked, and the state without what runs in it."""
        from custody.query.parts import shown_part

        state = self.state
        return {
            "environment": self.name,
            "moment": asdict(self.moment) if self.moment is not None else None,
            "known": state is not None,
            "basis": self.history.basis,
            "lastReport": _proof(self.seen.last),
            "nextReport": _proof(self.seen.next),
            "parts": [shown_part(part) for part in self.seen.parts],
            "partReports": [{"part": shown_part(one.part), "last": one.last} for one in self.looks],
            "lost": self.seen.lost,
            "state": None
            if state is None
            else {
                "number": state.number,
                "of": state.of,
                "time": state.time,
                "until": state.until,
                "proof": state.proof._asdict(),
            },
        }


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    return proof._asdict() if proof is not None else None


def shown_artifact(change: ChangeLine) -> str:
    """The artifact of a change, in a few words."""
    count = f" {change.before}→{change.after}" if change.event == "scaled" else ""
    version = f" {safe_text(change.version, 20)}" if change.version else ""
    return f"{safe_text(change.name, 40)}{version} {change.sha256[:12]}{count}"


def print_change(change: ChangeLine) -> None:
    """A change, in a line."""
    text = f"{SIGNS[change.event]} {change.event:8} {safe_text(change.service, 30)}  {shown_artifact(change)}"
    console.out(console.style(text, STYLES[change.event]))
