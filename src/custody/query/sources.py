"""What the ledger knows of commits: from what git said when artifacts were recorded, and from pull requests.

It is no repository. It knows the commits that something was built from, with their parents, and those that a recorded
pull request lists. What lies between two commits is told as far as that goes, and it is said whether it goes all the
way.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from custody.query.index import Index
from custody.query.types import Between, CommitLine, Proof

MOST = 1000
"""Commits that one answer tells of, in each direction."""
MOST_BEHIND = 20_000
"""Commits that are looked through for what was there before."""


def commit_line(index: Index, commit: str) -> CommitLine:
    """What the ledger knows of a commit (full hex), by the last entry of each kind that tells of it."""
    built = index.row(
        "SELECT s.committed, s.author, a.position, a.entry, a.time, a.writer "
        "FROM source s JOIN artifact a ON a.position = s.position WHERE s.source_commit = ? "
        "ORDER BY a.time DESC, a.tie DESC, a.position DESC LIMIT 1",
        commit,
    )
    brought = index.row(
        "SELECT p.url, c.committed, c.authors, e.position, e.entry, e.time, e.writer FROM change c "
        "JOIN pull_request p ON p.position = c.position JOIN evidence e ON e.position = c.position "
        "WHERE c.source_commit = ? ORDER BY e.time DESC, e.entry, c.rowid DESC LIMIT 1",
        commit,
    ) or index.row(
        "SELECT p.url, '', '', e.position, e.entry, e.time, e.writer FROM pull_request p "
        "JOIN evidence e ON e.position = p.position WHERE p.merge_commit = ? "
        "ORDER BY e.time DESC, e.entry LIMIT 1",
        commit,
    )
    url = brought[0] if brought else ""
    if built:
        time, author, *proof = built
        author, time = author or (brought[2] if brought else ""), time or (brought[1] if brought else "")
        return CommitLine(commit, author, time, _parents(index, commit), url, Proof(*proof))
    if brought:
        _, time, author, *proof = brought
        return CommitLine(commit, author, time, _parents(index, commit), url, Proof(*proof))
    return CommitLine(commit, parents=_parents(index, commit))


def commits_between(index: Index, old: str, new: str) -> Between:
    """What changed in the source from one commit to another (full hex), as far as the ledger knows."""
    if old == new or not old or not new:
        return Between((), (), old == new)
    news, ends = _reach(index, new, old, MOST)
    if ends == {old}:
        # Every way back ends in the old one. Whatever is behind that too would have led to another end.
        del news[old]
        return Between(_lines(index, news), (), complete=True)
    olds, _ = _reach(index, old, new, MOST_BEHIND)
    # Where one leads back to the other, it has all that the other has.
    came = () if new in olds else _lines(index, (commit for commit in news if commit not in olds))
    # Of two commits without a known one in common, nobody can say what the older has that the newer has not.
    met = any(commit in news for commit in olds) and old not in news
    went = _lines(index, (commit for commit in olds if commit not in news)) if met else ()
    cut = len(news) >= MOST or len(olds) >= MOST_BEHIND or len(went) >= MOST
    mainline = _first_parents(news, new)
    return Between(came, went, not cut and any(commit in mainline for commit in _first_parents(olds, old)))


def pull_requests(index: Index, wanted: str) -> list[str]:
    """The URLs of recorded pull requests that this means: a URL, or `#42` (of every repository that has one)."""
    if wanted.startswith("#"):
        rows = index.rows("SELECT DISTINCT url FROM pull_request WHERE number = ? ORDER BY url", wanted[1:])
    else:
        rows = index.rows("SELECT DISTINCT url FROM pull_request WHERE url = ?", wanted.rstrip("/"))
    return [row[0] for row in rows]


def commits_of(index: Index, url: str) -> list[str]:
    """The commits that a pull request brought, and the ones that it ended in."""
    rows = index.rows(
        "SELECT source_commit FROM change WHERE position IN (SELECT position FROM pull_request WHERE url = ?1) UNION "
        "SELECT merge_commit FROM pull_request WHERE url = ?1 UNION SELECT head FROM pull_request WHERE url = ?1",
        url,
    )
    return [row[0] for row in rows if row[0]]


def _parents(index: Index, commit: str) -> tuple[str, ...]:
    """As git told them when something was built from it, or else the first, as a recorded range of commits has it."""
    built = index.row(
        "SELECT s.parents FROM source s JOIN artifact a ON a.position = s.position WHERE s.source_commit = ? "
        "ORDER BY a.time DESC, a.tie DESC, a.position DESC LIMIT 1",
        commit,
    )
    if built and built[0]:
        return tuple(built[0].split())
    row = index.row(
        "SELECT l.parent FROM lineage l JOIN artifact a ON a.position = l.position WHERE l.source_commit = ? "
        "ORDER BY a.time DESC, a.tie DESC, a.position DESC LIMIT 1",
        commit,
    )
    return (row[0],) if row and row[0] else ()


def _lines(index: Index, commits: Iterable[str]) -> tuple[CommitLine, ...]:
    return tuple(commit_line(index, commit) for commit in islice(commits, MOST))


def _reach(index: Index, start: str, stop: str, most: int) -> tuple[dict[str, tuple[str, ...]], set[str]]:
    """A commit and what lies behind it, with their parents, in the order of nearness; not what lies behind `stop`.

    And those at which the way ended: it was `stop`, or nothing is known to lie behind it, or there were too many.
    """
    found: dict[str, tuple[str, ...]] = {}
    ends: set[str] = set()
    waiting = [start]
    while waiting:
        nearest, waiting = waiting, []
        for commit in nearest:
            if commit in found:
                continue
            if len(found) >= most:
                ends.add(commit)
                return found, ends
            found[commit] = parents = _parents(index, commit)
            behind = [] if commit == stop else [*parents, *_brought(index, commit)]
            waiting += behind
            if not behind:
                ends.add(commit)
    return found, ends


def _brought(index: Index, merge: str) -> list[str]:
    """The commits of the pull request that ended in a commit, the last one first."""
    rows = index.rows(
        "SELECT DISTINCT source_commit FROM change WHERE position = "
        "(SELECT p.position FROM pull_request p JOIN evidence e ON e.position = p.position WHERE p.merge_commit = ? "
        "ORDER BY e.time DESC, e.entry LIMIT 1) ORDER BY rowid DESC",
        merge,
    )
    return [row[0] for row in rows]


def _first_parents(known: dict[str, tuple[str, ...]], start: str) -> dict[str, None]:
    """A commit and those that its first parents lead to, as far as they are known."""
    line: dict[str, None] = {}
    while start and start not in line:
        line[start] = None
        start = next(iter(known.get(start, ())), "")
    return line
