"""A policy document."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds import MAX_DOCUMENT
from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document (TOML), verbatim, under a name."""

    name: str
    document: str
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Policy:
        return cls(fields.name("name"), fields.text("document", MAX_DOCUMENT), Extras.read(fields))

    def write(self) -> JsonObject:
        return {"name": self.name, "document": self.document} | self.extras.write()
