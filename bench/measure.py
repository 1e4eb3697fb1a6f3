"""Taking turns, and what comes of it: times of one round are compared with each other and with no other round's."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple


class Row(NamedTuple):
    """One line of the table: a ratio against its baseline, and the bar, at least or at most.

    `low` and `high` are the ratio's extremes over the rounds. A row without a bar is for the record.
    """

    what: str
    baseline: str
    ratio: float
    low: float
    high: float
    bar: float | None = None
    at_least: bool = True
    note: str = ""

    @property
    def met(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar

    @property
    def verdict(self) -> str:
        """Met or missed, with the bar."""
        if self.bar is None:
            return "no bar"
        return f"{'met' if self.met else 'MISSED'} (bar: {'at least' if self.at_least else 'at most'} {self.bar:g})"


class Turns:
    """Times in seconds, by name and round."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def run(self, rounds: int, turns: dict[str, Callable[[], object]], warm: bool = False) -> Turns:
        """Everything once in each round; with `warm`, once more in front of the first, without the clock."""
        for number in range(-1 if warm else 0, rounds):
            for name, act in turns.items():
                say(f"{name} ({number + 1} of {rounds})" if number >= 0 else f"{name} (warming up)")
                began = time.perf_counter()
                act()
                if number >= 0:
                    self.times.setdefault(name, []).append(time.perf_counter() - began)
        return self

    def better(self, *names: str) -> str:
        """Whichever of several has the lower median."""
        return min(names, key=lambda name: median(self.times[name]))

    def ratios(self, above: str, below: str, factor: float = 1.0) -> list[float]:
        """For each round, the time of one by the time of the other."""
        pairs = zip(self.times[above], self.times[below], strict=True)
        return [factor * one / other for one, other in pairs]

    def seconds(self, name: str) -> float:
        return median(self.times[name])


def row(
    what: str, baseline: str, ratios: list[float], *, at_least: float | None = None, at_most: float | None = None,
    note: str = "",
) -> Row:  # fmt: skip
    """The line that a row's rounds come to."""
    bar = at_least if at_least is not None else at_most
    return Row(what, baseline, median(ratios), min(ratios), max(ratios), bar, at_most is None, note)


def say(text: str) -> None:
    """What is going on, where somebody watches."""
    if sys.stderr.isatty():
        print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)


def show(rows: list[Row]) -> None:
    """The table."""
    say("")
    for one in rows:
        spread = f"{one.low:.2f} to {one.high:.2f}"
        print(f"{one.what}\n    {one.ratio:.2f} of {one.baseline}, {spread} over the rounds")
        if one.note:
            print(f"    {one.note}")
        print(f"    {one.verdict}")
