"""Ledgers in which everything happens at a time of the story's own, for the questions of the time machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from harness import world

from custody.kinds import Approval, Artifact, Deployment, Evidence, Genesis, Run, Running, Snapshot
from custody.kinds.artifact import Author, Source
from custody.kinds.pull_request import Change, PullRequest, Review
from custody.ledger.entry import Subject
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.trust.custodian import checkpoint
from custody.trust.merging import merge


def sha(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def commit(word: str) -> str:
    """A commit for a word."""
    return hashlib.sha1(word.encode(), usedforsecurity=False).hexdigest()


class Story:
    """Entries at times of our own, in ledgers of a folder; `main` is the custodian's, which is checked at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.main = folder / "main.ledger"
        self._chains = 0

    def put(
        self,
        time: str,
        drafts: Sequence[Draft],
        who: str = "ci",
        context: Genesis | None = None,
        to: str = "main",
    ) -> None:
        """One chain, all of it at one time (`2022-09-14T16:52:28Z`, milliseconds added)."""
        path = self.folder / f"{to}.ledger"
        create_ledger(path, exist_ok=True)
        self._chains += 1
        chance = world.Fixed(str(self._chains)).chance
        chain = ChainWriter(world.signer(who), clock=lambda: time.replace("Z", ".000Z"), entropy=chance)
        body = (context or Genesis()).write()
        with Writer(path, chain, world.ORIGIN, body) as writer:
            writer.append([*drafts[:-1], drafts[-1]._replace(last=True)])

    def build(
        self,
        time: str,
        artifact: Subject,
        source: str,
        parents: Sequence[str] = (),
        *,
        run: str,
        to: str = "main",
    ) -> None:
        """A run of a pipeline: the artifact with its source, tests that pass, and the pull request that brought it."""
        repository = f"https://git.example/acme/{artifact.name}"
        context = Genesis(
            artifact.name, f"run-{run}", "build", repository, commit(source), "main",
            Run("ci", run, "1", f"https://ci.example/runs/{run}"),
        )  # fmt: skip
        told = Source(
            parents=tuple(map(commit, parents)),
            author=Author("dev-1", "dev-1@acme.example", time.replace("Z", ".000Z")),
            committer=Author("dev-1", "dev-1@acme.example", time.replace("Z", ".000Z")),
        )
        request = PullRequest(
            f"{repository}/pull/{run}", "merged", "dev-1", (Change(commit(f"{source} change"), ("dev-1",)),),
            (Review("dev-2", "approved"),), number=run, merge_commit=commit(source),
        )  # fmt: skip
        of_commit = Evidence("review", "pull-request", "pass", commit=commit(source), pull_request=request)
        drafts = [
            Draft("artifact", Artifact(artifact, 12, version=f"1.{run}", source=told).write(), (artifact,)),
            Draft("evidence", Evidence("unit-tests", "generic", "pass", artifact).write(), (artifact,)),
            Draft("evidence", of_commit.write()),
        ]
        self.put(time, drafts, context=context, to=to)

    def approve(self, time: str, artifact: Subject, environment: str) -> None:
        body = Approval(artifact, environment, "approved", "read, and tried in staging")
        self.put(time, [Draft("approval", body.write(), (artifact,))], "approver")

    def deploy(self, time: str, artifact: Subject, environment: str, service: str, to: str = "main") -> None:
        body = Deployment(artifact, environment, service, "release")
        self.put(time, [Draft("deployment", body.write(), (artifact,))], to=to)

    def report(
        self, time: str, environment: str, *running: tuple[str, Subject, int], to: str = "main"
    ) -> None:
        body = Snapshot(environment, tuple(Running(*one) for one in running))
        self.put(time, [Draft("snapshot", body.write())], to=to)

    def begin(self) -> None:
        world.write_keys(self.folder)
        world.make_main(self.main)

    def merge(self, time: str, *sources: str) -> None:
        """The custodian takes what other ledgers have."""
        chain = ChainWriter(world.signer("keeper"), clock=lambda: time.replace("Z", ".000Z"))
        merge(self.main, [self.folder / f"{one}.ledger" for one in sources], chain, world.expectations)

    def end(self) -> None:
        checkpoint(self.main, world.signer("keeper"), world.expectations)
