"""A key in use is never shown: not by an error that nobody foresaw, not by a debugging variable, not by a mistake."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness import faulty, screen, world
from harness.process import CUSTODY, Result, invoke, run

NOTE = ("append", "note", "x", "-l", "main.ledger", "--trail", "run-1")
DEBUG = {
    "TYPER_STANDARD_TRACEBACK": "1",
    "_TYPER_STANDARD_TRACEBACK": "1",
    "TYPER_USE_RICH": "1",
    "RICH_TRACEBACKS": "1",
    "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONWARNINGS": "default",
    "PYTHONTRACEMALLOC": "5",
    "DEBUG": "1",
    "TEXTUAL": "debug,devtools",
}
FORMS = world.key_forms("ci")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return world.make_world(tmp_path).parent


@pytest.mark.parametrize("form", sorted(FORMS))
def test_every_form_signs_and_leaves_no_trace(folder: Path, form: str) -> None:
    done = invoke(folder, NOTE, world.environment(folder, CUSTODY_KEY=FORMS[form]))
    assert done.code == 0, done.text
    faulty.check_secret(done.out + done.err, "ci", form)
    faulty.check_secret(faulty.files(folder), "ci", form)


@pytest.mark.parametrize("form", ["hex", "openssh-spaces"])
def test_an_error_in_any_call_of_an_append(folder: Path, form: str) -> None:
    env = world.environment(folder, CUSTODY_KEY=FORMS[form])
    assert faulty.break_everywhere(folder, NOTE, env, every=9) > 20


@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "pipe"])
@pytest.mark.parametrize(
    "function", ["custody.ledger.writer:ChainWriter._prepared", "custody.keys.environment:parse_private"]
)
def test_a_process_with_everything_set_that_shows_more(folder: Path, function: str, terminal: bool) -> None:
    env = world.environment(folder, CUSTODY_KEY=FORMS["openssh"], **DEBUG)
    env["PYTHONPATH"] += os.pathsep + str(Path(faulty.__file__).resolve().parents[1])
    command = [sys.executable, "-m", "harness.faulty", function, *NOTE]
    if terminal:
        command = ["script", "-qec", " ".join(command), "/dev/null"]
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    assert done.returncode != 0
    assert b"Injected" in done.stdout + done.stderr  # the fault did fire
    faulty.check_secret(done.stdout + done.stderr, "ci", function)
    faulty.check_secret(faulty.files(folder), "ci", function)


def test_the_search_itself_finds_a_key(folder: Path) -> None:
    for form, secret in world.secrets("ci").items():
        with pytest.raises(AssertionError, match="is shown"):
            faulty.check_secret(f"... {secret} ...".encode(), "ci", form)
    with pytest.raises(AssertionError, match="is shown"):
        faulty.check_secret(FORMS["pkcs8"].encode(), "ci", "pkcs8")


def test_no_command_takes_a_key_on_its_line() -> None:
    """Whoever can list processes can read their arguments."""
    from custody.cli.tree import build

    def options(command: object, path: str) -> list[str]:
        commands = getattr(command, "commands", {})
        own = [f"{path} {name}" for one in getattr(command, "params", []) for name in one.opts]
        return own + [line for name, one in commands.items() for line in options(one, f"{path} {name}")]

    import typer.main

    found = options(typer.main.get_command(build()), "custody")
    assert len(found) > 100
    secretive = re.compile(r" --?[a-z-]*(key|secret|seed|pass|token|private)[a-z-]*$")
    assert {line.split(" ")[-1] for line in found if secretive.search(line)} == {"--key", "--public-key"}


@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_key_where_a_name_should_be_is_not_repeated(folder: Path, form: str) -> None:
    key = FORMS[form]
    wrong: list[tuple[tuple[str, ...], dict[str, str]]] = [
        (("append", "note", "x", "-l", "main.ledger", "--key", key), {}),
        (("key", "show", "--key", key), {}),
        (NOTE, {"CUSTODY_KEY_FILE": key}),
        (NOTE, {"CUSTODY_KEY": key[:-7]}),
        (NOTE, {"CUSTODY_KEY": key + "x"}),
        (NOTE, {"SSH_AUTH_SOCK": key}),
    ]
    for arguments, extra in wrong:
        done = invoke(folder, arguments, world.environment(folder, **extra))
        assert done.code == 2, done.text
        faulty.check_secret(done.out + done.err, "ci", f"{arguments[:2]} {sorted(extra)}")


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_file_that_others_can_read_is_refused(folder: Path, mode: int) -> None:
    (folder / "ci.key").chmod(mode)
    before = world.entries(folder / "main.ledger")
    done = run(folder, *NOTE, "--key", "ci.key")
    assert (done.code, done.out) == (2, b"")
    assert b"chmod 600" in done.err
    assert world.entries(folder / "main.ledger") == before


def test_what_custody_runs_does_not_get_the_key(folder: Path) -> None:
    """git is run for --git; a hook or an alias of the repository's has no business with the key."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "git").write_text(f"#!/bin/sh\nenv > {folder}/seen\nexit 1\n")
    (tools / "git").chmod(0o755)
    env = world.environment(folder, CUSTODY_KEY=FORMS["hex"], CUSTODY_KEY_FILE="x")
    env["PATH"] = f"{tools}:{env['PATH']}"
    run(folder, *NOTE, "--git", ".", env=env)
    assert (folder / "seen").exists()
    faulty.check_secret((folder / "seen").read_bytes(), "ci", "the environment of git")


def test_the_list_of_processes_is_clean(folder: Path) -> None:
    env = world.environment(folder, CUSTODY_KEY=FORMS["hex"])
    path = folder / "main.ledger"
    from custody.ledger.store import Store

    with Store(path) as store, store.transaction():  # holds the other one up
        waiting = subprocess.Popen(
            [*CUSTODY, *NOTE], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        for _ in range(1000):
            if world.seed("ci").hex().encode() not in Path(f"/proc/{waiting.pid}/environ").read_bytes():
                continue  # not begun yet
            break
        faulty.check_secret(Path(f"/proc/{waiting.pid}/cmdline").read_bytes(), "ci", "arguments")
    out, err = waiting.communicate()
    assert Result(waiting.returncode, out, err).check_polite().code == 0
    screen.check_harmless(out.decode(), "receipt", terminal=False)
