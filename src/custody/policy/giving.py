"""A person's word on an artifact, put into the ledger with their own key."""

from __future__ import annotations

from pathlib import Path

from custody.keys.ed25519 import Signer
from custody.kinds import Approval
from custody.kinds.recordable import check_recordable
from custody.ledger.store import DEFAULT_WAIT
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.trust.memory import last_seen


def give(
    path: Path,
    signer: Signer,
    approval: Approval,
    origin: str,
    *,
    once: str | None = None,
    wait: float = DEFAULT_WAIT,
) -> Receipt:
    """Record an approval as an act of its own: a chain of one person, closed by it. Durable when this returns.

    Given again under the same `once` it is there once.

    Raises InputError for what a reader would call malformed, UsageError where the ledger is not of this origin or
    cannot be written to, SigningKeyError, and NotAcknowledgedError where it may be recorded or not.
    """
    body = approval.write()
    check_recordable("approval", body)
    draft = Draft("approval", body, (approval.artifact,), once=once, last=True)
    with Writer(path, ChainWriter(signer), origin, {}, seen=last_seen, wait=wait) as writer:
        return writer.append([draft])[0]
