"""Opening a ledger for questions: verified now, or known from before by the file's SHA-256.

The index of a larger ledger is kept in the user's cache folder, with the report of the verification that it rests
on. It is used again only for a file of the same digest, judged by the same roots under the same memory, by the same
custody and SQLite. Whatever is in doubt is verified anew, and a ledger with a fault is never kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custody import __version__, system
from custody.errors import EXIT_NOT_VERIFIED, RefusedError, UsageError
from custody.ledger.findings import CODES, Finding
from custody.ledger.reader import Snapshot
from custody.query.build import IndexBuilder
from custody.query.index import FORMAT, Index
from custody.trust.anchors import find_governing
from custody.trust.document import TrustDocument
from custody.trust.expectations import remember
from custody.trust.memory import Remembered
from custody.trust.verification import Expectations, Report, Verification

SMALL = 5000  # entries; below, verification takes no longer than a look at the cache is worth
FILES_KEPT = 10
BYTES_KEPT = 2 * 1024**3
WORDS = ".words"  # what is put beside an index when somebody searches, and goes with it

Progress = Callable[[str, int, int], None]
"""Called with the ledger's name, entries done, entries in all."""


@dataclass(frozen=True, slots=True)
class Answers:
    """A ledger's report and, unless that says that it does not verify, its index; `cached` if from before."""

    snapshot: Snapshot
    expectations: Expectations
    report: Report
    index: Index
    cached: bool = False

    @property
    def trust(self) -> TrustDocument | None:
        """The trust document in force."""
        return find_governing(self.snapshot, self.expectations.judged_by).current


def passed(sha256: str) -> bool:
    """Whether a ledger of this digest was opened here before; for `ledger.reader.open_ledger`."""
    return any(is_ours(path) for path in _folder().glob(f"{_stamp(sha256)}-*.index"))


def open_answers(
    snapshot: Snapshot, expectations: Expectations, progress: Progress = lambda *_: None
) -> Answers:
    """Verify a ledger and index it, or find both done. The caller closes the index, and refuses to answer where the
    report's exit is 1: the index is empty then. Raises RefusedError.
    """
    path = _place(snapshot, expectations) if snapshot.count >= SMALL else None
    if path is not None and (known := _open_cached(path, snapshot, expectations)) is not None:
        return known
    if path is not None:
        with suppress(UsageError, RefusedError):  # no room, or no such folder: then without
            answers = _verify(snapshot, expectations, Index.at(path), progress)
            _tidy(path)
            return answers
    return _verify(snapshot, expectations, Index.in_memory(), progress)


def forget_all() -> None:
    """Empty the cache: what it keeps of a ledger as it was may hold words that have been erased since."""
    for path in _folder().glob("*"):
        if path.suffix in (".index", WORDS):
            with suppress(OSError):  # Windows removes no file that another process has open
                path.unlink(missing_ok=True)


def _verify(snapshot: Snapshot, expectations: Expectations, index: Index, progress: Progress) -> Answers:
    verification = Verification(snapshot, expectations)
    first: Report | None = None
    try:
        builder = IndexBuilder(index)
        for step in verification.run():
            first = first or verification.report
            # Where what was remembered turns out not to hold, verification starts again, to find what is wrong.
            if verification.report is first:
                builder.add(step.entries)
            progress(snapshot.path.name, step.done, step.total)
        known = remember(verification)
        report = verification.report
        if report is first and report.exit != EXIT_NOT_VERIFIED:
            document = json.dumps({"remembered": _plain(known), "report": _write(report)})
            index.insert("report", [(document,)])
            builder.finish()
            return Answers(snapshot, expectations, report, index)
    except BaseException:
        index.close()
        raise
    index.close()
    return Answers(snapshot, expectations, report, Index.in_memory())


def _open_cached(path: Path, snapshot: Snapshot, expectations: Expectations) -> Answers | None:
    """What an earlier opening left, if it answers to just these expectations."""
    if not is_ours(path):
        return None
    index = Index.open(path)
    if index is None:
        return None
    try:
        row = index.row("SELECT document FROM report")
        document = json.loads(row[0]) if row is not None else {}
        if document.get("remembered") == _plain(expectations.remembered):
            report = _read(document["report"])
            if report.file_sha256 == snapshot.sha256 and report.exit != EXIT_NOT_VERIFIED:
                snapshot.confirm_unchanged()
                os.utime(path)  # the cache keeps what was used last
                return Answers(snapshot, expectations, report, index, cached=True)
    except (RefusedError, OSError, ValueError, TypeError, KeyError, AttributeError):
        pass  # damaged: it is made again
    index.close()
    return None


def _write(report: Report) -> dict[str, Any]:
    return {field: getattr(report, field) for field in _SIMPLE} | {
        "roots": list(report.roots),
        "findings": [list(finding) for finding in report.findings],
        "counts": dict(report.counts),
    }


def _read(document: dict[str, Any]) -> Report:
    """A report as it was written. Raises ValueError, TypeError or KeyError for anything else."""
    report = Report(roots=tuple(map(str, document["roots"])), **{field: document[field] for field in _SIMPLE})
    report.counts = Counter({code: int(count) for code, count in document["counts"].items() if CODES[code]})
    report.findings = [Finding(*finding) for finding in document["findings"]]
    return report


_SIMPLE = ("origin", "file_sha256", "size", "root", "covered", "checkpoint", "trust_version")


def _plain(remembered: Iterable[Remembered]) -> list[list[Any]]:
    """What is remembered, in one order whatever order it came in."""
    return sorted([one.first, one.size, one.root] for one in remembered)


def _folder() -> Path:
    return system.cache_dir() / "ledgers"


def _stamp(sha256: str) -> str:
    """Of a file, for this custody on this SQLite."""
    made_by = f"{__version__}\0{FORMAT}\0{sqlite3.sqlite_version}\0{sha256}"
    return hashlib.sha256(made_by.encode()).hexdigest()[:32]


def _place(snapshot: Snapshot, expectations: Expectations) -> Path | None:
    """Where the index of a file under these roots is kept; None for what has no digest."""
    if not snapshot.sha256:
        return None
    asked = [expectations.roots, expectations.pinned, [one.note for one in expectations.given]]
    judged = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:32]
    return _folder() / f"{_stamp(snapshot.sha256)}-{judged}.index"


def is_ours(path: Path) -> bool:
    """Whether a file is there that only this user could have written."""
    try:
        info = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISREG(info.st_mode) and not system.foreign_owned(info) and not system.others_can_read(info)


def _tidy(newest: Path) -> None:
    """Remove what was not used for longest, beyond what the cache may hold."""
    with suppress(OSError):
        found = [(path.stat().st_mtime, path) for path in newest.parent.glob("*.index")]
        room = BYTES_KEPT
        for number, (_, path) in enumerate(sorted(found, reverse=True)):
            words = path.with_suffix(WORDS)
            room -= path.stat().st_size + (words.stat().st_size if words.exists() else 0)
            if (number >= FILES_KEPT or room < 0) and path != newest:
                path.unlink(missing_ok=True)
                words.unlink(missing_ok=True)
