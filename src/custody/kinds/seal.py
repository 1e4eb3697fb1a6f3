"""A chain's end."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject


@dataclass(frozen=True, slots=True)
class Seal:
    """A chain's end. The last job of a trail may list the trail's chains."""

    chains: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Seal:
        return cls(fields.digests("chains"))

    def write(self) -> JsonObject:
        return present(chains=list(self.chains))
