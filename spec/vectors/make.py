"""Makes the vectors again: `make vectors`, or `python make.py FOLDER` to make them elsewhere.

What each file must say stands in expected.toml, which is written by hand.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent / "src")]

import findings  # noqa: E402
import json_vectors  # noqa: E402
import refusals  # noqa: E402
from registry import FILES  # noqa: E402
from workshop import World, checkpoint, document, put, shrink, signer  # noqa: E402

from custody.kinds import (  # noqa: E402
    Allow,
    Approval,
    Artifact,
    ControlState,
    Decision,
    Deployment,
    Evidence,
    Genesis,
    JudgedBy,
    LogSeen,
    Note,
    Policy,
    Redaction,
    Run,
    Running,
    Seal,
    Snapshot,
)
from custody.ledger.entry import Subject  # noqa: E402
from custody.ledger.store import Store  # noqa: E402
from custody.ledger.writer import Draft, Signed, insert  # noqa: E402
from custody.trust.custodian import checkpoint as sign_ledger  # noqa: E402
from custody.trust.merging import merge  # noqa: E402
from custody.trust.verification import Expectations  # noqa: E402

assert findings and refusals, "importing them puts their makers into FILES"

API = Subject("payments-api", "1a2b" * 16)
JUNIT = b'<testsuite tests="2" failures="0"><testcase name="adds"/><testcase name="rounds"/></testsuite>\n'
PLAIN = "text/plain"


def main(folder: Path) -> None:
    """Everything, into a folder; what was there of it is replaced."""
    for kind in ("fault", "gap", "note", "refused"):
        shutil.rmtree(folder / kind, ignore_errors=True)
        (folder / kind).mkdir(parents=True)
    for name, who in (("root", "root"), ("other", "root-2")):
        (folder / f"{name}.pub").write_text(f"{signer(who).public.openssh()} custody-vectors\n", "ascii")
    make_valid(folder)
    for name, make in FILES.items():
        path = folder / f"{name}.ledger"
        make(path, World(name))
        if not name.startswith("refused/"):
            shrink(path)
    for name, value in json_vectors.all_of_them().items():
        text = json.dumps(value, indent=1, ensure_ascii=True) + "\n"
        (folder / name).write_text(text, "ascii")


def make_valid(folder: Path) -> None:
    """One ledger with each kind of entry, as a custodian keeps it, and the two exports that were merged into it."""
    for name in ("valid", "build", "deploy"):
        (folder / f"{name}.ledger").unlink(missing_ok=True)
    world = World("valid")
    run = Run("github", "4711", "1", "https://ci.example/4711", "linux-2", "dev-1")
    context = Genesis("payments-api", "4711", "build", "https://git.example/payments", "9f" * 20, "main", run)
    build = world.run(
        "builder",
        Draft("artifact", Artifact(API, 18290, "file", "1.4.0").write(), (API,), once="4711/api"),
        Draft(
            "evidence",
            Evidence("unit-tests", "junit", "pass", API, summary={"tests": 2, "failures": 0}).write(),
            (API,),
            ((JUNIT, "application/xml"),),
        ),
        Draft(
            "note", Note("written by dev-1, who asked to be forgotten").write(), (), ((b"dev-1\n", PLAIN),)
        ),
        context=context.write(),
    )
    deploy = world.run(
        "deployer",
        Draft("deployment", Deployment(API, "prod", "api").write(), (API,)),
        Draft("snapshot", Snapshot("prod", (Running("api", API, 3, "1.4.0"),)).write()),
        Draft("seal", Seal((build[0].id,)).write(), last=True),
        seal=False,
        context=Genesis("payments-api", "4711", "deploy").write(),
    )
    yes = Approval(API, "prod", "approved", "change 88").write()
    approval = world.run("risk-officer", Draft("approval", yes, (API,), last=True), seal=False)
    exception = Allow("prod", "2026-03-09T08:00:00.000Z", "the scanner is down", API, controls=("scan",))
    decision = Decision(
        API,
        "prod",
        "FAILED",
        "https://acme.example/custody",
        "2026-03-02T08:00:00.000Z",
        LogSeen(5, "5e" * 32),
        JudgedBy("release", hashlib.sha256(b"version = 1\n").hexdigest()),
        (ControlState("scan", "evidence", "missing"),),
    )
    governance = world.run(
        "keeper",
        Draft("policy", Policy("release", "version = 1\n").write()),
        Draft("allow", exception.write(), (API,)),
        Draft("decision", decision.write(), (API,)),
    )
    first = document()
    second = document(2, first, revoked=[("former-builder", ())])
    entries = [*world.start(first), *world.trust(second), *approval, *governance]
    target = put(folder / "valid.ledger", entries, [checkpoint(entries)])
    sources = [put(folder / "build.ledger", build), put(folder / "deploy.ledger", deploy)]
    expectations = lambda origin: Expectations((signer("root").public.fingerprint,))  # noqa: E731
    merge(target, sources, world.chain("keeper"), expectations)
    forgotten = build[3]
    order = world.run(
        "keeper",
        Draft(
            "redaction",
            Redaction(forgotten.id, (forgotten.header.body,), "erasure request 17").write(),
            last=True,
        ),
        seal=False,
    )
    append(target, order, erase=[forgotten.header.body])
    sign_ledger(target, signer("keeper"), expectations)


def append(path: Path, entries: Sequence[Signed], erase: Sequence[str]) -> None:
    """As a writer does who redacts: entries at the end, and bytes gone, in one transaction."""
    with Store(path) as store, store.transaction() as transaction:
        for entry in entries:
            insert(transaction, entry)
        for digest in erase:
            transaction.remove_blob(digest)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE)
