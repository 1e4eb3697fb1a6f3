"""What a question is about: the artifacts that a fingerprint, commit, pull request, name or entry id leads to."""

from __future__ import annotations

import re

from custody.errors import UsageError
from custody.query.artifacts import MIN_COMMIT, find_artifacts
from custody.query.index import Index
from custody.query.sources import commits_of, pull_requests

_PULL_REQUEST = re.compile(r"#[0-9]{1,20}|https?://.+")
_HEX = re.compile("[0-9a-f]{1,64}").fullmatch
_SHOWN = 8
_SHORT = 12


def find_subjects(index: Index, query: str) -> list[str]:
    """The fingerprints of the artifacts that a query leads to, the newest first.

    A commit and a pull request lead to everything that was built from them, also where a pull request brought a commit
    under another one. Anything else has to mean one artifact. Raises UsageError "unknown", and "ambiguous", which
    names what the query could mean.
    """
    wanted = query.strip()
    if _PULL_REQUEST.fullmatch(wanted):
        return _of_pull_request(index, wanted)
    found = find_artifacts(index, wanted)
    commits = _commits(index, wanted.lower())
    of_commits = _built_from(index, [*commits, *_brought_by(index, commits)])
    if commits and set(found) <= set(of_commits):
        if len(commits) > 1:
            raise _ambiguous(query, "commits", commits)
        if not of_commits:
            raise UsageError(f"nothing is on record as built from commit {commits[0]}", code="unknown")
        return of_commits
    if not found:
        raise UsageError(f"nothing here is known as {query}: try `custody artifacts`", code="unknown")
    if len(found) > 1:
        raise _ambiguous(query, "artifacts", found)
    return found


def _of_pull_request(index: Index, wanted: str) -> list[str]:
    urls = pull_requests(index, wanted)
    if not urls:
        raise UsageError(f"no evidence here is of a pull request {wanted}", code="unknown")
    if len(urls) > 1:
        shown = ", ".join(urls[:_SHOWN])
        raise UsageError(f"{wanted} means {len(urls)} pull requests: {shown}; name one", code="ambiguous")
    checked = index.rows(
        "SELECT DISTINCT e.subject FROM evidence e JOIN pull_request p ON p.position = e.position WHERE p.url = ?",
        urls[0],
    )
    found = _built_from(index, commits_of(index, urls[0]))
    found += [subject for (subject,) in checked if _HEX(subject) and subject not in found]
    if not found:
        raise UsageError(f"nothing is on record as built from pull request {urls[0]}", code="unknown")
    return found


def _commits(index: Index, digits: str) -> list[str]:
    """The full commits that begin with these digits."""
    if not _HEX(digits) or len(digits) < MIN_COMMIT:
        return []
    rows = index.rows(
        "SELECT source_commit FROM artifact WHERE source_commit >= ?1 AND source_commit < ?2 UNION "
        "SELECT source_commit FROM change WHERE source_commit >= ?1 AND source_commit < ?2",
        digits, digits + "g",
    )  # fmt: skip
    return [row[0] for row in rows]


def _brought_by(index: Index, commits: list[str]) -> list[str]:
    """What the pull requests ended in that brought these commits."""
    found = []
    for commit in commits:
        rows = index.rows(
            "SELECT merge_commit FROM pull_request WHERE merge_commit != '' AND position IN "
            "(SELECT position FROM change WHERE source_commit = ?)",
            commit,
        )
        found += [row[0] for row in rows]
    return found


def _built_from(index: Index, commits: list[str]) -> list[str]:
    found: dict[str, str] = {}
    for commit in commits:
        for sha256, time in index.rows("SELECT sha256, time FROM artifact WHERE source_commit = ?", commit):
            found[sha256] = max(found.get(sha256, ""), time)
    return sorted(found, key=lambda sha256: (found[sha256], sha256), reverse=True)


def _ambiguous(query: str, what: str, found: list[str]) -> UsageError:
    several = ", ".join(digest[:_SHORT] for digest in found[:_SHOWN])
    return UsageError(f"{query} means {len(found)} {what}: {several}; name one", code="ambiguous")
