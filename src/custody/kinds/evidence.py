"""The outcome of a check (in-toto test-result v0.1's PASSED and FAILED are its `pass` and `fail`)."""

# No postponed annotations: a named tuple would compile each of them, at every start.
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple, Self, cast

from custody.kinds.extras import NONE, NOTHING, Extras
from custody.kinds.fields import Fields, present
from custody.kinds.subjects import read_subject, write_subject
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject

if TYPE_CHECKING:
    from custody.kinds.pull_request import PullRequest
    from custody.kinds.statement import Statement

Result = Literal["pass", "fail"]

_RESULTS = frozenset({"pass", "fail"})


class Evidence(NamedTuple):
    """The outcome of a check. Without `artifact` it concerns the commit, or else the whole trail.

    An artifact without a fingerprint yet is named alone, and binds within its trail when it is recorded.

    `summary` is what was counted, for a policy; the recorder's own rule for `result` is that no figure of `limits`
    is exceeded and every figure of `floors` is reached. `format` is the report's, `tools` what wrote it. `licences`
    (of an SBOM) is how many components bear each; `pull_request` and `statement` are there for evidence of those
    types; `conditions` are those that a "custom" report had to meet.
    """

    control: str
    type: str
    result: Result
    artifact: Subject | None = None
    artifact_name: str = ""
    commit: str = ""
    summary: Mapping[str, int] = NOTHING
    failed: tuple[str, ...] = ()
    description: str = ""
    format: str = ""
    tools: tuple[str, ...] = ()
    limits: Mapping[str, int] = NOTHING
    floors: Mapping[str, int] = NOTHING
    licences: Mapping[str, int] = NOTHING
    conditions: tuple[str, ...] = ()
    pull_request: "PullRequest | None" = None
    statement: "Statement | None" = None
    extras: Extras = NONE

    @classmethod
    def read(cls, fields: Fields) -> Self:
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
            fields.optional_text("format", 200),
            fields.texts("tools", limit=100),
            fields.number_map("limits"),
            fields.number_map("floors"),
            fields.number_map("licences"),
            fields.texts("conditions", limit=100),
            _pull_request(fields.optional_record("pullRequest")),
            _statement(fields.optional_record("statement")),
            Extras.read(fields),
        )

    def write(self) -> JsonObject:
        about: JsonObject = {}
        if self.artifact is not None:
            about = write_subject(self.artifact)
        elif self.artifact_name:
            about = {"name": self.artifact_name}
        return (
            present(
                control=self.control,
                type=self.type,
                result=self.result,
                artifact=about,
                commit=self.commit,
                summary=dict(self.summary),
                failed=list(self.failed),
                description=self.description,
                format=self.format,
                tools=list(self.tools),
                limits=dict(self.limits),
                floors=dict(self.floors),
                licences=dict(self.licences),
                conditions=list(self.conditions),
                pullRequest=self.pull_request.write() if self.pull_request else None,
                statement=self.statement.write() if self.statement else None,
            )
            | self.extras.write()
        )


def _pull_request(fields: Fields | None) -> "PullRequest | None":
    if fields is None:
        return None
    from custody.kinds.pull_request import PullRequest

    return PullRequest.read(fields)


def _statement(fields: Fields | None) -> "Statement | None":
    if fields is None:
        return None
    from custody.kinds.statement import Statement

    return Statement.read(fields)
