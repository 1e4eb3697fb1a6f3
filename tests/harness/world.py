"""A small world to do damage in: keys, a custodian's ledger with every kind of entry, and an export to merge.

Everything in it is the same every time: keys, clock and chance are fixed, so a byte offset that once made trouble
stays where it is. The keys are public and used for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from custody.keys.ed25519 import SeedSigner
from custody.kinds import (
    Approval,
    Artifact,
    Deployment,
    Evidence,
    Extras,
    Genesis,
    Link,
    Note,
    Policy,
    Run,
    Running,
    Snapshot,
    Trust,
)
from custody.ledger.canonical import JsonObject
from custody.ledger.entry import Subject
from custody.ledger.reader import Snapshot as Opened
from custody.ledger.reader import open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.trust.custodian import checkpoint
from custody.trust.merging import MergeResult, merge
from custody.trust.verification import Expectations, Report, Verification

ORIGIN = "acme.example/payments"
ROLES = {
    "ci": ("builder", "deployer", "reporter"),
    "approver": ("approver",),
    "keeper": ("custodian", "admin"),
}
API = Subject("payments-api", hashlib.sha256(b"payments-api").hexdigest())


def seed(name: str) -> bytes:
    """The 32 secret bytes of a key of this world."""
    return hashlib.sha256(b"custody faults\0" + name.encode()).digest()


def signer(name: str) -> SeedSigner:
    return SeedSigner(seed(name))


def root() -> str:
    """The fingerprint of the root key."""
    return signer("root").public.fingerprint


def expectations(_origin: str = ORIGIN) -> Expectations:
    return Expectations(roots=(root(),))


def write_keys(folder: Path) -> None:
    """`root.key`, `ci.key`, `approver.key`, `keeper.key`, `stranger.key`, each with its `.pub`."""
    for name in ("root", "stranger", *ROLES):
        path = folder / f"{name}.key"
        path.touch(mode=0o600)
        path.write_text(seed(name).hex() + "\n")
        (folder / f"{name}.key.pub").write_text(signer(name).public.openssh(name) + "\n")


def trust_document(names: Sequence[str] = tuple(ROLES)) -> str:
    lines = [f'origin = "{ORIGIN}"', "version = 1", f'roots = ["{signer("root").public.openssh()}"]']
    for name in names:
        lines += [
            f"[identities.{name}]",
            f'keys = ["{signer(name).public.openssh()}"]',
            f"roles = {json.dumps(list(ROLES[name]))}",
        ]
    return "\n".join(lines) + "\n"


class Fixed:
    """A clock that goes on by a second whenever it is read, and chance that is a stream of hashes."""

    def __init__(self, name: str = "") -> None:
        self._name = name.encode()
        self._ticks = self._drawn = 0

    def now(self) -> str:
        self._ticks += 1
        hours, rest = divmod(self._ticks, 3600)
        return f"2026-03-02T{8 + hours:02d}:{rest // 60:02d}:{rest % 60:02d}.000Z"

    def chance(self, size: int) -> bytes:
        self._drawn += 1
        return hashlib.sha256(self._name + b"\0%d" % self._drawn).digest()[:size]

    def chain(self, who: str) -> ChainWriter:
        return ChainWriter(signer(who), clock=self.now, entropy=self.chance)


def note(text: str = "a note", *, last: bool = False, once: str | None = None) -> Draft:
    return Draft("note", Note(text).write(), once=once, last=last)


def append(
    path: Path,
    drafts: Sequence[Draft],
    who: str = "ci",
    context: JsonObject | None = None,
    fixed: Fixed | None = None,
) -> list[Receipt]:
    """A chain of its own in a ledger, through the library; the ledger is made where there is none."""
    create_ledger(path, exist_ok=True)
    chain = fixed.chain(who) if fixed is not None else ChainWriter(signer(who))
    with Writer(path, chain, ORIGIN, context or {}) as writer:
        return writer.append(drafts)


def make_main(path: Path, fixed: Fixed | None = None) -> None:
    """A custodian's ledger that begins with its trust document, with a checkpoint over it: exit 0."""
    fixed = fixed or Fixed("main")
    append(path, [Draft("trust", Trust(trust_document()).write(), last=True)], "root", fixed=fixed)
    checkpoint(path, signer("keeper"), expectations)


def make_export(path: Path, name: str = "job", attachment: int = 2000) -> None:
    """What a job of a pipeline hands over: an artifact, two pieces of evidence, sealed."""
    report = b"<testsuite>" + hashlib.sha256(name.encode()).hexdigest().encode() * (attachment // 64)
    drafts = [
        Draft(
            "artifact", Artifact(API, 12, version="1.2.3", extras=Extras({"built": "here"})).write(), (API,)
        ),
        Draft(
            "evidence",
            Evidence("unit", "junit", "pass", API, summary={"tests": 3}, description="all of them").write(),
            (API,),
            ((report, "application/xml"),),
        ),
        Draft("evidence", Evidence("scan", "generic", "fail", API).write(), (API,)),
        Draft("seal", {}, last=True),
    ]
    context = Genesis(flow="payments", trail=f"run-{name}", job=name, run=Run(url="https://ci.example/1"))
    append(path, drafts, "ci", context.write(), Fixed(name))


def merge_into(path: Path, sources: Sequence[Path], **options: bool) -> MergeResult:
    chain = ChainWriter(signer("keeper"), clock=Fixed(str(len(sources))).now)
    return merge(path, sources, chain, expectations, **options)


def acts(path: Path, who: str = "ci", count: int = 1, fixed: Fixed | None = None) -> None:
    """A deployment, a snapshot and an approval, as often as asked."""
    fixed = fixed or Fixed(f"acts {who}")
    for number in range(count):
        approval = Approval(API, "prod", "approved", f"change {number}")
        deployment = Deployment(
            API, "prod", "payments-api", extras=Extras(links=(Link("ci", "https://ci.example/2"),))
        )
        snapshot = Snapshot("prod", (Running("payments-api", API, 3, "1.2.3"),))
        append(path, [Draft("approval", approval.write(), (API,), last=True)], "approver", fixed=fixed)
        append(path, [Draft("deployment", deployment.write(), (API,), last=True)], fixed=fixed)
        append(path, [Draft("snapshot", snapshot.write(), last=True)], fixed=fixed)


def make_world(folder: Path) -> Path:
    """Keys, `main.ledger`, `export.ledger` (to be merged), `trust.toml`; the ledger's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_keys(folder)
    (folder / "trust.toml").write_text(trust_document())
    (folder / "api.whl").write_bytes(b"payments-api")
    make_main(folder / "main.ledger")
    make_export(folder / "export.ledger")
    return folder / "main.ledger"


def make_large(path: Path, size: int = 100_000) -> None:
    """A verified ledger with every kind of entry, of about `size` bytes, the most of it in attachments."""
    fixed = Fixed("large")
    make_main(path, fixed)
    export = path.with_name("large-export.ledger")
    make_export(export, "first", 20_000)
    merge_into(path, [export])
    export.unlink()
    acts(path, count=2, fixed=fixed)
    policy = Policy("policy", 'name = "policy"\n')
    append(path, [Draft("policy", policy.write(), last=True)], "keeper", fixed=fixed)
    append(path, [note("the end", last=True)], fixed=fixed)
    number = 0
    while path.stat().st_size < size - 8192:
        number += 1
        report = hashlib.sha256(b"%d" % number).hexdigest().encode() * 200
        evidence = Evidence("load", "generic", "pass", API, description="measured")
        draft = Draft("evidence", evidence.write(), (API,), ((report, "text/plain"),), last=True)
        append(path, [draft], fixed=fixed)
    checkpoint(path, signer("keeper"), expectations)


def verify(path: Path | Opened) -> Report:
    """The whole verification, by this world's root, in this process."""
    if isinstance(path, Path):
        with open_ledger(path) as snapshot:
            return verify(snapshot)
    verification = Verification(path, expectations(), workers=1)
    for _ in verification.run():
        pass
    return verification.report


def entries(path: Path) -> list[str]:
    """The ids in the log, by the gate."""
    with open_ledger(path) as snapshot:
        return [row[1].hex() for rows in snapshot.rows() for row in rows]


def faults(report: Report) -> list[str]:
    """The faults in a report; none in a ledger that is merely not covered to its end, or not merged yet."""
    return [
        f"{one.position}: {one.code}: {one.message}" for one in report.findings if one.severity == "fault"
    ]


def key_forms(name: str) -> dict[str, str]:
    """The ways in which a secret variable holds a key, without the OpenSSH form."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(seed(name))

    def pem(form: serialization.PrivateFormat) -> str:
        plain = serialization.NoEncryption()
        return key.private_bytes(serialization.Encoding.PEM, form, plain).decode()

    openssh, pkcs8 = pem(serialization.PrivateFormat.OpenSSH), pem(serialization.PrivateFormat.PKCS8)
    return {
        "hex": seed(name).hex(),
        "base64": base64.b64encode(seed(name)).decode(),
        "openssh": openssh,
        "openssh-spaces": openssh.replace("\n", " "),
        "openssh-written": openssh.replace("\n", "\\n"),
        "openssh-base64": base64.b64encode(openssh.encode()).decode(),
        "pkcs8": pkcs8,
        "pkcs8-spaces": pkcs8.replace("\n", " "),
    }


def secrets(name: str) -> dict[str, str]:
    """What must never be seen of a key, in every way it could be written. (Hex is looked for in any case.)"""
    raw = seed(name)
    forms = {
        "hex": raw.hex(),
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64url": base64.urlsafe_b64encode(raw).decode().rstrip("="),
        "repr": repr(raw)[2:-1],
        "list": ", ".join(map(str, raw)),
    }
    for form, text in key_forms(name).items():
        if "BEGIN" in text:
            body = text.replace("\\n", "\n").replace(" ", "\n").split("\n")
            forms[f"{form} body"] = next(
                line for line in reversed(body) if len(line) > 20 and "-" not in line
            )
    return forms


def environment(folder: Path, **extra: str) -> dict[str, str]:
    """Variables for a process of custody that finds nothing of this machine."""
    source = Path(__file__).resolve().parents[2] / "src"
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "CUSTODY_HOME": str(folder / "home"),
        "PYTHONPATH": str(source),
        "PYTHONHASHSEED": "0",
        "PYTHONIOENCODING": "utf-8",
        "LC_ALL": "C.UTF-8",
        "TERM": "dumb",
        **extra,
    }
