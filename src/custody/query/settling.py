"""What depends on several entries: what a name means in its trail, and which of several results is in force."""

from __future__ import annotations

from custody.query.index import Index

# Everything is taken to be in force, and to be the newest, until something else is found to be; that is rare, so
# only what there are several of is put in order. Of evidence, the last of each chain comes first; then the latest;
# of two at the same time the worse, then any one, but always the same: by entry id, which no merge changes.
_SUPERSEDED_EVIDENCE = """
    UPDATE evidence SET in_force = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (
                PARTITION BY subject, control
                ORDER BY place_in_chain > 1, time DESC, result = 'fail' DESC, entry) AS place
            FROM (
                SELECT position, subject, control, time, result, entry, row_number() OVER (
                    PARTITION BY subject, control, chain ORDER BY seq DESC) AS place_in_chain
                FROM evidence WHERE (subject, control) IN (
                    SELECT subject, control FROM evidence GROUP BY subject, control HAVING count(*) > 1)))
        WHERE place > 1)
"""
_SUPERSEDED_APPROVALS = """
    UPDATE approval SET in_force = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (
                PARTITION BY sha256, environment ORDER BY time DESC, decision = 'rejected' DESC, entry) AS place
            FROM approval WHERE (sha256, environment) IN (
                SELECT sha256, environment FROM approval GROUP BY sha256, environment HAVING count(*) > 1))
        WHERE place > 1)
"""
_OLDER_ARTIFACTS = """
    UPDATE artifact SET newest = 0 WHERE position IN (
        SELECT position FROM (
            SELECT position, row_number() OVER (
                PARTITION BY sha256 ORDER BY time DESC, tie DESC, position DESC) AS place
            FROM artifact WHERE sha256 IN (SELECT sha256 FROM artifact GROUP BY sha256 HAVING count(*) > 1))
        WHERE place > 1)
"""
_BIND = """
    UPDATE evidence SET subject = (
        SELECT max(sha256) FROM (
            SELECT sha256, trail, name FROM artifact
            UNION ALL SELECT sha256, trail, name FROM blank WHERE kind = 'artifact') AS recorded
        WHERE recorded.trail = evidence.trail AND recorded.name = evidence.name HAVING count(DISTINCT sha256) = 1)
    WHERE subject IS NULL
"""
# What did not bind counts for nothing, and is kept apart: before there were two of a name, it may have.
_UNBOUND = """
    INSERT INTO unbound SELECT position, entry, time, writer, chain, seq, trail, name, body FROM evidence
    WHERE subject IS NULL
"""


def bind_names(index: Index, most: int) -> list[tuple[int, str, str]]:
    """Bind evidence that names its artifact alone; position, entry and name of what did not bind, at most so many.

    The tables `artifact` and `blank` have their indexes, and `evidence` has not.
    """
    index.execute(_BIND)
    rows = index.rows(
        "SELECT position, entry, name FROM evidence WHERE subject IS NULL ORDER BY position LIMIT ?", most
    )
    index.execute(_UNBOUND)
    index.execute("DELETE FROM evidence WHERE subject IS NULL")
    return [(position, entry, name) for position, entry, name in rows]


def supersede(index: Index) -> None:
    """Mark evidence and approvals that others replaced, and records of artifacts that are not the newest."""
    for statement in (_SUPERSEDED_EVIDENCE, _SUPERSEDED_APPROVALS, _OLDER_ARTIFACTS):
        index.execute(statement)
