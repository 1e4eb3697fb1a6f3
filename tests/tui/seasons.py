"""A ledger with a life to travel through: two halves of production that a policy makes one, a blind window, a report
that came late with a merge, commits between releases, and a staging that nobody reports."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import story
from story import APPROVER, BUILDER, EXPECTED, KEEPER, REPORTER, ROOT, Book

from custody.kinds import (
    Approval,
    Artifact,
    Author,
    Deployment,
    Evidence,
    Genesis,
    Policy,
    Running,
    Snapshot,
    Source,
    Trust,
)
from custody.ledger.entry import Subject
from custody.ledger.writer import ChainWriter, Draft
from custody.trust.merging import merge

POLICY = """version = 1
name = "production"
environments = ["prod", "prod-*"]

[groups]
prod = ["prod-eu", "prod-us"]

[intervals]
"prod-*" = "12h"

[controls.tests]
kind = "evidence"
control = "unit-tests"

[controls.approval]
kind = "approvals"
roles = ["approver"]
apart-from = []
"""


def commit(name: str, version: int) -> str:
    return hashlib.sha1(f"{name} {version}".encode()).hexdigest()


def release(book: Book, name: str, version: int, *, passed: bool = True) -> Subject:
    """A run of CI on the next commit of a repository, and an approval for both halves of production."""
    subject = Subject(name, hashlib.sha256(f"{name} {version}".encode()).hexdigest())
    sha1, before = commit(name, version), commit(name, version - 1)
    at = story.timestamps.from_datetime(book.now - timedelta(hours=3))
    author = Author(f"dev-{version}", f"dev-{version}@acme.example", at)
    source = Source(parents=(before,) if version > 1 else (), branch="main", author=author, committer=author)
    repository = f"https://git.acme.example/{name}"
    made = Artifact(subject, 48_000_000, "oci-image", f"1.{version}.0", repository, sha1, source=source)
    tests = Evidence("unit-tests", "junit", "pass" if passed else "fail", subject, name)
    genesis = Genesis("release", f"run-{name}-{version}", name, repository, sha1, "main")
    book.write(
        BUILDER,
        genesis,
        [
            Draft("artifact", made.write(), (subject,)),
            Draft("evidence", tests.write(), (subject,)),
        ],
    )
    for environment in ("prod-eu", "prod-us"):
        body = Approval(subject, environment, "approved", "change board 4711").write()
        book.write(APPROVER, Genesis(), [Draft("approval", body, (subject,))])
    return subject


def observe(book: Book, environment: str, *running: tuple[str, Subject, int], hours: float = 2) -> None:
    """A report, and some time."""
    told = tuple(Running(service, one, count, "") for service, one, count in running)
    book.write(
        REPORTER, Genesis("observe", environment), [Draft("snapshot", Snapshot(environment, told).write())]
    )
    book.pass_time(hours=hours)


def deploy(book: Book, environment: str, service: str, subject: Subject) -> None:
    body = Deployment(subject, environment, service, "a release").write()
    book.write(REPORTER, Genesis("deploy", environment), [Draft("deployment", body, (subject,))])


def ledger(path: Path, *, services: int = 2) -> Path:
    """Seven states of prod-eu (one of them came late), three of prod-us, one of staging."""
    book = Book(path)
    book.write(ROOT, Genesis(), [Draft("trust", Trust(story.TRUST).write())])
    book.write(KEEPER, Genesis(), [Draft("policy", Policy("production", POLICY).write())])
    api = [release(book, "payments-api", number, passed=number != 3) for number in (1, 2, 3)]
    web = release(book, "checkout-web", 1)
    rest = [(f"service-{number:02d}", web, 1) for number in range(services - 2)]
    deploy(book, "staging", "api", api[0])
    observe(book, "prod-eu", ("api", api[0], 3), ("web", web, 2), *rest)
    observe(book, "prod-us", ("api", api[0], 1))
    deploy(book, "prod-eu", "api", api[1])
    observe(book, "prod-eu", ("api", api[1], 3), ("web", web, 2), *rest)
    observe(book, "prod-us", ("api", api[1], 1))
    observe(book, "prod-eu", ("api", api[1], 3), ("web", web, 4), *rest, hours=20)
    # What another machine saw meanwhile, and sent only later.
    export = Book(path.with_name(f"{path.stem}-export.ledger"))
    export._numbers = story.itertools.count(10_000)
    export.now = book.now - timedelta(hours=9)
    mailer = Subject("mailer", hashlib.sha256(b"mailer").hexdigest())
    observe(export, "prod-eu", ("api", api[1], 3), ("mailer", mailer, 1), ("web", web, 4), *rest)
    observe(book, "prod-eu", ("api", api[1], 3), ("web", web, 4), *rest, hours=30)
    observe(book, "prod-us", ("api", api[2], 1), ("web", web, 1))
    observe(book, "prod-eu", ("api", api[2], 3), ("web", web, 4), *rest)
    observe(book, "prod-eu", ("api", api[2], 3), ("api", api[1], 1), ("web", web, 4), *rest)
    again = Evidence("unit-tests", "junit", "fail", api[1], "payments-api")  # only now
    book.write(BUILDER, Genesis(), [Draft("evidence", again.write(), (api[1],))])
    chain = ChainWriter(KEEPER, clock=book._clock, entropy=book._entropy)
    merge(path, [export.path], chain, lambda origin: EXPECTED)
    return path
