"""What differs between two moments, of one environment or of two."""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

from custody.query.environments import Words
from custody.query.fold import diff
from custody.query.history import History
from custody.query.sources import commits_between
from custody.query.types import Between, ChangeLine, State

_NOTHING = Between((), (), False)


class DiffLine(NamedTuple):
    """One difference, and for another artifact of the same service the commits that lead to it."""

    change: ChangeLine
    commit: str
    previous_commit: str
    approved_by: str  # for the second environment, when the second state began
    commits: Between


class Diff(NamedTuple):
    """What has to change to get from one state to the other. Where one of them is not known, nothing can be said."""

    before: State | None
    after: State | None
    lines: tuple[DiffLine, ...]

    @property
    def known(self) -> bool:
        return self.before is not None and self.after is not None


def differences(one: tuple[History, State | None], other: tuple[History, State | None]) -> Diff:
    """From one state to another, each with the history that it is of; they may be of different environments."""
    (here, before), (there, after) = one, other
    if before is None or after is None:
        return Diff(before, after, ())
    words_before, words_after = Words(here), Words(there)
    lines = []
    between = cache(partial(commits_between, here.index))  # many services are built from one commit
    for change in diff(here.running(before.number), there.running(after.number)):
        _, commit = words_after.recorded(change.sha256) or ("", "")
        _, previous = words_before.recorded(change.previous_sha256) or ("", "")
        lines.append(
            DiffLine(
                change,
                commit,
                previous,
                words_after.approved_by(change.sha256, after.time),
                between(previous, commit) if change.event == "replaced" else _NOTHING,
            )
        )
    return Diff(before, after, tuple(lines))
