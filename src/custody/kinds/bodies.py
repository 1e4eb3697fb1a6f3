"""What an entry can say of a pipeline and what it made: one typed body for each kind.

Each has `read` (from a decoded body; raises MalformedError) and `write` (to a body, its salt left to the writer).
`spec/ledger.md` documents every field. Vocabulary: SLSA provenance v1 (repository, commit, builder run), in-toto
test-result v0.1 (result), so far as they have a word for it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, cast

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

Result = Literal["pass", "fail"]
Decision = Literal["approved", "rejected"]

EVIDENCE_TYPES = frozenset({"junit", "generic"})
_RESULTS = frozenset({"pass", "fail"})
_DECISIONS = frozenset({"approved", "rejected"})


def read_subject(fields: Fields) -> Subject:
    """An artifact as bodies name it: `{"name": …, "sha256": …}`."""
    return Subject(fields.name("name"), fields.digest("sha256"))


def write_subject(subject: Subject) -> JsonObject:
    return {"name": subject.name, "sha256": subject.sha256}


@dataclass(frozen=True, slots=True)
class Run:
    """Where a job ran: CI provider, run id, attempt, URL, runner, and the login that started it; all as claimed."""

    provider: str = ""
    id: str = ""
    attempt: str = ""
    url: str = ""
    runner: str = ""
    actor: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Run:
        return cls(
            *(
                fields.optional_text(name, 2000)
                for name in ("provider", "id", "attempt", "url", "runner", "actor")
            )
        )

    def write(self) -> JsonObject:
        return present(
            provider=self.provider,
            id=self.id,
            attempt=self.attempt,
            url=self.url,
            runner=self.runner,
            actor=self.actor,
        )


@dataclass(frozen=True, slots=True)
class Genesis:
    """What all entries of a chain share: the flow, its trail (one run of it), the job, the source."""

    flow: str = ""
    trail: str = ""
    job: str = ""
    repository: str = ""
    commit: str = ""
    branch: str = ""
    run: Run = field(default_factory=Run)

    @classmethod
    def read(cls, fields: Fields) -> Genesis:
        run = fields.optional_record("run")
        return cls(
            fields.optional_text("flow", 200),
            fields.optional_text("trail", 200),
            fields.optional_text("job", 200),
            fields.optional_text("repository", 2000),
            fields.optional_commit("commit"),
            fields.optional_text("branch", 500),
            Run.read(run) if run else Run(),
        )

    def write(self) -> JsonObject:
        return present(
            flow=self.flow,
            trail=self.trail,
            job=self.job,
            repository=self.repository,
            commit=self.commit,
            branch=self.branch,
            run=self.run.write(),
        )


@dataclass(frozen=True, slots=True)
class Artifact:
    """Bytes that will be deployed: their fingerprint, bound to the source they were built from."""

    subject: Subject
    size: int
    type: str = "file"
    version: str = ""
    repository: str = ""
    commit: str = ""
    annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> Artifact:
        return cls(
            read_subject(fields),
            fields.count("size"),
            fields.name("type"),
            fields.optional_text("version", 200),
            fields.optional_text("repository", 2000),
            fields.optional_commit("commit"),
            fields.text_map("annotations"),
        )

    def write(self) -> JsonObject:
        return write_subject(self.subject) | present(
            size=self.size,
            type=self.type,
            version=self.version,
            repository=self.repository,
            commit=self.commit,
            annotations=dict(self.annotations),
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """The outcome of a check. Without `artifact` it concerns the commit, or else the whole trail.

    An artifact without a fingerprint yet is named alone, and binds within its trail when it is recorded.
    """

    control: str
    type: str
    result: Result
    artifact: Subject | None = None
    artifact_name: str = ""
    commit: str = ""
    summary: dict[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()
    description: str = ""
    annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: Fields) -> Evidence:
        about = fields.optional_record("artifact")
        bound = about is not None and about.has("sha256")
        return cls(
            fields.name("control"),
            fields.name("type"),
            cast(Result, fields.one_of("result", _RESULTS)),
            read_subject(about) if about is not None and bound else None,
            about.name("name") if about is not None else "",
            fields.optional_commit("commit"),
            fields.number_map("summary"),
            fields.texts("failed", limit=100),
            fields.optional_text("description"),
            fields.text_map("annotations"),
        )

    def write(self) -> JsonObject:
        about: JsonObject = {}
        if self.artifact is not None:
            about = write_subject(self.artifact)
        elif self.artifact_name:
            about = {"name": self.artifact_name}
        return present(
            control=self.control,
            type=self.type,
            result=self.result,
            artifact=about,
            commit=self.commit,
            summary=dict(self.summary),
            failed=list(self.failed),
            description=self.description,
            annotations=dict(self.annotations),
        )


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's word on an artifact for an environment."""

    artifact: Subject
    environment: str
    decision: Decision
    reason: str = ""
    given_by: str = ""
    link: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Approval:
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            cast(Decision, fields.one_of("decision", _DECISIONS)),
            fields.optional_text("reason"),
            fields.optional_text("givenBy", 500),
            fields.optional_text("link", 2000),
        )

    def write(self) -> JsonObject:
        return present(
            artifact=write_subject(self.artifact),
            environment=self.environment,
            decision=self.decision,
            reason=self.reason,
            givenBy=self.given_by,
            link=self.link,
        )


@dataclass(frozen=True, slots=True)
class Deployment:
    """An act: this artifact was put into this environment, as this service."""

    artifact: Subject
    environment: str
    service: str
    reason: str = ""
    link: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Deployment:
        return cls(
            read_subject(fields.record("artifact")),
            fields.name("environment"),
            fields.name("service"),
            fields.optional_text("reason"),
            fields.optional_text("link", 2000),
        )

    def write(self) -> JsonObject:
        return present(
            artifact=write_subject(self.artifact),
            environment=self.environment,
            service=self.service,
            reason=self.reason,
            link=self.link,
        )


@dataclass(frozen=True, slots=True)
class Running:
    """So many instances of one artifact, in one service."""

    service: str
    artifact: Subject
    count: int = 1
    version: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that ran in an environment at one moment, as its reporter saw it."""

    environment: str
    running: tuple[Running, ...]

    @classmethod
    def read(cls, fields: Fields) -> Snapshot:
        def one(fields: Fields) -> Running:
            return Running(
                fields.name("service"),
                read_subject(fields.record("artifact")),
                fields.count("count", 1),
                fields.optional_text("version", 200),
            )

        return cls(fields.name("environment"), fields.records("running", one))

    def write(self) -> JsonObject:
        running = [
            present(
                service=one.service,
                artifact=write_subject(one.artifact),
                count=one.count,
                version=one.version,
            )
            for one in self.running
        ]
        return {"environment": self.environment, "running": list(running)}
