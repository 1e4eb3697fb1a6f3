"""Whose key signs: files, variables, a real ssh-agent; and what is said of keys that cannot."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk, on_a_terminal
from harness import world

NEW = ("--ledger", "new.ledger", "--origin", ORIGIN)
NOTE = ("append", "note", "signed", *NEW)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.set_up(tmp_path)


def key_of(desk: Desk, name: str = "new.ledger") -> str:
    return str(desk("show", "0", "-l", name, "--json", exit=4).json["answer"]["key"])


@pytest.fixture
def agent(desk: Desk) -> Iterator[str]:
    """A real ssh-agent; its socket."""
    if shutil.which("ssh-agent") is None or shutil.which("ssh-add") is None:
        pytest.skip("OpenSSH is not installed")
    socket = str(desk.folder / "agent.sock")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if os.path.exists(socket):
                break
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(0.02)
        yield socket
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def load(socket: str, *paths: Path) -> None:
    subprocess.run(
        ["ssh-add", "-q", *map(str, paths)],
        env={**os.environ, "SSH_AUTH_SOCK": socket},
        check=True,
        timeout=20,
    )


def test_an_approval_by_the_ssh_agent_counts(desk: Desk, agent: str) -> None:
    desk("key", "new", "officer.key")
    public = desk.path("officer.key.pub").read_text().strip()
    trust = world.trust_document().replace(world.signer("approver").public.openssh(), public)
    desk.path("trust.toml").write_text(trust)
    desk.begin()
    load(agent, desk.path("officer.key"))
    desk.path("officer.key").unlink()
    main = ("--ledger", "main.ledger")
    desk(
        "append", "approval", "api.whl", "--env", "prod", "--name", "api", "--yes", *main, SSH_AUTH_SOCK=agent
    )
    desk("append", "artifact", "api.whl", "--name", "api", "--key", "ci.key", *main)
    desk("checkpoint", "--key", "keeper.key", *main)
    assert desk("artifacts", "--json", *main).json["answer"][0]["approved"] == ["prod"]
    shown = desk("key", "show", "--json", SSH_AUTH_SOCK=agent).json
    assert shown["public"].split()[1] == public.split()[1]


def test_of_several_keys_in_the_agent_one_is_chosen_and_none_is_guessed(desk: Desk, agent: str) -> None:
    prints = {}
    for name in ("a.key", "b.key"):
        prints[name] = desk("key", "new", name, "--json").json["fingerprint"]
        load(agent, desk.path(name))
    said = desk(*NOTE, exit=2, SSH_AUTH_SOCK=agent)
    assert said.reason == "which-key" and all(one in said.err for one in prints.values())
    assert (
        desk("key", "show", "--key", prints["b.key"], SSH_AUTH_SOCK=agent).out.splitlines()[1]
        == prints["b.key"]
    )
    assert (
        desk("key", "show", "--key", "a.key.pub", SSH_AUTH_SOCK=agent).out.splitlines()[1] == prints["a.key"]
    )
    assert desk("key", "show", "--key", "ci.key.pub", exit=2, SSH_AUTH_SOCK=agent).reason == "no-key"
    assert not desk.path("new.ledger").exists()


def forms(desk: Desk) -> dict[str, str]:
    desk("key", "new", "pem.key")
    pem = desk.path("pem.key").read_text()
    seed = world.seed("ci")
    return {
        "hex": seed.hex(),
        "base64": base64.b64encode(seed).decode(),
        "base64url": base64.urlsafe_b64encode(seed).decode(),
        "whole": pem,
        "in one line": pem.replace("\n", " "),
        "newlines written out": pem.replace("\n", "\\n"),
        "CRLF": pem.replace("\n", "\r\n"),
        "quoted": f'"{pem.strip()}"',
        "the file in base64": base64.b64encode(pem.encode()).decode(),
    }


def test_a_key_in_the_variable_in_all_the_forms_that_pipelines_make_of_it(desk: Desk) -> None:
    wanted = {"ci": world.signer("ci").public.openssh()}
    for name, text in forms(desk).items():
        shown = desk("key", "show", "--json", CUSTODY_KEY=text).json["public"]
        expected = (
            wanted["ci"] if name in ("hex", "base64", "base64url") else desk.path("pem.key.pub").read_text()
        )
        assert shown.split()[1] == expected.split()[1], name
    desk(*NOTE, CUSTODY_KEY=world.seed("ci").hex())
    assert key_of(desk) == world.signer("ci").public.hex


def test_the_flag_wins_over_the_variable_and_that_over_the_variable_of_the_file(desk: Desk) -> None:
    env = {"CUSTODY_KEY": world.seed("keeper").hex(), "CUSTODY_KEY_FILE": "approver.key"}
    shown = [
        desk("key", "show", "--key", "ci.key", "--json", **env).json["hex"],
        desk("key", "show", "--json", **env).json["hex"],
        desk("key", "show", "--json", CUSTODY_KEY_FILE="approver.key").json["hex"],
    ]
    assert shown == [world.signer(name).public.hex for name in ("ci", "keeper", "approver")]


@pytest.mark.parametrize("variable", ["CUSTODY_KEY", "CUSTODY_KEY_FILE"])
def test_a_secret_that_did_not_arrive_is_an_error(desk: Desk, variable: str) -> None:
    said = desk(*NOTE, exit=2, **{variable: ""})
    assert said.reason == "no-key" and variable in said.err
    assert not desk.path("new.ledger").exists()


def test_without_any_key_it_is_said_how_to_give_one(desk: Desk) -> None:
    said = desk(*NOTE, exit=2)
    assert said.reason == "no-key"
    assert all(way in said.err for way in ("--key", "CUSTODY_KEY", "ssh-add", "custody key new"))


def test_a_key_in_the_wrong_place_is_not_repeated(desk: Desk) -> None:
    secret = world.seed("ci").hex()
    for env in ({"CUSTODY_KEY_FILE": secret}, {"CUSTODY_KEY": secret[:-2]}, {"CUSTODY_KEY": f"{secret}zz"}):
        said = desk(*NOTE, exit=2, **env)
        assert secret[:16] not in said.out + said.err
    said = desk("append", "note", "x", *NEW, "--key", secret, exit=2)
    assert secret[:16] not in said.out + said.err


@pytest.mark.skipif(sys.platform == "win32", reason="files have no mode there")
def test_a_key_file_that_others_can_read_is_refused_unless_that_is_waived(desk: Desk) -> None:
    desk.path("ci.key").chmod(0o644)
    said = desk(*NOTE, "--key", "ci.key", exit=2)
    assert said.reason == "unsafe-key" and "chmod 600" in said.err
    assert not desk.path("new.ledger").exists()
    desk(*NOTE, "--key", "ci.key", CUSTODY_KEY_FILE_MODE="any")


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_what_is_no_key_file(desk: Desk) -> None:
    desk.path("folder").mkdir()
    desk.path("text").write_text("hello\n")
    desk.path("text").chmod(0o600)
    os.mkfifo(desk.path("pipe"))
    for name, code in (
        ("folder", "not-regular"),
        ("pipe", "not-regular"),
        ("text", "malformed-key"),
        ("gone", "not-found"),
    ):
        assert desk(*NOTE, "--key", name, exit=2).reason == code
    assert desk(*NOTE, "--key", "ci.key.pub", exit=2).reason == "no-agent"


def test_a_new_key_overwrites_nothing(desk: Desk) -> None:
    before = desk.path("ci.key").read_bytes()
    assert desk("key", "new", "ci.key", exit=2).reason == "exists"
    desk.path("half.key.pub").write_text("mine\n")
    assert desk("key", "new", "half.key", exit=2).reason == "exists"
    assert not desk.path("half.key").exists() and desk.path("half.key.pub").read_text() == "mine\n"
    assert desk.path("ci.key").read_bytes() == before
    assert desk("key", "new", "no/such.key", exit=2).reason == "unwritable"
    desk("key", "new", "ok.key")
    if sys.platform != "win32":
        assert desk.path("ok.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_an_encrypted_key_asks_on_the_terminal_and_nowhere_else(desk: Desk) -> None:
    code, shown = on_a_terminal(desk, "key", "new", "safe.key", "--encrypt", typed=("one", "two"))
    assert code == 2 and "no key was made" in shown and not desk.path("safe.key").exists()
    code, shown = on_a_terminal(
        desk, "key", "new", "safe.key", "--encrypt", typed=("open sesame", "open sesame")
    )
    assert code == 0 and "sesame" not in shown
    code, shown = on_a_terminal(desk, "key", "show", "--key", "safe.key", typed=("open sesame",))
    assert code == 0 and desk.path("safe.key.pub").read_text().strip() in shown
    code, shown = on_a_terminal(desk, "key", "show", "--key", "safe.key", typed=("incorrect horse",))
    assert code == 2 and "encrypted-key" in shown and "horse" not in shown
    assert desk("key", "show", "--key", "safe.key", exit=2).reason == "encrypted-key"
    assert desk("key", "new", "other.key", "--encrypt", exit=2).reason == "encrypted-key"
