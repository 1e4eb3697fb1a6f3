"""One run of a service's pipeline: three jobs, each with a ledger of its own, as their runners would upload them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from custody.kinds import (
    Artifact,
    Author,
    Deployment,
    Evidence,
    Extras,
    Genesis,
    Link,
    Run,
    Seal,
    Source,
)
from custody.kinds.extras import NONE
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject
from custody.ledger.timestamps import from_datetime
from custody.ledger.writer import Draft
from custody.record import provenance
from custody.record.evidence import read_evidence
from custody.record.report import Wanted
from making import people, reports
from making.keeping import SEALED, Step, export
from making.reports import Build, pick

REGULATED = frozenset({"ledger-core", "fraud-scoring"})  # for production, the risk officer decides


class Outcome(NamedTuple):
    """What goes wrong in a run: test cases that fail in a suite ("unit" or "integration"), a package with a problem,
    a change that nobody reviewed, which stops no pipeline."""

    failing: str = ""
    problem: str = ""
    unreviewed: bool = False

    @property
    def passed(self) -> bool:
        return not (self.failing or self.problem)


class Exports(NamedTuple):
    """The ledgers of a run's jobs, and when the last of them was there."""

    paths: tuple[Path, ...]
    end: datetime


PASSED = Outcome()


def subject(build: Build) -> Subject:
    """The artifact as entries name it."""
    return Subject(build.service, build.sha256)


def context(build: Build, job: str) -> Genesis:
    """What the genesis of a job's chain says."""
    name = build.service
    url = f"https://ci.acme.example/{name}/runs/{build.run}"
    run = Run("acme-ci", str(build.run), "1", url, "linux-x64", build.author)
    repository = f"https://git.acme.example/acme/{name}"
    return Genesis(name, f"run-{build.run}", job, repository, build.commit, "main", run)


def run_pipeline(
    folder: Path,
    origin: str,
    build: Build,
    start: datetime,
    builder: str,
    outcome: Outcome = PASSED,
    *,
    names: tuple[str, str, str] | None = None,
    parallel: bool = False,
) -> Exports:
    """Record the jobs of a run. The last to end lists the others' chains in its seal.

    With `parallel` the tests do not wait for the build: their evidence names the artifact, and binds to it by the
    trail they share; no job knows of the others' chains then.
    """
    random = Random(f"custody samples: {origin} run {build.run}")
    labels = names or tuple(f"{build.service}-{build.run}-{job}" for job in ("build", "scan", "test"))
    paths = tuple(folder / f"{label}.ledger" for label in labels)
    about = None if parallel else subject(build)

    def evidence(control: str, suite: str) -> Draft:
        failing = pick(random, 1, 3) if outcome.failing == suite else 0
        report = reports.junit(random, build.service, suite, failing)
        return _checked(folder, "junit", control, report, about, name=build.service)

    signer = people.signer(builder)
    recorded = start + _seconds(random, 15, 40)
    built = start + _seconds(random, 150, 330)
    tested = built + _seconds(random, 15, 70)
    merged = start - timedelta(minutes=3)
    seen = None if outcome.unreviewed else merged - timedelta(minutes=12)
    change = reports.change(build, merged - timedelta(hours=2), seen, merged)
    review = _checked(folder, "pull-request", "four-eyes", change, None, commit=build.commit)
    first = export(
        paths[0], origin, signer, context(build, "build"), start,
        [
            Step(recorded, review),
            Step(built, Draft("artifact", _artifact(build, merged), (subject(build),))),
            Step(tested, evidence("unit-tests", "unit")),
            Step(tested + timedelta(seconds=1.4), SEALED),
        ],
    )  # fmt: skip
    after = start if parallel else tested
    scanning = after + _seconds(random, 5, 12)
    scanned = scanning + _seconds(random, 40, 110)
    second = export(
        paths[1], origin, signer, context(build, "scan"), scanning,
        [
            Step(
                scanned,
                _checked(
                    folder, "sarif", "dependency-scan", reports.scan(random, build, outcome.problem), about,
                    name=build.service,
                ),
            ),
            Step(scanned + timedelta(seconds=0.9), SEALED),
        ],
    )  # fmt: skip
    testing = after + _seconds(random, 4, 11)
    end = testing + _seconds(random, 180, 420)
    others = () if parallel else (first.chain, second.chain)
    export(
        paths[2], origin, signer, context(build, "test"), testing,
        [
            Step(end, evidence("integration-tests", "integration")),
            Step(end + timedelta(seconds=1.1), Draft("seal", Seal(others).write(), last=True)),
        ],
    )  # fmt: skip
    return Exports(paths, end + timedelta(seconds=20))


def run_deployment(
    path: Path, origin: str, build: Build, environment: str, time: datetime, reason: str = "", link: str = ""
) -> Path:
    """Record the job that puts a build into an environment."""
    extras = Extras(links=(Link("change", link),) if link else ())
    body = Deployment(subject(build), environment, build.service, reason, extras)
    export(
        path, origin, people.signer(people.DEPLOYER), context(build, f"deploy-{environment}"),
        time - timedelta(seconds=48.6),
        [
            Step(time, Draft("deployment", body.write(), (subject(build),))),
            Step(time + timedelta(seconds=2.3), SEALED),
        ],
    )  # fmt: skip
    return path


def _artifact(build: Build, merged: datetime) -> JsonObject:
    """What `custody append artifact --git . --since RELEASE` says of a build."""
    about = context(build, "build")
    author = Author(build.author, f"{build.author}@acme.example", from_datetime(merged))
    commits = build.line if build.since else ()
    return Artifact(
        subject(build),
        build.size,
        version=build.version,
        commit=build.commit,
        repository=about.repository,
        source=Source(branch="main", author=author, committer=author, since=build.since, commits=commits),
        build=provenance.build(about, None, None, ()),
        extras=Extras({"risk": "high"}) if build.service in REGULATED else NONE,
    ).write()


_MEDIA = {"junit": "application/xml", "sarif": "application/sarif+json", "pull-request": "application/json"}


def _checked(
    folder: Path,
    type: str,
    control: str,
    report: bytes,
    about: Subject | None,
    *,
    name: str = "",
    commit: str = "",
) -> Draft:
    """Evidence, read and judged as `custody append evidence --type TYPE` does it."""
    path = folder / f"{control}-report"
    path.write_bytes(report)
    found, result, limits, floors = read_evidence(type, [path], Wanted(artifact=about), {}, {})
    path.unlink()
    body = Evidence(
        control,
        type,
        result,
        about,
        "" if about or commit else name,
        commit,
        summary=found.summary,
        failed=found.failed,
        format=found.format,
        tools=found.tools,
        limits=limits,
        floors=floors,
        pull_request=found.pull_request,
    )
    return Draft("evidence", body.write(), (about,) if about else (), ((report, _MEDIA[type]),))


def _seconds(random: Random, low: int, high: int) -> timedelta:
    return timedelta(seconds=low + random.random() * (high - low))
