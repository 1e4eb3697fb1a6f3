"""Whose entry counts: roles, revocation by position, sparing, disowning, once."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledgers import (
    IDENTITIES,
    ORIGIN,
    World,
    back_to,
    checkpoint,
    document,
    findings,
    judged_by,
    put,
    signer,
    verify,
)

from custody.kinds import Note
from custody.ledger.entry import KINDS, Subject
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft, Signed
from custody.trust.judge import Judged
from custody.trust.roles import BUILT_IN, may_write, needed_role
from custody.trust.verification import Verification

V1 = document()
API = Subject("api", "1a" * 32)
WRITES = {
    "builder": {"artifact", "evidence"},
    "approver": {"approval"},
    "relay": {"approval"},
    "risk-officer": {"approval"},
    "deployer": {"deployment"},
    "reporter": {"snapshot"},
    "admin": {"policy", "allow", "redaction"},
    "custodian": {"merge", "decision"},
}
ANYONE = {"genesis", "note", "seal"}


@pytest.fixture
def world() -> World:
    return World("judge")


def log(path: Path, *runs: list[Signed]) -> Path:
    entries = [entry for run in runs for entry in run]
    return put(path / "log.ledger", entries, [checkpoint(entries)])


def judged(path: Path, *roots: str) -> list[Judged]:
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, judged_by(*roots)(ORIGIN), workers=1)
        return [entry for step in verification.run() for entry in step.entries]


# --- roles


@pytest.mark.parametrize("role", WRITES)
def test_a_role_may_write_what_the_table_says(role: str) -> None:
    for kind in KINDS:
        assert may_write(kind, {role}, False) == (kind in WRITES[role] | ANYONE)


def test_any_role_of_the_user_s_own_is_an_approver_s() -> None:
    assert "risk-officer" not in BUILT_IN
    assert may_write("approval", {"head-of-something"}, False)
    assert not may_write("policy", {"head-of-something"}, False)


def test_a_root_writes_trust_and_nobody_else_does() -> None:
    assert [kind for kind in KINDS if may_write(kind, set(), True)] == ["genesis", "trust", "note", "seal"]
    assert not may_write("trust", set(WRITES), False)


def test_roles_add_up() -> None:
    both = {kind for kind in KINDS if may_write(kind, {"builder", "deployer"}, False)}
    assert both == {"artifact", "evidence", "deployment"} | ANYONE


def test_every_kind_names_the_role_it_needs() -> None:
    assert {kind: needed_role(kind) for kind in KINDS if kind not in ANYONE} == {
        **{kind: role for role, kinds in WRITES.items() for kind in kinds},
        "approval": "approver",
        "trust": "root",
    }


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if kind not in ("genesis", "trust", "redaction", "merge")]
)
def test_a_role_finding_is_told_of_and_the_entry_does_not_count(
    tmp_path: Path, world: World, kind: str
) -> None:
    identities = {**IDENTITIES, "nobody-in-particular": ()}
    run = world.run("nobody-in-particular", Draft(kind, {"text": "x"}, (API,)))
    path = log(tmp_path, world.start(document(identities=identities)), run)
    allowed = kind in ANYONE
    report = verify(path)
    assert report.counts == ({} if allowed else {"role": 1})
    assert judged(path, "root")[3].counts is allowed
    if not allowed:
        assert f"needs the role {needed_role(kind)}" in report.findings[0].message


def test_a_role_of_the_user_s_own_approves_in_a_ledger(tmp_path: Path, world: World) -> None:
    identities = {**IDENTITIES, "somebody": ("head-of-something",)}
    run = world.run("somebody", Draft("approval", {"decision": "x"}, (API,)))
    assert findings(log(tmp_path, world.start(document(identities=identities)), run)) == {}


def test_an_unknown_writer_is_told_once_for_each_chain(tmp_path: Path, world: World) -> None:
    path = log(tmp_path, world.start(), world.note(who="stranger"), world.note(who="stranger"))
    assert findings(path) == {"unknown-writer": 2}
    assert [entry.counts for entry in judged(path, "root")] == [True] * 2 + [False] * 6
    assert [entry.writer for entry in judged(path, "root")][:3] == ["root", "root", ""]


def test_without_a_root_what_is_sound_counts_and_nobody_has_a_name(tmp_path: Path, world: World) -> None:
    entries = judged(log(tmp_path, world.start(), world.note(who="stranger")))
    assert {(entry.writer, entry.counts) for entry in entries} == {("", True)}


# --- revocation


def revoking(*spared: str, previous: str = V1, version: int = 2) -> str:
    return document(version, previous, revoked=[("builder", spared)])


def test_case_44_in_front_of_the_revocation_it_counts_and_behind_it_does_not(
    tmp_path: Path, world: World
) -> None:
    before, after = world.note("before"), world.note("after")
    path = log(tmp_path, world.start(), before, world.trust(revoking()), after)
    report = verify(path)
    assert report.counts == {"late-after-revocation": 3}
    assert [finding.position for finding in report.findings] == [7, 8, 9]
    assert [entry.counts for entry in judged(path, "root")] == [True] * 7 + [False] * 3


def test_case_44_a_chain_that_was_open_is_cut_in_two(tmp_path: Path, world: World) -> None:
    run = world.note()
    path = log(tmp_path, world.start(), run[:2], world.trust(revoking()), run[2:])
    assert findings(path) == {"late-after-revocation": 1}


def test_case_44_a_claimed_time_is_of_no_help(tmp_path: Path, world: World) -> None:
    chain = world.chain("builder", lambda: "1999-01-01T00:00:00.000Z")
    late = [chain.begin(ORIGIN, {}), chain.sign(Draft("seal", {}, last=True))]
    assert findings(log(tmp_path, world.start(), world.trust(revoking()), late)) == {
        "late-after-revocation": 2
    }


def test_case_44_a_revoked_root_key_cannot_take_it_back(tmp_path: Path, world: World) -> None:
    """The root that was replaced signs that it was never revoked."""
    v2 = document(2, V1, roots=["root-2"], revoked=[("root", ())])
    v3 = document(3, v2, roots=["root"])
    path = log(tmp_path, world.start(), world.trust(v2), world.trust(v3, "root"))
    assert findings(path) == {"untrusted-trust": 1, "late-after-revocation": 2}
    assert verify(path).trust_version == 2


def test_a_spared_chain_counts_all_the_same(tmp_path: Path, world: World) -> None:
    late = world.note()
    path = log(tmp_path, world.start(), world.trust(revoking(late[0].id)), late)
    assert findings(path) == {}
    assert all(entry.counts for entry in judged(path, "root"))


def test_a_chain_is_spared_by_a_later_document_too(tmp_path: Path, world: World) -> None:
    late = world.note()
    v2 = revoking()
    path = log(
        tmp_path,
        world.start(),
        world.trust(v2),
        late,
        world.trust(revoking(late[0].id, previous=v2, version=3)),
    )
    assert findings(path) == {}


def test_a_revocation_dates_from_the_first_document_of_an_unbroken_run(tmp_path: Path, world: World) -> None:
    """Revoked in 2, not in 3, and in 4 again: what stands between 3 and 4 counts, and so does what stood before."""
    v2 = revoking()
    v3 = document(3, v2)
    v4 = revoking(previous=v3, version=4)
    v5 = revoking(previous=v4, version=5)
    path = log(
        tmp_path,
        world.start(),
        world.trust(v2),
        world.note(),
        world.trust(v3),
        world.trust(v4),
        world.note(),
        world.trust(v5),
    )
    assert [finding.position for finding in verify(path).findings] == [11, 12, 13]


def test_a_revocation_that_was_taken_back_is_none(tmp_path: Path, world: World) -> None:
    v2 = revoking()
    path = log(tmp_path, world.start(), world.trust(v2), world.note(), world.trust(document(3, v2)))
    assert findings(path) == {}


def test_a_revoked_custodian_s_checkpoints_count_up_to_there(tmp_path: Path, world: World) -> None:
    identities = {**IDENTITIES, "keeper-2": ("custodian",)}
    v1 = document(identities=identities)
    v2 = document(2, v1, identities=identities, revoked=[("keeper", ())])
    entries = [*world.start(v1), *world.note(), *world.trust(v2), *world.note()]
    early, late = checkpoint(entries, 5), checkpoint(entries)
    assert verify(put(tmp_path / "a.ledger", entries, [early, late])).counts == {
        "checkpoint-unverified": 1,
        "uncovered-tail": 1,
    }
    new = checkpoint(entries, who="keeper-2")
    assert verify(put(tmp_path / "b.ledger", entries, [early, new])).counts == {}


# --- disowning


def disowning(entries: tuple[str, ...] = (), chains: tuple[str, ...] = ()) -> str:
    return document(2, V1, disowned=[(entries, chains)])


def test_a_disowned_entry_is_a_note_and_counts_for_nothing(tmp_path: Path, world: World) -> None:
    run = world.note()
    path = log(tmp_path, world.start(), run, world.trust(disowning(entries=(run[1].id,))))
    report = verify(path)
    assert (report.counts, report.exit) == ({"disowned": 1}, 0)
    assert "written by mistake" in report.findings[0].message
    assert [entry.counts for entry in judged(path, "root")] == [True, True, True, False, True, True, True]


@pytest.mark.parametrize("conduct", ["unknown-writer", "role", "fork", "after-last", "late-after-revocation"])
def test_a_disowned_chain_answers_for_its_writer_s_conduct(
    tmp_path: Path, world: World, conduct: str
) -> None:
    chain = world.chain({"unknown-writer": "stranger"}.get(conduct, "builder"))
    run = [chain.begin(ORIGIN, {}), chain.sign(Draft("note", Note("x").write()))]
    if conduct == "role":
        run.append(chain.sign(Draft("deployment", {}, (API,))))
    elif conduct == "fork":
        back_to(chain, run[0])
        run.append(chain.sign(Draft("note", Note("y").write())))
    elif conduct == "after-last":
        run.append(chain.sign(Draft("seal", {}, last=True)))
    run.append(chain.sign(Draft("seal", {}, last=True)))
    revoked = [("builder", ())] if conduct == "late-after-revocation" else []
    v2 = document(2, V1, revoked=revoked)
    v3 = document(3, v2, revoked=revoked, disowned=[((), (run[0].id,))])
    accused = put(tmp_path / "a.ledger", [*world.start(), *world.trust(v2), *run])
    assert conduct in findings(accused)
    path = log(tmp_path, world.start(), world.trust(v2), run, world.trust(v3))
    assert findings(path) == {"disowned": len(run)}


def test_disowning_never_excuses_bytes_that_are_not_what_was_signed(tmp_path: Path, world: World) -> None:
    run = world.note()
    changed = [run[0], run[1]._replace(signature=bytes(64)), run[2]]
    path = log(tmp_path, world.start(), changed, world.trust(disowning(chains=(run[0].id,))))
    assert findings(path) == {"disowned": 3, "signature-invalid": 1}


def test_only_the_document_in_force_disowns(tmp_path: Path, world: World) -> None:
    run = world.note()
    v2 = disowning(chains=(run[0].id,))
    assert findings(log(tmp_path, world.start(), run, world.trust(v2), world.trust(document(3, v2)))) == {}


# --- once


def test_an_act_that_two_files_recorded_is_told(tmp_path: Path, world: World) -> None:
    twice = [world.run("builder", Draft("note", Note("x").write(), once="job 7")) for _ in range(2)]
    path = log(tmp_path, world.start(), *twice)
    report = verify(path)
    assert report.counts == {"once-repeated": 1}
    assert report.findings[0].position == 6


def test_another_writer_or_another_act_is_not_the_like_of_it(tmp_path: Path, world: World) -> None:
    runs = [
        world.run("builder", Draft("note", Note("x").write(), once="job 7")),
        world.run("deployer", Draft("note", Note("x").write(), once="job 7")),
        world.run("builder", Draft("note", Note("x").write(), (API,), once="job 7")),
        world.run("builder", Draft("artifact", {}, (API,), once="job 7")),
    ]
    assert findings(log(tmp_path, world.start(), *runs)) == {}


def test_case_33_a_verdict_names_whose_key_it_was(tmp_path: Path, world: World) -> None:
    entries = judged(log(tmp_path, world.start(), world.note(who="deployer")), "root")
    assert entries[3].writer == "deployer"
    assert entries[3].key == signer("deployer").public.hex
