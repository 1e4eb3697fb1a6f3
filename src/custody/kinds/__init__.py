"""What an entry can say: one typed body for each kind."""

from __future__ import annotations

from custody.kinds.bodies import Approval, Artifact, Deployment, Evidence, Genesis, Running, Snapshot
from custody.kinds.fields import Fields
from custody.kinds.governance import Merge, Note, Policy, Redaction, Seal, Trust
from custody.ledger.canonical import JsonObject

Body = (
    Genesis
    | Artifact
    | Evidence
    | Approval
    | Deployment
    | Snapshot
    | Policy
    | Trust
    | Note
    | Merge
    | Redaction
    | Seal
)

BODIES: dict[str, type[Body]] = {
    "genesis": Genesis,
    "artifact": Artifact,
    "evidence": Evidence,
    "approval": Approval,
    "deployment": Deployment,
    "snapshot": Snapshot,
    "policy": Policy,
    "trust": Trust,
    "note": Note,
    "merge": Merge,
    "redaction": Redaction,
    "seal": Seal,
}


def read_body(kind: str, value: JsonObject) -> Body | None:
    """A decoded body as its kind's type; None for a kind whose meaning this version does not know.

    Raises MalformedError where a field is not what the kind's form says.
    """
    body = BODIES.get(kind)
    return None if body is None else body.read(Fields(value, kind))


__all__ = [
    "BODIES", "Approval", "Artifact", "Body", "Deployment", "Evidence", "Genesis", "Merge", "Note", "Policy",
    "Redaction", "Running", "Seal", "Snapshot", "Trust", "read_body",
]  # fmt: skip
