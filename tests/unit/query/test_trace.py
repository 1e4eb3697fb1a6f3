"""The whole path of an artifact, made by hand and from a ledger as it is written and verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from facts import Log, about, at, digest

from custody.errors import UsageError
from custody.keys.ed25519 import SeedSigner
from custody.ledger.entry import Subject
from custody.ledger.reader import open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.verify import LogVerifier
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.query.artifacts import list_artifacts
from custody.query.build import IndexBuilder
from custody.query.environments import latest, state_at
from custody.query.index import Index
from custody.query.trace import running_spans, trace
from custody.query.types import ChainLine
from custody.trust.judge import Judged

COMMIT = "abcdef1" + "0" * 33


def test_it_begins_with_the_source_and_knows_the_build() -> None:
    made = Log()
    build = made.chain(
        flow="release", trail="7", job="build", repository="https://git.example/api", commit=COMMIT, branch="main",
        run={"url": "https://ci.example/7"},
    )  # fmt: skip
    made.artifact(build, 1, "api")
    made.approval(made.chain("risk-officer"), 2)
    path = trace(made.index(), digest("api"))
    assert path.chain == ChainLine(
        build,
        "cd" * 32,
        "ci",
        0,
        "release",
        "7",
        "build",
        "https://git.example/api",
        COMMIT,
        "main",
        "https://ci.example/7",
    )
    assert [(item.kind, item.title) for item in path.items] == [
        ("genesis", "build release 7 build began"), ("artifact", "recorded as api"), ("approval", "approved for prod"),
    ]  # fmt: skip
    assert path.items[0].detail == "https://git.example/api · commit abcdef100000 · main"
    assert path.artifact.approved == ("prod",)


def test_of_several_builds_the_newest_is_told() -> None:
    made = Log()
    chains = [made.chain(trail=trail) for trail in ("1", "2", "3")]
    for chain, minute in zip(chains, (5, 9, 7), strict=True):
        made.artifact(chain, minute, "api")
    path = trace(made.index(), digest("api"))
    assert path.chain is not None
    assert (path.chain.trail, path.artifact.trail) == ("2", "2")


def test_a_chain_that_says_nothing_has_no_step() -> None:
    made = Log()
    made.artifact(made.chain(), 1, "api")
    path = trace(made.index(), digest("api"))
    assert path.chain is not None
    assert [item.kind for item in path.items] == ["artifact"]


def test_running_again_after_a_break_is_another_span() -> None:
    made = Log()
    chain = made.chain()
    for minute, word in enumerate(["one", "two", "one", "one"], 1):
        made.snapshot(chain, minute, ("api", word, minute))
    made.snapshot(chain, 1, ("api", "one", 1), environment="staging")
    spans = running_spans(made.index(), digest("one"))
    assert [(span.environment, span.since, span.until, span.proof.position) for span in spans] == [
        ("prod", at(1), at(2), 1), ("staging", at(1), "", 5), ("prod", at(3), "", 3),
    ]  # fmt: skip


def test_what_runs_without_a_record_can_be_traced_too() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 1, ("api", "stray", 1))
    made.evidence(chain, 2, "fail", word="stray")
    made.approval(chain, 3, "rejected", word="stray")
    path = trace(made.index(), digest("stray"))
    line = path.artifact
    assert (line.name, line.sha256, line.proof.position) == ("api", digest("stray"), 1)
    assert (line.passed, line.failed, line.rejected, line.running_in) == (0, 1, ("prod",), ("prod",))
    assert path.chain is None
    assert [item.kind for item in path.items] == ["snapshot", "evidence", "approval"]


def test_of_what_nobody_spoke_there_is_no_trace() -> None:
    with pytest.raises(UsageError, match="no entry that counts is about"):
        trace(Log().index(), digest("nothing"))


def test_a_ledger_as_it_is_written_and_verified(tmp_path: Path) -> None:
    """The five steps through the real writer, gate and verifier; only whose word counts is decided here."""
    path = tmp_path / "one.ledger"
    create_ledger(path, exist_ok=False)
    clock = iter(at(minute) for minute in range(60))
    ci, officer = (ChainWriter(SeedSigner(bytes([n]) * 32), clock=lambda: next(clock)) for n in (1, 2))
    subject = (Subject("api", digest("api")),)
    artifact = about("api")
    running = [{"service": "api", "artifact": artifact, "count": 2}]
    context = {"flow": "release", "trail": "7", "repository": "https://git.example/api", "commit": COMMIT}
    with Writer(path, ci, "acme.example/payments", context) as writer:
        writer.append([
            Draft("artifact", {**artifact, "size": 3, "type": "file", "version": "1.0"}, subject),
            Draft("evidence", {"control": "tests", "type": "generic", "result": "pass", "artifact": {"name": "api"}}),
        ])  # fmt: skip
    with Writer(path, officer, "acme.example/payments", {}) as writer:
        writer.append([
            Draft("approval", {"artifact": artifact, "environment": "prod", "decision": "approved"}, subject, last=True)
        ])  # fmt: skip
    with Writer(path, ci, "acme.example/payments", context) as writer:
        writer.append([
            Draft("deployment", {"artifact": artifact, "environment": "prod", "service": "api"}, subject),
            Draft("snapshot", {"environment": "prod", "running": running}),
            Draft("seal", {}, last=True),
        ])  # fmt: skip
    names = {ci.signer.public.hex: "ci", officer.signer.public.hex: "risk-officer"}
    index = Index.in_memory()
    builder = IndexBuilder(index)
    with open_ledger(path) as snapshot:
        for batch in LogVerifier(snapshot, workers=0).run():
            assert batch.findings == []
            builder.add([
                Judged(one.position, one.id, one.header, one.key, one.effective, names[one.key], one.sound, one.body)
                for one in batch.entries
            ])  # fmt: skip
    builder.finish()
    assert (index.unreadable, index.ambiguous) == ([], [])
    (line,) = list_artifacts(index)
    assert (line.name, line.version, line.commit, line.trail) == ("api", "1.0", COMMIT, "7")
    assert (line.passed, line.failed, line.approved, line.running_in) == (1, 0, ("prod",), ("prod",))
    assert [item.kind for item in trace(index, digest("api")).items] == [
        "genesis", "artifact", "evidence", "approval", "deployment", "snapshot",
    ]  # fmt: skip
    (service,) = latest(index, "prod").services
    assert (service.instances, service.version, service.approved_by) == (2, "1.0", "risk-officer")
    assert state_at(index, "prod", at(0)) is None
