"""A ledger under a policy: something waits for an approval, and there are people who may give it and people who may
not. Their keys are in files, plain and encrypted."""

from __future__ import annotations

import hashlib
from pathlib import Path

import story
from story import APPROVER, BUILDER, KEEPER, ORIGIN, REPORTER, ROOT, Book, artifact

from custody.keys.ed25519 import SeedSigner
from custody.keys.files import encrypt_openssh
from custody.kinds import (
    Approval,
    Artifact,
    Author,
    Build,
    Change,
    Deployment,
    Evidence,
    File,
    Genesis,
    Material,
    Policy,
    PullRequest,
    Review,
    Running,
    Snapshot,
    Source,
    Trust,
)
from custody.kinds.extras import Extras
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft

DEV, STRANGER, RELEASER, REVIEWER = (SeedSigner(bytes([number]) * 32) for number in range(6, 10))
PASSPHRASE = "a passphrase of tests"
WAITS, BLOCKED = artifact("payments-api", "1.5.0"), artifact("checkout-web", "3.1.0")
APPROVED = artifact("payments-api", "1.4.0")

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
[identities.release-manager]
keys = ["{RELEASER.public.openssh()}"]
roles = ["approver"]
[identities.dev-1]
keys = ["{DEV.public.openssh()}"]
roles = ["approver"]
elsewhere = ["github:dev-1"]
[identities.dev-2]
keys = ["{REVIEWER.public.openssh()}"]
roles = []
elsewhere = ["github:dev-2"]
[identities.deployer]
keys = ["{REPORTER.public.openssh()}"]
roles = ["deployer", "reporter"]
"""

POLICY = """version = 1
name = "production"
environments = ["prod"]
uncovered-tail = true

[controls.unit-tests]
kind = "evidence"
type = "junit"

[controls.static-analysis]
kind = "evidence"
type = "sarif"
when = { name = "checkout-*" }

[controls.release]
kind = "approvals"
roles = ["approver"]
apart-from = ["author", "builder"]
"""

JUNIT = b"""<testsuites><testsuite name="capture">
<testcase classname="capture" name="refuses_a_negative_amount" time="0.2"/>
<testcase classname="capture" name="keeps_minor_units" time="0.3"/>
<testcase classname="capture" name="retries_after_a_timeout" time="0.1"><skipped/></testcase>
</testsuite></testsuites>"""
FAILING = JUNIT.replace(b"<skipped/>", b"<failure message='no'/>")
SARIF = b"""{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "lint", "version": "1.0"}}, "results": [
{"ruleId": "style", "level": "note", "message": {"text": "a name is long"}},
{"ruleId": "injection", "level": "error", "message": {"text": "a query is built of text"}, "locations": [
{"physicalLocation": {"artifactLocation": {"uri": "src/cart.py"}, "region": {"startLine": 41}}}]}]}]}"""
SBOM = b"""{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
{"type": "library", "name": "requests", "version": "2.32.0", "licenses": [{"license": {"id": "Apache-2.0"}}]},
{"type": "library", "name": "homegrown", "version": ""}]}"""
XML, JSON = "application/xml", "application/json"


def commit_of(subject: Subject, version: str) -> str:
    return hashlib.sha1(f"{subject.name} {version}".encode()).hexdigest()


def build(book: Book, subject: Subject, version: str, before: str = "", *, passes: bool = True) -> None:
    """A run of CI: an artifact of two commits by dev-1, which dev-2 reviewed, its tests, its bill of materials."""
    name, commit = subject.name, commit_of(subject, version)
    first = hashlib.sha1(f"{name} {version} first".encode()).hexdigest()
    repository = f"https://git.acme.example/{name}"
    url = f"https://github.com/acme/{name}/pull/17"
    pull = PullRequest(
        url, "merged", "dev-1",
        tuple(Change(one, ("dev-1",), "dev-1", "2026-11-16T07:00:00.000Z") for one in (first, commit)),
        (Review("dev-2", "approved", "2026-11-16T07:30:00.000Z", commit),),
        "17", commit,
    )  # fmt: skip
    author = Author("A developer", "dev-1@acme.example", "2026-11-16T07:00:00.000Z")
    source = Source(
        "", (first,), "main", author, author, since=before, commits=(first, commit) if before else ()
    )
    made = Build(
        "urn:acme:ci", {"target": "release"}, (Material("ab" * 32, "requirements.txt"),), "urn:acme:runner"
    )
    drafts = [
        Draft("artifact", Artifact(subject, 48_318_400, "file", version, repository, commit, source=source,
                                   build=made).write(), (subject,)),
        _evidence("unit-tests", "junit", passes, subject, JUNIT if passes else FAILING, XML, "unit.xml"),
        Draft("evidence", Evidence("pull-request", "pull-request", "pass", None, "", commit,
                                   pull_request=pull, format="github").write()),
        _evidence("bill-of-materials", "sbom", True, subject, SBOM, "application/vnd.cyclonedx+json", "bom.json"),
    ]  # fmt: skip
    if name.startswith("checkout"):
        drafts.append(
            _evidence(
                "static-analysis", "sarif", False, subject, SARIF, "application/sarif+json", "lint.sarif"
            )
        )
    book.write(BUILDER, Genesis("release", f"run-{version}", name, repository, commit, "main"), drafts)
    book.pass_time(minutes=20)


def _evidence(
    control: str, type: str, passes: bool, subject: Subject, data: bytes, media_type: str, name: str
) -> Draft:
    extras = Extras(files=(File(name, hashlib.sha256(data).hexdigest()),))
    said = Evidence(control, type, "pass" if passes else "fail", subject, subject.name, extras=extras)  # type: ignore[arg-type]
    return Draft("evidence", said.write(), (subject,), ((data, media_type),))


def approve(book: Book, subject: Subject, signer: SeedSigner = APPROVER, said: str = "approved") -> None:
    body = Approval(subject, "prod", said, "change board 4711").write()  # type: ignore[arg-type]
    book.write(signer, Genesis(), [Draft("approval", body, (subject,))])


def ledger(path: Path) -> Path:
    """1.4.0 was approved and runs; 1.5.0 waits; a build of another service waits with a scan in its way."""
    book = Book(path)
    book.write(ROOT, Genesis(), [Draft("trust", Trust(TRUST).write())])
    book.write(KEEPER, Genesis(), [Draft("policy", Policy("production", POLICY).write())])
    build(book, APPROVED, "1.4.0")
    approve(book, APPROVED)
    deployed = Deployment(APPROVED, "prod", "api", "release 1.4.0").write()
    book.write(REPORTER, Genesis("deploy", "prod"), [Draft("deployment", deployed, (APPROVED,))])
    runs = Snapshot("prod", (Running("api", APPROVED, 3, "1.4.0"),))
    book.write(REPORTER, Genesis("observe", "prod"), [Draft("snapshot", runs.write())])
    book.pass_time(hours=5)
    build(book, BLOCKED, "3.1.0", passes=False)
    build(book, WAITS, "1.5.0", commit_of(APPROVED, "1.4.0"))
    approve(book, WAITS, DEV)  # of an author, which does not count
    book.sign()
    return path


def keys(folder: Path) -> dict[str, Path]:
    """Key files by whose they are; `encrypted` is the risk officer's."""
    seeds = {"risk-officer": 4, "dev-1": 6, "nobody": 7, "ci-builder": 2}
    made: dict[str, Path] = {}
    for name, number in seeds.items():
        made[name] = _private(folder / f"{name}.key", (bytes([number]) * 32).hex().encode())
    made["encrypted"] = _private(folder / "encrypted.key", encrypt_openssh(bytes([4]) * 32, PASSPHRASE))
    return made


def _private(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


EXPECTED = story.EXPECTED
