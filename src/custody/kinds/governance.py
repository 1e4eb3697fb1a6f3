"""What an entry can say of the ledger itself: who is trusted, what was merged, sealed, erased, noted."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

MAX_DOCUMENT = 512 * 1024


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document (TOML), verbatim, under a name."""

    name: str
    document: str

    @classmethod
    def read(cls, fields: Fields) -> Policy:
        return cls(fields.name("name"), fields.text("document", MAX_DOCUMENT))

    def write(self) -> JsonObject:
        return {"name": self.name, "document": self.document}


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust document (TOML), verbatim."""

    document: str

    @classmethod
    def read(cls, fields: Fields) -> Trust:
        return cls(fields.text("document", MAX_DOCUMENT))

    def write(self) -> JsonObject:
        return {"document": self.document}


@dataclass(frozen=True, slots=True)
class Note:
    """Free words for the record."""

    text: str

    @classmethod
    def read(cls, fields: Fields) -> Note:
        return cls(fields.text("text"))

    def write(self) -> JsonObject:
        return {"text": self.text}


@dataclass(frozen=True, slots=True)
class Seal:
    """A chain's end. The last job of a trail may list the trail's chains."""

    chains: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Seal:
        return cls(fields.digests("chains"))

    def write(self) -> JsonObject:
        return present(chains=list(self.chains))


@dataclass(frozen=True, slots=True)
class Redaction:
    """The record of an erasure: which entry's bytes, by digest, and why."""

    entry: str
    blobs: tuple[str, ...]
    reason: str

    @classmethod
    def read(cls, fields: Fields) -> Redaction:
        return cls(fields.digest("entry"), fields.digests("blobs"), fields.text("reason"))

    def write(self) -> JsonObject:
        return {"entry": self.entry, "blobs": list(self.blobs), "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a merge: its base name, digest and number of entries, and how many of them were taken.

    Two attachments go with it, by digest: `order`, the raw 32-byte ids of the source's entries in its own order, so
    that its log can be rebuilt; and `detail`, canonical JSON that lists the stretches of chains taken
    (`{"chain", "first", "last"}`) and the chains left out (`{"chain", "why"}`). `checkpoint` is the source's own
    newest checkpoint note.
    """

    file: str
    sha256: str
    size: int
    taken: int
    order: str
    detail: str
    checkpoint: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Source:
        return cls(
            fields.text("file", 500),
            fields.digest("sha256"),
            fields.count("size"),
            fields.count("taken"),
            fields.digest("order"),
            fields.digest("detail"),
            fields.optional_text("checkpoint", 64 * 1024),
        )

    def write(self) -> JsonObject:
        return present(
            file=self.file,
            sha256=self.sha256,
            order=self.order,
            detail=self.detail,
            checkpoint=self.checkpoint,
        ) | {"size": self.size, "taken": self.taken}


@dataclass(frozen=True, slots=True)
class Merge:
    """What a custodian merged in one act."""

    sources: tuple[Source, ...]

    @classmethod
    def read(cls, fields: Fields) -> Merge:
        return cls(fields.records("sources", Source.read))

    def write(self) -> JsonObject:
        return {"sources": [source.write() for source in self.sources]}
