"""A claimed time behind the merge that covers it takes effect there, in findings and in answers alike."""

from __future__ import annotations

from pathlib import Path

from custody.keys.ed25519 import SeedSigner
from custody.kinds import Deployment, Trust
from custody.ledger.entry import Subject
from custody.ledger.reader import open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.query.build import IndexBuilder
from custody.query.environments import state_at, states
from custody.query.index import Index
from custody.trust.merging import merge
from custody.trust.verification import Expectations, Verification

ORIGIN = "acme.example/payments"
ROOT, BUILDER, KEEPER = (SeedSigner(bytes([seed]) * 32) for seed in (101, 102, 103))
TRUST = f"""
origin = "{ORIGIN}"
version = 1
roots = ["{ROOT.public.openssh()}"]
[identities.ci]
keys = ["{BUILDER.public.openssh()}"]
roles = ["deployer"]
[identities.ledger-keeper]
keys = ["{KEEPER.public.openssh()}"]
roles = ["custodian"]
"""
PAST, MERGED, FUTURE = (f"2026-11-{day}T00:00:00.000Z" for day in (18, 19, 25))


def write(path: Path, signer: SeedSigner, clock: str, *drafts: Draft) -> None:
    create_ledger(path, exist_ok=True)
    with Writer(path, ChainWriter(signer, clock=lambda: clock), ORIGIN, {}) as writer:
        writer.append(drafts)


def deployed(path: Path, clock: str, digest: str) -> None:
    subject = Subject("api", digest * 64)
    draft = Draft("deployment", Deployment(subject, "prod", "api").write(), (subject,), last=True)
    write(path, BUILDER, clock, draft)


def merged(tmp_path: Path, *clocks: str) -> Path:
    main = tmp_path / "main.ledger"
    write(main, ROOT, PAST, Draft("trust", Trust(TRUST).write(), last=True))
    exports = []
    for number, clock in enumerate(clocks):
        export = tmp_path / f"{number}.ledger"
        deployed(export, clock, f"{number + 1:x}")
        exports.append(export)
    keeper = ChainWriter(KEEPER, clock=lambda: MERGED)
    merge(main, exports, keeper, lambda origin: Expectations((ROOT.public.fingerprint,)))
    return main


def answers(path: Path) -> tuple[Verification, Index]:
    index = Index.in_memory()
    builder = IndexBuilder(index)
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, Expectations((ROOT.public.fingerprint,)), workers=1)
        for step in verification.run():
            builder.add(step.entries)
    builder.finish()
    return verification, index


def test_a_time_behind_the_merge_is_noted_and_takes_effect_at_the_merge(tmp_path: Path) -> None:
    verification, index = answers(merged(tmp_path, PAST, FUTURE))
    assert verification.report.exit == 0
    assert verification.report.counts == {"future-time": 1}
    assert FUTURE in verification.report.findings[0].message
    assert [state.time for state in states(index, "prod")] == [PAST, MERGED]
    state = state_at(index, "prod", MERGED)
    assert state is not None
    assert [service.sha256 for service in state.services] == ["2" * 64]


def test_a_time_in_front_of_the_merge_stays_as_it_is_claimed(tmp_path: Path) -> None:
    verification, index = answers(merged(tmp_path, PAST))
    assert not verification.report.counts
    assert [state.time for state in states(index, "prod")] == [PAST]


def test_what_comes_behind_the_merge_is_not_bound_by_it(tmp_path: Path) -> None:
    main = merged(tmp_path, PAST)
    deployed(main, FUTURE, "9")
    verification, index = answers(main)
    assert "future-time" not in verification.report.counts
    assert [state.time for state in states(index, "prod")] == [PAST, FUTURE]
