"""The whole of a verification: the log's bytes, its checkpoints, its writers, this machine's memory, one verdict.

`Verification(...).run()` is a stream of steps; when it ends, `report` says what was found and under which root.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK
from custody.ledger.canonical import MalformedError
from custody.ledger.checkpoint import Checkpoint, parse_checkpoint
from custody.ledger.entry import Seen, entry_id, parse_header
from custody.ledger.findings import CODES, EXITS, Finding
from custody.ledger.reader import Snapshot
from custody.ledger.verify import LogVerifier, Missing
from custody.trust.anchors import Governing, find_governing
from custody.trust.document import TrustDocument
from custody.trust.judge import CONDUCT, Judge, Judged
from custody.trust.memory import Remembered
from custody.trust.redactions import RecordedRedaction, account, protected_blobs, read_redactions
from custody.trust.roles import CUSTODIAN

FINDINGS_KEPT = 1000  # of each code; the rest are counted


class Step(NamedTuple):
    """How far a verification is: entries judged since the last step, what is wrong with them, entries done."""

    entries: list[Judged]
    findings: list[Finding]
    done: int
    total: int


@dataclass(slots=True)
class Report:
    """A verification's result. `roots` are the fingerprints it was judged by; digests are hex."""

    origin: str
    roots: tuple[str, ...]
    file_sha256: str
    size: int = 0
    root: str = ""
    covered: int = 0
    checkpoint: str = ""
    trust_version: int = 0
    findings: list[Finding] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, finding: Finding) -> None:
        self.counts[finding.code] += 1
        if self.counts[finding.code] <= FINDINGS_KEPT:
            self.findings.append(finding)

    @property
    def exit(self) -> int:
        """0 verified, 1 not verified, 4 intact with a stated gap."""
        exits = {EXITS[CODES[code].severity] for code in self.counts}
        return next((status for status in (EXIT_NOT_VERIFIED, EXIT_GAP) if status in exits), EXIT_OK)


class Expectations(NamedTuple):
    """What the one who verifies brings along: roots, and checkpoints seen elsewhere.

    `roots` are fingerprints given; `pinned` the one pinned for the origin, if any; `remembered` what this machine
    recalls of this origin and root; `given` checkpoints handed over by other means.
    """

    roots: tuple[str, ...] = ()
    pinned: str | None = None
    remembered: tuple[Remembered, ...] = ()
    given: tuple[Checkpoint, ...] = ()

    @property
    def judged_by(self) -> tuple[str, ...]:
        return self.roots or ((self.pinned,) if self.pinned else ())


class Verification:
    """One verification of one snapshot under one set of expectations."""

    def __init__(self, snapshot: Snapshot, expectations: Expectations, *, workers: int | None = None) -> None:
        self.snapshot = snapshot
        self.expectations = expectations
        self.governing = Governing((), ())
        self.report = Report(snapshot.origin, expectations.judged_by, "")
        self.done = False
        self.log = LogVerifier(snapshot)
        self.redactions: list[RecordedRedaction] = []
        self.redacted: dict[str, str] = {}  # reason by digest
        self._workers = workers

    @property
    def trust(self) -> TrustDocument | None:
        """The document in force, once running."""
        return self.governing.current

    def run(self, *, full: bool = False) -> Iterator[Step]:
        """Verify. Raises RefusedError if the container turns out to be corrupt.

        Where this machine remembers a checkpoint of this very log, what lies below it is hashed but its signatures
        are not checked again, unless that is asked for (`full`); should the root not be the same, everything is
        verified from the start.
        """
        first = self.snapshot.row(0)
        first_id = entry_id(first.header) if first is not None else ""
        remembered = next((one for one in self.expectations.remembered if one.first == first_id), None)
        if remembered is not None and not full:
            yield from self._run(remembered, remembered.size)
            if "rollback" not in self.report.counts:
                self.done = True
                return
        yield from self._run(remembered, 0)
        self.done = True

    def _run(self, remembered: Remembered | None, trusted_below: int) -> Iterator[Step]:
        snapshot, expectations = self.snapshot, self.expectations
        report = self.report = Report(snapshot.origin, expectations.judged_by, "")
        snapshot.check_integrity()
        self.governing = find_governing(snapshot, expectations.judged_by)
        judge = Judge(self.governing)
        checkpoints = self._read_checkpoints(judge)
        sizes = {
            checkpoint.size for checkpoint in (*checkpoints.own, *checkpoints.unknown, *expectations.given)
        }
        if remembered is not None:
            sizes.add(remembered.size)
        seen = self._collect_seen()
        sizes.update(one.size for _, one in seen)
        log = LogVerifier(snapshot, roots_at=sizes, trusted_below=trusted_below, workers=self._workers)
        self.log = log
        self.redactions = []
        for batch in log.run():
            findings = list(batch.findings)
            entries = judge.judge(batch.entries, findings)
            self.redactions += read_redactions(entries)
            disowned = {finding.entry for finding in findings if finding.code == "disowned"}
            findings = [one for one in findings if one.entry not in disowned or one.code not in CONDUCT]
            findings.sort(key=lambda finding: finding.position)
            for finding in findings:
                report.add(finding)
            yield Step(entries, findings, batch.done, batch.total)
        report.size = log.tree.size
        report.root = log.tree.root().hex()
        report.file_sha256 = snapshot.sha256
        closing = [
            *self.governing.findings,
            *self._gaps(),
            *self._check_checkpoints(log, checkpoints),
            *self._check_memory(log, remembered),
            *self._check_seen(log, seen, bool(checkpoints.own)),
            *self._check_missing(log.missing, judge),
            *judge.covered_times({chain.id: chain.position for chain in log.rules.chains.values()}),
            *self._open_chains(log),
        ]
        current = self.governing.current
        report.trust_version = current.version if current is not None else 0
        for finding in closing:
            report.add(finding)
        report.findings.sort(key=lambda finding: finding.position)
        yield Step([], closing, report.size, report.size)

    def _gaps(self) -> Iterator[Finding]:
        roots, pinned = self.expectations.roots, self.expectations.pinned
        if roots and pinned and pinned not in roots:
            yield Finding("root-differs", f"the root given is {roots[0]}, the one pinned is {pinned}")
        if not self.expectations.judged_by:
            yield Finding("no-root", "no root key was given (--root) or pinned (custody trust pin)")
        elif self.governing.current is None:
            yield Finding("no-trust", "no trust document of the given root is in this ledger")
        if self.report.size == 0:
            yield Finding("empty", "the ledger has no entries")

    def _read_checkpoints(self, judge: Judge) -> _Checkpoints:
        found = _Checkpoints([], [], [])
        for size, note in self.snapshot.checkpoints():
            try:
                checkpoint = parse_checkpoint(note)
            except MalformedError as error:
                found.findings.append(Finding("checkpoint-malformed", f"a checkpoint is {error}"))
                continue
            if checkpoint.size != size or checkpoint.origin != self.snapshot.origin:
                code = "origin-differs" if checkpoint.size == size else "checkpoint-malformed"
                message = (
                    f"a checkpoint of origin {checkpoint.origin} and size {checkpoint.size}, filed as {size}"
                )
                found.findings.append(Finding(code, message))
            elif self._by_custodian(checkpoint, judge):
                found.own.append(checkpoint)
            else:
                found.unknown.append(checkpoint)
        return found

    def _by_custodian(self, checkpoint: Checkpoint, judge: Judge) -> bool:
        document = self.governing.current
        if document is None:
            return False
        return any(
            checkpoint.size <= judge.revoked_from(key.hex) and checkpoint.signed_by(key.raw)
            for identity in document.identities
            if CUSTODIAN in identity.roles
            for key in identity.keys
        )

    def _check_checkpoints(self, log: LogVerifier, checkpoints: _Checkpoints) -> Iterator[Finding]:
        yield from checkpoints.findings
        roots: dict[int, str] = {}
        for checkpoint in checkpoints.own:
            if roots.setdefault(checkpoint.size, checkpoint.root) != checkpoint.root:
                yield Finding("split", f"the custodian signed two roots for size {checkpoint.size}")
            wrong = _against(log, checkpoint.size, checkpoint.root)
            if wrong == "short":
                message = (
                    f"a signed checkpoint covers {checkpoint.size} entries, the log holds {log.tree.size}"
                )
                yield Finding("truncated", message)
            elif wrong:
                yield Finding(
                    "checkpoint-differs", f"the signed root at size {checkpoint.size} is not this log's"
                )
            elif checkpoint.size >= self.report.covered:
                self.report.covered = checkpoint.size
                self.report.checkpoint = checkpoint.note
        for checkpoint in checkpoints.unknown:
            agrees = (
                ""
                if not _against(log, checkpoint.size, checkpoint.root)
                else ", and its root is not this log's"
            )
            message = f"the checkpoint of size {checkpoint.size} is not signed by a trusted custodian{agrees}"
            yield Finding("checkpoint-unverified", message)
        if not self.report.covered:
            yield Finding("no-checkpoint", "no checkpoint of a trusted custodian covers this log")
        elif self.report.covered < self.report.size:
            rest = self.report.size - self.report.covered
            message = f"the last {rest} entries, from position {self.report.covered}, are not covered by a checkpoint"
            yield Finding("uncovered-tail", message, self.report.covered)

    def _check_memory(self, log: LogVerifier, remembered: Remembered | None) -> Iterator[Finding]:
        for size, root, where in [
            *((one.size, one.root, "given") for one in self.expectations.given),
            *([(remembered.size, remembered.root, "remembered")] if remembered is not None else []),
        ]:
            wrong = _against(log, size, root)
            if wrong == "short":
                yield Finding(
                    "rollback", f"a checkpoint {where} covers {size} entries, the log holds {log.tree.size}"
                )
            elif wrong:
                yield Finding(
                    "rollback", f"a checkpoint {where} of size {size} has another root than this log"
                )
        if remembered is None and self.expectations.remembered:
            yield Finding(
                "other-log", "checkpoints are remembered of this origin, for another log than this one"
            )

    def _collect_seen(self) -> list[tuple[int, Seen]]:
        found = []
        for position in self.snapshot.positions_with(b'"seen":{', first=True):
            row = self.snapshot.row(position)
            try:
                seen = parse_header(row.header).seen if row is not None else None
            except MalformedError:
                continue
            if seen is not None:
                found.append((position, seen))
        return found

    def _check_seen(self, log: LogVerifier, seen: Sequence[tuple[int, Seen]], own: bool) -> Iterator[Finding]:
        if seen and not own:
            yield Finding(
                "seen-unchecked", f"{len(seen)} writers saw checkpoints of a log that is not this one"
            )
            return
        for position, one in seen:
            wrong = _against(log, one.size, one.root)
            if wrong:
                message = f"its writer saw a checkpoint of size {one.size} that this log does not continue"
                yield Finding("seen-differs", message, position)

    def _check_missing(self, missing: Sequence[Missing], judge: Judge) -> Iterator[Finding]:
        chains = self.log.rules.chains

        def counts(chain: str, kind: str) -> bool:
            return chain in chains and judge.allows(chains[chain].key, kind)

        protected = protected_blobs(self.snapshot, counts) if self.redactions else {}
        self.redacted, findings = account(self.redactions, self.governing.current, protected)
        yield from findings
        for one in missing:
            if one.digest in self.redacted:
                message = f"bytes {one.digest[:16]} were redacted: {self.redacted[one.digest]}"
                yield Finding("redacted", message, one.position, one.entry)
            else:
                message = f"bytes {one.digest[:16]} are not in the ledger, and no redaction accounts for them"
                yield Finding("missing", message, one.position, one.entry)

    def _open_chains(self, log: LogVerifier) -> Iterator[Finding]:
        for chain in log.rules.chains.values():
            if chain.closed:
                continue
            if chain.end < self.report.covered:
                yield Finding("open-chain-covered", f"chain {chain.id[:16]} was not sealed", chain.end)
            else:
                yield Finding("open-chain", f"chain {chain.id[:16]} was not sealed", chain.end)


class _Checkpoints(NamedTuple):
    """Stored checkpoints: those of a trusted custodian, others, and what is wrong with the rest."""

    own: list[Checkpoint]
    unknown: list[Checkpoint]
    findings: list[Finding]


def _against(log: LogVerifier, size: int, root: str) -> str:
    """ "" when the log has this root at this size, "short" when it is smaller, else "differs"."""
    if size > log.tree.size:
        return "short"
    return "" if log.roots[size].hex() == root else "differs"
