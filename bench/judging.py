"""Rows about verdicts: one in a small ledger and in a large one, and all of them against reading what they rest on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from bench.measure import Row, Turns, row, say
from bench.workload import ENVIRONMENT, ORIGIN, ROOT, SEAL, SERVICES, START, signer
from custody.kinds import (
    Approval,
    Artifact,
    Author,
    Build,
    Change,
    CommitRange,
    Deployment,
    Evidence,
    Extras,
    File,
    Genesis,
    Material,
    Policy,
    PullRequest,
    Review,
    Run,
    Source,
    Trust,
)
from custody.ledger.entry import Subject
from custody.ledger.reader import Snapshot, open_ledger
from custody.ledger.store import Store, create_ledger
from custody.ledger.timestamps import from_datetime
from custody.ledger.writer import ChainWriter, Draft, Signed, insert
from custody.policy.judgement import Judgement
from custody.query.build import IndexBuilder
from custody.query.index import Index
from custody.trust.document import TrustDocument
from custody.trust.verification import Expectations, Verification

ASKED = 200
_CHECKS = (
    "unit-tests",
    "integration-tests",
    "lint",
    "static-analysis",
    "dependencies",
    "licences",
    "secrets",
    "load",
)
_ROLES = {
    "ci-builder": ("builder",),
    "dev-1": (),
    "dev-2": (),
    "risk-officer": ("approver",),
    "release-manager": ("approver",),
    "deployer": ("deployer",),
    "keeper": ("custodian", "admin"),
}
_CONTROLS = "".join(
    f'[controls.{name}]\nkind = "evidence"\ntype = "junit"\nlimits = {{ skipped = 9 }}\n' for name in _CHECKS
)
_POLICY = f"""
version = 1
name = "production"
environments = ["{ENVIRONMENT}"]
{_CONTROLS}
[controls.provenance]
kind = "provenance"
branches = ["main"]
[controls.code-review]
kind = "four-eyes"
control = "pull-request"
[controls.release]
kind = "approvals"
count = 2
roles = ["approver"]
[controls.whole-trail]
kind = "sealed"
"""


class _Judged(NamedTuple):
    """A ledger that was verified and indexed, and its artifacts."""

    snapshot: Snapshot
    index: Index
    trust: TrustDocument | None
    artifacts: list[str]

    def judgement(self) -> Judgement:
        return Judgement(self.snapshot, self.index, self.trust)

    def close(self) -> None:
        self.index.close()
        self.snapshot.close()


def judging_rows(folder: Path, few: int, many: int, rounds: int) -> list[Row]:
    """One verdict after the other in two ledgers, and all of the larger at once."""
    small, large = (_open(folder / f"judged-{count}.ledger", count) for count in (few, many))
    bodies = _bodies(large)
    asked = min(ASKED, few)
    turns = Turns().run(
        rounds,
        {
            "small": lambda: _ask(small, asked),
            "large": lambda: _ask(large, asked),
            "decode": lambda: [json.loads(body) for body in bodies],
            "all": lambda: _judge_all(large),
        },
        warm=True,
    )
    small.close()
    large.close()
    return [
        row(
            f"A verdict under a policy of 12 controls, {many:,} artifacts in the ledger",
            f"the time of one with {few:,}",
            turns.ratios("large", "small"),
            at_most=1.2,
            note=f"{turns.seconds('large') / asked * 1e3:.2f} ms a verdict asked for by itself",
        ),
        row(
            f"Verdicts on all {many:,} artifacts, at once",
            "decoding the bodies that they rest on with json",
            turns.ratios("all", "decode"),
            at_most=5,
            note=f"{turns.seconds('all') / many * 1e6:.0f} µs a verdict, on {len(bodies) / many:.0f} bodies each",
        ),
    ]


def _ask(judged: _Judged, count: int) -> None:
    """As a gate asks: one after the other; nothing is known from before."""
    judgement = judged.judgement()
    for artifact in judged.artifacts[:: len(judged.artifacts) // count][:count]:
        assert judgement.verdict(artifact, ENVIRONMENT).outcome == "passed"


def _judge_all(judged: _Judged) -> None:
    verdicts = judged.judgement().verdicts(judged.artifacts, ENVIRONMENT)
    assert all(len(one.controls) == 12 and one.outcome == "passed" for one in verdicts.values())


def _bodies(judged: _Judged) -> list[bytes]:
    """The bodies that verdicts rest on: records and what their runs began with and ended in, evidence, approvals,
    deployments."""
    digests = []
    tables = [f"SELECT position FROM {table}" for table in ("artifact", "evidence", "approval", "deployment")]
    tables.append("SELECT chain FROM artifact")
    tables.append("SELECT position FROM closing WHERE chain IN (SELECT chain FROM artifact)")
    positions = {position for (position,) in judged.index.rows(" UNION ".join(tables))}
    for rows in judged.snapshot.rows():
        digests += [
            one[2].split(b'"body":{"sha256":"')[1][:64].decode() for one in rows if one[0] in positions
        ]
    found: dict[bytes, bytes] = {}
    for start in range(0, len(digests), 500):
        stored = judged.snapshot.bodies(digests[start : start + 500])
        found.update((digest, body) for digest, (_, body) in stored.items())
    return list(found.values())


def _open(path: Path, artifacts: int) -> _Judged:
    say(f"a ledger of {artifacts:,} artifacts")
    create_ledger(path, exist_ok=False)
    with Store(path) as store, store.transaction() as transaction:
        for signed in _log(artifacts):
            insert(transaction, signed)
    snapshot, index = open_ledger(path), Index.in_memory()
    builder = IndexBuilder(index)
    verification = Verification(snapshot, Expectations((ROOT,)))
    for step in verification.run():
        builder.add(step.entries)
    builder.finish()
    assert verification.report.exit in (0, 4), verification.report.counts
    listed = [sha256 for (sha256,) in index.rows("SELECT sha256 FROM artifact ORDER BY position")]
    return _Judged(snapshot, index, verification.trust, listed)


def _log(artifacts: int) -> Iterator[Signed]:
    """A trust document, a policy, and releases: each of three commits by a reviewed change, built, checked, approved
    by two, and deployed."""
    chance = random.Random(7)
    clock = iter(from_datetime(START + timedelta(seconds=seconds)) for seconds in range(10**9))

    def run(who: str, genesis: Genesis, *drafts: Draft) -> Iterator[Signed]:
        chain = ChainWriter(signer(who), clock=lambda: next(clock), entropy=chance.randbytes)
        yield chain.begin(ORIGIN, genesis.write())
        for draft in drafts:
            yield chain.sign(draft)

    yield from run("root", Genesis(), Draft("trust", Trust(_document()).write(), last=True))
    yield from run("keeper", Genesis(), Draft("policy", Policy("production", _POLICY).write(), last=True))
    heads = dict.fromkeys(SERVICES, "0" * 40)
    for number in range(artifacts):
        service = SERVICES[number % len(SERVICES)]
        subject = Subject(service, chance.randbytes(32).hex())
        commits = tuple(chance.randbytes(20).hex() for _ in range(3))
        before, heads[service] = heads[service], commits[-1]
        moment = from_datetime(START)
        repository = f"https://git.example/acme/{service}"
        job = Run("github", str(number), "1", f"{repository}/runs/{number}", "runner-12", "ci")
        genesis = Genesis(service, f"run-{number}", "build", repository, commits[-1], "main", job)
        author = Author("dev-1", "dev-1@acme.example", moment)
        source = Source(commits[0], (commits[1],), "main", author, author, since=before, commits=commits)
        materials = tuple(
            Material(chance.randbytes(32).hex(), name) for name in ("requirements.txt", "base-image")
        )
        build = Build(
            "urn:custody:build:v1", {"target": "wheel"}, materials, "https://ci.example/runner", job.url
        )
        record = Artifact(
            subject, 8_412_776, "file", f"4.{number}.0", repository, commits[-1], source=source, build=build
        )
        changes = tuple(Change(commit, ("dev-1",), "dev-1", moment) for commit in commits)
        reviews = (Review("dev-2", "approved", from_datetime(START + timedelta(seconds=1)), commits[-1]),)
        pull = PullRequest(f"{repository}/pulls/{number}", "merged", "dev-1", changes, reviews, str(number))
        reviewed = Evidence(
            "pull-request",
            "pull-request",
            "pass",
            subject,
            service,
            format="github-pull-request",
            pull_request=pull,
        )
        checks = [
            Draft("evidence", body.write(), (subject,)) for body in (*_checks(subject, chance), reviewed)
        ]
        yield from run("ci-builder", genesis, Draft("artifact", record.write(), (subject,)), *checks, SEAL)
        for who in ("risk-officer", "release-manager"):
            word = Approval(
                subject, ENVIRONMENT, "approved", "read, and tried", commits=CommitRange(commits[-1], before)
            )
            yield from run(who, Genesis(), Draft("approval", word.write(), (subject,), last=True))
        out = Deployment(subject, ENVIRONMENT, service, "release")
        yield from run("deployer", Genesis(), Draft("deployment", out.write(), (subject,), last=True))


def _checks(subject: Subject, chance: random.Random) -> Iterator[Evidence]:
    for control in _CHECKS:
        tests = chance.randrange(40, 900)
        counted = {"tests": tests, "failures": 0, "errors": 0, "skipped": tests % 7, "timeMs": tests * 31}
        report = Extras(files=(File(f"reports/{control}.xml", chance.randbytes(32).hex()),))
        yield Evidence(
            control,
            "junit",
            "pass",
            subject,
            subject.name,
            summary=counted,
            format="junit",
            tools=("pytest",),
            limits={"failures": 0, "errors": 0},
            extras=report,
        )


def _document() -> str:
    lines = [f'origin = "{ORIGIN}"', "version = 1", f'roots = ["{signer("root").public.openssh()}"]']
    for name, roles in _ROLES.items():
        lines += [
            f"[identities.{name}]",
            f'keys = ["{signer(name).public.openssh()}"]',
            f"roles = {json.dumps(roles)}",
            f'elsewhere = ["github:{"ci" if name == "ci-builder" else name}", "mailto:{name}@acme.example"]',
        ]
    return "\n".join(lines) + "\n"
