"""What ran in an environment at one moment."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.scope import WHOLE, Scope
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import Json, JsonObject, MalformedError
from custody.ledger.entry import Subject

Basis = Literal["fingerprint", "image-id", "reference"]
"""By what a running artifact is known: its own fingerprint, the id that an image has where it runs, or a name only."""

UNRESOLVED = "unresolved:"
"""What stands in front of a digest that is no fingerprint, but the SHA-256 of a reference: it equals none."""

MAX_RUNNING = 10_000
"""Of one body."""

_REPORTS = frozenset({"list", "unchanged"})
_BASES: frozenset[str] = frozenset({"artifact", "image", "unresolved"})


@dataclass(frozen=True, slots=True)
class Running:
    """So many instances of one artifact, in one service.

    `artifact.sha256` is a fingerprint or an image's id, as `basis` says; of what is known by a `reference` only, see
    `unresolved`, it is `UNRESOLVED` and the SHA-256 of that text.
    """

    service: str
    artifact: Subject
    count: int = 1
    version: str = ""
    basis: Basis = "fingerprint"
    reference: str = ""

    @classmethod
    def unresolved(
        cls, service: str, name: str, reference: str, count: int = 1, version: str = ""
    ) -> Running:
        """What runs under a reference that says nothing of its bytes, such as an image's name and tag."""
        digest = hashlib.sha256(reference.encode("utf-8")).hexdigest()
        return cls(service, Subject(name, UNRESOLVED + digest), count, version, "reference", reference)

    @classmethod
    def read(cls, fields: Fields) -> Running:
        service, count = fields.name("service"), fields.count("count", 1)
        version = fields.optional_text("version", 200)
        known_by = fields.only_of(_BASES)
        about = fields.record(known_by)
        if known_by == "artifact":
            return cls(service, read_subject(about), count, version)
        if known_by == "image":
            return cls(service, Subject(about.name("name"), about.digest("id")), count, version, "image-id")
        return cls.unresolved(service, about.name("name"), about.text("reference", 500), count, version)

    def write(self) -> JsonObject:
        name, sha256 = self.artifact
        about: JsonObject
        if self.basis == "fingerprint":
            about = {"artifact": write_subject(self.artifact)}
        elif self.basis == "image-id":
            about = {"image": {"name": name, "id": sha256}}
        else:
            about = {"unresolved": {"name": name, "reference": self.reference}}
        return about | present(service=self.service, count=self.count, version=self.version)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that ran in an environment at one moment, or in a part of it, as its reporter saw it.

    `scope` is the part that was looked at. With `unchanged`, which is the id of an earlier snapshot's entry, it is what
    that one says, and `running` and `scope` are not here.
    """

    environment: str
    running: tuple[Running, ...]
    extras: Extras = NONE
    platform: str = ""
    scope: Scope = WHOLE
    unchanged: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Snapshot:
        environment, platform = fields.name("environment"), fields.optional_name("platform")
        extras = Extras.read(fields)
        if not fields.is_object("running"):
            return cls(environment, fields.records("running", Running.read, MAX_RUNNING), extras, platform)
        report = fields.record("running")
        if report.only_of(_REPORTS) == "unchanged":
            return cls(environment, (), extras, platform, WHOLE, report.digest("unchanged"))
        running, scope = report.records("list", Running.read, MAX_RUNNING), Scope.read(report)
        if scope == WHOLE:
            raise MalformedError(
                "snapshot.running says of no part of the environment that it is about it", code="body"
            )
        for one in running:
            if not scope.covers(one.service):
                message = f"snapshot.running is not about {one.service}, which it lists"
                raise MalformedError(message, code="body")
        return cls(environment, running, extras, platform, scope)

    def write(self) -> JsonObject:
        listed: list[Json] = [one.write() for one in self.running]
        body: JsonObject = {"environment": self.environment, "running": listed}
        if self.unchanged:
            body["running"] = {"unchanged": self.unchanged}
        elif self.scope != WHOLE:
            body["running"] = {"list": listed, **self.scope.write()}
        return body | present(platform=self.platform) | self.extras.write()
