"""Entries and proofs in forms that other tools verify, as bytes for a file."""

from __future__ import annotations

from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey
from custody.ledger import dsse
from custody.ledger.checkpoint import format_proof
from custody.ledger.entry import entry_id
from custody.ledger.reader import Snapshot
from custody.query.entries import entry_detail, inclusion


def envelope(snapshot: Snapshot, position: int, verified: str = "") -> bytes:
    """An entry as a DSSE envelope. Raises UsageError where there is none, and "changed" where it is not the entry
    that was `verified` (its id) any more.
    """
    row = snapshot.row(position)
    if row is None:
        raise UsageError(f"there is no entry at position {position}", code="entry")
    if verified and entry_id(row.header) != verified:
        raise UsageError("the file was written to after this entry was verified", code="changed")
    key = PublicKey.from_hex(entry_detail(snapshot, position).key)
    return dsse.encode_envelope(dsse.Envelope(row.header, row.signature, key.fingerprint))


def inclusion_proof(snapshot: Snapshot, position: int, covered: int, checkpoint: str) -> bytes:
    """That an entry is in the log, as a C2SP tlog-proof with the custodian's checkpoint, which covers so many entries.

    Raises UsageError "uncovered" where it does not reach the entry.
    """
    if position >= covered:
        message = f"no trusted checkpoint covers position {position}; the newest covers {covered}"
        raise UsageError(message, code="uncovered")
    return format_proof(position, inclusion(snapshot, position, covered), checkpoint).encode("utf-8")
