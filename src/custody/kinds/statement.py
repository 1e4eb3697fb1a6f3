"""A statement that somebody made elsewhere (in-toto v0.1 or v1, a link, a DSSE envelope, a bundle), kept verbatim."""

from __future__ import annotations

from typing import NamedTuple

from custody.kinds.extras import File
from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

SIGNATURES = frozenset({"verified", "not-checked", "none"})
MAX_SUBJECTS = 1024


class Statement(NamedTuple):
    """What it is about, and whether its signature was checked when it was recorded.

    `predicate_type` is the statement's own; `subjects` those of its subjects that have a SHA-256; `signature` is
    "verified" (by `key`: an OpenSSH fingerprint or the SHA-256 of a public key, named as such), "not-checked" where
    there is one and no key was given, or "none". `builder` is what a SLSA provenance says built it.
    """

    predicate_type: str
    subjects: tuple[File, ...]
    signature: str
    key: str = ""
    builder: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Statement:
        return cls(
            fields.text("predicateType", 500),
            fields.records("subjects", File.read, MAX_SUBJECTS),
            fields.one_of("signature", SIGNATURES),
            fields.optional_text("key", 500),
            fields.optional_text("builder", 2000),
        )

    def write(self) -> JsonObject:
        return present(
            predicateType=self.predicate_type,
            subjects=[subject.write() for subject in self.subjects],
            signature=self.signature,
            key=self.key,
            builder=self.builder,
        )
