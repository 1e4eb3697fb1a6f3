"""A custodian signs only for what it verified, and only as a custodian."""

from __future__ import annotations

from pathlib import Path

import pytest
from ledgers import World, back_to, checkpoint, findings, judged_by, put, root_at, signer, verify

from custody.errors import NotVerifiedError, UsageError
from custody.kinds import Note
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft
from custody.trust.custodian import checkpoint as sign
from custody.trust.memory import Remembered


@pytest.fixture
def world() -> World:
    return World("custodian")


def signed(path: Path, who: str = "keeper", *roots: str) -> str:
    return sign(path, signer(who), judged_by(*(roots or ("root",))))


def test_a_checkpoint_covers_the_log(tmp_path: Path, world: World) -> None:
    entries = [*world.start(), *world.note()]
    path = put(tmp_path / "a.ledger", entries)
    note = parse_checkpoint(signed(path))
    assert (note.size, note.root) == (5, root_at(entries, 5).hex())
    assert findings(path) == {}


def test_a_checkpoint_that_is_there_is_not_written_again(tmp_path: Path, world: World) -> None:
    path = put(tmp_path / "a.ledger", world.start())
    note = signed(path)
    before = path.read_bytes()
    assert signed(path) == note
    assert path.read_bytes() == before


def test_one_of_another_key_is_not_taken_for_one_s_own(tmp_path: Path, world: World) -> None:
    entries = world.start()
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries, who="builder")])
    signed(path)
    with open_ledger(path) as snapshot:
        assert len(snapshot.checkpoints()) == 2
    assert verify(path).covered == 2


@pytest.mark.parametrize("who", ["builder", "root", "stranger"])
def test_nobody_else_signs(tmp_path: Path, world: World, who: str) -> None:
    path = put(tmp_path / "a.ledger", world.start())
    with pytest.raises(UsageError) as caught:
        signed(path, who)
    assert caught.value.code == "role"
    assert "no-checkpoint" in findings(path)


def test_nobody_signs_for_a_fault(tmp_path: Path, world: World) -> None:
    run = world.note()
    path = put(tmp_path / "a.ledger", [*world.start(), run[0], run[1]._replace(signature=bytes(64)), run[2]])
    before = path.read_bytes()
    with pytest.raises(NotVerifiedError, match=r"a\.ledger: signature-invalid at position 3") as caught:
        signed(path)
    assert (caught.value.code, caught.value.exit) == ("signature-invalid", 1)
    assert path.read_bytes() == before


def test_a_fork_is_kept_as_proof_and_signed_for(tmp_path: Path, world: World) -> None:
    chain = world.chain("builder")
    run = [chain.begin("acme.example/payments", {}), chain.sign(Draft("seal", {}, last=True))]
    back_to(chain, run[0])
    run.append(chain.sign(Draft("note", Note("another story").write(), last=True)))
    path = put(tmp_path / "a.ledger", [*world.start(), *run])
    signed(path)
    assert findings(path) == {"fork": 1}


def test_a_rollback_is_not_signed_for(tmp_path: Path, world: World) -> None:
    """The custodian's own file was put back to an older state: to go on would be to sign a split."""
    entries = [*world.start(), *world.note()]
    path = put(tmp_path / "a.ledger", entries[:2], [checkpoint(entries, 2)])
    known = Remembered(5, root_at(entries, 5).hex(), entries[0].id, "")
    with pytest.raises(NotVerifiedError) as caught:
        sign(path, signer("keeper"), lambda origin: judged_by("root")(origin)._replace(remembered=(known,)))
    assert caught.value.code == "rollback"


def test_an_empty_ledger_is_not_signed_for(tmp_path: Path) -> None:
    path = put(tmp_path / "a.ledger", [])
    with pytest.raises(UsageError) as caught:
        signed(path)
    assert caught.value.code == "empty"


def test_progress_is_told(tmp_path: Path, world: World) -> None:
    path = put(tmp_path / "a.ledger", world.start())
    told: list[tuple[str, int, int]] = []
    sign(path, signer("keeper"), judged_by("root"), progress=lambda *step: told.append(step))
    assert told[-1] == ("a.ledger", 2, 2)
