"""A trust document."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds import MAX_DOCUMENT
from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject


@dataclass(frozen=True, slots=True)
class Trust:
    """A trust document (TOML), verbatim."""

    document: str
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Trust:
        return cls(fields.text("document", MAX_DOCUMENT), Extras.read(fields))

    def write(self) -> JsonObject:
        return {"document": self.document} | self.extras.write()
