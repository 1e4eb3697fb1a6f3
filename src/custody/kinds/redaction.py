"""The record of an erasure."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject


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
