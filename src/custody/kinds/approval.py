"""A person's word on an artifact for an environment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

Word = Literal["approved", "rejected"]

_WORDS = frozenset({"approved", "rejected"})


class CommitRange(NamedTuple):
    """The commits that an approval is of: those after `base` ("" for all there are) up to `head`."""

    head: str
    base: str = ""

    @classmethod
    def read(cls, fields: Fields) -> CommitRange:
        return cls(fields.commit("to"), fields.optional_commit("from"))

    def write(self) -> JsonObject:
        return present(**{"from": self.base, "to": self.head})


class PolicySeen(NamedTuple):
    """The policy document that somebody had before them: its name, and the SHA-256 of its text."""

    name: str
    sha256: str

    @classmethod
    def read(cls, fields: Fields) -> PolicySeen:
        return cls(fields.name("name"), fields.digest("sha256"))

    def write(self) -> JsonObject:
        return {"name": self.name, "sha256": self.sha256}


class Tag(NamedTuple):
    """A signed Git tag that says it: its name, and the SHA-256 of the tag object's bytes, which are an attachment."""

    name: str
    sha256: str

    @classmethod
    def read(cls, fields: Fields) -> Tag:
        return cls(fields.text("name", 500), fields.digest("sha256"))

    def write(self) -> JsonObject:
        return {"name": self.name, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Approval:
    """Approved or rejected. `given_by` says who gave it elsewhere and `given_at` when, where a relay records it.

    `commits` and `policy` are what it was given in view of, as far as the ledger told; `tag` what it rests on.
    """

    artifact: Subject
    environment: str
    decision: Word
    reason: str = ""
    given_by: str = ""
    given_at: str = ""
    commits: CommitRange | None = None
    policy: PolicySeen | None = None
    tag: Tag | None = None
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Approval:
        commits, policy = fields.optional_record("commits"), fields.optional_record("policy")
        tag = fields.optional_record("tag")
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            cast(Word, fields.one_of("decision", _WORDS)),
            fields.optional_text("reason"),
            fields.optional_text("givenBy", 500),
            fields.optional_instant("givenAt"),
            CommitRange.read(commits) if commits else None,
            PolicySeen.read(policy) if policy else None,
            Tag.read(tag) if tag else None,
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
                givenAt=self.given_at,
                commits=self.commits.write() if self.commits else None,
                policy=self.policy.write() if self.policy else None,
                tag=self.tag.write() if self.tag else None,
            )
            | self.extras.write()
        )
