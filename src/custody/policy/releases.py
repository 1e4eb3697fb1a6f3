"""The last release in front of an artifact: since when its commits need somebody to have seen them."""

from __future__ import annotations

from collections.abc import Sequence

from custody.policy.asking import Asking
from custody.policy.facts import Release
from custody.query.types import Proof

# To be approved is not enough: an approval does not say that the other controls passed, and what never went out
# must not take its commits from under the eyes of the next one. So it must have been let through, or been there.
_RELEASED = """
    SELECT word.position, word.entry, word.time, word.writer, one.sha256, one.source_commit
    FROM artifact AS one JOIN approval AS word ON word.position = (
        SELECT said.position FROM approval AS said
        WHERE said.sha256 = one.sha256 AND said.environment = ?5 AND said.decision = 'approved'
            AND said.time < ?3 AND said.position < ?2
        ORDER BY said.time DESC, said.entry LIMIT 1)
    WHERE one.name = ?4 AND one.time < ?3 AND one.position < ?2
        AND (EXISTS (SELECT 1 FROM deployment AS act WHERE act.sha256 = one.sha256 AND act.environment = ?5
                AND act.time < ?3 AND act.position < ?2)
            OR EXISTS (SELECT 1 FROM span WHERE span.sha256 = one.sha256 AND span.environment = ?5
                AND span.time < ?3 AND span.position < ?2)
            OR EXISTS (SELECT 1 FROM decision AS gate WHERE gate.sha256 = one.sha256 AND gate.environment = ?5
                AND gate.result = 'PASSED' AND gate.time < ?3 AND gate.position < ?2))
    ORDER BY one.time DESC, one.entry LIMIT 1
"""


def last_release(asking: Asking, names: Sequence[str], first: str, environment: str) -> Release | None:
    """The newest other artifact of one of these names that was approved for the environment, and let through by its
    gate, deployed or seen there, before `first`, when this one was first recorded."""
    newest: Release | None = None
    for name in names:
        for *proof, sha256, commit in asking.rows(_RELEASED, (), first, name, environment):
            found = Release(Proof(*proof), sha256, commit)
            if newest is None or found.proof.time > newest.proof.time:
                newest = found
    return newest
