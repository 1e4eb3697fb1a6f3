"""What a merge would do: which sources are refused, which chains left out, what is new, what forks. Writes nothing.

`merging` does it then; a screen shows it before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, Protocol

from custody.errors import NotVerifiedError, RefusedError, UsageError
from custody.keys.ed25519 import PublicKey
from custody.ledger.findings import Finding
from custody.ledger.merge import Candidate, choose, order
from custody.ledger.reader import Snapshot
from custody.trust.anchors import Governing, follow
from custody.trust.custodian import (
    KEPT_AS_PROOF,
    Progress,
    Target,
    no_progress,
    require_custodian,
)
from custody.trust.judge import Judge
from custody.trust.redactions import account, protected_blobs
from custody.trust.sources import Source, read_source
from custody.trust.verification import Verification


class LeftOut(NamedTuple):
    """A chain that was not taken, and why."""

    source: str
    chain: str
    why: str


class Bad(NamedTuple):
    """A source that --skip-bad passed over."""

    source: str
    why: str


class Holdings(Protocol):
    """What the target holds, as far as a plan asks. A store's transaction is one."""

    size: int

    def has_entry(self, entry_id: str) -> bool: ...

    def has_blob(self, digest: str) -> bool: ...

    def entries_at(self, chain: str, seq: int) -> list[str]: ...


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


class Plan(NamedTuple):
    """What would be taken. `refused` gives, for each source that is left, the chains left out and why."""

    governing: Governing
    refused: list[dict[str, str]]
    chosen: dict[str, Candidate]
    ordered: list[Candidate]


class Planning:
    """The thinking of one merge. `read` loses the sources that are refused; `result` learns what is found."""

    def __init__(self, holdings: Holdings, target: Target, read: list[Source], result: MergeResult) -> None:
        self._holdings = holdings
        self._target = target
        self._read = read
        self._result = result
        self._judged_by = target.verification.expectations.judged_by
        self._redacted: dict[str, str] = {}

    def plan(self, accept_unknown: bool, skip_bad: bool, custodian: PublicKey | None = None) -> Plan:
        """Think it through. Raises NotVerifiedError for a source that nothing may be taken from, unless `skip_bad`,
        and UsageError where nobody can be judged, or `custodian` is the key of none.
        """
        if not self._judged_by and not accept_unknown:
            message = "no root key to judge the sources' writers by: give --root, or run `custody trust pin`"
            raise UsageError(message, code="no-root")
        self._drop(self._of_another_origin, skip_bad)
        governing = self._combined_trust()
        if custodian is not None:
            require_custodian(governing, custodian)
        by_source = {one.sha256: self._refused_chains(one, governing, accept_unknown) for one in self._read}
        self._redacted = self._combined_redactions(governing, by_source)
        self._drop(self._lacking, skip_bad)
        refused = [by_source[one.sha256] for one in self._read]
        chosen = self._choose(refused)
        ordered = order(chosen, [one.entry for one in governing.line])
        self._result.forks += self._forks(ordered)
        return Plan(governing, refused, chosen, ordered)

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
            if missing.digest not in self._redacted and not self._holdings.has_blob(missing.digest):
                what = f"bytes {missing.digest[:16]} of position {missing.position} are not there"
                return NotVerifiedError(f"{one.path}: missing: {what}", code="missing")
        return None

    def _combined_trust(self) -> Governing:
        """The documents in force once the sources' new ones are in: they are appended first, so they judge the rest."""
        recorded = {one.entry: one for one in self._target.verification.governing.line}
        for source in self._read:
            for one in source.trust:
                recorded.setdefault(one.entry, one._replace(position=self._holdings.size))
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
        return chain in self._target.verification.log.rules.chains and self._holdings.has_entry(entry_id)

    def _forks(self, ordered: Sequence[Candidate]) -> Iterator[Finding]:
        """Places in a chain at which another entry stands already, in the target or further in front."""
        places = sorted((one.chain, one.seq) for one in ordered)
        taken: dict[tuple[str, int], list[str]] = {
            here: [] for here, after in pairwise(places) if here == after
        }
        known = self._target.verification.log.rules.chains
        for position, one in enumerate(ordered, self._holdings.size):
            there = self._holdings.entries_at(one.chain, one.seq) if one.chain in known else []
            in_front = taken.get((one.chain, one.seq))
            for other in (*there, *(in_front or ())):
                message = f"chain {one.chain[:16]} seq {one.seq}: both {other} and {one.id} are signed"
                yield Finding("fork", message, position, one.id)
            if in_front is not None:
                in_front.append(one.id)

    def _signature(self, candidate: Candidate) -> bytes:
        row = self._read[candidate.source].snapshot.row(candidate.position)
        return row.signature if row is not None else b""


class SourcePlan(NamedTuple):
    """One source of a preview, in entries and (`left_out`) chains; `why` says what it was refused for, or ""."""

    path: Path
    entries: int = 0
    new: int = 0
    known: int = 0
    left_out: int = 0
    why: str = ""


class Preview(NamedTuple):
    """What merging these sources would do, by source and in all."""

    sources: tuple[SourcePlan, ...]
    result: MergeResult


def preview(
    target: Snapshot,
    verification: Verification,
    sources: Sequence[Path],
    *,
    accept_unknown: bool = False,
    progress: Progress = no_progress,
) -> Preview:
    """Think a merge through on a snapshot that was verified, passing over bad sources. Nothing is written.

    Raises NotVerifiedError where the target has a fault that a custodian does not sign for, and as `Planning.plan`.
    """
    for finding in verification.report.findings:
        if finding.severity == "fault" and finding.code not in KEPT_AS_PROOF:
            raise NotVerifiedError(
                f"{target.path.name}: {finding.code}: {finding.message}", code=finding.code
            )
    result = MergeResult()
    read: list[Source] = []
    try:
        for path in sources:
            try:
                one = read_source(path, progress)
            except (RefusedError, NotVerifiedError) as error:
                result.bad.append(Bad(str(path), str(error)))
                continue
            if all(one.sha256 != other.sha256 for other in read):
                read.append(one)
            else:
                one.snapshot.close()
                result.bad.append(Bad(str(path), "the same file as another of them"))
        taken = Target(target.origin, verification.log.tree, verification)
        holdings = _Held(target)
        plan = Planning(holdings, taken, read, result).plan(accept_unknown, skip_bad=True)
        result.taken, result.size = len(plan.chosen), target.count
        told = {one.path: _told(index, one, plan, holdings) for index, one in enumerate(read)}
    finally:
        for one in read:
            one.snapshot.close()
    bad = {Path(one.source): SourcePlan(Path(one.source), why=one.why) for one in result.bad}
    return Preview(tuple({**bad, **told}[path] for path in dict.fromkeys(sources)), result)


def _told(index: int, source: Source, plan: Plan, holdings: Holdings) -> SourcePlan:
    new = sum(one.source == index for one in plan.chosen.values())
    known = sum(holdings.has_entry(one.id) for one in source.entries)
    return SourcePlan(source.path, len(source.entries), new, known, len(plan.refused[index]))


class _Held:
    """A verified snapshot as the target of a plan: its columns are what the signed bytes say."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.size = snapshot.count

    def has_entry(self, entry_id: str) -> bool:
        return bool(self._snapshot.find(entry_id))

    def has_blob(self, digest: str) -> bool:
        return self._snapshot.measure_blob(digest) is not None

    def entries_at(self, chain: str, seq: int) -> list[str]:
        rows = (self._snapshot.row(position) for _, position in self._snapshot.places(chain, seq, seq))
        return [row.id.hex() for row in rows if row is not None]


def _protected(
    judge: Judge, snapshot: Snapshot, keys: Mapping[str, str], left_out: Mapping[str, str]
) -> dict[str, str]:
    """What cannot be redacted of a log whose chains have these keys, but for those chains that are left out."""

    def counts(chain: str, kind: str) -> bool:
        return chain in keys and chain not in left_out and judge.allows(keys[chain], kind)

    return protected_blobs(snapshot, counts)


def _is_root(governing: Governing, key: str) -> bool:
    return any(one.document.has_root(key) for one in governing.line)
