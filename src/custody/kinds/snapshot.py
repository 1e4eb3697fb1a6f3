"""What ran in an environment at one moment."""

from __future__ import annotations

from dataclasses import dataclass

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject


@dataclass(frozen=True, slots=True)
class Running:
    """So many instances of one artifact, in one service."""

    service: str
    artifact: Subject
    count: int = 1
    version: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Running:
        return cls(
            fields.name("service"),
            read_subject(fields.record("artifact")),
            fields.count("count", 1),
            fields.optional_text("version", 200),
        )

    def write(self) -> JsonObject:
        return present(
            service=self.service,
            artifact=write_subject(self.artifact),
            count=self.count,
            version=self.version,
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that ran in an environment at one moment, as its reporter saw it."""

    environment: str
    running: tuple[Running, ...]
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Snapshot:
        return cls(fields.name("environment"), fields.records("running", Running.read), Extras.read(fields))

    def write(self) -> JsonObject:
        body: JsonObject = {
            "environment": self.environment,
            "running": [one.write() for one in self.running],
        }
        return body | self.extras.write()
