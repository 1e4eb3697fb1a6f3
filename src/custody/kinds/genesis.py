"""What all entries of a chain share."""

# No postponed annotations: a named tuple would compile each of them, at every start.
from typing import NamedTuple, Self

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

_RUN = ("provider", "id", "attempt", "url", "runner", "actor")


class Run(NamedTuple):
    """Where a job ran: CI provider, run id, attempt, URL, runner, and the login that started it; all as claimed."""

    provider: str = ""
    id: str = ""
    attempt: str = ""
    url: str = ""
    runner: str = ""
    actor: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        return cls(*(fields.optional_text(name, 2000) for name in _RUN))

    def write(self) -> JsonObject:
        return present(**{name: getattr(self, name) for name in _RUN})


class Genesis(NamedTuple):
    """What all entries of a chain share: the flow, its trail (one run of it), the job, the source.

    `repository_id` is the number or UUID that the host of the repository knows it by, whatever it is called.
    """

    flow: str = ""
    trail: str = ""
    job: str = ""
    repository: str = ""
    commit: str = ""
    branch: str = ""
    run: Run = Run()
    repository_id: str = ""
    commit_url: str = ""

    @classmethod
    def read(cls, fields: Fields) -> Self:
        run = fields.optional_record("run")
        return cls(
            fields.optional_text("flow", 200),
            fields.optional_text("trail", 200),
            fields.optional_text("job", 200),
            fields.optional_text("repository", 2000),
            fields.optional_commit("commit"),
            fields.optional_text("branch", 500),
            Run.read(run) if run else Run(),
            fields.optional_text("repositoryId", 200),
            fields.optional_text("commitUrl", 2000),
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
            repositoryId=self.repository_id,
            commitUrl=self.commit_url,
        )
