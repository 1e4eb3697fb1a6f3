"""Artifacts: which there are, where they stand, and what happened to each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Literal

from custody.query.index import Index
from custody.query.types import ArtifactLine, Proof, TimelineItem

MIN_FINGERPRINT = 6
MIN_COMMIT = 7
_HEX = re.compile("[0-9a-f]{1,64}").fullmatch
_SHORT = 12

# What an artifact's evidence may be about: its bytes, a commit it was built from, a trail that recorded it.
_SUBJECTS = """
    SELECT {0} UNION SELECT 'commit:' || source_commit FROM artifact WHERE sha256 = {0} AND source_commit != ''
    UNION SELECT 'trail:' || trail FROM artifact WHERE sha256 = {0}
"""
# A control passes only if it does for everything it was run on.
_LINES = f"""
    SELECT a.name, a.sha256, a.size, a.version, a.source_commit, a.repository, c.trail,
        a.position, a.entry, a.time, a.writer,
        (SELECT json_group_array(failed) FROM
            (SELECT max(result = 'fail') AS failed FROM evidence
             WHERE in_force = 1 AND subject IN ({_SUBJECTS.format("a.sha256")}) GROUP BY control)),
        (SELECT json_group_array(json_array(environment, decision)) FROM approval
         WHERE sha256 = a.sha256 AND in_force = 1),
        (SELECT json_group_array(environment) FROM span WHERE sha256 = a.sha256 AND until = '')
    FROM artifact a LEFT JOIN chain c ON c.position = a.chain
    WHERE a.newest = 1
"""


Order = Literal["newest", "oldest", "name", "running"]
"""Of artifacts in a list: by when they were recorded, by name, or those that run now before the others."""

_ORDERS: dict[Order, str] = {
    "newest": "a.time DESC, a.position DESC",
    "oldest": "a.time, a.position",
    "name": "a.name, a.time DESC, a.position DESC",
    "running": "a.sha256 IN (SELECT sha256 FROM span WHERE until = '') DESC, a.time DESC, a.position DESC",
}


def list_artifacts(
    index: Index, *, text: str = "", limit: int | None = None, order: Order = "newest"
) -> list[ArtifactLine]:
    """Artifacts in an order; with `text`, those whose name, fingerprint, commit or version contains it."""
    chosen, parameters = "SELECT a.position FROM artifact a WHERE a.newest = 1", []
    if text:
        columns = ("name", "sha256", "source_commit", "version")
        chosen += " AND (" + " OR ".join(f"instr(lower(a.{column}), ?)" for column in columns) + ")"
        parameters = [text.lower()] * len(columns)
    by = _ORDERS[order]
    # Which they are is found out first, so that what a line says is not asked of all that are not shown.
    sql = f"{_LINES} AND a.position IN ({chosen} ORDER BY {by} LIMIT ?) ORDER BY {by}"
    return [_line(row) for row in index.rows(sql, *parameters, -1 if limit is None else max(limit, 0))]


def count_artifacts(index: Index) -> int:
    """How many artifacts were recorded."""
    row = index.row("SELECT count(*) FROM artifact WHERE newest = 1")
    return int(row[0]) if row else 0


def recorded_since(index: Index, since: str, limit: int) -> tuple[int, list[ArtifactLine]]:
    """How many artifacts were recorded from an instant on, by their newest record, and the newest of them."""
    row = index.row("SELECT count(*) FROM artifact WHERE newest = 1 AND time >= ?", since)
    count = int(row[0]) if row else 0
    return count, list_artifacts(index, limit=min(count, limit))


def artifact_line(index: Index, sha256: str) -> ArtifactLine | None:
    """One artifact's line; None where no entry that counts recorded it."""
    row = index.row(f"{_LINES} AND a.sha256 = ?", sha256)
    return _line(row) if row else None


def find_artifacts(index: Index, query: str) -> list[str]:
    """Fingerprints that a query may mean, the newest artifact first.

    A query is the beginning of a fingerprint (6 hex digits or more) or commit (7 or more), a whole name, or the id
    of an entry about an artifact.
    """
    wanted = query.strip()
    found = [row[0] for row in index.rows("SELECT sha256 FROM artifact WHERE name = ?", wanted)]
    digits = wanted.lower()
    if _HEX(digits):
        if len(digits) >= MIN_FINGERPRINT:
            for table in ("artifact", "approval", "deployment", "span"):
                found += _beginning(index, table, "sha256", digits)
        if len(digits) >= MIN_COMMIT:
            found += _beginning(index, "artifact", "source_commit", digits)
        if len(digits) == 64 and not found:
            found += _of_entry(index, digits)
    distinct = list(dict.fromkeys(found))
    return sorted(distinct, key=lambda sha256: _newest(index, sha256), reverse=True)


def timeline(index: Index, sha256: str) -> tuple[TimelineItem, ...]:
    """What happened to an artifact, in order of effect: recorded, checked, approved, deployed, running."""
    items = [
        *_recordings(index, sha256),
        *_checks(index, sha256),
        *_approvals(index, sha256),
        *_decisions(index, sha256),
        *_exceptions(index, sha256),
        *_deployments(index, sha256),
        *_runs(index, sha256),
    ]
    return tuple(sorted(items, key=lambda item: (item.proof.time, item.proof.position)))


def _line(row: tuple[Any, ...]) -> ArtifactLine:
    name, sha256, size, version, commit, repository, trail, position, entry, time, writer, *lists = row
    failed, approvals, running = (json.loads(text) for text in lists)
    return ArtifactLine(
        name,
        sha256,
        size,
        version,
        commit,
        repository,
        trail or "",
        Proof(position, entry, time, writer),
        failed.count(0),
        failed.count(1),
        tuple(sorted(environment for environment, decision in approvals if decision == "approved")),
        tuple(sorted(environment for environment, decision in approvals if decision == "rejected")),
        tuple(sorted(set(running))),
    )


def _recordings(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, name, size, version, source_commit FROM artifact WHERE sha256 = ?",
        sha256,
    )
    for *proof, name, size, version, commit in rows:
        title = f"recorded as {name} {version}".rstrip()
        source = f"commit {commit[:_SHORT]} · " if commit else ""
        yield TimelineItem("artifact", title, f"{source}{size} bytes", None, False, Proof(*proof))


def _checks(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, subject, control, result, detail, in_force FROM evidence "
        f"WHERE subject IN ({_SUBJECTS.format('?1')})",
        sha256,
    )
    for *proof, subject, control, result, detail, in_force in rows:
        about, _, _ = subject.partition(":")
        of = f" (of the {about})" if about in ("commit", "trail") else ""
        yield TimelineItem(
            "evidence", f"{control}: {result}{of}", detail, result == "pass", not in_force, Proof(*proof)
        )


def _approvals(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, environment, decision, detail, in_force FROM approval WHERE sha256 = ?",
        sha256,
    )
    for *proof, environment, decision, detail, in_force in rows:
        title = f"{decision} for {environment}"
        yield TimelineItem("approval", title, detail, decision == "approved", not in_force, Proof(*proof))


def _decisions(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, environment, result FROM decision WHERE sha256 = ?", sha256
    )
    for *proof, environment, result in rows:
        said = "yes" if result == "PASSED" else "no"
        title = f"the gate of {environment} said {said}"
        yield TimelineItem("decision", title, "", result == "PASSED", False, Proof(*proof))


def _exceptions(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, environment, until, reason FROM allow WHERE sha256 = ?", sha256
    )
    for *proof, environment, until, reason in rows:
        title = f"excepted for {environment} until {until[:16].replace('T', ' ')} UTC"
        yield TimelineItem("allow", title, reason, None, False, Proof(*proof))


def _deployments(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT position, entry, time, writer, environment, service, reason FROM deployment WHERE sha256 = ?",
        sha256,
    )
    for *proof, environment, service, reason in rows:
        title = f"deployed to {environment} as {service}"
        yield TimelineItem("deployment", title, reason, None, False, Proof(*proof))


def _runs(index: Index, sha256: str) -> Iterator[TimelineItem]:
    rows = index.rows(
        "SELECT s.position, s.entry, s.time, s.writer, s.until_position, s.until_entry, s.until, s.until_writer, "
        "s.environment, s.service, e.basis FROM span s JOIN environment e ON e.name = s.environment WHERE s.sha256 = ?",
        sha256,
    )
    for *proofs, environment, service, basis in rows:
        # Where states come from deployments, the deployment itself is on the list already.
        if basis == "snapshot":
            title = f"seen running in {environment} as {service}"
            yield TimelineItem("snapshot", title, "", None, False, Proof(*proofs[:4]))
        position, entry, time, writer = proofs[4:]
        if time:
            title = f"no longer running in {environment} as {service}"
            yield TimelineItem(basis, title, "", None, False, Proof(position, entry, time, writer))


def _beginning(index: Index, table: str, column: str, digits: str) -> list[str]:
    rows = index.rows(
        f"SELECT DISTINCT sha256 FROM {table} WHERE {column} >= ? AND {column} < ?", digits, digits + "g"
    )
    return [row[0] for row in rows]


def _of_entry(index: Index, entry: str) -> list[str]:
    tables = {"artifact": "sha256", "evidence": "subject", "approval": "sha256", "deployment": "sha256"}
    union = " UNION ALL ".join(
        f"SELECT {column} FROM {table} WHERE entry = ?1" for table, column in tables.items()
    )
    return [row[0] for row in index.rows(union, entry) if _HEX(row[0])]


def _newest(index: Index, sha256: str) -> tuple[str, int]:
    row = index.row("SELECT time, position FROM artifact WHERE sha256 = ? AND newest = 1", sha256)
    return (row[0], row[1]) if row else ("", -1)
