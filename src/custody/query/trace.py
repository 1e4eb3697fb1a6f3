"""The whole path of an artifact: from its source to where it runs."""

from __future__ import annotations

from custody.errors import UsageError
from custody.query.artifacts import artifact_line, timeline
from custody.query.index import Index
from custody.query.sources import commit_line
from custody.query.types import ArtifactLine, ChainLine, Proof, RunningSpan, TimelineItem, Trace

_CHAIN = """
    SELECT c.id, c.key, c.writer, c.position, c.flow, c.trail, c.job, c.repository, c.source_commit, c.branch, c.run_url
    FROM artifact a JOIN chain c ON c.position = a.chain WHERE a.sha256 = ? AND a.newest = 1
"""
_SPANS = """
    SELECT environment, service, time, until, position, entry, time, writer FROM span WHERE sha256 = ?
    ORDER BY time, environment, service, rowid
"""
_SHORT = 12


def trace(index: Index, sha256: str) -> Trace:
    """Everything the ledger says of an artifact. Raises UsageError where it says nothing.

    What ran or was approved without ever being recorded has a line too, of the name it was given there.
    """
    items = timeline(index, sha256)
    line = artifact_line(index, sha256) or _unrecorded(index, sha256, items)
    chain = built_by(index, sha256)
    if chain is not None:
        items = (*_source(index, chain), *items)
    in_order = sorted(items, key=lambda item: (item.proof.time, item.proof.position))
    source = commit_line(index, line.commit) if line.commit else None
    return Trace(line, chain, tuple(in_order), running_spans(index, sha256), source)


def built_by(index: Index, sha256: str) -> ChainLine | None:
    """The chain of the build that recorded an artifact; of several, of the newest."""
    row = index.row(_CHAIN, sha256)
    return ChainLine(*row) if row else None


def running_spans(index: Index, sha256: str) -> tuple[RunningSpan, ...]:
    """Where and how long an artifact ran, the first first."""
    return tuple(
        RunningSpan(environment, service, since, until, Proof(*proof))
        for environment, service, since, until, *proof in index.rows(_SPANS, sha256)
    )


def _source(index: Index, chain: ChainLine) -> tuple[TimelineItem, ...]:
    row = index.row("SELECT time FROM chain WHERE position = ?", chain.position)
    if row is None or not (chain.repository or chain.commit or chain.flow):
        return ()
    job = " ".join(part for part in (chain.flow, chain.trail, chain.job) if part)
    title = f"build {job} began" if job else "build began"
    source = (chain.repository, chain.commit and f"commit {chain.commit[:_SHORT]}", chain.branch)
    detail = " · ".join(part for part in source if part)
    proof = Proof(chain.position, chain.id, row[0], chain.writer)
    return (TimelineItem("genesis", title, detail, None, False, proof),)


def _unrecorded(index: Index, sha256: str, items: tuple[TimelineItem, ...]) -> ArtifactLine:
    """A line for an artifact that was only ever approved, deployed or seen."""
    if not items:
        message = f"no entry that counts is about {sha256[:_SHORT]}: look for it with custody artifacts"
        raise UsageError(message, code="no-artifact")
    names = index.row(
        "SELECT name FROM approval WHERE sha256 = ?1 UNION ALL SELECT name FROM deployment WHERE sha256 = ?1 "
        "UNION ALL SELECT name FROM span WHERE sha256 = ?1 LIMIT 1",
        sha256,
    )
    approvals = index.rows(
        "SELECT environment, decision FROM approval WHERE sha256 = ? AND in_force = 1 ORDER BY environment",
        sha256,
    )
    checks = index.rows(
        "SELECT max(result = 'fail') FROM evidence WHERE subject = ? AND in_force = 1 GROUP BY control",
        sha256,
    )
    running = {span.environment for span in running_spans(index, sha256) if not span.until}
    return ArtifactLine(
        names[0] if names else "",
        sha256,
        0,
        "",
        "",
        "",
        "",
        items[0].proof,
        checks.count((0,)),
        checks.count((1,)),
        tuple(environment for environment, decision in approvals if decision == "approved"),
        tuple(environment for environment, decision in approvals if decision == "rejected"),
        tuple(sorted(running)),
    )


def put_into(index: Index, sha256: str, environment: str) -> str:
    """When an artifact came into an environment: when it last began to run there, else was last deployed.

    "" where it never came there.
    """
    row = index.row(
        "SELECT time FROM span WHERE sha256 = ?1 AND environment = ?2 UNION ALL "
        "SELECT max(time) FROM deployment WHERE sha256 = ?1 AND environment = ?2 AND NOT EXISTS "
        "(SELECT 1 FROM span WHERE sha256 = ?1 AND environment = ?2) ORDER BY 1 DESC LIMIT 1",
        sha256,
        environment,
    )
    return str(row[0] or "") if row is not None else ""
