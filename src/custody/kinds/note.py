"""A remark."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields
from custody.ledger.canonical import JsonObject


@dataclass(frozen=True, slots=True)
class Note:
    """Free words for the record."""

    text: str
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Note:
        return cls(fields.text("text"), Extras.read(fields))

    def write(self) -> JsonObject:
        return {"text": self.text} | self.extras.write()
