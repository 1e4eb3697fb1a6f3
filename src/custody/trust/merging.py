"""Merging exports into a custodian's ledger: every source verified, judged by the target's trust, taken or left out.

One transaction: the target is verified, what is new is appended, the custodian records what was merged and signs a
checkpoint; or nothing at all happens.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from custody.errors import NotVerifiedError, RefusedError, UsageError
from custody.keys.ed25519 import PublicKey
from custody.kinds import Merge, MergedFile
from custody.ledger import canonical
from custody.ledger.canonical import Json
from custody.ledger.entry import parse_header
from custody.ledger.findings import Finding
from custody.ledger.merge import Candidate, choose, order
from custody.ledger.merkle import leaf_hash
from custody.ledger.reader import Snapshot
from custody.ledger.store import DEFAULT_WAIT, NewEntry, Store, Transaction
from custody.ledger.writer import ChainWriter, Draft, Signed, insert
from custody.trust.anchors import Governing, follow
from custody.trust.custodian import (
    Progress,
    Target,
    no_progress,
    require_custodian,
    sign_log,
    verify_target,
)
from custody.trust.judge import Judge
from custody.trust.redactions import account, protected_blobs
from custody.trust.sources import Source, read_source
from custody.trust.verification import Expectations

ORDER_TYPE = "application/vnd.custody.order"
DETAIL_TYPE = "application/vnd.custody.merge+json"
_MAX_NOTE = 16 * 1024  # bytes of a source's checkpoint that is recorded, so that a body holds one of each
_TAKEN_AT_ONCE = 64  # entries; their bodies, of a megabyte at most, are in memory together
_SOURCES_EACH = 32  # two attachments for each, and an entry has at most 64


class LeftOut(NamedTuple):
    """A chain that was not taken, and why."""

    source: str
    chain: str
    why: str


class Bad(NamedTuple):
    """A source that --skip-bad passed over."""

    source: str
    why: str


@dataclass(slots=True)
class MergeResult:
    """What a merge did. `taken` and `known` count entries; with nothing taken, nothing was written."""

    taken: int = 0
    known: int = 0
    size: int = 0
    checkpoint: str = ""
    left_out: list[LeftOut] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    forks: list[Finding] = field(default_factory=list)


def merge(
    target: Path,
    sources: Sequence[Path],
    chain: ChainWriter,
    expectations: Callable[[str], Expectations],
    *,
    accept_unknown: bool = False,
    skip_bad: bool = False,
    wait: float = DEFAULT_WAIT,
    progress: Progress = no_progress,
) -> MergeResult:
    """Merge `sources` into `target`, as the custodian that `chain` signs for.

    `expectations` gives, for an origin, the roots to judge by and what is remembered. Raises the first bad source's
    error (RefusedError or NotVerifiedError) unless `skip_bad`; nothing is written then.
    """
    result = MergeResult()
    read: list[Source] = []
    try:
        with Store(target, wait) as store:
            for path in sources:
                try:
                    one = read_source(path, progress)
                except (RefusedError, NotVerifiedError) as error:
                    if not skip_bad:
                        raise
                    result.bad.append(Bad(str(path), str(error)))
                    continue
                if all(one.sha256 != other.sha256 for other in read):
                    read.append(one)
                else:
                    one.snapshot.close()
            with store.transaction() as transaction:
                verified = verify_target(transaction, target.name, expectations, progress)
                _Merging(transaction, verified, read, chain, result).run(accept_unknown, skip_bad)
    finally:
        for one in read:
            one.snapshot.close()
    return result


class _Merging:
    """One merge, inside the target's transaction."""

    def __init__(
        self,
        transaction: Transaction,
        target: Target,
        read: list[Source],
        chain: ChainWriter,
        result: MergeResult,
    ) -> None:
        self._transaction = transaction
        self._target = target
        self._read = read
        self._chain = chain
        self._result = result
        self._judged_by = target.verification.expectations.judged_by

    def run(self, accept_unknown: bool, skip_bad: bool) -> None:
        if not self._judged_by and not accept_unknown:
            message = "no root key to judge the sources' writers by: give --root, or run `custody trust pin`"
            raise UsageError(message, code="no-root")
        self._drop(self._of_another_origin, skip_bad)
        governing = self._combined_trust()
        require_custodian(governing, self._chain.signer.public)
        by_source = {one.sha256: self._refused_chains(one, governing, accept_unknown) for one in self._read}
        self._redacted = self._combined_redactions(governing, by_source)
        self._drop(self._lacking, skip_bad)
        refused = [by_source[one.sha256] for one in self._read]
        chosen = self._choose(refused)
        self._result.size = self._transaction.size
        if not chosen:
            return
        ordered = order(chosen, [one.entry for one in governing.line])
        self._result.forks += self._forks(ordered)
        for start in range(0, len(ordered), _TAKEN_AT_ONCE):
            self._take(ordered[start : start + _TAKEN_AT_ONCE])
        for one in self._read:
            one.snapshot.confirm_unchanged()
        for digest in self._redacted:
            self._transaction.remove_blob(digest)
        for signed in self._record(refused, chosen):
            insert(self._transaction, signed)
            self._target.tree.append(leaf_hash(signed.data, signed.signature))
        self._result.taken = len(chosen)
        self._result.size = self._transaction.size
        self._result.checkpoint = sign_log(self._transaction, self._target, self._chain.signer)

    def _drop(self, fault: Callable[[Source], NotVerifiedError | None], skip_bad: bool) -> None:
        for one in list(self._read):
            error = fault(one)
            if error is not None:
                if not skip_bad:
                    raise error
                self._result.bad.append(Bad(str(one.path), str(error)))
                self._read.remove(one)
                one.snapshot.close()

    def _of_another_origin(self, one: Source) -> NotVerifiedError | None:
        origin = one.snapshot.origin
        if origin == self._target.origin:
            return None
        message = f"{one.path}: of origin {origin or '(none)'}, and the target is of {self._target.origin}"
        return NotVerifiedError(message, code="origin-differs")

    def _lacking(self, one: Source) -> NotVerifiedError | None:
        """A source that lacks bytes which no admin redacted and the target does not hold."""
        for missing in one.missing:
            if missing.digest not in self._redacted and not self._holds(missing.digest):
                what = f"bytes {missing.digest[:16]} of position {missing.position} are not there"
                return NotVerifiedError(f"{one.path}: missing: {what}", code="missing")
        return None

    def _combined_trust(self) -> Governing:
        """The documents in force once the sources' new ones are in: they are appended first, so they judge the rest."""
        recorded = {one.entry: one for one in self._target.verification.governing.line}
        for source in self._read:
            for one in source.trust:
                recorded.setdefault(one.entry, one._replace(position=self._transaction.size))
        governing = follow(list(recorded.values()), self._target.origin, self._judged_by)
        split = next((one for one in governing.findings if one.code == "trust-version"), None)
        if split is not None:
            raise NotVerifiedError(f"{split.message}: nothing was merged", code=split.code)
        return governing

    def _combined_redactions(
        self, governing: Governing, refused: Mapping[str, Mapping[str, str]]
    ) -> dict[str, str]:
        """What an admin redacted stays erased: in the target, or in a source by an entry that is taken from it."""
        judge = Judge(governing)
        verification = self._target.verification
        recorded = list(verification.redactions)
        for one in self._read:
            for redaction in one.redactions:
                entry = redaction.entry
                known = self._knows(entry.header.chain, entry.id)
                left_out = entry.header.chain in refused[one.sha256]
                if not (known or left_out or judge.is_disowned(entry.id, entry.header.chain)):
                    recorded.append(redaction)
        if not recorded:
            return {}
        keys = {chain.id: chain.key for chain in verification.log.rules.chains.values()}
        protected = _protected(judge, verification.snapshot, keys, {})
        for one in self._read:
            protected |= _protected(judge, one.snapshot, one.keys, refused[one.sha256])
        return account(recorded, governing.current, protected)[0]

    def _refused_chains(self, one: Source, governing: Governing, accept_unknown: bool) -> dict[str, str]:
        """The chains of a source that are left out, and why."""
        document = governing.current
        refused: dict[str, str] = {}
        revoked: dict[str, frozenset[str]] = {}
        news: set[str] = set()
        if document is not None:
            for entry in document.revoked:
                revoked[entry.fingerprint] = revoked.get(entry.fingerprint, frozenset()) | entry.chains
        if revoked:
            news = {entry.chain for entry in one.entries if not self._knows(entry.chain, entry.id)}
        trusted = {recorded.entry for recorded in governing.line}
        own_chains = {
            recorded.entry: entry.chain
            for recorded in one.trust
            for entry in one.entries
            if entry.id == recorded.entry and recorded.entry not in trusted
        }
        fingerprints = {key: PublicKey.from_hex(key).fingerprint for key in set(one.keys.values())}
        for chain, key in one.keys.items():
            fingerprint = fingerprints[key]
            known = document is not None and (key in document.by_key or _is_root(governing, key))
            if not known and not accept_unknown:
                refused[chain] = f"its key {fingerprint} belongs to nobody in the trust document"
            elif fingerprint in revoked and chain not in revoked[fingerprint] and chain in news:
                refused[chain] = f"its key {fingerprint} is revoked, and no document spares this chain"
        for chain in own_chains.values():
            refused[chain] = "it holds a trust document that no root key vouches for"
        return refused

    def _choose(self, refused: Sequence[dict[str, str]]) -> dict[str, Candidate]:
        candidates = []
        for index, (one, left_out) in enumerate(zip(self._read, refused, strict=True)):
            self._result.left_out += [
                LeftOut(one.name, chain, why) for chain, why in sorted(left_out.items())
            ]
            for entry in one.entries:
                if self._knows(entry.chain, entry.id):
                    self._result.known += 1
                elif entry.chain not in left_out:
                    candidates.append(Candidate(entry.chain, entry.seq, entry.id, index, entry.position))
        return choose(candidates, self._signature)

    def _knows(self, chain: str, entry_id: str) -> bool:
        """Whether the target holds an entry. It was verified, so it holds the genesis of whatever it holds."""
        return chain in self._target.verification.log.rules.chains and self._transaction.has_entry(entry_id)

    def _forks(self, ordered: Sequence[Candidate]) -> Iterator[Finding]:
        """Places in a chain at which another entry stands already, in the target or further in front."""
        places = sorted((one.chain, one.seq) for one in ordered)
        taken: dict[tuple[str, int], list[str]] = {
            here: [] for here, after in pairwise(places) if here == after
        }
        known = self._target.verification.log.rules.chains
        for position, one in enumerate(ordered, self._transaction.size):
            there = self._transaction.entries_at(one.chain, one.seq) if one.chain in known else []
            in_front = taken.get((one.chain, one.seq))
            for other in (*there, *(in_front or ())):
                message = f"chain {one.chain[:16]} seq {one.seq}: both {other} and {one.id} are signed"
                yield Finding("fork", message, position, one.id)
            if in_front is not None:
                in_front.append(one.id)

    def _take(self, candidates: Sequence[Candidate]) -> None:
        """Append these entries, in this order, with what the ledger may hold of their bytes."""
        by_source: dict[int, list[int]] = defaultdict(list)
        for one in candidates:
            by_source[one.source].append(one.position)
        rows = {source: self._read[source].snapshot.rows_at(where) for source, where in by_source.items()}
        entries: list[NewEntry] = []
        digests: dict[int, list[str]] = defaultdict(list)
        for one in candidates:
            row = rows[one.source].get(one.position)
            if row is None:
                path = self._read[one.source].path
                raise RefusedError(f"{path} changed while it was merged", code="changed")
            entries.append((one.id, row.header, row.signature, one.chain, one.seq))
            digests[one.source] += parse_header(row.header).blobs
            self._target.tree.append(leaf_hash(row.header, row.signature))
        for source, wanted in digests.items():
            kept = [digest for digest in wanted if digest not in self._redacted]
            self._transaction.add_blobs(_stored(self._read[source].snapshot, kept))
        self._transaction.add_entries(entries)

    def _record(self, refused: Sequence[dict[str, str]], chosen: dict[str, Candidate]) -> Iterator[Signed]:
        """The custodian's own chain: what was merged, in as many entries as it takes."""
        yield self._chain.begin(self._target.origin, {})
        taken_from = defaultdict(list)
        for candidate in chosen.values():
            taken_from[candidate.source].append(candidate)
        for start in range(0, len(self._read), _SOURCES_EACH):
            attachments: list[tuple[bytes, str]] = []
            sources = []
            for index in range(start, min(start + _SOURCES_EACH, len(self._read))):
                one = self._read[index]
                ids = b"".join(bytes.fromhex(entry.id) for entry in one.entries)
                detail = _detail(taken_from[index], refused[index])
                attachments += [(ids, ORDER_TYPE), (detail, DETAIL_TYPE)]
                notes = [note for _, note in one.snapshot.checkpoints() if len(note.encode()) <= _MAX_NOTE]
                sources.append(
                    MergedFile(
                        one.name,
                        one.sha256,
                        len(one.entries),
                        len(taken_from[index]),
                        hashlib.sha256(ids).hexdigest(),
                        hashlib.sha256(detail).hexdigest(),
                        notes[-1] if notes else "",
                    )
                )
            last = start + _SOURCES_EACH >= len(self._read)
            yield self._chain.sign(
                Draft("merge", Merge(tuple(sources)).write(), attachments=tuple(attachments), last=last)
            )

    def _signature(self, candidate: Candidate) -> bytes:
        row = self._read[candidate.source].snapshot.row(candidate.position)
        return row.signature if row is not None else b""

    def _holds(self, digest: str) -> bool:
        return (
            self._transaction.one("SELECT 1 FROM blob WHERE sha256 = ?", (bytes.fromhex(digest),)) is not None
        )


def _stored(snapshot: Snapshot, digests: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Those of these bytes that are there, by digest, hashed again."""
    bodies = snapshot.bodies(digests)
    for digest in digests:
        _, body = bodies.get(bytes.fromhex(digest), (0, None))
        if body is not None and hashlib.sha256(body).hexdigest() == digest:
            yield digest, body
        elif (data := snapshot.blob(digest)) is not None:  # an attachment may be long: one at a time
            yield digest, data


def _protected(
    judge: Judge, snapshot: Snapshot, keys: Mapping[str, str], left_out: Mapping[str, str]
) -> dict[str, str]:
    """What cannot be redacted of a log whose chains have these keys, but for those chains that are left out."""

    def counts(chain: str, kind: str) -> bool:
        return chain in keys and chain not in left_out and judge.allows(keys[chain], kind)

    return protected_blobs(snapshot, counts)


def _is_root(governing: Governing, key: str) -> bool:
    return any(one.document.has_root(key) for one in governing.line)


def _detail(taken: Sequence[Candidate], left_out: dict[str, str]) -> bytes:
    """What was taken, as stretches of chains, and what was not, with the reason."""
    stretches: list[Json] = []
    by_chain: dict[str, list[int]] = defaultdict(list)
    for candidate in taken:
        by_chain[candidate.chain].append(candidate.seq)
    for chain, seqs in sorted(by_chain.items()):
        stretches.append({"chain": chain, "first": min(seqs), "last": max(seqs)})
    refused: list[Json] = [{"chain": chain, "why": why} for chain, why in sorted(left_out.items())]
    return canonical.encode({"taken": stretches, "leftOut": refused})
