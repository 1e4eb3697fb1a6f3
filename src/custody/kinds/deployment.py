"""An act: an artifact was put into an environment."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject


@dataclass(frozen=True, slots=True)
class Deployment:
    """This artifact was put into this environment, as this service."""

    artifact: Subject
    environment: str
    service: str
    reason: str = ""
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Deployment:
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            fields.name("service"),
            fields.optional_text("reason"),
            Extras.read(fields),
        )

    def write(self) -> JsonObject:
        return (
            present(
                artifact=write_subject(self.artifact),
                environment=self.environment,
                service=self.service,
                reason=self.reason,
            )
            | self.extras.write()
        )
