"""Back from a moment: what had just changed in an environment, and the commits that came with it."""

from __future__ import annotations

from functools import cache, partial
from typing import NamedTuple

from custody.query.environments import Words
from custody.query.history import History
from custody.query.sources import commits_between
from custody.query.trace import built_by
from custody.query.types import Between, ChainLine, LogLine


class Lead(NamedTuple):
    """A change shortly before, the build that it comes from, and the commits by which it differs from what ran.

    Where nothing of that service ran before, or several did, `previous_commit` is "" and there are no commits.
    """

    line: LogLine
    build: ChainLine | None
    previous_commit: str
    commits: Between


def leads(history: History, since: str, until: str) -> list[Lead]:
    """The changes between two instants, both included, the newest last."""
    words = Words(history)
    found = []
    between = cache(partial(commits_between, history.index))
    for head in history.heads(since, until):
        before = history.running(head.number - 1) if head.number > 1 else {}
        for change in head.changes:
            line = words.line(head.number, head.proof, change)
            previous = ""
            if change.event in ("started", "replaced"):
                olds = {sha256 for service, sha256 in before if service == change.service}
                old = olds.pop() if len(olds) == 1 else ""
                _, previous = words.recorded(old) or ("", "")
            commits = between(previous, line.commit) if previous else Between((), (), False)
            found.append(Lead(line, built_by(history.index, change.sha256), previous, commits))
    return found
