"""An exception: what a policy demands of an artifact is waived for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject, MalformedError
from custody.ledger.entry import Subject

MAX_CONTROLS = 1000
LONGEST = timedelta(days=366)
"""How long an exception lasts at the most: one that stands is a policy."""


@dataclass(frozen=True, slots=True)
class Allow:
    """Until `until` this artifact may lack these controls (none: any of them) in environments that the glob matches.

    Either `artifact`, one and no other, or `name`, a glob over the names of artifacts.
    """

    environment: str
    until: str
    reason: str
    artifact: Subject | None = None
    name: str = ""
    controls: tuple[str, ...] = ()
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Allow:
        about = fields.optional_record("artifact")
        if about is not None and fields.has("name"):
            raise MalformedError("allow.name must not be there beside allow.artifact", code="body")
        if about is None and not fields.has("name"):
            raise MalformedError("allow.artifact is missing: it must be there, or allow.name", code="body")
        return cls(
            fields.glob("environment"),
            fields.instant("until"),
            fields.text("reason"),
            read_subject(about) if about is not None else None,
            "" if about is not None else fields.glob("name"),
            fields.names("controls", MAX_CONTROLS),
            Extras.read(fields),
        )

    def write(self) -> JsonObject:
        return (
            present(
                artifact=write_subject(self.artifact) if self.artifact else None,
                name=self.name,
                environment=self.environment,
                controls=list(self.controls),
                until=self.until,
                reason=self.reason,
            )
            | self.extras.write()
        )
