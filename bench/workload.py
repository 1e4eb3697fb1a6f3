"""What is measured: a ledger as a year of a firm's pipelines leaves it, made here, of any size.

Six services are built, tested, approved, deployed and watched. Of every hundred entries, three builds are chains of
12, three approvals of 2, the deployment of all three is one of 10, and two days of reports are of 24 each.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from custody.keys.ed25519 import SeedSigner
from custody.kinds import Approval, Artifact, Deployment, Evidence, Extras, Genesis, Link, Run, Running, Trust
from custody.kinds import Snapshot as SnapshotBody
from custody.ledger.checkpoint import sign_checkpoint
from custody.ledger.entry import Subject
from custody.ledger.merkle import Frontier, leaf_hash
from custody.ledger.store import Store, create_ledger
from custody.ledger.timestamps import from_datetime
from custody.ledger.writer import ChainWriter, Draft, Signed, insert

ORIGIN = "acme.example/payments"
ENVIRONMENT = "prod"
SERVICES = ("payments-api", "ledger-core", "fraud-rules", "card-vault", "web-checkout", "notifications")
CHECKS = (
    "unit-tests",
    "integration-tests",
    "lint",
    "static-analysis",
    "dependencies",
    "licences",
    "secrets",
    "load",
)
ROLES = {
    "ci-builder": ("builder",),
    "risk-officer": ("approver",),
    "deployer": ("deployer", "reporter"),
    "keeper": ("custodian", "admin"),
}
SEAL = Draft("seal", {}, last=True)
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


def signer(name: str) -> SeedSigner:
    """The key of an identity of this world; it is used for nothing else."""
    return SeedSigner(hashlib.sha256(b"custody bench\0" + name.encode()).digest())


ROOT = signer("root").public.fingerprint


class World:
    """A clock, chance that is the same every time, and what runs."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)
        self._time = START + timedelta(days=1000 * seed)
        self._builds = 0
        self._running = {service: self._artifact(service) for service in SERVICES}

    def log(self) -> Iterator[Signed]:
        """Entries without end, the trust document first."""
        yield from self._run("root", {}, [Draft("trust", Trust(_document()).write(), last=True)])
        while True:
            artifacts = [self._artifact(service) for service in self._random.sample(SERVICES, 3)]
            for artifact in artifacts:
                yield from self._build(artifact)
            for artifact in artifacts:
                approval = Approval(artifact, ENVIRONMENT, "approved", "read, and tried in staging")
                draft = Draft("approval", approval.write(), (artifact,), last=True)
                yield from self._run("risk-officer", {}, [draft])
            yield from self._deploy(artifacts)
            for _ in range(2):
                yield from self._run("deployer", {"flow": "watch"}, [*[self._report()] * 22, SEAL])

    def _build(self, artifact: Subject) -> Iterator[Signed]:
        service = artifact.name
        self._builds += 1
        commit = self._random.randbytes(20).hex()
        repository = f"https://git.example/acme/{service}"
        context = Genesis(
            service,
            f"run-{self._builds}",
            "build",
            repository,
            commit,
            "main",
            Run(
                "ci",
                str(81_000 + self._builds),
                "1",
                f"{repository}/runs/{81_000 + self._builds}",
                "runner-12",
            ),
        )
        drafts = [
            Draft(
                "artifact",
                Artifact(artifact, 8_412_776, "file", f"4.{self._builds}.0", repository, commit).write(),
                (artifact,),
            )
        ]
        drafts += [self._check(control, artifact) for control in (*CHECKS, "unit-tests")]
        yield from self._run("ci-builder", context.write(), [*drafts, SEAL])

    def _deploy(self, artifacts: list[Subject]) -> Iterator[Signed]:
        drafts = []
        for environment in ("staging", ENVIRONMENT):
            for one in artifacts:
                extras = Extras(links=(Link("change", f"https://tickets.example/{self._builds}"),))
                body = Deployment(one, environment, one.name, "release", extras)
                drafts.append(Draft("deployment", body.write(), (one,)))
        self._running |= {one.name: one for one in artifacts}
        report = self._report()
        yield from self._run("deployer", {"flow": "release"}, [*drafts, report, report, SEAL])

    def _check(self, control: str, artifact: Subject) -> Draft:
        tests = self._random.randrange(40, 900)
        body = Evidence(
            control,
            "junit",
            "pass",
            artifact,
            artifact.name,
            summary={"tests": tests, "failures": 0, "errors": 0, "skipped": tests % 7, "timeMs": tests * 31},
            extras=Extras({"tool": f"{control} 8.2"}),
        )
        attachments = ()
        if control == "integration-tests":
            attachments = (
                (b"<testsuite>%b</testsuite>" % self._random.randbytes(1000).hex().encode(), "text/xml"),
            )
        return Draft("evidence", body.write(), (artifact,), attachments)

    def _report(self) -> Draft:
        running = tuple(Running(name, artifact, 3, "4.2.0") for name, artifact in self._running.items())
        return Draft("snapshot", SnapshotBody(ENVIRONMENT, running).write())

    def _run(self, who: str, context: dict[str, object], drafts: list[Draft]) -> Iterator[Signed]:
        chain = ChainWriter(signer(who), clock=self._now, entropy=self._random.randbytes)
        yield chain.begin(ORIGIN, context)
        for draft in drafts:
            yield chain.sign(draft)

    def _artifact(self, name: str) -> Subject:
        return Subject(name, self._random.randbytes(32).hex())

    def _now(self) -> str:
        self._time += timedelta(seconds=17)
        return from_datetime(self._time)


def make_ledger(path: Path, entries: int, *, more: int = 0) -> Path:
    """A ledger of so many entries that verifies with exit 0 or, with a chain cut short, 4; `more` are not covered
    by its checkpoint."""
    log = World().log()
    tree = Frontier()
    create_ledger(path, exist_ok=False)
    with Store(path) as store, store.transaction() as transaction:
        for signed in islice(log, entries):
            insert(transaction, signed)
            tree.append(leaf_hash(signed.data, signed.signature))
        note = sign_checkpoint(ORIGIN, entries, tree.root(), signer("keeper"))
        transaction.add_checkpoint(entries, note)
        for signed in islice(log, more):
            insert(transaction, signed)
    return path


def _document() -> str:
    lines = [f'origin = "{ORIGIN}"', "version = 1", f'roots = ["{signer("root").public.openssh()}"]']
    for name, roles in ROLES.items():
        listed = ", ".join(f'"{role}"' for role in roles)
        lines += [
            f"[identities.{name}]",
            f'keys = ["{signer(name).public.openssh()}"]',
            f"roles = [{listed}]",
        ]
    return "\n".join(lines) + "\n"
