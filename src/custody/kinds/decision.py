"""What a gate said of an artifact, in the words of SLSA's verification summary.

`verifier`, `timeVerified`, `resourceUri`, `policy`, `verificationResult` and `verifiedLevels` are those of
https://slsa.dev/verification_summary/v1; its `inputAttestations` are the entries that each control names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

Summary = Literal["PASSED", "FAILED"]

MAX_CONTROLS = 1000
MAX_LEVELS = 100
STATES = frozenset({"satisfied", "failed", "missing", "unknown", "not-applicable", "excepted"})
_SUMMARIES = frozenset({"PASSED", "FAILED"})


class JudgedBy(NamedTuple):
    """The policy that was in force: its name, the SHA-256 of its text, and where it can be had elsewhere."""

    name: str
    sha256: str
    uri: str = ""

    @classmethod
    def read(cls, fields: Fields) -> JudgedBy:
        return cls(
            fields.name("name"), fields.record("digest").digest("sha256"), fields.optional_text("uri", 2000)
        )

    def write(self) -> JsonObject:
        return present(uri=self.uri) | {"name": self.name, "digest": {"sha256": self.sha256}}


class ControlState(NamedTuple):
    """One control of it: where it stood, the ids of the entries that made it so, and where it would have stood
    (`instead`) had there been no exception."""

    name: str
    kind: str
    state: str
    entries: tuple[str, ...] = ()
    instead: str = ""

    @classmethod
    def read(cls, fields: Fields) -> ControlState:
        return cls(
            fields.name("name"),
            fields.name("kind"),
            fields.one_of("state", STATES),
            fields.digests("entries"),
            fields.one_of("instead", STATES) if fields.has("instead") else "",
        )

    def write(self) -> JsonObject:
        return present(
            name=self.name, kind=self.kind, state=self.state, entries=list(self.entries), instead=self.instead
        )


class LogSeen(NamedTuple):
    """The log that was judged: how many entries it had, and its Merkle root (hex)."""

    size: int
    root: str

    @classmethod
    def read(cls, fields: Fields) -> LogSeen:
        return cls(fields.count("size"), fields.digest("root"))

    def write(self) -> JsonObject:
        return {"size": self.size, "root": self.root}


@dataclass(frozen=True, slots=True)
class Decision:
    """Passed or failed. `time_verified` is the moment it was judged for; `policy` is absent where none governs the
    environment, and then `reason` says why."""

    artifact: Subject
    environment: str
    result: Summary
    verifier: str
    time_verified: str
    log: LogSeen
    policy: JudgedBy | None = None
    controls: tuple[ControlState, ...] = ()
    resource_uri: str = ""
    reason: str = ""
    levels: tuple[str, ...] = ()
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Decision:
        policy = fields.optional_record("policy")
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            cast(Summary, fields.one_of("verificationResult", _SUMMARIES)),
            fields.record("verifier").text("id", 2000),
            fields.instant("timeVerified"),
            LogSeen.read(fields.record("log")),
            JudgedBy.read(policy) if policy is not None else None,
            fields.records("controls", ControlState.read, MAX_CONTROLS),
            fields.optional_text("resourceUri", 2000),
            fields.optional_text("reason"),
            fields.texts("verifiedLevels", lambda item: 0 < len(item) <= 200, MAX_LEVELS),
            Extras.read(fields),
        )

    def write(self) -> JsonObject:
        return (
            present(
                artifact=write_subject(self.artifact),
                environment=self.environment,
                verificationResult=self.result,
                verifier={"id": self.verifier},
                timeVerified=self.time_verified,
                log=self.log.write(),
                policy=self.policy.write() if self.policy else None,
                controls=[control.write() for control in self.controls],
                resourceUri=self.resource_uri,
                reason=self.reason,
                verifiedLevels=list(self.levels),
            )
            | self.extras.write()
        )
