"""The walk through all five steps, as the quick start tells it and as programs see it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_desk import FINGERPRINT, ORIGIN, Desk

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("verification", "answer")


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.set_up(tmp_path_factory.mktemp("walk"))
    desk.walk()
    desk.env["CUSTODY_LEDGER"] = "main.ledger"
    return desk


@pytest.mark.skipif(shutil.which("bash") is None, reason="the quick start is written for a POSIX shell")
def test_the_quick_start_runs_as_it_stands(tmp_path: Path) -> None:
    blocks = re.findall(
        r"^```sh\n(.*?)^```", (ROOT / "docs" / "quickstart.md").read_text("utf-8"), re.S | re.M
    )
    shim = tmp_path / "bin" / "custody"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m custody "$@"\n')
    shim.chmod(0o755)
    work = tmp_path / "work"
    work.mkdir()
    environ = {
        **os.environ,
        "PATH": f"{shim.parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
    }
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", "\n".join(blocks)],
        cwd=work,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (
        len(re.findall(r"^custody append (artifact|evidence|approval|deployment)", "\n".join(blocks), re.M))
        == 4
    )
    assert "approved by" in done.stdout and "release-manager" in done.stdout
    assert "\nverified\n" in done.stdout
    assert "c2sp.org/tlog-proof@v1" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("artifacts",), "api"),
        (("artifacts", "api"), "1 ok"),
        (("trace", "api.whl"), "approved for prod"),
        (("trace", FINGERPRINT[:12]), "deployed to prod as api"),
        (("trace", "api"), "unit: pass"),
        (("env", "list"), "prod"),
        (("env", "show", "prod"), "approver"),
        (("env", "show", "prod#1"), "state 1 of 1"),
        (("env", "show", "prod", "--at", "now"), "understood"),
        (("env", "show", "prod", "--at", "2020-01-01"), "not known"),
        (("env", "log", "prod"), "+ started"),
        (("log",), "merge"),
        (("log", "--kind", "approval"), "approved for prod"),
        (("show", "1"), "body"),
        (("verify",), "verified"),
        (("export", "entry", "3"), "application/vnd.in-toto+json"),
        (("export", "proof", "3"), "c2sp.org/tlog-proof@v1"),
    ],
)
def test_every_question_has_an_answer_for_people_and_one_for_programs(
    walked: Desk, arguments: tuple[str, ...], said: str
) -> None:
    shown = walked(*arguments)
    assert said in shown.out
    assert "\x1b" not in shown.out
    first = shown.out if arguments[0] == "verify" else shown.err
    assert first.splitlines()[0].count(ORIGIN) == 1
    assert "SHA256:" in first.splitlines()[0]
    answered = walked(*arguments, "--json")
    assert answered.err == ""
    value = answered.json
    if arguments[0] == "verify":
        assert value["exit"] == 0 and value["origin"] == ORIGIN
        assert set(value["software"]) == {"custody", "sqlite", "pynacl"}
        assert all(re.match(r"\d", version) for version in value["software"].values())
    elif arguments[0] != "export":
        assert tuple(value) == FORMS
        assert value["verification"]["exit"] == 0


def test_before_the_first_report_nothing_is_known(walked: Desk) -> None:
    value = walked("env", "show", "prod", "--at", "2020-01-01", "--json").json["answer"]
    assert value["known"] is False and value["state"] is None
    assert value["moment"]["utc"] == "2020-01-01T00:00:00.000Z"


def test_the_moment_is_told_in_local_time_and_utc(walked: Desk) -> None:
    said = walked("env", "show", "prod", "--at", "2026-01-15 02:30", "--tz", "Europe/Oslo")
    assert "2026-01-15T01:30:00.000Z" in said.out and "2026-01-15 02:30:00 CET (+01:00)" in said.out
    for command in (("log",), ("trace", "api"), ("env", "log", "prod"), ("artifacts",), ("env", "list")):
        heading = walked(*command, TZ="Asia/Tokyo").out
        assert "(UTC)" in heading and "in Asia/Tokyo" in heading and "+09:00" in heading


def test_commands_that_write_answer_programs_with_one_document(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    made = desk("init", "main.ledger", "--trust", "trust.toml", "--key", "root.key", "--json").json
    assert made == {"ledger": "main.ledger", "origin": ORIGIN, "root": made["root"]}
    assert desk("trust", "pin", ORIGIN, made["root"], "--json").json == {
        "origin": ORIGIN,
        "root": made["root"],
    }
    assert desk("trust", "show", "--json").json == {ORIGIN: made["root"]}
    run = ("--trail", "run-1", "--ledger", "job.ledger", "--origin", ORIGIN, "--key", "ci.key", "--json")
    (tmp_path / "junit.xml").write_text('<testsuite><testcase name="a"/></testsuite>')
    (tmp_path / "running.json").write_text(
        f'{{"services": [{{"name": "api", "artifacts": [{{"name": "api", "sha256": "{FINGERPRINT}", "count": 2}}]}}]}}'
    )
    (tmp_path / "policy.toml").write_text(
        'version = 1\nname = "release"\nenvironments = ["prod"]\n[controls.closed]\nkind = "sealed"\n'
    )
    kinds = []
    for command in (
        ("artifact", "api.whl"),
        ("evidence", "junit.xml", "--type", "junit", "--artifact", "api.whl"),
        ("deployment", "api.whl", "--env", "prod"),
        ("snapshot", "--env", "prod", "running.json"),
        ("policy", "policy.toml"),
        ("note", "frozen", "--attach", "junit.xml"),
        ("approval", f"api@{FINGERPRINT}", "--env", "prod", "--reject", "--reason", "no", "--yes"),
    ):
        receipt = desk("append", *command, *run).json
        assert receipt["position"] == len(kinds) + 1 and receipt["seq"] == receipt["position"]
        assert receipt["ledger"] == "job.ledger" and receipt["repeated"] is False
        kinds.append(receipt["kind"])
    assert kinds == ["artifact", "evidence", "deployment", "snapshot", "policy", "note", "approval"]
    assert desk("seal", *run).json["kind"] == "seal"
    merged = desk("merge", "main.ledger", "job.ledger", "--key", "keeper.key", "--json").json
    assert (merged["exit"], merged["taken"], merged["known"]) == (0, 9, 0)
    note = desk("checkpoint", "--ledger", "main.ledger", "--key", "keeper.key", "--json").json["checkpoint"]
    assert note == merged["checkpoint"] and note.startswith(f"{ORIGIN}\n")
    made = desk("key", "new", "new.key", "--comment", "me", "--json").json
    assert made["public"] == (tmp_path / "new.key.pub").read_text().strip()
    assert desk("key", "show", "--key", "new.key", "--json").json["fingerprint"] == made["fingerprint"]
    erased = desk(
        "redact", "9", "--reason", "erase", "--ledger", "main.ledger", "--key", "keeper.key", "--json"
    ).json
    assert erased["kind"] == "redaction" and len(erased["erased"]) == 1
    out = desk("export", "entry", "2", "-o", "e.json", "-l", "main.ledger", "--json", exit=4).json
    assert out["file"] == "e.json" and out["size"] == (tmp_path / "e.json").stat().st_size
    assert desk("trust", "forget", ORIGIN, "--json").json == {"forgot": ORIGIN}


def test_an_append_in_a_process_of_its_own(custody: Callable[..., Any], tmp_path: Path) -> None:
    """The commands as they are installed, without this process's help."""
    Desk.set_up(tmp_path)
    where = ("--ledger", "a.ledger", "--origin", ORIGIN, "--key", "ci.key")
    said = custody("append", "artifact", "api.whl", *where, exit=0)
    assert re.fullmatch(r"artifact recorded at position 1  id [0-9a-f]{64}\n", said.out)
    verified = custody("verify", "a.ledger", "--json", exit=4)
    assert verified.json["counts"] == {"no-checkpoint": 1, "no-root": 1}
