"""What a custodian merged."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject


@dataclass(frozen=True, slots=True)
class MergedFile:
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
    def read(cls, fields: Fields) -> MergedFile:
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

    sources: tuple[MergedFile, ...]

    @classmethod
    def read(cls, fields: Fields) -> Merge:
        return cls(fields.records("sources", MergedFile.read))

    def write(self) -> JsonObject:
        return {"sources": [source.write() for source in self.sources]}
