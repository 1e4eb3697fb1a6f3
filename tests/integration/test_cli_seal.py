"""`custody seal` as the last job of a trail: it lists the chains of the jobs before it, as a policy can demand."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk

MAIN = ("--ledger", "main.ledger")
KEEPER = (*MAIN, "--key", "keeper.key")
RUN = ("--key", "ci.key", "--trail", "run-1", "--origin", ORIGIN)
LAST = ("--ledger", "last.ledger", "--job", "last", *RUN)
POLICY = """
version = 1
name = "whole"
environments = ["prod"]
[controls.trail]
kind = "sealed"
listed = true
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.begin()
    desk.path("policy.toml").write_text(POLICY)
    desk("append", "policy", "policy.toml", *KEEPER)
    for job in ("build", "scan"):
        desk.job(job)
    return desk


def gate(desk: Desk, *exports: str, exit: int = 0) -> str:
    desk("merge", "main.ledger", *exports, "--key", "keeper.key")
    return desk("gate", "api.whl", "--env", "prod", *MAIN, exit=exit).out


def chains(desk: Desk, *exports: str) -> list[str]:
    return list(dict.fromkeys(one["chain"] for export in exports for one in desk.entries(export)))


def test_the_last_job_lists_the_chains_of_the_others(desk: Desk) -> None:
    said = desk("seal", *LAST, "build.ledger", "scan.ledger", "--json").json
    body = desk("show", said["id"], "-l", "last.ledger", "--json", exit=4).json["answer"]["body"]
    assert body["chains"] == chains(desk, "build.ledger", "scan.ledger")
    assert (said["kind"], said["seq"]) == ("seal", 1), (
        "a chain of its own, where the job recorded nothing else"
    )
    assert "is closed, all 3 chains of it" in gate(desk, "build.ledger", "scan.ledger", "last.ledger")


def test_the_ids_by_hand_serve_as_well(desk: Desk) -> None:
    given = [word for one in chains(desk, "build.ledger", "scan.ledger") for word in ("--chain", one)]
    desk("seal", *LAST, *given)
    assert "is closed, all 3 chains of it" in gate(desk, "build.ledger", "scan.ledger", "last.ledger")


def test_without_the_list_it_is_not_known_to_be_whole(desk: Desk) -> None:
    assert "no seal lists trail" in gate(desk, "build.ledger", "scan.ledger", exit=6)
    desk("seal", *LAST, "build.ledger")
    assert "no seal lists all of trail" in gate(desk, "last.ledger", exit=6)


def test_who_leaves_out_a_listed_chain_is_caught(desk: Desk) -> None:
    desk("seal", *LAST, "build.ledger", "scan.ledger")
    said = gate(desk, "build.ledger", "last.ledger", exit=6)
    assert "lacks 1 chain that its seal lists" in said


def test_its_own_chain_and_its_own_ledger_need_no_listing(desk: Desk) -> None:
    begun = desk("append", "evidence", "--control", "x", "--result", "pass", *LAST, "--json").json
    said = desk("seal", *LAST, "build.ledger", "last.ledger", "scan.ledger", "--json")
    assert said.json["chain"] == begun["chain"] and said.err == ""
    body = desk("show", said.json["id"], "-l", "last.ledger", "--json", exit=4).json["answer"]["body"]
    assert body["chains"] == chains(desk, "build.ledger", "scan.ledger")
    assert "3 chains" in gate(desk, "build.ledger", "scan.ledger", "last.ledger")


def test_a_job_that_did_not_seal_is_told_and_does_not_pass(desk: Desk) -> None:
    desk.job("test", seal=False)
    said = desk("seal", *LAST, "build.ledger", "scan.ledger", "test.ledger")
    (chain,) = chains(desk, "test.ledger")
    assert f"note: chain {chain[:16]} was never sealed" in said.err
    assert "is not closed: 1 chain of 4" in gate(
        desk, *(f"{one}.ledger" for one in ("build", "scan", "test", "last")), exit=6
    )


def test_what_is_no_part_of_the_trail_is_not_listed_and_not_passed_over_in_silence(desk: Desk) -> None:
    desk(
        "append",
        "note",
        "x",
        "--ledger",
        "other.ledger",
        "--key",
        "ci.key",
        "--trail",
        "run-2",
        "--origin",
        ORIGIN,
    )
    desk.path("bad.ledger").write_bytes(desk.path("scan.ledger").read_bytes())
    with sqlite3.connect(desk.path("bad.ledger")) as connection:
        connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE position = 1")
    connection.close()
    for export, code in (
        ("other.ledger", 2),
        ("main.ledger", 2),
        ("api.whl", 3),
        ("gone.ledger", 3),
        ("bad.ledger", 1),
        ("", 2),
    ):
        desk("seal", *LAST, "build.ledger", export, exit=code)
    desk("seal", *LAST, "--flow", "another", "build.ledger", exit=2)
    desk("seal", "--ledger", "last.ledger", "--key", "ci.key", "build.ledger", exit=2)
    assert not desk.path("last.ledger").exists()
    assert desk("seal", *LAST, exit=3)  # without exports it closes what there is, and there is nothing
