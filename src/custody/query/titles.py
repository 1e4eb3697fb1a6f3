"""A short phrase for an entry: what a person reads in a list. It holds text from the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.kinds import (
    Allow,
    Approval,
    Artifact,
    Decision,
    Deployment,
    Evidence,
    Genesis,
    Merge,
    Note,
    Policy,
    Redaction,
    Seal,
    Snapshot,
    Trust,
    read_body,
)
from custody.ledger.canonical import JsonObject, MalformedError

if TYPE_CHECKING:
    from custody.kinds import Body

MAX_NOTE = 100
_SHORT = 12
_MINUTE = 16  # characters of an instant


def title(kind: str, value: JsonObject) -> str:
    """Such as "unit-tests pass · payments-api", from an entry's decoded body."""
    try:
        body = read_body(kind, value)
    except MalformedError as error:
        return f"unreadable: {error}"
    return kind if body is None else _phrase(body)


def _phrase(body: Body) -> str:
    match body:
        case Genesis():
            return _joined(
                " ".join(part for part in (body.flow, body.trail, body.job) if part), body.commit[:_SHORT]
            )
        case Artifact():
            return _joined(f"{body.subject.name} {body.version}".rstrip(), body.subject.sha256[:_SHORT])
        case Evidence():
            about = body.artifact_name or (f"commit {body.commit[:_SHORT]}" if body.commit else "")
            return _joined(f"{body.control} {body.result}", about)
        case Approval():
            return _joined(f"{body.decision} for {body.environment}", body.artifact.name)
        case Deployment():
            return _joined(f"{body.service} to {body.environment}", body.artifact.name)
        case Snapshot() if body.unchanged:
            return _joined(body.environment, f"as in {body.unchanged[:_SHORT]}")
        case Snapshot():
            services = len({one.service for one in body.running})
            return _joined(body.environment, f"{services} service{'' if services == 1 else 's'}")
        case Decision():
            return _joined(f"{body.result} for {body.environment}", body.artifact.name)
        case Allow():
            about = body.artifact.name if body.artifact is not None else body.name
            return _joined(f"exception in {body.environment} until {body.until[:_MINUTE]}Z", about)
        case Policy():
            return f"policy {body.name}"
        case Trust():
            return "trust document"
        case Note():
            return body.text if len(body.text) <= MAX_NOTE else f"{body.text[:MAX_NOTE]}…"
        case Merge():
            files = len(body.sources)
            taken = sum(source.taken for source in body.sources)
            return (
                f"{taken} {'entry' if taken == 1 else 'entries'} from {files} file{'' if files == 1 else 's'}"
            )
        case Redaction():
            return _joined(f"erased from {body.entry[:_SHORT]}", body.reason)
        case Seal():
            return "end of the chain"


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
