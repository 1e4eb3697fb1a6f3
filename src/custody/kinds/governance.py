"""What an entry can say of the ledger itself: who is trusted, what was merged, sealed, erased, noted."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import Json, JsonObject

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
class Taken:
    """A stretch of a chain that a merge took: the chain's id, the first and the last seq."""

    chain: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A chain that a merge did not take, and why."""

    chain: str
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """One file of a merge: its name as given, its digest, what was taken from it and what was not.

    `order` is the digest of the attachment that lists the source's entry ids in its own order, one a line, so that
    its log can be rebuilt; `checkpoint` is the source's own newest checkpoint note.
    """

    file: str
    sha256: str
    size: int
    order: str
    taken: tuple[Taken, ...]
    left_out: tuple[LeftOut, ...] = ()
    checkpoint: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """What a custodian merged in one act."""

    sources: tuple[Source, ...]

    @classmethod
    def read(cls, fields: Fields) -> Merge:
        def taken(fields: Fields) -> Taken:
            return Taken(fields.digest("chain"), fields.count("first"), fields.count("last"))

        def left_out(fields: Fields) -> LeftOut:
            return LeftOut(fields.digest("chain"), fields.text("why", 500))

        def source(fields: Fields) -> Source:
            return Source(
                fields.text("file", 500),
                fields.digest("sha256"),
                fields.count("size"),
                fields.digest("order"),
                fields.records("taken", taken),
                fields.records("leftOut", left_out),
                fields.optional_text("checkpoint", 64 * 1024),
            )

        return cls(fields.records("sources", source))

    def write(self) -> JsonObject:
        return {"sources": [_write_source(source) for source in self.sources]}


def _write_source(source: Source) -> JsonObject:
    taken: list[Json] = [{"chain": one.chain, "first": one.first, "last": one.last} for one in source.taken]
    left_out: list[Json] = [{"chain": one.chain, "why": one.why} for one in source.left_out]
    return present(
        file=source.file,
        sha256=source.sha256,
        size=source.size,
        order=source.order,
        leftOut=left_out,
        checkpoint=source.checkpoint,
    ) | {"taken": taken}
