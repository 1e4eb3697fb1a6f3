"""The tools of the trade: exports of single jobs, acts on the main ledger, merges. Time and chance come from outside.

A clock is the list of the instants that a chain's entries claim; chance is a generator seeded with the chain's name.
"""

from __future__ import annotations

import copy
import shutil
import struct
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import NamedTuple

from custody.keys.ed25519 import Signer
from custody.kinds import Genesis, Redaction, Seal, Trust
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.entry import Seen, Subject, entry_id, parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.timestamps import from_datetime
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.policy.decisions import decision_of
from custody.policy.judgement import Judgement
from custody.policy.verdict import Verdict
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.trust import custodian
from custody.trust.memory import Remembered
from custody.trust.merging import MergeResult, merge
from custody.trust.verification import Expectations, Verification
from making import people

SEALED = Draft("seal", Seal().write(), last=True)
_SQLITE_STAMP = 3_040_001  # a fixed one: a merge records its sources' digests, whichever SQLite wrote them


class Step(NamedTuple):
    """What a job recorded, and when."""

    time: datetime
    draft: Draft


def writer(name: str, signer: Signer, times: Iterable[datetime]) -> ChainWriter:
    """A chain's writer. `name` is unique among the samples; `times` are its entries', the genesis' first."""
    instants = map(from_datetime, times)
    return ChainWriter(
        signer, clock=lambda: next(instants), entropy=Random(f"custody samples: {name}").randbytes
    )


def ticking(start: datetime) -> Iterator[datetime]:
    """Instants of a machine that works without a pause."""
    return (start + timedelta(milliseconds=37 * tick) for tick in count())


def stamp(path: Path) -> Path:
    """Take the version of SQLite out of a file's header (file format, section 1.3): only history, never read."""
    with path.open("r+b") as file:
        file.seek(96)
        file.write(struct.pack(">I", _SQLITE_STAMP))
    return path


def export(
    path: Path, origin: str, signer: Signer, context: Genesis, start: datetime, steps: Sequence[Step]
) -> Receipt:
    """One job's ledger, as a runner would upload it; the receipt of its last entry."""
    create_ledger(path, exist_ok=False)
    times = [start, *(step.time for step in steps)]
    chain = writer(f"{origin} {path.stem}", signer, times)
    with Writer(path, chain, origin, context.write()) as out:
        receipts = out.append([step.draft for step in steps])
    stamp(path)
    return receipts[-1]


class Keeper:
    """A ledger that a custodian keeps, in one process: it knows the last checkpoint that it signed."""

    def __init__(self, path: Path, origin: str, trust: str, time: datetime) -> None:
        self.path = path
        self.origin = origin
        self._acts = count()
        self._last: Remembered | None = None
        create_ledger(path, exist_ok=False)
        self.act(people.ROOT, time, Draft("trust", Trust(trust).write()))
        with open_ledger(path) as snapshot:
            row = snapshot.row(0)
            assert row is not None
            self._first = entry_id(row.header)

    def act(
        self, who: str, time: datetime, draft: Draft, *, redact: Sequence[str] = (), witness: bool = True
    ) -> Receipt:
        """One act, a chain of its own; a writer who is a `witness` says which checkpoint was the last."""
        times = [time, time + timedelta(seconds=3.2)]
        chain = writer(f"{self.origin} act {next(self._acts)}", people.signer(who), times)
        seen = Seen(self._last.size, self._last.root) if self._last and witness else None
        with Writer(self.path, chain, self.origin, {}, seen=lambda *_: seen) as out:
            return out.append([draft._replace(last=True)], redact=redact)[0]

    def redact(self, entry: str, reason: str, time: datetime) -> Receipt:
        """Erase an entry's body and attachments, and record it."""
        with open_ledger(self.path) as snapshot:
            (position,) = snapshot.find(entry)
            row = snapshot.row(position)
            assert row is not None
            blobs = parse_header(row.header).blobs
        return self.act(
            people.ADMIN, time, Draft("redaction", Redaction(entry, blobs, reason).write()), redact=blobs
        )

    def merge(self, sources: Sequence[Path], time: datetime, *, accept_unknown: bool = False) -> MergeResult:
        """Take exports in, and sign a checkpoint."""
        chain = writer(
            f"{self.origin} merge {from_datetime(time)}", people.signer(people.KEEPER), ticking(time)
        )
        result = merge(self.path, sources, chain, self._expectations, accept_unknown=accept_unknown)
        self._remember(result.checkpoint)
        return result

    def checkpoint(self) -> None:
        """Sign for what the ledger holds now."""
        self._remember(custodian.checkpoint(self.path, people.signer(people.KEEPER), self._expectations))

    def gate(self, artifact: Subject, environment: str, time: datetime) -> Verdict:
        """Ask the policy, and put the answer on record, as `custody gate --record` does it."""
        with open_ledger(self.path) as snapshot, Index.in_memory() as index:
            builder = IndexBuilder(index)
            verification = Verification(snapshot, self._expectations(self.origin), workers=1)
            for step in verification.run():
                builder.add(step.entries)
            builder.finish()
            moment = from_datetime(time)
            verdict = Judgement(snapshot, index, verification.trust).verdict(
                artifact.sha256, environment, moment=moment
            )
        report = verification.report
        passed = verdict.outcome == "passed"
        body = decision_of(artifact, verdict, allowed=passed, size=report.size, root=report.root)
        self.act(people.KEEPER, time, Draft("decision", body.write(), (artifact,)))
        return verdict

    def copy_to(self, path: Path) -> Keeper:
        """A copy of the ledger, and who goes on keeping it."""
        other = copy.copy(self)
        other.path = Path(shutil.copyfile(self.path, path))
        return other

    @property
    def covered(self) -> int:
        """The size that the last checkpoint signs for."""
        return self._last.size if self._last else 0

    def _remember(self, note: str) -> None:
        checkpoint = parse_checkpoint(note)
        self._last = Remembered(checkpoint.size, checkpoint.root, self._first, note)

    def _expectations(self, origin: str) -> Expectations:
        root = people.signer(people.ROOT).public.fingerprint
        return Expectations((root,), remembered=(self._last,) if self._last else ())
