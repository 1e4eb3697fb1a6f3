"""Which trust document governs a log: from the root keys that were given, up the chain of versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey, verify_signature
from custody.kinds import Trust, read_body
from custody.ledger import dsse
from custody.ledger.canonical import MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, entry_id, parse_header
from custody.ledger.findings import Finding
from custody.ledger.reader import Row, Snapshot
from custody.trust.document import TrustDocument, parse_trust


class Recorded(NamedTuple):
    """A trust document in a log: where it stands, and the key (hex) that signed it."""

    position: int
    entry: str
    key: str
    document: TrustDocument


class Governing(NamedTuple):
    """The documents that count, by version, the last one being in force; and what is wrong with the others."""

    line: tuple[Recorded, ...]
    findings: tuple[Finding, ...]

    @property
    def current(self) -> TrustDocument | None:
        return self.line[-1].document if self.line else None


def find_governing(snapshot: Snapshot, roots: Sequence[str]) -> Governing:
    """Read every trust document of a log and follow the versions from one that a given root signed.

    `roots` are OpenSSH fingerprints. A document counts if one of them signed it and it lists that key, or if it
    names the document before it and a root key of that one signed it. The documents in front of the first are
    history, by the digests that lead back to them.
    """
    recorded, findings = read_documents(snapshot)
    governing = follow(recorded, snapshot.origin, roots)
    return Governing(governing.line, (*findings, *governing.findings))


def follow(recorded: Sequence[Recorded], origin: str, roots: Sequence[str]) -> Governing:
    """The line of documents that the roots lead to, among these of one log (or of several that will be one)."""
    findings: list[Finding] = []
    for one in recorded:
        if one.document.origin != origin:
            message = f"a trust document of origin {one.document.origin} in a log of origin {origin}"
            findings.append(Finding("origin-differs", message, one.position, one.entry))
    candidates = [one for one in recorded if one.document.origin == origin]
    line: list[Recorded] = []
    unanchored: list[Recorded] = []
    for one in sorted(candidates, key=lambda one: (one.document.version, one.position)):
        signer = PublicKey.from_hex(one.key)
        before = line[-1].document if line else None
        if before is not None and one.document.version == before.version:
            if one.document.sha256 == before.sha256:
                continue
            # Only a root can be guilty of two documents; anybody else's is no document at all.
            if signer.fingerprint in roots or any(older.document.has_root(one.key) for older in line[-2:]):
                message = f"two different trust documents of version {before.version}"
                findings.append(Finding("trust-version", message, one.position, one.entry))
            else:
                message = f"version {before.version} is not signed by a root key, and is another one"
                findings.append(Finding("untrusted-trust", message, one.position, one.entry))
            continue
        if before is None:
            if signer.fingerprint in roots and one.document.has_root(one.key):
                line.append(one)
            elif roots:
                unanchored.append(one)
            continue
        if not before.has_root(one.key):
            message = (
                f"version {one.document.version} is not signed by a root key of version {before.version}"
            )
            findings.append(Finding("untrusted-trust", message, one.position, one.entry))
        elif one.document.previous != before.sha256 or one.document.version != before.version + 1:
            message = f"version {one.document.version} does not follow version {before.version}"
            findings.append(Finding("trust-version", message, one.position, one.entry))
        else:
            line.append(one)
    history = _history(line[0], candidates) if line else []
    vouched = {one.document.sha256 for one in history}
    for one in unanchored:
        if one.document.sha256 not in vouched or not _is_authorised(one, candidates):
            message = (
                f"trust document version {one.document.version} is not signed by a root key that was given"
            )
            findings.append(Finding("untrusted-trust", message, one.position, one.entry))
    return Governing((*history, *line), tuple(findings))


def _history(first: Recorded, candidates: Sequence[Recorded]) -> list[Recorded]:
    """The documents in front of the first that a given root signed: it vouches for them, each naming the one before.

    They say since when a key was revoked, and whose word the documents of former roots are.
    """
    history: list[Recorded] = []
    while first.document.version > 1:
        before = [one for one in candidates if one.document.sha256 == first.document.previous]
        signed = [one for one in before if _is_authorised(one, candidates)]
        if not signed:
            break
        first = min(signed, key=lambda one: one.position)
        history.insert(0, first)
    return history


def _is_authorised(one: Recorded, candidates: Sequence[Recorded]) -> bool:
    """Whether a root key of the document before signed it, or where that is not recorded, one of its own."""
    before = [other.document for other in candidates if other.document.sha256 == one.document.previous]
    return any(document.has_root(one.key) for document in before or [one.document])


def read_documents(snapshot: Snapshot) -> tuple[list[Recorded], list[Finding]]:
    """Every trust document of a log whose own signature holds; and what is wrong with the others."""
    recorded: list[Recorded] = []
    findings: list[Finding] = []
    for position in snapshot.positions_with(b'"kind":"trust"'):
        row = snapshot.row(position)
        if row is None:
            continue
        try:
            one = _read_document(snapshot, row)
        except MalformedError as error:
            findings.append(Finding("trust-malformed", str(error), position))
            continue
        if one is not None:
            recorded.append(one)
    return recorded, findings


def signer_of(snapshot: Snapshot, row: Row) -> PublicKey | None:
    """The key of an entry's chain, if its own signature and its chain's genesis' hold. Raises MalformedError."""
    header = parse_header(row.header)
    chain = header.chain or entry_id(row.header)
    genesis = next((g for g in map(snapshot.row, snapshot.find(chain)) if g is not None), None)
    if genesis is None or entry_id(genesis.header) != chain:
        return None
    try:
        key = PublicKey.from_hex(parse_header(genesis.header).key)
    except SigningKeyError:
        return None
    sound = all(verify_signature(key.raw, dsse.pae(one.header), one.signature) for one in (genesis, row))
    return key if sound else None


def _read_document(snapshot: Snapshot, row: Row) -> Recorded | None:
    """A trust entry whose own signature holds. None where verification of the log will say what is wrong with it."""
    header = parse_header(row.header)
    key = signer_of(snapshot, row) if header.kind == "trust" else None
    if key is None:
        return None
    data = snapshot.blob(header.body)
    if data is None:
        raise MalformedError("the trust document's body is not in the ledger")
    body = read_body("trust", decode_object(data, MAX_BODY))
    assert isinstance(body, Trust)
    return Recorded(row.position, entry_id(row.header), key.hex, parse_trust(body.document))
