"""What is wrong with what a person typed, or with the files they named: said in one line, and nothing is written."""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path

import pytest
from cli_desk import FINGERPRINT, ORIGIN, Desk

from custody.ledger.store import create_ledger

KEY = ("--key", "ci.key")
NEW = ("--ledger", "new.ledger", "--origin", ORIGIN, *KEY)
OLD = ("--ledger", "old.ledger", *KEY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A desk with a ledger, and with files that are not what they should be."""
    desk = Desk.set_up(tmp_path_factory.mktemp("input"))
    desk("append", "note", "first", "--ledger", "old.ledger", "--origin", ORIGIN, *KEY)
    desk.path("folder").mkdir()
    desk.path("empty").touch()
    desk.path("text").write_text("no = such\nthing")
    desk.path("binary").write_bytes(b"\xff\xfe\x00")
    desk.path("huge").touch()
    os.truncate(desk.path("huge"), 3 * 1024**3)
    desk.path("hostile.ledger").write_bytes(desk.path("old.ledger").read_bytes())
    hostile = sqlite3.connect(desk.path("hostile.ledger"))
    hostile.execute("CREATE TRIGGER gone AFTER INSERT ON entry BEGIN DELETE FROM entry; END")
    hostile.commit()
    hostile.close()
    desk.path("loop").symlink_to(desk.path("loop"))
    if sys.platform != "win32":
        os.mkfifo(desk.path("pipe"))
        desk.path("odd").mkdir()
        os.mkfifo(desk.path("odd/pipe"))
    return desk


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file, what it holds and when that changed; but custody's own state."""
    return {
        str(path): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if "home" not in path.relative_to(folder).parts
    }


def refused(desk: Desk, arguments: tuple[str, ...], exit: int, reason: str | None = None) -> None:
    before = snapshot(desk.folder)
    said = desk(*arguments, exit=exit)
    assert said.out == ""
    assert reason in (None, said.reason), said.err
    assert said.reason != "internal"
    assert snapshot(desk.folder) == before


NO_FILES = ("gone", "folder", "pipe", "loop", "no/such", "")


@pytest.mark.parametrize("name", NO_FILES)
@pytest.mark.parametrize(
    "command",
    [
        ("append", "artifact", "?", *OLD),
        ("append", "approval", "?", "--env", "prod", *OLD),
        ("append", "deployment", "?", "--env", "prod", *OLD),
        ("append", "evidence", "?", "--type", "junit", *OLD),
        ("append", "note", "x", "--attach", "?", *OLD),
        ("append", "snapshot", "prod", "?", *OLD),
        ("append", "policy", "?", *OLD),
        ("append", "trust", "?", *OLD),
        ("append", "note", "x", "--seen", "?", *NEW),
        ("append", "note", "x", "--git", "?", *OLD),
        ("append", "note", "x", "--ledger", "old.ledger", "--key", "?"),
        ("init", "new.ledger", "--trust", "?", "--key", "root.key"),
        ("verify", "old.ledger", "--root", "?"),
        ("verify", "old.ledger", "--checkpoint", "?"),
        ("trust", "pin", ORIGIN, "?"),
        ("gate", "--what-if", "--policy", "?", "--ledger", "old.ledger"),
    ],
    ids=lambda command: " ".join(command[:2]) + command[command.index("?") - 1],
)
def test_a_file_to_read_that_is_none_is_wrong_usage(made: Desk, command: tuple[str, ...], name: str) -> None:
    if (name, command[0]) == ("folder", "append") and command[1] in ("artifact", "approval", "deployment"):
        name = "odd"  # a folder is an artifact, but not with this in it
    refused(made, tuple(name if word == "?" else word for word in command), 2)


@pytest.mark.parametrize("name", ["text", "binary", "empty", "huge"])
@pytest.mark.parametrize(
    "command",
    [
        ("append", "evidence", "?", "--type", "junit", *OLD),
        ("append", "snapshot", "prod", "?", *OLD),
        ("append", "policy", "?", *OLD),
        ("append", "trust", "?", *OLD),
        ("append", "note", "x", "--seen", "?", *NEW),
        ("append", "note", "x", "--attach", "huge", *OLD),
        ("append", "note", "x", "--ledger", "old.ledger", "--key", "?"),
        ("init", "new.ledger", "--trust", "?", "--key", "root.key"),
        ("verify", "old.ledger", "--root", "?"),
        ("verify", "old.ledger", "--checkpoint", "?"),
    ],
    ids=lambda command: " ".join(command[:2]) + command[-3],
)
def test_a_file_that_is_not_what_it_should_be_is_wrong_usage(
    made: Desk, command: tuple[str, ...], name: str
) -> None:
    refused(made, tuple(name if word == "?" else word for word in command), 2)


READING = [
    ("verify", "?"),
    ("log", "-l", "?"),
    ("show", "0", "-l", "?"),
    ("artifacts", "-l", "?"),
    ("trace", "x", "-l", "?"),
    ("env", "list", "-l", "?"),
    ("env", "show", "prod", "-l", "?"),
    ("env", "log", "prod", "-l", "?"),
    ("env", "diff", "prod~1", "prod", "-l", "?"),
    ("env", "deployments", "prod", "-l", "?"),
    ("env", "where", "x", "-l", "?"),
    ("env", "windows", "prod", "-l", "?"),
    ("search", "x", "-l", "?"),
    ("export", "events", "-l", "?"),
    ("export", "entry", "0", "-l", "?"),
    ("export", "proof", "0", "-l", "?"),
]
WRITING = [
    ("append", "note", "x", "-l", "?", "--key", "ci.key"),
    ("append", "trust", "trust.toml", "-l", "?", "--key", "root.key"),
    ("seal", "--trail", "t", "-l", "?", "--key", "ci.key"),
    ("checkpoint", "-l", "?", "--key", "keeper.key"),
    ("redact", "0", "--reason", "x", "-l", "?", "--key", "keeper.key"),
    ("merge", "?", "old.ledger", "--key", "keeper.key"),
    ("merge", "old.ledger", "?", "--key", "keeper.key"),
]


@pytest.mark.parametrize("name", ["folder", "pipe", "loop", "text", "empty", "binary"])
@pytest.mark.parametrize("command", [*READING, *WRITING], ids=lambda command: "-".join(command[:3]))
def test_a_file_that_is_no_ledger_is_refused(made: Desk, command: tuple[str, ...], name: str) -> None:
    refused(made, tuple(name if word == "?" else word for word in command), 3)


@pytest.mark.parametrize("command", [*READING, *WRITING[3:]], ids=lambda command: "-".join(command[:3]))
def test_a_ledger_that_is_not_there_is_refused_and_not_made(made: Desk, command: tuple[str, ...]) -> None:
    refused(made, tuple("gone.ledger" if word == "?" else word for word in command), 3)


@pytest.mark.parametrize("command", [*READING, *WRITING], ids=lambda command: "-".join(command[:3]))
def test_a_hostile_schema_is_refused(made: Desk, command: tuple[str, ...]) -> None:
    refused(made, tuple("hostile.ledger" if word == "?" else word for word in command), 3)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "usage"),
        (("append",), "usage"),
        (("verfy",), "usage"),
        (("env", "lst"), "usage"),
        (("--nonsense",), "usage"),
        (("verify", "old.ledger", "--jsn"), "usage"),
        (("verify", "a", "b"), "usage"),
        (("verify",), "ledger"),
        (("append", "approval", *OLD), "usage"),
        (("append", "approval", "api.whl", *OLD), "usage"),
        (("append", "approval", "api.whl", "--env", "pr od", *OLD), "name"),
        (("append", "approval", FINGERPRINT, "--env", "prod", "--yes", *OLD), "name"),
        (("append", "approval", "api.whl", "--env", "prod", "--reject", *OLD), "reason"),
        (("append", "artifact", "api.whl", "--name", "a b", *OLD), "name"),
        (("append", "artifact", "api.whl", "--annotate", "x", *OLD), "annotate"),
        (("append", "artifact", "api.whl", "--annotate", "x=", *OLD), "annotate"),
        (("append", "artifact", "api.whl", "--commit", "main", *OLD), "commit"),
        (("append", "artifact", "api.whl", "--version", "v" * 20_000, *OLD), "body"),
        (("append", "note", "x" * 20_000, *OLD), "body"),
        (("append", "note", "x", "--branch", "b" * 20_000, *OLD), "body"),
        (("append", "note", "\udcff", *OLD), "body"),
        (("append", "note", "x", *["--attach", "api.whl"] * 65, *OLD), "attachments"),
        (("append", "policy", "empty", *OLD), "policy"),
        (("append", "evidence", *OLD), "result"),
        (("append", "evidence", "--result", "maybe", *OLD), "choice"),
        (("append", "evidence", "--type", "junits", *OLD), "choice"),
        (("append", "evidence", "--type", "junit", *OLD), "file"),
        (("append", "evidence", "api.whl", "--result", "pass", *OLD), "file"),
        (("append", "evidence", "api.whl", "--type", "junit", "--result", "pass", *OLD), "result"),
        (("append", "evidence", "--result", "pass", "--of-commit", "abc", *OLD), "commit"),
        (("append", "note", "x", "--origin", "an other", *OLD), "origin"),
        (("append", "note", "x", "--origin", "an/other", *OLD), "origin"),
        (("append", "note", "x", "--wait", "-1", *OLD), "usage"),
        (("append", "note", "x", "--wait", "soon", *OLD), "usage"),
        (("append", "note", "x", "--ledger", "new.ledger", *KEY), "origin"),
        (("append", "note", "x", "--ledger", "no/such/new.ledger", "--origin", ORIGIN, *KEY), "folder"),
        (("append", "note", "x", *KEY), "ledger"),
        (("append", "trust", "trust.toml", "--ledger", "old.ledger", "--key", "stranger.key"), "root"),
        (("seal", *OLD), "usage"),
        (("seal", "--trail", "t", *OLD), "no-chain"),
        (("seal", "--trail", "t", "--chain", "abc", *OLD), "chain"),
        (("init", "old.ledger", "--origin", ORIGIN, "--key", "root.key"), "exists"),
        (("init", "folder", "--origin", ORIGIN, "--key", "root.key"), "exists"),
        (("init", "new.ledger", "--key", "root.key"), "origin"),
        (("init", "new.ledger", "--origin", "no good", "--key", "root.key"), "origin"),
        (("init", "new.ledger", "--origin", "a/b", "--trust", "trust.toml", "--key", "root.key"), "origin"),
        (("init", "new.ledger", "--trust", "trust.toml", "--key", "stranger.key"), "root"),
        (("init", "no/such/new.ledger", "--trust", "trust.toml", "--key", "root.key"), "folder"),
        (("log", "-l", "old.ledger", "--kind", "nonsense"), "choice"),
        (("log", "-l", "old.ledger", "-n", "0"), "usage"),
        (("log", "-l", "old.ledger", "--tz", "Nowhere"), "usage"),
        (("show", "99", "-l", "old.ledger"), "entry"),
        (("show", "-1", "-l", "old.ledger"), "usage"),
        (("show", "abc", "-l", "old.ledger"), "entry"),
        (("show", "ffffffff", "-l", "old.ledger"), "entry"),
        (("show", "9" * 40, "-l", "old.ledger"), "entry"),
        (("trace", "nothing", "-l", "old.ledger"), "unknown"),
        (("trace", "folder", "-l", "old.ledger"), "unknown"),
        (("trace", "api.whl", "-l", "old.ledger"), "unknown"),
        (("env", "show", "prod", "-l", "old.ledger"), "no-environment"),
        (("env", "show", "prod@{", "-l", "old.ledger"), "usage"),
        (("env", "show", "prod~1", "--at", "now", "-l", "old.ledger"), "moment"),
        (("env", "show", "prod", "--at", "whenever", "-l", "old.ledger"), "usage"),
        (("env", "log", "prod", "--since", "2026-02-01", "--until", "2026-01-01", "-l", "old.ledger"), "moment"),
        (("trust", "pin", "no good", "root.key.pub"), "origin"),
        (("trust", "forget", "never/pinned"), "not-pinned"),
        (("tui", "old.ledger"), "usage"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else None,
)  # fmt: skip
def test_wrong_usage_is_exit_2_and_says_why(made: Desk, arguments: tuple[str, ...], reason: str) -> None:
    refused(made, arguments, 2, reason)


def test_a_slip_of_the_pen_is_answered_with_what_was_meant(made: Desk) -> None:
    assert "'verify'" in made("verfy", exit=2).err
    assert "'list'" in made("env", "lst", exit=2).err
    assert "--json" in made("verify", "old.ledger", "--jsn", exit=2).err
    assert "approval" in made("log", "-l", "old.ledger", "--kind", "approve", exit=2).err
    assert "it records none yet" in made("env", "show", "prod", "-l", "old.ledger", exit=2).err


def test_without_a_command_the_help_is_shown_and_the_status_is_not_0(made: Desk) -> None:
    for group in ((), ("env",), ("append",)):
        said = made(*group, exit=2)
        assert said.out == "" and "Commands:" in said.err
        assert said.err.splitlines()[-1].startswith("custody: usage: which command?")


def test_an_empty_variable_counts_as_not_set(made: Desk) -> None:
    env = dict.fromkeys(("CUSTODY_LEDGER", "CUSTODY_TRAIL", "CUSTODY_ORIGIN", "CUSTODY_ENV", "TZ"), "")
    assert made("log", exit=2, **env).reason == "ledger"
    made("log", "-l", "old.ledger", exit=4, **env)
    assert made("append", "approval", "api.whl", *OLD, exit=2, **env).reason == "usage"


def test_a_busy_ledger_is_waited_for_and_then_it_is_exit_5(made: Desk) -> None:
    holder = sqlite3.connect(made.path("old.ledger"), isolation_level=None)
    try:
        holder.execute("BEGIN IMMEDIATE")
        for command in (
            ("append", "note", "x", *OLD),
            ("redact", "1", "--reason", "x", *OLD),
            ("checkpoint", *OLD),
            ("seal", "--trail", "t", *OLD),
            ("merge", "old.ledger", "copy.ledger", *KEY),
        ):
            made.path("copy.ledger").write_bytes(made.path("old.ledger").read_bytes())
            said = made(*command, "--wait", "0.05", exit=5)
            assert said.reason == "busy" and said.out == ""
    finally:
        holder.rollback()
        holder.close()
        made.path("copy.ledger").unlink()


def test_an_empty_ledger_takes_its_first_entry_and_nothing_else(made: Desk) -> None:
    create_ledger(made.path("void.ledger"), exist_ok=False)
    for command in (("checkpoint",), ("redact", "0", "--reason", "x"), ("append", "note", "x")):
        made(*command, "-l", "void.ledger", *KEY, exit=2)
    made("append", "note", "x", "-l", "void.ledger", "--origin", ORIGIN, *KEY)
    made.path("void.ledger").unlink()


# --- custody.toml


def test_a_flag_wins_over_a_variable_over_the_file_over_the_users_own(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    config = tmp_path / "home" / "config"
    config.mkdir(parents=True)

    def recorded(*flags: str, **env: str) -> tuple[str, str]:
        desk("append", "note", "x", "--trail", "t", "--key", "ci.key", *flags, **env)
        genesis = desk("show", "0", "-l", "one.ledger", "--json", exit=4).json["answer"]
        desk.path("one.ledger").unlink()
        return genesis["header"]["predicate"]["origin"], genesis["body"]["flow"]

    (config / "config.toml").write_text(
        f'origin = "a/user"\nflow = "user"\nledger = "{tmp_path}/one.ledger"\n'
    )
    assert recorded() == ("a/user", "user")
    desk.path("custody.toml").write_text('origin = "a/file"\nflow = "file"\nledger = "one.ledger"\n')
    assert recorded() == ("a/file", "file")
    env = {"CUSTODY_ORIGIN": "a/variable", "CUSTODY_FLOW": "variable"}
    assert recorded(**env) == ("a/variable", "variable")
    assert recorded("--origin", "a/flag", "--flow", "flag", **env) == ("a/flag", "flag")
    assert recorded("--flow", "flag", CUSTODY_ORIGIN="", CUSTODY_FLOW="") == ("a/file", "flag")
    desk("init", "second.ledger", "--key", "root.key")
    assert desk("verify", "second.ledger", "--json", exit=4).json["origin"] == "a/file"


def test_a_file_with_a_key_in_it_stops_every_command_that_reads_it(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    desk.path("custody.toml").write_text('ledger = "one.ledger"\nkey = "ci.key"\n')
    said = desk("append", "note", "x", "--origin", ORIGIN, "--key", "ci.key", exit=2)
    assert said.reason == "config" and "never" in said.err
    assert desk("log", exit=2).reason == "config"
    assert not desk.path("one.ledger").exists()


def test_environments_of_the_file_are_the_only_ones(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    desk.path("custody.toml").write_text('environments = ["staging", "prod"]\n')
    run = ("--ledger", "one.ledger", "--origin", ORIGIN, "--key", "ci.key")
    said = desk("append", "deployment", "api.whl", "--env", "prd", *run, exit=2)
    assert said.reason == "environment" and "staging, prod" in said.err
    assert desk("append", "deployment", "api.whl", *run, exit=2, CUSTODY_ENV="prd").reason == "environment"
    desk("append", "deployment", "api.whl", "--env", "prod", *run)
