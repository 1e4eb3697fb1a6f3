"""Statements that others made (`provenance`, `attestation`): what they are about, and whose signature they bear.

Sources: in-toto Statement v0.1 and v1, SLSA provenance v0.2 and v1, in-toto's link metadata, of which the products
are what it is about. What came is kept as it came. No certificate is believed and nothing is asked of a network: a
signature is checked with a key that is given, or it is not checked, and the record says which.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from custody.errors import InputError
from custody.kinds.extras import File
from custody.kinds.statement import MAX_SUBJECTS, Statement
from custody.record.envelopes import Envelope, read_envelopes
from custody.record.evidence import require_files
from custody.record.report import Report, ReportFile, Wanted

if TYPE_CHECKING:
    from custody.keys.verifying import VerifyingKey

STATEMENTS = frozenset({"https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"})
LINK = "link"
SLSA_02, SLSA_1 = "https://slsa.dev/provenance/v0.2", "https://slsa.dev/provenance/v1"
PROVENANCE, ATTESTATION = "provenance", "attestation"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNNAMED = "(no name)"


class Claim(NamedTuple):
    """What a statement says of itself: not yet checked, and nothing that custody vouches for.

    `subjects` are those that have a SHA-256, of `total` in all.
    """

    predicate_type: str
    subjects: tuple[File, ...]
    total: int
    builder: str = ""

    @property
    def type(self) -> str:
        """The type of evidence it is."""
        return PROVENANCE if self.predicate_type in (SLSA_02, SLSA_1) else ATTESTATION

    def is_about(self, sha256: str) -> bool:
        return any(subject.sha256 == sha256 for subject in self.subjects)


class Found(NamedTuple):
    """A statement in a file. `place` names the file, and its line where there are several."""

    place: str
    claim: Claim
    envelope: Envelope
    file: ReportFile

    def statement(self, key: VerifyingKey | None) -> Statement:
        """What to record of it. Raises InputError where a key is given that has signed no such thing."""
        claim, envelope = self.claim, self.envelope
        signature, name = ("not-checked" if envelope.signatures else "none"), ""
        if key is not None:
            if not envelope.signatures:
                message = f"{self.place}: bears no signature that a key could be held against"
                raise InputError(message, code="signature")
            if not any(key.verify(envelope.signed, one) for one in envelope.signatures):
                message = f"{self.place}: not signed by the key given ({key.kind} {key.name})"
                raise InputError(message, code="signature")
            signature, name = "verified", key.name
        return Statement(claim.predicate_type, claim.subjects, signature, name, claim.builder)

    def report(self, statement: Statement) -> Report:
        """What `statement` made of it, as a report, whose figures are what a policy can ask about."""
        summary = {
            "subjects": self.claim.total,
            "signatures": len(self.envelope.signatures),
            "verified": int(statement.signature == "verified"),
        }
        return Report(self.envelope.format, (self.file,), summary, statement=statement)


def provenance(paths: Sequence[Path], wanted: Wanted) -> Report:
    """SLSA provenance of the artifact as evidence."""
    return _read(paths, wanted, PROVENANCE)


def attestation(paths: Sequence[Path], wanted: Wanted) -> Report:
    """Any statement about the artifact as evidence."""
    return _read(paths, wanted, None)


def read_key(path: Path | None) -> VerifyingKey | None:
    """The key that is to have signed. Raises SigningKeyError."""
    if path is None:
        return None
    from custody.keys.verifying import read_verifying_key

    return read_verifying_key(path)


def find(path: Path) -> list[Found]:
    """The statements in a file, at least one. Raises InputError naming the file, the line, and why."""
    name = path.name.encode("utf-8", "backslashreplace").decode()[-400:]
    found = []
    for envelope in read_envelopes(path):
        place = f"{path}: line {envelope.line}" if envelope.line else f"{path}"
        try:
            claim = parse_claim(envelope.payload)
        except InputError as error:
            raise InputError(f"{place}: {error}", code=error.code) from None
        kept = f"{name}-{envelope.line}" if envelope.line else name
        found.append(Found(place, claim, envelope, ReportFile(kept, envelope.kept, envelope.media_type)))
    return found


def _read(paths: Sequence[Path], wanted: Wanted, type: str | None) -> Report:
    require_files(paths, "the one with the statement")
    if len(paths) > 1:
        raise InputError(f"{paths[1]}: one file at a time; `custody import` takes many", code="file")
    key = read_key(wanted.public_key)
    path, candidates = paths[0], find(paths[0])
    if type is not None:
        fitting = [one for one in candidates if one.claim.type == type]
        if not fitting:
            said = candidates[0].claim.predicate_type
            raise InputError(f"{path}: not SLSA provenance v0.2 or v1, but {said}", code="predicate")
        candidates = fitting
    if wanted.artifact is not None:
        digest = wanted.artifact.sha256
        about = [one for one in candidates if one.claim.is_about(digest)]
        if not about:
            message = f"{path}: is not about {wanted.artifact.name}: no subject of it has sha256 {digest}"
            raise InputError(message, code="subject")
        candidates = about
    if len(candidates) > 1:
        message = f"{path}: {len(candidates)} statements that fit; `custody import` records each of them"
        raise InputError(message, code="several")
    return candidates[0].report(candidates[0].statement(key))


def parse_claim(value: Any) -> Claim:
    """What a statement or link says, by its JSON value. Raises InputError with the reason only."""
    if not isinstance(value, dict):
        raise InputError("not a statement: not a JSON object")
    type = value.get("_type")
    if type == LINK:
        return _link(value)
    if not isinstance(type, str) or type not in STATEMENTS:
        raise InputError("not an in-toto statement of v0.1 or v1, nor a link: its _type is another")
    predicate_type = _text(value.get("predicateType"), "predicateType", 500)
    subjects = value.get("subject")
    if not isinstance(subjects, list) or not subjects:
        raise InputError("a statement about nothing: its subject must be a list of at least one")
    _check_number(len(subjects))
    found = [_subject(subject) for subject in subjects]
    builder = ""
    if predicate_type in (SLSA_02, SLSA_1):
        builder = _builder(value.get("predicate"), predicate_type == SLSA_1)
    return Claim(predicate_type, tuple(one for one in found if one), len(found), builder)


def _subject(value: Any) -> File | None:
    if not isinstance(value, dict):
        raise InputError("a subject that is not an object")
    name = value.get("name", value.get("uri", _UNNAMED))
    return _file(_text(name, "a subject's name", 500) if name != "" else _UNNAMED, value.get("digest"))


def _file(name: str, digests: Any) -> File | None:
    if (
        not isinstance(digests, dict)
        or not digests
        or not all(isinstance(one, str) for one in digests.values())
    ):
        raise InputError("a subject without a digest")
    if "sha256" not in digests:
        return None
    if not _SHA256.fullmatch(digests["sha256"]):
        raise InputError("a subject whose SHA-256 is not 64 lower-case hex digits")
    return File(name, digests["sha256"])


def _link(value: dict[str, Any]) -> Claim:
    _text(value.get("name"), "the name of its step", 500)
    products = value.get("products")
    if not isinstance(products, dict):
        raise InputError("a link whose products are not an object")
    _check_number(len(products))
    found = [_file(_text(path, "a product's path", 500), digests) for path, digests in products.items()]
    return Claim(LINK, tuple(one for one in found if one), len(found))


def _builder(predicate: Any, is_v1: bool) -> str:
    """Who built it, as a provenance says. What SLSA requires has to be there."""
    predicate = _object(predicate, "predicate")
    definition = _object(predicate.get("buildDefinition"), "buildDefinition") if is_v1 else predicate
    details = _object(predicate.get("runDetails"), "runDetails") if is_v1 else predicate
    _text(definition.get("buildType"), "buildType", 2000)
    return _text(_object(details.get("builder"), "builder").get("id"), "builder.id", 2000)


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"not SLSA provenance: its {name} is not an object")
    return value


def _text(value: Any, name: str, limit: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= limit:
        raise InputError(f"{name} must be text of 1 to {limit} characters")
    return value


def _check_number(count: int) -> None:
    if count > MAX_SUBJECTS:
        raise InputError(f"about {count} artifacts, more than the {MAX_SUBJECTS} that can be recorded")
