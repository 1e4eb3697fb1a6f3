"""The auditor's pack: a folder with a report, and the signed entries and proofs that it rests on.

Everything in it can be checked without custody; `README.md` in the folder says how.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from custody import system
from custody.errors import UsageError
from custody.ledger.checkpoint import format_proof
from custody.query.opening import Answers
from custody.query.proofs import Signed, inclusions, signed_entries
from custody.report.document import Document, named_entries
from custody.report.formats import FORMATS
from custody.report.head import refuses

SUMS = "SHA256SUMS"
_TRUST = b'"kind":"trust"'
_MODE = 0o644

_README = """\
# An auditor's pack

`report.md`, `report.html` and `report.json` are one report in three forms. {rest}

`sha256sum -c SHA256SUMS` says whether the files are still those that were written here. It says nothing of who wrote
them: that is in the signatures.
"""
_NOTHING = (
    "The ledger did not verify. The report says why; there is nothing here to rely on, and so no entries."
)
_FILES = (
    (
        "`checkpoint`",
        "the custodian's signed checkpoint of the log (C2SP tlog-checkpoint)",
        "verify the note with the custodian's key, which the trust document names",
    ),
    (
        "`entries/N-….dsse.json`",
        "the entry at position N, as a DSSE envelope of an in-toto Statement v1",
        "verify it with the key that the genesis of its chain names; the SHA-256 of the payload is the entry's id",
    ),
    ("`entries/N-….body.json`", "its body", "its SHA-256 is the one that the payload names in `body`"),
    (
        "`entries/N-….tlog-proof`",
        "the proof that it is in the log (C2SP tlog-proof)",
        "the leaf's hash is SHA-256(0x00, payload, signature)",
    ),
)
_PROOFS = """The other files are what it rests on.

| File | What it is | How to check it |
|---|---|---|
{files}

Each entry that the report names is here, the genesis of its chain, and every trust document. A body that is not
here was erased; an entry without a proof is not covered by the checkpoint. The chain's key belongs to whom the trust
document says it does; the trust document is signed with a root key, and that key's fingerprint has to come from the
firm by another way than this folder. Attachments stay in the ledger: bodies and headers name their digests."""


def write_pack(folder: Path, answers: Answers, document: Document) -> list[tuple[str, int]]:
    """Make the folder, whole or not at all, durable when this returns; its files, each with its size.

    Raises UsageError with code "exists" if anything has that name, or "unwritable".
    """
    temporary = folder.parent / f".custody-{os.urandom(8).hex()}.tmp"
    written = []
    try:
        if os.path.lexists(folder):
            raise UsageError(f"{folder}: exists and is left as it is; choose another name", code="exists")
        temporary.mkdir()
        try:
            places = {temporary}
            for name, data in _with_sums(_files(answers, document)):
                path = temporary / name
                path.parent.mkdir(exist_ok=True)
                places.add(path.parent)
                system.create_exclusive(path, data, _MODE)
                written.append((name, len(data)))
            for place in places:
                system.sync_directory(place)
            answers.snapshot.confirm_unchanged()
            os.rename(temporary, folder)
        except BaseException:
            with suppress(OSError):
                shutil.rmtree(temporary)
            raise
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        message = f"{folder}: cannot be written ({reason or 'not a usable path'})"
        raise UsageError(message, code="unwritable") from None
    system.sync_directory(folder.parent)
    return written


def _files(answers: Answers, document: Document) -> Iterator[tuple[str, bytes]]:
    files = "\n".join(f"| {' | '.join(row)} |" for row in _FILES)
    rest = _NOTHING if refuses(answers) else _PROOFS.format(files=files)
    yield "README.md", _README.format(rest=rest).encode("utf-8")
    for name, write in FORMATS.items():
        yield f"report.{name}", write(document).encode("utf-8")
    if refuses(answers):
        return
    report = answers.report
    if report.checkpoint:
        yield "checkpoint", report.checkpoint.encode("utf-8")
    found = _entries(answers, document)
    covered = [one.row.position for one in found if one.row.position < report.covered]
    proofs = inclusions(answers.snapshot, covered, report.covered)
    for one in found:
        position = one.row.position
        stem = f"entries/{position:06}-{one.id[:12]}"
        yield f"{stem}.dsse.json", one.envelope + b"\n"
        body = answers.snapshot.blob(one.header.body)
        if body is not None:
            yield f"{stem}.body.json", body
        if position in proofs:
            proof = format_proof(position, proofs[position], report.checkpoint)
            yield f"{stem}.tlog-proof", proof.encode("utf-8")


def _entries(answers: Answers, document: Document) -> list[Signed]:
    """Those that the report names, every trust document, and the geneses that name the keys of both."""
    snapshot = answers.snapshot
    wanted = {one.position for one in named_entries(document.sections)} | set(snapshot.positions_with(_TRUST))
    wanted.update(one.genesis for one in signed_entries(snapshot, wanted))
    return signed_entries(snapshot, wanted)


def _with_sums(files: Iterator[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """The files, and one more with their digests, as sha256sum writes and reads it."""
    lines = []
    for name, data in files:
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
        yield name, data
    yield SUMS, "".join(lines).encode("ascii")
