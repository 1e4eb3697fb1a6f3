"""A person's word on an artifact for an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

Decision = Literal["approved", "rejected"]

_DECISIONS = frozenset({"approved", "rejected"})


@dataclass(frozen=True, slots=True)
class Approval:
    """Approved or rejected. `given_by` says who gave it elsewhere, where a relay records it."""

    artifact: Subject
    environment: str
    decision: Decision
    reason: str = ""
    given_by: str = ""
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Approval:
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            cast(Decision, fields.one_of("decision", _DECISIONS)),
            fields.optional_text("reason"),
            fields.optional_text("givenBy", 500),
            Extras.read(fields),
        )

    def write(self) -> JsonObject:
        return (
            present(
                artifact=write_subject(self.artifact),
                environment=self.environment,
                decision=self.decision,
                reason=self.reason,
                givenBy=self.given_by,
            )
            | self.extras.write()
        )
