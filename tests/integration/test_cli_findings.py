"""`custody findings`: what there is to say against a ledger, and what in it counts for nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_desk import Desk
from ledgers import ROOT

RUN = ("--ledger", "main.ledger", "--key", "ci.key", "--trail", "run-1")
SAMPLES = ROOT / "sample_ledgers"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.begin()
    return desk


def test_evidence_that_binds_to_nothing_is_said(desk: Desk) -> None:
    desk("append", "artifact", "api.whl", "--name", "api", *RUN)
    desk("append", "evidence", "--result", "pass", "--control", "c", "--artifact", "worker", *RUN)
    desk("seal", *RUN)
    desk("checkpoint", "--key", "keeper.key", "-l", "main.ledger")
    (one,) = desk("findings", "main.ledger", "--json").json["answer"]
    assert (one["code"], one["severity"], one["position"]) == ("ambiguous-binding", "note", 4)
    assert "worker" in one["message"]
    assert "ambiguous-binding" in desk("findings", "main.ledger").out


def test_gaps_and_one_code_alone(desk: Desk) -> None:
    desk("append", "note", "x", "--key", "stranger.key", "-l", "main.ledger")
    desk("append", "approval", "api.whl", "--env", "prod", "--yes", "--key", "ci.key", "-l", "main.ledger")
    codes = [one["code"] for one in desk("findings", "main.ledger", "--json", exit=4).json["answer"]]
    assert {"unknown-writer", "role", "no-checkpoint"} <= set(codes)
    said = desk("findings", "main.ledger", "--code", "role", "--json", exit=4).json["answer"]
    assert {one["code"] for one in said} == {"role"}
    assert "nothing of the code fork" in desk("findings", "main.ledger", "--code", "fork", exit=4).err


def test_a_fault_is_listed_where_other_answers_are_refused(desk: Desk) -> None:
    tampered = str(SAMPLES / "tampered" / "body-edited.ledger")
    root = ("--root", str(SAMPLES / "root.pub"))
    desk("artifacts", "-l", tampered, *root, exit=1)
    answer = desk("findings", tampered, *root, "--json", exit=1).json["answer"]
    assert "body-differs" in {one["code"] for one in answer if one["severity"] == "fault"}


def test_a_sound_ledger_has_nothing_to_say(desk: Desk) -> None:
    desk("checkpoint", "--key", "keeper.key", "-l", "main.ledger")
    said = desk("findings", "main.ledger")
    assert "nothing to say" in said.err
