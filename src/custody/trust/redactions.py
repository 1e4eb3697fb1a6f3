"""Which absent bytes are accounted for: by a redaction on record, of an admin, of what may be redacted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from custody.kinds import Redaction, read_body
from custody.ledger.canonical import MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, entry_id, parse_header
from custody.ledger.findings import Finding
from custody.ledger.reader import Snapshot
from custody.trust.document import TrustDocument
from custody.trust.judge import Judged
from custody.trust.roles import may_write

NOT_REDACTABLE = frozenset({"trust", "policy", "merge", "redaction"})


class RecordedRedaction(NamedTuple):
    """A redaction entry, judged, and what it says."""

    entry: Judged
    body: Redaction


def read_redactions(entries: Sequence[Judged]) -> Iterator[RecordedRedaction]:
    """The redactions among some entries; one that cannot be read accounts for nothing."""
    for entry in entries:
        if entry.header.kind == "redaction" and entry.body is not None:
            try:
                body = read_body("redaction", decode_object(entry.body, MAX_BODY))
            except MalformedError:
                continue
            if isinstance(body, Redaction):
                yield RecordedRedaction(entry, body)


def account(
    redactions: Sequence[RecordedRedaction], document: TrustDocument | None, protected: Mapping[str, str]
) -> tuple[dict[str, str], list[Finding]]:
    """The reason by digest of all that was rightly redacted, and the redactions that name what cannot be."""
    accounted: dict[str, str] = {}
    findings = []
    for entry, body in redactions:
        identity = document.by_key.get(entry.key) if document is not None else None
        allowed = document is None or (identity is not None and may_write("redaction", identity.roles, False))
        if not allowed or not entry.counts:
            continue
        for digest in body.blobs:
            if digest in protected:
                message = f"it names bytes of a {protected[digest]} entry, which cannot be redacted"
                findings.append(Finding("redaction-invalid", message, entry.position, entry.id))
            else:
                accounted[digest] = body.reason
    return accounted, findings


def protected_blobs(
    snapshot: Snapshot, counts: Callable[[str, str], bool] = lambda chain, kind: True
) -> dict[str, str]:
    """The digests that entries which cannot be redacted commit to, with the entry's kind.

    `counts` says of a chain's id and a kind whether its writer may record that: nobody else protects anything, or
    any writer could undo a redaction by naming the same bytes as a policy.
    """
    found: dict[str, str] = {}
    for kind in sorted(NOT_REDACTABLE):
        for position in snapshot.positions_with(b'"kind":"%b"' % kind.encode("ascii")):
            row = snapshot.row(position)
            try:
                header = parse_header(row.header) if row is not None else None
            except MalformedError:
                continue
            if header is not None and header.kind == kind and counts(header.chain, kind):
                found.update(dict.fromkeys(header.blobs, kind))
    return found


def shared_blobs(snapshot: Snapshot, owner: str, digests: Sequence[str]) -> list[str]:
    """Those of the digests that an entry other than `owner` (an id) commits to as well."""
    shared = []
    for digest in digests:
        for position in snapshot.positions_with(digest.encode("ascii")):
            row = snapshot.row(position)
            if row is not None and entry_id(row.header) != owner and digest in parse_header(row.header).blobs:
                shared.append(digest)
                break
    return shared
