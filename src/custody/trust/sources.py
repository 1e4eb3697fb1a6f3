"""A source of a merge: one ledger file that passed the gate and full verification, by itself."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from custody.errors import NotVerifiedError, RefusedError
from custody.ledger.reader import Snapshot, open_ledger
from custody.ledger.verify import Missing
from custody.trust.anchors import Recorded, read_documents
from custody.trust.custodian import KEPT_AS_PROOF, Progress
from custody.trust.redactions import RecordedRedaction
from custody.trust.verification import Expectations, Verification


class SourceEntry(NamedTuple):
    """An entry of a source, by where it stands in its chain and in the source."""

    chain: str
    seq: int
    id: str
    position: int


class Source(NamedTuple):
    """A source that passed the gate and verification."""

    path: Path
    snapshot: Snapshot
    sha256: str
    entries: list[SourceEntry]
    keys: dict[str, str]  # key by chain
    trust: list[Recorded]
    redactions: list[RecordedRedaction]
    missing: list[Missing]

    @property
    def name(self) -> str:
        return self.path.name.encode("utf-8", "backslashreplace").decode("utf-8")[:500]


def read_source(path: Path, progress: Progress) -> Source:
    """Gate and full verification of one source, by itself."""
    try:
        snapshot = open_ledger(path)
    except RefusedError as error:
        said = str(error)
        raise RefusedError(
            said if said.startswith(str(path)) else f"{path}: {said}", code=error.code
        ) from None
    try:
        verification = Verification(snapshot, Expectations())
        entries: list[SourceEntry] = []
        keys: dict[str, str] = {}
        chains: dict[str, str] = {}  # one text for each chain, not one for each entry
        for step in verification.run():
            for one in step.entries:
                chain = one.header.chain or one.id
                entries.append(
                    SourceEntry(chains.setdefault(chain, chain), one.header.seq, one.id, one.position)
                )
                if one.header.kind == "genesis":
                    keys[one.id] = one.key
            progress(path.name, step.done, step.total)
        for finding in verification.report.findings:
            if (
                finding.severity == "fault"
                and finding.code not in KEPT_AS_PROOF
                and finding.code != "missing"
            ):
                where = f" at position {finding.position}" if finding.position >= 0 else ""
                raise NotVerifiedError(f"{path}: {finding.code}{where}: {finding.message}", code=finding.code)
        return Source(
            path,
            snapshot,
            snapshot.sha256,
            entries,
            keys,
            read_documents(snapshot)[0],
            verification.redactions,
            verification.log.missing,
        )
    except BaseException:
        snapshot.close()
        raise
