"""Approvals as they were recorded: whose word each is, as far as its body and the tag that it rests on tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from custody.kinds import Approval
from custody.policy.asking import Asking
from custody.policy.facts import ApprovalFact
from custody.policy.tags import NOBODY, tag_word
from custody.query.types import Proof


def approval_facts(asking: Asking, rows: Iterable[tuple[Proof, str | None]]) -> Iterator[ApprovalFact]:
    """A fact for each entry and the digest of its body (None: it cannot be read), in the same order."""
    rows = list(rows)
    bodies = asking.read({proof.position: body for proof, body in rows if body}, "approval", Approval.read)
    for proof, _ in rows:
        yield _fact(asking, proof, bodies.get(proof.position))


def _fact(asking: Asking, proof: Proof, body: Approval | None) -> ApprovalFact:
    if body is None:
        return ApprovalFact(proof, "", "", readable=False)
    given_by, given_at, signed_by = body.given_by, body.given_at, ""
    if body.tag is not None:
        tag = tag_word(asking.bodies, proof, body)
        if tag is None:
            return ApprovalFact(proof, body.environment, "", readable=False)
        signed_by, given_at = tag
        given_by = given_by if signed_by else NOBODY
    return ApprovalFact(
        proof,
        body.environment,
        body.decision,
        given_by,
        given_at,
        signed_by,
        body.commits.head if body.commits else "",
        body.commits.base if body.commits else "",
        body.policy.sha256 if body.policy else "",
    )
