"""The last release in front of an artifact: since when its commits need somebody to have seen them."""

from __future__ import annotations

from collections.abc import Sequence

from custody.policy.asking import Asking
from custody.policy.facts import Release
from custody.query.types import Proof

# To be approved is not enough: an approval does not say that the other controls passed, and what never went out
# must not take its commits from under the eyes of the next one. So it must have been let through, or been there.
_RELEASED = """
    SELECT one.sha256, one.source_commit FROM artifact AS one
    WHERE one.name = ?5 AND one.sha256 <> ?3 AND one.time < ?4 AND one.position < ?2
        AND EXISTS (SELECT 1 FROM approval AS word WHERE word.sha256 = one.sha256 AND word.environment = ?6
            AND word.decision = 'approved' AND word.time < ?4 AND word.position < ?2)
        AND (EXISTS (SELECT 1 FROM deployment AS act WHERE act.sha256 = one.sha256 AND act.environment = ?6
                AND act.time < ?4 AND act.position < ?2)
            OR EXISTS (SELECT 1 FROM span WHERE span.sha256 = one.sha256 AND span.environment = ?6
                AND span.time < ?4 AND span.position < ?2)
            OR EXISTS (SELECT 1 FROM decision AS gate WHERE gate.sha256 = one.sha256 AND gate.environment = ?6
                AND gate.result = 'PASSED' AND gate.time < ?4 AND gate.position < ?2))
    ORDER BY one.time DESC, one.entry LIMIT 1
"""
_APPROVAL = """
    SELECT position, entry, time, writer FROM approval
    WHERE sha256 = ?3 AND environment = ?5 AND decision = 'approved' AND time < ?4 AND position < ?2
    ORDER BY time DESC, entry LIMIT 1
"""


def last_release(
    asking: Asking, artifact: str, names: Sequence[str], first: str, environment: str
) -> Release | None:
    """The newest other artifact of one of these names that was approved for the environment, and let through by its
    gate, deployed or seen there, before `first`, when this one was first recorded."""
    newest: Release | None = None
    for name in names:
        for sha256, commit in asking.rows(_RELEASED, (), artifact, first, name, environment):
            ((*proof,),) = asking.rows(_APPROVAL, (), sha256, first, environment)
            found = Release(Proof(*proof), sha256, commit)
            if newest is None or found.proof.time > newest.proof.time:
                newest = found
    return newest
