"""Merging exports into a custodian's ledger: every source verified, judged by the target's trust, taken or left out.

One transaction: the target is verified, what is new is appended, the custodian records what was merged and signs a
checkpoint; or nothing at all happens.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from custody.errors import NotVerifiedError, RefusedError
from custody.kinds import Merge, MergedFile
from custody.ledger import canonical
from custody.ledger.canonical import Json
from custody.ledger.entry import parse_header
from custody.ledger.merge import Candidate
from custody.ledger.merkle import leaf_hash
from custody.ledger.reader import Snapshot
from custody.ledger.store import DEFAULT_WAIT, NewEntry, Store, Transaction
from custody.ledger.writer import ChainWriter, Draft, Signed, insert
from custody.trust.custodian import Progress, Target, no_progress, sign_log, verify_target
from custody.trust.planning import Bad, MergeResult, Planning
from custody.trust.sources import Source, read_source
from custody.trust.verification import Expectations

__all__ = ["Bad", "MergeResult", "merge"]

ORDER_TYPE = "application/vnd.custody.order"
DETAIL_TYPE = "application/vnd.custody.merge+json"
_MAX_NOTE = 16 * 1024  # bytes of a source's checkpoint that is recorded, so that a body holds one of each
_TAKEN_AT_ONCE = 64  # entries; their bodies, of a megabyte at most, are in memory together
_SOURCES_EACH = 32  # two attachments for each, and an entry has at most 64


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


class _Merging(Planning):
    """One merge, inside the target's transaction."""

    def __init__(
        self,
        transaction: Transaction,
        target: Target,
        read: list[Source],
        chain: ChainWriter,
        result: MergeResult,
    ) -> None:
        super().__init__(transaction, target, read, result)
        self._transaction = transaction
        self._chain = chain

    def run(self, accept_unknown: bool, skip_bad: bool) -> None:
        plan = self.plan(accept_unknown, skip_bad, self._chain.signer.public)
        self._result.size = self._transaction.size
        if not plan.chosen:
            return
        for start in range(0, len(plan.ordered), _TAKEN_AT_ONCE):
            self._take(plan.ordered[start : start + _TAKEN_AT_ONCE])
        for one in self._read:
            one.snapshot.confirm_unchanged()
        for digest in self._redacted:
            self._transaction.remove_blob(digest)
        for signed in self._record(plan.refused, plan.chosen):
            insert(self._transaction, signed)
            self._target.tree.append(leaf_hash(signed.data, signed.signature))
        self._result.taken = len(plan.chosen)
        self._result.size = self._transaction.size
        self._result.checkpoint = sign_log(self._transaction, self._target, self._chain.signer)

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


def _stored(snapshot: Snapshot, digests: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """Those of these bytes that are there, by digest, hashed again."""
    bodies = snapshot.bodies(digests)
    for digest in digests:
        _, body = bodies.get(bytes.fromhex(digest), (0, None))
        if body is not None and hashlib.sha256(body).hexdigest() == digest:
            yield digest, body
        elif (data := snapshot.blob(digest)) is not None:  # an attachment may be long: one at a time
            yield digest, data


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
