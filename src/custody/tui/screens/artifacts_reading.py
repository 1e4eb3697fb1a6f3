"""What an artifact's page shows, read in a thread. Knows no screen."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from custody.errors import InputError, RefusedError, UsageError
from custody.kinds import Artifact
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import entry_id, parse_header
from custody.ledger.reader import Snapshot
from custody.policy.hearing import newest_record
from custody.policy.standing import Standing, verdicts_by_artifact
from custody.policy.verdict import Verdict
from custody.query.artifacts import Order, count_artifacts, find_artifacts, list_artifacts
from custody.query.entries import BodyReader, EntryDetail, entry_detail
from custody.query.lookups import find_subjects
from custody.query.trace import put_into, trace
from custody.query.types import ArtifactLine, Proof, Trace
from custody.record.preview import MAX_SIZE, Preview, preview
from custody.text import safe_lines
from custody.tui.judging import Judging

SHOWN = 1000
"""Artifacts in the list; the filter reaches the others."""
ENTRIES_READ = 500
FILES_SHOWN = 500
_TEXT_READ = 64 * 1024
_TEXT_LINES = 1000
_TEXT_WIDTH = 1000
_DIGEST = 64


class Listed(NamedTuple):
    """The list: its lines, how many artifacts there are in all, and the environments that a policy governs."""

    lines: list[ArtifactLine]
    recorded: int
    environments: tuple[str, ...]


class Page(NamedTuple):
    """One artifact. `record` is what the newest entry that can be read says of it, `detail` that entry.

    `environment` is the one that `standing` judges for, "" where no policy governs any; `came` is when the artifact
    came there ("" if never: then and now are the same).
    """

    trace: Trace
    record: Artifact | None
    detail: EntryDetail | None
    environments: tuple[str, ...]
    environment: str
    came: str
    standing: Standing | None


class AttachedFile(NamedTuple):
    """An attachment of an entry about the artifact: the evidence's `type` and `control`, where it is one."""

    proof: Proof
    kind: str
    type: str
    control: str
    name: str
    media_type: str
    size: int
    sha256: str


class Opened(NamedTuple):
    """An attachment, looked into: rows, or lines of text, or why neither."""

    file: AttachedFile
    table: Preview | None = None
    lines: tuple[str, ...] = ()
    remark: str = ""


class Known(NamedTuple):
    """A file or folder on disk, and the artifacts of that fingerprint that the ledger knows."""

    path: str
    sha256: str
    size: int
    found: tuple[str, ...]


def read_list(judging: Judging, text: str, order: Order) -> Listed:
    """The artifacts that a text finds."""
    lines = list_artifacts(judging.index, text=text, limit=SHOWN, order=order)
    return Listed(lines, count_artifacts(judging.index), judging.governed())


def read_verdicts(
    judging: Judging, artifacts: Sequence[str], environments: Sequence[str]
) -> dict[str, dict[str, Verdict]]:
    """Of each artifact the verdict for each of these environments, as of the log's end."""
    with judging.judge() as judgement:
        found = verdicts_by_artifact(judgement, artifacts, environments)
    return {artifact: {one.environment: one for one in verdicts} for artifact, verdicts in found.items()}


def find_meant(judging: Judging, wanted: str) -> list[str]:
    """The fingerprints that may be meant, the newest first, and at least one. Raises UsageError."""
    if len(wanted) == _DIGEST:
        return [wanted]
    return find_artifacts(judging.index, wanted) or find_subjects(judging.index, wanted)


def read_page(judging: Judging, snapshot: Snapshot, sha256: str, environment: str) -> Page:
    """An artifact's page. `environment` is the one that was chosen, if any was. Raises UsageError, RefusedError."""
    found = trace(judging.index, sha256)
    environments = judging.governed()
    if environment not in environments:
        runs = [span.environment for span in reversed(found.running) if span.environment in environments]
        environment = next(iter((*runs, *environments)), "")
    came = put_into(judging.index, sha256, environment) if environment else ""
    with judging.judge() as judgement:
        facts = judgement.facts(sha256, environment)
        newest = newest_record(facts, judgement.now)
        standing = None
        if environment:
            now = judgement.verdict(sha256, environment)
            standing = Standing(judgement.verdict(sha256, environment, moment=came) if came else now, now)
    return Page(
        found,
        newest.body if newest is not None else None,
        _detail(snapshot, newest.proof) if newest is not None else None,
        environments,
        environment,
        came,
        standing,
    )


def read_files(snapshot: Snapshot, found: Trace) -> list[AttachedFile]:
    """What is attached to the entries about an artifact, the newest first; at most so many entries are looked at."""
    proofs = {item.proof.position: item.proof for item in reversed(found.items)}
    looked_at = list(proofs.values())[:ENTRIES_READ]
    rows = snapshot.rows_at([one.position for one in looked_at])
    files: list[AttachedFile] = []
    for proof in looked_at:
        row = rows.get(proof.position)
        if row is None or entry_id(row.header) != proof.entry:
            raise _changed(snapshot)
        header = parse_header(row.header)
        if not header.attachments:
            continue
        body, _ = BodyReader(snapshot, [header.body]).read(header)
        said = body or {}
        names = {one.get("sha256"): one.get("name") for one in _objects(said.get("files"))}
        of_type = str(said.get("type", "")) if header.kind == "evidence" else ""
        control = str(said.get("control", "")) if header.kind == "evidence" else ""
        files += (
            AttachedFile(
                proof,
                header.kind,
                of_type,
                control,
                str(names.get(one.sha256) or ""),
                one.media_type,
                one.size,
                one.sha256,
            )
            for one in header.attachments
        )
    return files[:FILES_SHOWN]


def open_file(snapshot: Snapshot, file: AttachedFile) -> Opened:
    """Look into an attachment, whose bytes are hashed again now."""
    if file.size > MAX_SIZE:
        return Opened(file, remark=f"{file.size:,} bytes: at most {MAX_SIZE:,} are looked into here")
    try:
        data = snapshot.blob(file.sha256)
    except MalformedError as error:
        return Opened(file, remark=str(error))
    if data is None:
        return Opened(file, remark="its bytes are not in the ledger: removed, or redacted")
    remark = ""
    try:
        if (table := preview(file.type, file.media_type, data)) is not None:
            return Opened(file, table)
    except InputError as error:
        remark = f"cannot be read as {file.type or file.media_type}: {error}"
    if b"\0" in data[:_TEXT_READ]:
        return Opened(file, remark=remark or "not a text: its bytes are not shown")
    text = data[:_TEXT_READ].decode("utf-8", "backslashreplace")
    lines = safe_lines(text, _TEXT_WIDTH, _TEXT_LINES)
    if len(data) > _TEXT_READ:
        remark = remark or f"the first {_TEXT_READ:,} of {len(data):,} bytes"
    return Opened(file, None, tuple(lines), remark)


def fingerprint_path(judging: Judging, path: str, told: Callable[[int, int], None]) -> Known:
    """The fingerprint of what a path names, and whether it is known. `told` gets the bytes done and those in all; what
    it raises ends the reading. Raises InputError, UsageError."""
    from custody.record.fingerprint import fingerprint

    given = os.path.expanduser(path.strip())
    found = fingerprint(given, progress=told)
    known = find_artifacts(judging.index, found.sha256)
    return Known(Path(given).name or given, found.sha256, found.size, tuple(known))


def stopped() -> UsageError:
    """Raised to end a reading that nobody waits for any more."""
    return UsageError("stopped", code="stopped")


def _detail(snapshot: Snapshot, proof: Proof) -> EntryDetail:
    detail = entry_detail(snapshot, proof.position)
    if detail.id != proof.entry:
        raise _changed(snapshot)
    return detail


def _objects(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _changed(snapshot: Snapshot) -> RefusedError:
    return RefusedError(f"{snapshot.path} is not what was verified any more: open it again", code="changed")
