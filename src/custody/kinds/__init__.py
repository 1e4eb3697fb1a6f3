"""What an entry can say: one typed body for each kind, each in a file of its own that is imported when asked for.

Each has `read` (from a decoded body; raises MalformedError) and `write` (to a body, its salt left to the writer).
`spec/ledger.md` §9 documents every field. What every `append` needs is a named tuple, because a dataclass takes five
times as long to define.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject

if TYPE_CHECKING:
    from custody.kinds.allow import Allow
    from custody.kinds.approval import Approval, CommitRange, PolicySeen, Tag, Word
    from custody.kinds.artifact import Artifact, Author, Build, Material, Source
    from custody.kinds.decision import ControlState, Decision, JudgedBy, LogSeen
    from custody.kinds.deployment import Deployment
    from custody.kinds.evidence import Evidence, Result
    from custody.kinds.extras import Extras, File, Link
    from custody.kinds.genesis import Genesis, Run
    from custody.kinds.merge import Merge, MergedFile
    from custody.kinds.note import Note
    from custody.kinds.policy import Policy
    from custody.kinds.pull_request import Change, PullRequest, Review
    from custody.kinds.redaction import Redaction
    from custody.kinds.scope import Scope
    from custody.kinds.seal import Seal
    from custody.kinds.snapshot import Running, Snapshot
    from custody.kinds.statement import Statement
    from custody.kinds.trust import Trust

    Body: TypeAlias = (
        Genesis
        | Artifact
        | Evidence
        | Approval
        | Deployment
        | Snapshot
        | Decision
        | Policy
        | Trust
        | Allow
        | Note
        | Merge
        | Redaction
        | Seal
    )

MAX_DOCUMENT = 512 * 1024
"""Characters of a policy or trust document."""

# Kind -> its body's class; the module bears the kind's name.
BODIES = {
    "genesis": "Genesis",
    "artifact": "Artifact",
    "evidence": "Evidence",
    "approval": "Approval",
    "deployment": "Deployment",
    "snapshot": "Snapshot",
    "decision": "Decision",
    "policy": "Policy",
    "trust": "Trust",
    "allow": "Allow",
    "note": "Note",
    "merge": "Merge",
    "redaction": "Redaction",
    "seal": "Seal",
}

# Every name that this room gives out -> the module it is in.
_HOMES = {body: kind for kind, body in BODIES.items()} | {
    "Author": "artifact",
    "Build": "artifact",
    "Change": "pull_request",
    "CommitRange": "approval",
    "ControlState": "decision",
    "Extras": "extras",
    "File": "extras",
    "JudgedBy": "decision",
    "Link": "extras",
    "LogSeen": "decision",
    "Material": "artifact",
    "MergedFile": "merge",
    "PolicySeen": "approval",
    "PullRequest": "pull_request",
    "Result": "evidence",
    "Review": "pull_request",
    "Run": "genesis",
    "Running": "snapshot",
    "Scope": "scope",
    "Source": "artifact",
    "Statement": "statement",
    "Tag": "approval",
    "Word": "approval",
}


def read_body(kind: str, value: JsonObject) -> Body | None:
    """A decoded body as its kind's type; None for a kind whose meaning this version does not know.

    Raises MalformedError where a field is not what the kind's form says.
    """
    if kind not in BODIES:
        return None
    body = getattr(import_module(f"custody.kinds.{kind}"), BODIES[kind])
    return cast("Body", body.read(Fields(value, kind)))


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(name)
    found = getattr(import_module(f"custody.kinds.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


__all__ = [
    "BODIES", "MAX_DOCUMENT", "Allow", "Approval", "Artifact", "Author", "Build", "Change", "CommitRange",
    "ControlState", "Decision", "Deployment", "Evidence", "Extras", "File", "Genesis", "JudgedBy", "Link",
    "LogSeen", "Material", "Merge", "MergedFile", "Note", "Policy", "PolicySeen", "PullRequest",
    "Redaction", "Result", "Review", "Run", "Running", "Scope", "Seal", "Snapshot", "Source", "Statement", "Tag",
    "Trust", "Word", "read_body",
]  # fmt: skip
