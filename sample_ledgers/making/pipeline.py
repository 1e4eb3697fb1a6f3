"""One run of a service's pipeline: three jobs, each with a ledger of its own, as their runners would upload them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from custody.kinds import Artifact, Deployment, Evidence, Extras, Genesis, Link, Run, Seal
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft
from custody.record.junit import read_junit
from making import people, reports
from making.keeping import SEALED, Step, export
from making.reports import Build, pick


class Outcome(NamedTuple):
    """What goes wrong in a run: test cases that fail in a suite ("unit" or "integration"), a package with a problem."""

    failing: str = ""
    problem: str = ""

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
        return _tests(folder, build, control, reports.junit(random, build.service, suite, failing), about)

    signer = people.signer(builder)
    reviewed = start + _seconds(random, 15, 40)
    built = start + _seconds(random, 150, 330)
    tested = built + _seconds(random, 15, 70)
    review = Evidence(
        "code-review", "generic", "pass", commit=build.commit, description="reviewed by another than its author",
        extras=Extras(links=(Link("change", f"https://git.acme.example/acme/{build.service}/changes/{build.run}"),)),
    )  # fmt: skip
    first = export(
        paths[0], origin, signer, context(build, "build"), start,
        [
            Step(reviewed, Draft("evidence", review.write())),
            Step(built, Draft("artifact", _artifact(build), (subject(build),))),
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
            Step(scanned, _scan(build, reports.scan(random, build, outcome.problem), outcome.problem, about)),
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


def _artifact(build: Build) -> JsonObject:
    return Artifact(
        subject(build), build.size, version=build.version, commit=build.commit,
        repository=f"https://git.acme.example/acme/{build.service}",
    ).write()  # fmt: skip


def _tests(folder: Path, build: Build, control: str, xml: bytes, about: Subject | None) -> Draft:
    """JUnit evidence, read by the reader that `custody append evidence --type junit` uses."""
    path = folder / f"junit-{build.run}-{control}.xml"
    path.write_bytes(xml)
    found = read_junit([path])
    path.unlink()
    summary = {
        "tests": found.tests, "failures": found.failures, "errors": found.errors, "skipped": found.skipped,
        "timeMs": found.time_ms,
    }  # fmt: skip
    body = Evidence(
        control,
        "junit",
        found.result,
        about,
        "" if about else build.service,
        summary=summary,
        failed=found.failed,
    )
    files = tuple((one.data, "application/xml") for one in found.files)
    return Draft("evidence", body.write(), (about,) if about else (), files)


def _scan(build: Build, report: bytes, problem: str, about: Subject | None) -> Draft:
    text = f"high: {problem}, still reachable from the service" if problem else "no finding of high severity"
    body = Evidence(
        "dependency-scan", "generic", "fail" if problem else "pass", about, "" if about else build.service,
        description=text,
    )  # fmt: skip
    return Draft("evidence", body.write(), (about,) if about else (), ((report, "application/json"),))


def _seconds(random: Random, low: int, high: int) -> timedelta:
    return timedelta(seconds=low + random.random() * (high - low))
