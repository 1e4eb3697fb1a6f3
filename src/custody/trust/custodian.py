"""What a custodian does to a ledger it keeps: verify it under the write lock, and sign for what it holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from custody.errors import NotVerifiedError, UsageError
from custody.keys.ed25519 import PublicKey, Signer
from custody.ledger.checkpoint import parse_checkpoint, sign_checkpoint
from custody.ledger.merkle import Frontier
from custody.ledger.store import DEFAULT_WAIT, Store, Transaction
from custody.trust.anchors import Governing
from custody.trust.roles import CUSTODIAN
from custody.trust.verification import Expectations, Verification

Progress = Callable[[str, int, int], None]
"""Called with the name of what is being verified, entries done, entries in all."""

KEPT_AS_PROOF = frozenset({"fork"})
"""Faults that a custodian goes on keeping, because they prove somebody's guilt; every other stops it."""


def no_progress(name: str, done: int, total: int) -> None:
    """For callers that do not show any."""


class Target(NamedTuple):
    """A ledger that was verified under the write lock: its tree can be appended to and signed for."""

    origin: str
    tree: Frontier
    verification: Verification


def verify_target(
    transaction: Transaction, name: str, expectations: Callable[[str], Expectations], progress: Progress
) -> Target:
    """Verify the ledger as the transaction sees it. Raises NotVerifiedError at a fault: nobody signs for that."""
    view = transaction.view()
    if view.count == 0:
        raise UsageError("the ledger has no entries yet: begin it with `custody init`", code="empty")
    verification = Verification(view, expectations(view.origin))
    for step in verification.run():
        progress(name, step.done, step.total)
    for finding in verification.report.findings:
        if finding.severity == "fault" and finding.code not in KEPT_AS_PROOF:
            where = f" at position {finding.position}" if finding.position >= 0 else ""
            raise NotVerifiedError(f"{name}: {finding.code}{where}: {finding.message}", code=finding.code)
    return Target(view.origin, verification.log.tree.copy(), verification)


def require_custodian(governing: Governing, key: PublicKey) -> None:
    """A checkpoint of anyone else would prove nothing. Raises UsageError."""
    document = governing.current
    if document is None:
        return
    identity = document.by_key.get(key.hex)
    if identity is None or CUSTODIAN not in identity.roles:
        who = identity.name if identity is not None else "nobody"
        message = f"key {key.fingerprint} is {who}'s in the trust document, and not a custodian's"
        raise UsageError(message, code="role")


def sign_log(transaction: Transaction, target: Target, signer: Signer) -> str:
    """Sign the log as it is now, and keep the checkpoint, unless the same one is kept already; its note."""
    root = target.tree.root()
    for size, note in target.verification.snapshot.checkpoints():
        if size == target.tree.size:
            kept = parse_checkpoint(note)
            if kept.root == root.hex() and kept.signed_by(signer.public.raw):
                return note
    note = sign_checkpoint(target.origin, target.tree.size, root, signer)
    transaction.add_checkpoint(target.tree.size, note)
    return note


def checkpoint(
    path: Path,
    signer: Signer,
    expectations: Callable[[str], Expectations],
    *,
    wait: float = DEFAULT_WAIT,
    progress: Progress = no_progress,
) -> str:
    """Verify a ledger and sign for it; the checkpoint's note."""
    with Store(path, wait) as store, store.transaction() as transaction:
        target = verify_target(transaction, path.name, expectations, progress)
        require_custodian(target.verification.governing, signer.public)
        return sign_log(transaction, target, signer)
