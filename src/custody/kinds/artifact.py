"""Bytes that will be deployed, bound to the source and the build that they come from.

`buildDefinition` and `runDetails` are those of SLSA provenance v1 (https://slsa.dev/spec/v1.0/provenance), so far as
a pipeline knows them; `source` is what git says of the commit, for which SLSA has no words.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from custody.kinds.extras import NONE, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

SIGNATURES = frozenset({"none", "openpgp", "ssh", "x509"})
MAX_PARENTS = 1000
MAX_CO_AUTHORS = 1000
MAX_COMMITS = 1000
MAX_MATERIALS = 1000
MAX_EXCLUDED = 1000
_DIGESTS = frozenset({"sha256", "gitCommit"})


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote or committed a commit, and when, as the commit claims."""

    name: str = ""
    email: str = ""
    time: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Author:
        return cls(
            fields.optional_text("name", 500),
            fields.optional_text("email", 500),
            fields.optional_instant("time"),
        )

    def write(self) -> JsonObject:
        return present(name=self.name, email=self.email, time=self.time)


@dataclass(frozen=True, slots=True)
class Source:
    """A commit, as git knows it. `signature` is the form of its signature, which nobody checked here.

    `dirty` says that the work tree may have held something other than the commit; `co_authors` are those whom its
    message names as such. `commits` are those of its first-parent line after `since` (a commit: the last release,
    say), the oldest first and itself the last; both are empty where nobody asked for them.
    """

    tree: str = ""
    parents: tuple[str, ...] = ()
    branch: str = ""
    author: Author = field(default_factory=Author)
    committer: Author = field(default_factory=Author)
    signature: str = "none"
    dirty: bool = False
    co_authors: tuple[Author, ...] = ()
    since: str = ""
    commits: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Source:
        author, committer = fields.optional_record("author"), fields.optional_record("committer")
        return cls(
            fields.optional_commit("tree"),
            fields.commits("parents", MAX_PARENTS),
            fields.optional_text("branch", 500),
            Author.read(author) if author else Author(),
            Author.read(committer) if committer else Author(),
            fields.one_of("signature", SIGNATURES),
            fields.flag("dirty"),
            fields.records("coAuthors", Author.read, MAX_CO_AUTHORS),
            fields.optional_commit("since"),
            fields.commits("commits", MAX_COMMITS),
        )

    def write(self) -> JsonObject:
        return present(
            tree=self.tree,
            parents=list(self.parents),
            branch=self.branch,
            author=self.author.write(),
            committer=self.committer.write(),
            coAuthors=[author.write() for author in self.co_authors],
            since=self.since,
            commits=list(self.commits),
        ) | {"signature": self.signature, "dirty": self.dirty}


@dataclass(frozen=True, slots=True)
class Material:
    """Something that went into a build: SLSA's ResourceDescriptor. `algorithm` is "sha256" or "gitCommit"."""

    digest: str
    name: str = ""
    uri: str = ""
    algorithm: str = "sha256"

    @classmethod
    def read(cls, fields: Fields) -> Material:
        digests = fields.record("digest")
        algorithm = digests.only_of(_DIGESTS)
        digest = digests.digest("sha256") if algorithm == "sha256" else digests.commit("gitCommit")
        return cls(digest, fields.optional_text("name", 500), fields.optional_text("uri", 2000), algorithm)

    def write(self) -> JsonObject:
        return present(name=self.name, uri=self.uri) | {"digest": {self.algorithm: self.digest}}


@dataclass(frozen=True, slots=True)
class Build:
    """How it was built: SLSA's buildDefinition and runDetails, so far as they are known."""

    build_type: str
    parameters: dict[str, str] = field(default_factory=dict)
    materials: tuple[Material, ...] = ()
    builder: str = ""
    invocation: str = ""
    started: str = ""
    finished: str = ""

    @classmethod
    def read(cls, definition: Fields, details: Fields | None) -> Build:
        builder = details.optional_record("builder") if details else None
        metadata = details.optional_record("metadata") if details else None
        return cls(
            definition.text("buildType", 500),
            definition.text_map("externalParameters"),
            definition.records("resolvedDependencies", Material.read, MAX_MATERIALS),
            builder.text("id", 2000) if builder else "",
            metadata.optional_text("invocationId", 2000) if metadata else "",
            metadata.optional_instant("startedOn") if metadata else "",
            metadata.optional_instant("finishedOn") if metadata else "",
        )

    def write(self) -> JsonObject:
        """The two objects of a SLSA provenance v1 predicate."""
        metadata = present(invocationId=self.invocation, startedOn=self.started, finishedOn=self.finished)
        definition = present(
            buildType=self.build_type,
            externalParameters=dict(self.parameters),
            resolvedDependencies=[material.write() for material in self.materials],
        )
        details = present(builder=present(id=self.builder), metadata=metadata)
        return present(buildDefinition=definition, runDetails=details)


@dataclass(frozen=True, slots=True)
class Artifact:
    """Bytes that will be deployed: their fingerprint, bound to the source they were built from.

    `type` is "file", "directory" or "oci-image"; `algorithm` names how a directory's fingerprint was made, and
    `excluded` the patterns of what was left out of it.
    """

    subject: Subject
    size: int
    type: str = "file"
    version: str = ""
    repository: str = ""
    commit: str = ""
    algorithm: str = ""
    source: Source | None = None
    build: Build | None = None
    extras: Extras = NONE
    excluded: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Artifact:
        source = fields.optional_record("source")
        definition = fields.optional_record("buildDefinition")
        return cls(
            read_subject(fields),
            fields.count("size"),
            fields.name("type"),
            fields.optional_text("version", 200),
            fields.optional_text("repository", 2000),
            fields.optional_commit("commit"),
            fields.optional_name("algorithm"),
            Source.read(source) if source else None,
            Build.read(definition, fields.optional_record("runDetails")) if definition else None,
            Extras.read(fields),
            fields.texts("excluded", lambda item: 0 < len(item) <= 500, MAX_EXCLUDED),
        )

    def write(self) -> JsonObject:
        return (
            write_subject(self.subject)
            | present(
                size=self.size,
                type=self.type,
                version=self.version,
                repository=self.repository,
                commit=self.commit,
                algorithm=self.algorithm,
                excluded=list(self.excluded),
                source=self.source.write() if self.source else None,
            )
            | (self.build.write() if self.build else {})
            | self.extras.write()
        )
