"""Verifying a log: every entry by itself, in its chain, and in the Merkle tree. A stream over a snapshot.

This room proves bytes: signatures by each chain's own key, digests, order, roots. Whose keys they are, and whether
they may say what they say, is judged by `custody.trust` on top of this stream.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey
from custody.ledger.canonical import MalformedError
from custody.ledger.chain import NEVER, Chain, ChainRules
from custody.ledger.entry import Header, parse_header
from custody.ledger.findings import Finding
from custody.ledger.merkle import Frontier
from custody.ledger.parallel import Checkers, Jobs, Wrong
from custody.ledger.reader import RawRow, Snapshot

BATCH = 100


class Verified(NamedTuple):
    """An entry whose checks are done. `sound` says that it and its chain up to it have no fault.

    `key` is the chain's key (hex), `effective` the claimed time but no earlier than that of the entry before it in
    its chain, `body` the stored body's bytes when it is there.
    """

    position: int
    id: str
    header: Header
    key: str
    effective: str
    sound: bool
    body: bytes | None


class Batch(NamedTuple):
    """A stretch of the log, in order: its entries, what is wrong with them, and how far verification is."""

    entries: list[Verified]
    findings: list[Finding]
    done: int
    total: int


class Missing(NamedTuple):
    """Bytes that an entry commits to and the ledger does not hold."""

    position: int
    entry: str
    digest: str


class _Pending(NamedTuple):
    """A batch whose signatures are being checked."""

    entries: list[Verified]
    chains: list[Chain | None]
    findings: list[Finding]
    result: Callable[[], list[Wrong]]


class LogVerifier:
    """One verification of one snapshot. Iterate `run()` to its end, then read what it learned.

    `roots_at` are sizes at which the root is wanted; `trusted_below` a size whose root was verified before, below
    which signatures and the inner form of bodies are not checked again (everything is still hashed).
    """

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        roots_at: Iterable[int] = (),
        trusted_below: int = 0,
        workers: int | None = None,
    ) -> None:
        self.rules = ChainRules()
        self.tree = Frontier()
        self.roots: dict[int, bytes] = {}
        self.missing: list[Missing] = []
        self._snapshot = snapshot
        self._wanted = set(roots_at)
        self._trusted_below = trusted_below
        self._workers = workers
        self._expected = 0
        self._any_fault = False
        self._keys: dict[str, bytes] = {}
        self._blobs_read = 0  # rowid of the furthest body so far
        self._blobs_seen: set[int] | bytearray = bytearray(1024)

    def run(self) -> Iterator[Batch]:
        """Verify everything, in batches. Raises RefusedError if the container turns out to be corrupt."""
        self._snapshot.check_integrity()
        total = self._snapshot.count
        if 0 in self._wanted:
            self.roots[0] = self.tree.root()
        pending: deque[_Pending] = deque()
        with Checkers(total - self._trusted_below, self._workers) as checkers:
            for rows in self._snapshot.rows(batch=BATCH):
                pending.append(self._prepare(rows, checkers))
                if len(pending) >= checkers.window:
                    yield self._finish(pending.popleft(), total)
            while pending:
                yield self._finish(pending.popleft(), total)
        self._snapshot.confirm_unchanged()
        yield Batch([], [*self.rules.unresolved(), *self._orphans()], total, total)

    def _prepare(self, rows: list[RawRow], checkers: Checkers) -> _Pending:
        entries: list[Verified] = []
        chains: list[Chain | None] = []
        findings: list[Finding] = []
        jobs = Jobs()
        headers = self._headers(rows, findings)
        bodies = self._bodies(headers)
        tree, roots_at, keys, admit = self.tree, self._wanted, self._keys, self.rules.admit
        for (position, stored_id, data, signature, chain_column, seq_column), header in zip(
            rows, headers, strict=True
        ):
            if position != self._expected:
                message = f"position {position} stands where {self._expected} should"
                findings.append(Finding("position-gap", message, position))
            self._expected = position + 1
            tree.append(sha256(b"\0" + data + signature).digest())
            if tree.size in roots_at:
                self.roots[tree.size] = tree.root()
            if header is None:
                continue
            digest = sha256(data).digest()
            entry_id = digest.hex()
            chain, wrong = admit(position, entry_id, header)
            signed_chain = header.chain or entry_id
            if stored_id != digest or seq_column != header.seq or chain_column.hex() != signed_chain:
                message = "the stored id, chain or seq is not that of the signed header"
                wrong.append(Finding("column-differs", message, position, entry_id))
            body_digest = bytes.fromhex(header.body)
            body = bodies.get(body_digest)
            if body is None or len(body) != header.body_size:
                wrong += self._odd_body(position, entry_id, header)
                body = None
            if header.attachments:
                wrong += self._attachments(position, entry_id, header)
            key = (chain and keys.get(chain.key)) or self._key(chain, position, entry_id, wrong)
            if position >= self._trusted_below:
                jobs.headers.append(data)
                jobs.signatures.append(signature)
                jobs.keys.append(key)
                jobs.bodies.append(body)
                jobs.digests.append(body_digest)
            elif body is not None and sha256(body).digest() != body_digest:
                message = "the stored body is not the bytes that the header commits to"
                wrong.append(Finding("body-differs", message, position, entry_id))
            if wrong:
                findings += wrong
                self._any_fault = True
            if chain is None:  # which is a fault
                entries.append(Verified(position, entry_id, header, "", header.time, True, body))
            else:
                if chain.faulty_from != NEVER:
                    self._any_fault = True
                entries.append(Verified(position, entry_id, header, chain.key, chain.time, True, body))
            chains.append(chain)
        return _Pending(entries, chains, findings, checkers.submit(jobs))

    def _headers(self, rows: list[RawRow], findings: list[Finding]) -> list[Header | None]:
        """Of each row, with None for what is no header."""
        try:
            return [parse_header(row[2]) for row in rows]
        except MalformedError:
            return [self._parse(row[0], row[2], findings) for row in rows]

    def _bodies(self, headers: list[Header | None]) -> dict[bytes, bytes]:
        """The bodies that these headers commit to, as they are stored, by raw digest."""
        found = self._snapshot.bodies(
            [header.body for header in headers if header is not None], self._blobs_read
        )
        if found:
            rowids = [rowid for rowid, _ in found.values()]
            self._blobs_read = max(rowids)
            self._mark(rowids)
        return {digest: body for digest, (_, body) in found.items()}

    def _finish(self, pending: _Pending, total: int) -> Batch:
        """Batches finish in order, so that every fault in front of an entry is known when its turn comes."""
        entries, chains, findings, result = pending
        wrong = result()
        trusted = sum(entry.position < self._trusted_below for entry in entries) if wrong else 0
        for index, code, message in wrong:
            entry = entries[trusted + index]
            findings.append(Finding(code, message, entry.position, entry.id))
        if findings:
            findings.sort(key=lambda finding: finding.position)
            faults = {finding.position for finding in findings if finding.severity == "fault"}
            for entry, chain in zip(entries, chains, strict=True):
                if entry.position in faults and chain is not None:
                    chain.fault(entry.position)
                    self._any_fault = True
        if self._any_fault:
            entries = [
                entry._replace(sound=chain is not None and entry.position < chain.faulty_from)
                for entry, chain in zip(entries, chains, strict=True)
            ]
        done = entries[-1].position + 1 if entries else self._expected
        return Batch(entries, findings, min(done, total), total)

    def _parse(self, position: int, data: bytes, findings: list[Finding]) -> Header | None:
        try:
            return parse_header(data)
        except MalformedError as error:
            findings.append(Finding("header-malformed", str(error), position))
            return None

    def _key(self, chain: Chain | None, position: int, entry_id: str, wrong: list[Finding]) -> bytes:
        """The raw key that must have signed, or b"" where a fault already says that there is none."""
        if chain is None:
            return b""
        key = self._keys.get(chain.key)
        if key is None:
            try:
                key = PublicKey.from_hex(chain.key).raw
            except SigningKeyError as error:
                key = b""
                wrong.append(Finding("weak-key", f"the chain's key: {error}", position, entry_id))
            self._keys[chain.key] = key
        elif not key:
            wrong.append(Finding("weak-key", "the chain's key is malformed or weak", position, entry_id))
        return key

    def _odd_body(self, position: int, entry_id: str, header: Header) -> list[Finding]:
        """A body that is absent, or not of the size that was signed."""
        measured = self._snapshot.measure_blob(header.body)
        if measured is None:
            self.missing.append(Missing(position, entry_id, header.body))
            return []
        self._mark([measured[0]])
        message = f"the stored body is not the {header.body_size} bytes that the header commits to"
        return [Finding("body-differs", message, position, entry_id)]

    def _attachments(self, position: int, entry_id: str, header: Header) -> list[Finding]:
        wrong = []
        for attachment in header.attachments:
            measured = self._snapshot.measure_blob(attachment.sha256)
            if measured is None:
                self.missing.append(Missing(position, entry_id, attachment.sha256))
                continue
            self._mark([measured[0]])
            if measured[1:] != (attachment.sha256, attachment.size):
                message = f"attachment {attachment.sha256[:16]} is not the bytes that the header commits to"
                wrong.append(Finding("attachment-differs", message, position, entry_id))
        return wrong

    def _mark(self, rowids: Iterable[int]) -> None:
        """Remember that blobs are committed to. Rowids are dense in an honest ledger: a byte each."""
        for rowid in rowids:
            seen = self._blobs_seen
            if isinstance(seen, set):
                seen.add(rowid)
            elif 0 <= rowid < len(seen):
                seen[rowid] = 1
            elif 0 <= rowid < 4 * len(seen) + 65536:
                seen.extend(bytes(max(len(seen), rowid + 1 - len(seen))))
                seen[rowid] = 1
            else:
                self._blobs_seen = {index for index, mark in enumerate(seen) if mark} | {rowid}

    def _orphans(self) -> Iterator[Finding]:
        seen = self._blobs_seen
        if self._snapshot.blob_count == (len(seen) if isinstance(seen, set) else seen.count(1)):
            return
        for rowid, digest in self._snapshot.blob_rowids():
            known = rowid in seen if isinstance(seen, set) else 0 <= rowid < len(seen) and bool(seen[rowid])
            if not known:
                yield Finding("orphan", f"stored bytes {digest[:16]} belong to no entry")
