"""Small ledgers made the same way every time: fixed keys, a clock of their own, entropy that can be repeated."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from custody.keys.ed25519 import SeedSigner
from custody.kinds import Approval, Artifact, Deployment, Evidence, Genesis, Note, Running, Snapshot, Trust
from custody.ledger import timestamps
from custody.ledger.entry import Subject
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.trust.custodian import checkpoint
from custody.trust.verification import Expectations

ORIGIN = "acme.example/payments"
ROOT, BUILDER, KEEPER, APPROVER, REPORTER = (SeedSigner(bytes([number]) * 32) for number in range(1, 6))
EXPECTED = Expectations((ROOT.public.fingerprint,))

TRUST = f"""origin = "{ORIGIN}"
version = 1
roots = ["{ROOT.public.openssh()}"]
[identities.ci-builder]
keys = ["{BUILDER.public.openssh()}"]
roles = ["builder"]
[identities.keeper]
keys = ["{KEEPER.public.openssh()}"]
roles = ["custodian", "admin"]
[identities.risk-officer]
keys = ["{APPROVER.public.openssh()}"]
roles = ["approver"]
[identities.deployer]
keys = ["{REPORTER.public.openssh()}"]
roles = ["deployer", "reporter"]
"""


class Book:
    """A ledger being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)
        self._numbers = itertools.count()
        create_ledger(path, exist_ok=False)

    def write(self, signer: SeedSigner, genesis: Genesis, drafts: Sequence[Draft]) -> None:
        """One run of one writer: a chain, closed by its last entry."""
        chain = ChainWriter(signer, clock=self._clock, entropy=self._entropy)
        with Writer(self.path, chain, ORIGIN, genesis.write()) as writer:
            writer.append([*drafts[:-1], drafts[-1]._replace(last=True)])

    def sign(self) -> None:
        """The custodian's checkpoint over everything so far."""
        checkpoint(self.path, KEEPER, lambda origin: EXPECTED)

    def pass_time(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    def _clock(self) -> str:
        self.now += timedelta(seconds=7)
        return timestamps.from_datetime(self.now)

    def _entropy(self, size: int) -> bytes:
        return hashlib.sha256(b"%d" % next(self._numbers)).digest()[:size]


def artifact(name: str, version: str) -> Subject:
    return Subject(name, hashlib.sha256(f"{name} {version}".encode()).hexdigest())


def build(book: Book, name: str, version: str, *, scan: bool = True) -> Subject:
    """A run of CI: an artifact, its unit tests, its scan."""
    subject = artifact(name, version)
    commit = hashlib.sha1(f"{name} {version}".encode()).hexdigest()
    genesis = Genesis("release", f"run-{version}", name, f"https://git.acme.example/{name}", commit, "main")
    passed = Evidence(
        "unit-tests", "junit", "pass", subject, subject.name, summary={"passed": 212, "skipped": 3}
    )
    checked = Evidence("image-scan", "generic", "pass" if scan else "fail", subject, subject.name)
    drafts = [
        Draft(
            "artifact", Artifact(subject, 48_318_400, "container", version, "", commit).write(), (subject,)
        ),
        Draft("evidence", passed.write(), (subject,), ((b"<testsuite tests='215'/>", "application/xml"),)),
        Draft("evidence", checked.write(), (subject,)),
    ]
    book.write(BUILDER, genesis, drafts)
    book.pass_time(minutes=20)
    return subject


def approve(book: Book, subject: Subject, environment: str = "prod") -> None:
    body = Approval(subject, environment, "approved", "change board 4711").write()
    book.write(APPROVER, Genesis(), [Draft("approval", body, (subject,))])


def observe(book: Book, environment: str, *running: tuple[str, Subject, str, int]) -> None:
    """A snapshot: (service, artifact, version, count) of everything that runs."""
    body = Snapshot(
        environment, tuple(Running(service, one, count, version) for service, one, version, count in running)
    )
    book.write(REPORTER, Genesis("observe", environment), [Draft("snapshot", body.write())])
    book.pass_time(hours=5, minutes=13)


def healthy(path: Path, *, signed: bool = True) -> Path:
    """Two services through two environments, with a failed scan, a rollback, and something nobody approved."""
    book = Book(path)
    book.write(ROOT, Genesis(), [Draft("trust", Trust(TRUST).write())])
    api1, web1 = build(book, "payments-api", "1.4.0"), build(book, "checkout-web", "3.0.1")
    approve(book, api1)
    approve(book, web1)
    observe(book, "staging", ("api", api1, "1.4.0", 1), ("web", web1, "3.0.1", 1))
    observe(book, "prod", ("api", api1, "1.4.0", 3), ("web", web1, "3.0.1", 2))
    api2 = build(book, "payments-api", "1.5.0", scan=False)
    observe(book, "staging", ("api", api2, "1.5.0", 1), ("web", web1, "3.0.1", 1))
    deployed = Deployment(api2, "prod", "api", "release 1.5.0").write()
    book.write(REPORTER, Genesis("deploy", "prod"), [Draft("deployment", deployed, (api2,))])
    observe(book, "prod", ("api", api2, "1.5.0", 3), ("web", web1, "3.0.1", 4))
    book.write(BUILDER, Genesis(), [Draft("note", Note("latency doubled after 1.5.0; rolling back").write())])
    mailer = artifact("mailer", "0.9")
    observe(book, "prod", ("api", api1, "1.4.0", 3), ("mailer", mailer, "0.9", 1), ("web", web1, "3.0.1", 4))
    observe(book, "prod", ("api", api1, "1.4.0", 3), ("web", web1, "3.0.1", 4))
    if signed:
        book.sign()
    return path


def tampered(path: Path) -> Path:
    """The healthy ledger with one body edited in place and another removed."""
    healthy(path)
    database = sqlite3.connect(path)
    for digest, data in database.execute("SELECT sha256, data FROM blob").fetchall():
        if b"change board 4711" in data:
            data = data.replace(b"change board 4711", b"change board 4712")
            database.execute("UPDATE blob SET data = ? WHERE sha256 = ?", (data, digest))
        if b"latency doubled" in data:
            database.execute("DELETE FROM blob WHERE sha256 = ?", (digest,))
    database.commit()
    database.close()
    return path


def ticking(step: float) -> Callable[[], float]:
    """A clock that tells 0, and from then on always the same."""
    times = itertools.chain([0.0], itertools.repeat(step))
    return lambda: next(times)
