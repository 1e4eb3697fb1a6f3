"""`custody import`: what others signed about artifacts, as evidence, each statement kept as it came."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from custody.cli.checks import checked_name
from custody.cli.options import argument, option, with_options
from custody.cli.recording import Act, Recording, recording, resolve_artifact
from custody.errors import InputError, UsageError
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import BODY_SUBJECT, Subject
from custody.ledger.writer import Draft
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.keys.verifying import VerifyingKey
    from custody.kinds import Statement
    from custody.record.statement import Found

MAX_SUBJECTS = 64
"""Artifacts of one statement that are recorded without being named: a checksum file of a whole release is no run's."""
MAX_ENTRIES = 1000
"""In one transaction."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._/@:+-]")
_NO_NAMES = frozenset({"_", "(no name)"})


class _Item(NamedTuple):
    """One entry to be: a statement, and the one artifact of its that the entry is about."""

    found: Found
    subject: Subject
    statement: Statement


def register(app: typer.Typer) -> None:
    app.command("import")(import_statements)


@with_options(recording)
def import_statements(
    surroundings: Recording,
    files: Annotated[
        list[str] | None,
        argument("FILE", "Statements, envelopes, bundles or links; one a file, or one a line."),
    ] = None,
    control: Annotated[
        str | None,
        option("--control", help="The control they satisfy; by default provenance or attestation."),
    ] = None,
    about: Annotated[
        list[str] | None,
        option(
            "--artifact",
            metavar="ARTIFACT",
            help="Only what is about this: a file, NAME@FINGERPRINT, or a fingerprint; repeatable.",
        ),
    ] = None,
    public_key: Annotated[
        str | None,
        option("--public-key", metavar="FILE", help="The key that is to have signed every one of them."),
    ] = None,
) -> int:
    """Record statements made elsewhere: SLSA provenance, in-toto, DSSE, cosign's and GitHub's attestations, links.

    Example: custody import attestations.jsonl --artifact dist/api.whl --public-key cosign.pub --trail run-812
    """
    from custody.record.statement import find, read_key

    if not files:
        raise UsageError("which file? Name the files with the statements", code="file")
    if control is not None:
        checked_name(control, "--control")
    key = read_key(Path(public_key) if public_key else None)
    wanted = list({one.sha256: one for one in map(_wanted, about or [])}.values())
    statements = {
        hashlib.sha256(found.envelope.kept).digest(): found for file in files for found in find(Path(file))
    }
    items: list[_Item] = []
    for found in statements.values():
        items += _items(found, wanted, key)
        if len(items) > MAX_ENTRIES:
            raise InputError(
                f"{found.place}: more than {MAX_ENTRIES} entries; import the files in several turns"
            )
    for subject in wanted:
        if not any(item.subject.sha256 == subject.sha256 for item in items):
            raise InputError(f"nothing in these files is about sha256 {subject.sha256}", code="subject")
    acts = [_act(item, control) for item in items]
    drafts = [_draft(surroundings, item, act) for item, act in zip(items, acts, strict=True)]
    return surroundings.record_drafts(drafts, acts, several=True)


def _signature(statement: Statement) -> str:
    if statement.signature == "verified":
        return f"signature verified: {safe_text(statement.key)}"
    if statement.signature == "none":
        return "no signature: anybody could have written it"
    return "signature not checked: no --public-key was given"


def _wanted(given: str) -> Subject:
    """An artifact to look for; without a name where only its fingerprint was given."""
    return Subject("", given) if _DIGEST.fullmatch(given) else resolve_artifact(given, None)


def _items(found: Found, wanted: Sequence[Subject], key: VerifyingKey | None) -> Iterator[_Item]:
    """The entries that a statement makes: one for each artifact, since evidence is about one."""
    statement = found.statement(key)
    said = {subject.sha256: subject.name for subject in reversed(found.claim.subjects)}
    if not said:
        message = f"{found.place}: about nothing with a SHA-256, by which alone artifacts are known"
        raise InputError(message, code="subject")
    if wanted:
        chosen = [subject for subject in wanted if subject.sha256 in said]
        if not chosen:
            raise InputError(f"{found.place}: is about none of the artifacts named", code="subject")
    elif len(said) > MAX_SUBJECTS:
        message = f"{found.place}: about {len(said)} artifacts, more than {MAX_SUBJECTS}: name yours with --artifact"
        raise InputError(message, code="subject")
    else:
        chosen = [Subject("", digest) for digest in dict.fromkeys(one.sha256 for one in found.claim.subjects)]
    for subject in chosen:
        name = subject.name or _name(said[subject.sha256], subject.sha256)
        yield _Item(found, Subject(name, subject.sha256), statement)


def _name(said: str, digest: str) -> str:
    """A name as headers carry it, nearest to the statement's own, which the body keeps to the letter."""
    name = _NOT_IN_NAMES.sub("_", said)[:200]
    return f"sha256:{digest}" if said in _NO_NAMES or name == BODY_SUBJECT else name


def _act(item: _Item, control: str | None) -> Act:
    from custody.kinds import Evidence

    type, report, statement = item.found.claim.type, item.found.report(item.statement), item.statement
    body = Evidence(
        control or type,
        type,
        "pass",
        item.subject,
        item.subject.name,
        summary=report.summary,
        format=report.format,
        statement=report.statement,
    )
    about = f"{safe_text(item.subject.name)}  sha256 {item.subject.sha256}"
    told = (f"{type} of {about}  from {safe_text(item.found.place)}", _signature(statement))
    said: JsonObject = {
        "file": item.found.place,
        "type": type,
        "predicateType": statement.predicate_type,
        "artifact": {"name": item.subject.name, "sha256": item.subject.sha256},
        "signature": statement.signature,
        "signedBy": statement.key or None,
    }
    return Act("evidence", body.write(), (item.subject,), report.files, told, said)


def _draft(surroundings: Recording, item: _Item, act: Act) -> Draft:
    draft = surroundings.draft(act)
    if surroundings.once is None:
        return draft
    # One key names one act, and here are several: each gets its own, the same again when the import is tried again.
    kept = hashlib.sha256(item.found.envelope.kept).hexdigest()
    derived = " ".join(
        (surroundings.once, str(act.body["control"]), kept, item.subject.sha256, item.statement.key)
    )
    return draft._replace(once=derived)
