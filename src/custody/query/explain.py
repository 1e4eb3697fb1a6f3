"""What a finding means: the check that failed, what it expected, and what it found, computed again from the bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from custody.ledger.canonical import MalformedError
from custody.ledger.entry import Header, entry_id, parse_header
from custody.ledger.findings import CODES, Finding
from custody.ledger.reader import Row, Snapshot
from custody.query.entries import entry_detail


class Explanation(NamedTuple):
    """`check` says what the code means, `expected` what an intact ledger holds there; texts of `found` may quote the
    ledger."""

    check: str
    expected: str
    found: str


_EXPECTED: Mapping[str, str] = {
    "header-malformed": "a header in canonical form, whose bytes are their own canonical encoding",
    "signature-invalid": "a signature by the chain's key over exactly these bytes",
    "column-differs": "columns that say what the signed header says",
    "body-differs": "the bytes that the header commits to",
    "attachment-differs": "the bytes that the header commits to",
    "missing": "the bytes that the header commits to, or a redaction that accounts for them",
    "chain-broken": "the id of the entry in front of it in its chain",
    "fork": "one entry at each place of a chain",
    "weak-key": "an Ed25519 key of full order in the genesis of the chain",
    "body-malformed": "a strict JSON object with a salt, of the form of its kind",
    "chain-unknown": "a genesis of this chain, further in front in the log",
    "chain-gap": "the entry in front of it in its chain, in this ledger",
    "chain-order": "its predecessor further in front in the log",
    "after-last": "nothing behind the entry that closed the chain",
    "origin-differs": "the origin of the log's first genesis",
    "position-gap": "positions that count from 0 without a gap",
    "checkpoint-malformed": "a signed note of the form that C2SP describes",
    "checkpoint-differs": "the root that the custodian signed",
    "truncated": "as many entries as the custodian signed for, or more",
    "split": "one root for each size that the custodian signed",
    "rollback": "a log that continues the checkpoint that was remembered or given",
    "seen-differs": "a log that continues the checkpoint that its writer saw",
    "root-differs": "one root: the key given with --root, and the one pinned for this origin",
    "untrusted-trust": "the signature of a root key that may sign it",
    "trust-malformed": "a trust document that can be read",
    "trust-version": "one document for each version, each following the one before",
    "late-after-revocation": "nothing of this key behind the document that revoked it",
    "redaction-invalid": "a redaction that names a body or attachment that may be erased",
    "empty": "entries",
    "no-root": "a root key, given with --root or pinned with `custody trust pin`",
    "no-trust": "a trust document that the root key signed",
    "no-checkpoint": "a checkpoint signed by a custodian of the trust document",
    "uncovered-tail": "a checkpoint that covers every entry",
    "open-chain": "a last entry that closes the chain, or a checkpoint that covers its end",
    "unknown-writer": "a key of somebody whom the trust document names",
    "role": "a writer with a role that may record this kind of entry",
    "open-chain-covered": "a last entry that closes the chain",
    "checkpoint-unverified": "a signature of a custodian of the trust document",
    "other-log": "the log of which a checkpoint is remembered",
    "seen-unchecked": "the log whose checkpoints the writers saw",
    "time-regression": "a claimed time no earlier than that of the entry in front of it in its chain",
    "future-time": "claimed times in front of the merge or checkpoint that covers them",
    "redacted": "the bytes that the header commits to, or a redaction that accounts for them",
    "disowned": "an entry that its root stands by",
    "once-repeated": "one entry for each --once key of a writer",
    "orphan": "only bytes that an entry commits to",
    "unreadable": "a body of the form of its kind",
    "ambiguous-binding": "exactly one artifact of that name in the trail",
    "no-fingerprint": "a fingerprint of each artifact that ran",
    "unchanged-unknown": "an earlier report of the same part, which this one says still holds",
}
_CHECKS = {
    "unreadable": "The body is not of the form of its kind, so the entry answers nothing.",
    "ambiguous-binding": "Evidence names an artifact that its trail does not hold exactly once; it counts for nothing.",
    "no-fingerprint": "A report names something that ran, without the fingerprint that would say what it was.",
    "unchanged-unknown": "A report says that nothing changed since one that this ledger does not hold.",
}


def explain(snapshot: Snapshot, finding: Finding) -> Explanation:
    """The check behind a finding, on the bytes as they are now. Raises RefusedError where they cannot be read."""
    meaning = CODES[finding.code].meaning if finding.code in CODES else _CHECKS.get(finding.code, "")
    expected, found = _EXPECTED.get(finding.code, ""), finding.message
    recompute = _RECOMPUTED.get(finding.code)
    row = snapshot.row(finding.position) if recompute is not None and finding.position >= 0 else None
    if recompute is not None and row is not None:
        try:
            told = recompute(snapshot, row, parse_header(row.header))
        except MalformedError:
            told = None
        if told is not None:
            expected, found = told
    return Explanation(meaning, expected, found)


def _signature(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    detail = entry_detail(snapshot, row.position)
    holds = "holds" if detail.signature_ok else "does not hold"
    return (
        f"an Ed25519 signature by the chain's key {detail.key} over these {len(row.header)} bytes",
        f"signature {row.signature.hex()}, which {holds}",
    )


def _columns(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    signed = entry_id(row.header)
    return (
        f"id {signed}, chain {header.chain or signed}, seq {header.seq}: what the signed header says",
        f"id {row.id.hex()}, chain {row.chain.hex()}, seq {row.seq}: what stands beside it",
    )


def _body(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    return f"{header.body_size} bytes of SHA-256 {header.body}", _measured(snapshot, header.body)


def _attachment(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    for one in header.attachments:
        measured = snapshot.measure_blob(one.sha256)
        if measured is not None and measured[1:] != (one.sha256, one.size):
            return f"{one.size} bytes of SHA-256 {one.sha256}", _measured(snapshot, one.sha256)
    return None


def _missing(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    absent = [digest for digest in header.blobs if snapshot.measure_blob(digest) is None]
    if not absent:
        return None
    return f"bytes of SHA-256 {', '.join(absent)}, or a redaction that accounts for them", "neither"


def _redacted(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    told = _missing(snapshot, row, header)
    return (told[0], "a redaction by an admin, which says why") if told else None


def _link(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    before = snapshot.places(header.chain, header.seq - 1, header.seq - 1) if header.seq else []
    ids = [one.header for _, position in before if (one := snapshot.row(position)) is not None]
    if not ids:
        return None
    stands = " or ".join(entry_id(data) for data in ids)
    return f"prev {stands}, the entry at seq {header.seq - 1}", f"prev {header.prev}"


def _fork(snapshot: Snapshot, row: Row, header: Header) -> tuple[str, str] | None:
    chain = header.chain or entry_id(row.header)
    there = snapshot.places(chain, header.seq, header.seq)
    positions = ", ".join(f"{position:,}" for _, position in there)
    return (
        f"one entry at seq {header.seq} of chain {chain}",
        f"{len(there)} signed entries, at positions {positions}",
    )


def _measured(snapshot: Snapshot, digest: str) -> str:
    measured = snapshot.measure_blob(digest)
    return "nothing" if measured is None else f"{measured[2]} bytes of SHA-256 {measured[1]}"


_RECOMPUTED: Mapping[str, Callable[[Snapshot, Row, Header], tuple[str, str] | None]] = {
    "signature-invalid": _signature,
    "column-differs": _columns,
    "body-differs": _body,
    "attachment-differs": _attachment,
    "missing": _missing,
    "redacted": _redacted,
    "chain-broken": _link,
    "fork": _fork,
}
