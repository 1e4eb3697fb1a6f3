"""What reaches a terminal, a pipe or a full disk: no stranger's escape sequence, no half an answer."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_desk import ORIGIN, Desk, on_a_terminal
from harness import world

SAMPLE = Path(__file__).resolve().parents[2] / "sample_ledgers"
HOSTILE = {
    "clear": "\x1b[2J",
    "title": "\x1b]0;owned\x07",
    "clipboard": "\x1b]52;c;b3duZWQ=\x07",
    "link": "\x1b]8;;http://evil.example\x1b\\x",
    "C1": "\x9b31m\x9d0;x\x9c",
    "return": "fail\rpass",
    "back": "fail\b\b\b\bpass",
    "line": "x\nverified",
    "bidi": "\u202egnp.exe",
    "invisible": "pa\u200bss\u2028\U000e0041",
    "markup": "[link=http://evil]x[/link][/nope][@click=app.quit]y[/]:skull:",
}
RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2028\u202e\U000e0041]")


@pytest.fixture(scope="module", params=HOSTILE)
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, str]:
    """A ledger with a hostile text in every field that holds text, by a writer who may say what he likes."""
    text = HOSTILE[request.param]
    desk = Desk.set_up(tmp_path_factory.mktemp("hostile"))
    run = ("--ledger", "h.ledger", "--origin", ORIGIN, "--key", "ci.key", "--flow", text, "--trail", text)
    run = (*run, "--job", text, "--branch", text)
    if not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", text):  # XML could not hold those
        junit = f"<testsuite><testcase name='{text.replace('&', '&amp;')}'><failure/></testcase></testsuite>"
        desk.path("junit.xml").write_text(junit)
        desk(
            "append",
            "evidence",
            "junit.xml",
            "--type",
            "junit",
            "--artifact",
            "api.whl",
            "--description",
            text,
            *run,
        )
    desk("append", "artifact", "api.whl", "--version", text, "--annotate", f"k={text}", *run)
    desk("append", "note", text, *run)
    desk(
        "append", "deployment", "api.whl", "--env", "prod", "--reason", text, "--annotate", f"a={text}", *run
    )
    given = ("--yes", "--reason", text, "--given-by", text, "--annotate", f"a={text}")
    desk("append", "approval", "api.whl", "--env", "prod", *given, *run, "--key", "approver.key")
    return desk, text


@pytest.mark.parametrize(
    "command",
    [
        ("verify", "h.ledger"), ("log",), ("show", "1"), ("show", "0"), ("show", "3"), ("show", "4"), ("artifacts",),
        ("trace", "api.whl"), ("env", "list"), ("env", "show", "prod"), ("env", "log", "prod"),
        ("export", "entry", "2"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_no_text_of_a_ledger_reaches_the_terminal_raw(
    hostile: tuple[Desk, str], command: tuple[str, ...]
) -> None:
    desk, _ = hostile
    said = desk(*command, exit=4, CUSTODY_LEDGER="h.ledger")
    assert not RAW.search(said.out + said.err), repr(said.out)
    assert not any(line.strip() == "verified" for line in said.out.splitlines()), "a verdict is not imitated"
    answered = desk(*command, "--json", exit=4, CUSTODY_LEDGER="h.ledger")
    assert answered.out.isascii() and not RAW.search(answered.out)


def test_every_field_is_still_shown_escaped(hostile: tuple[Desk, str]) -> None:
    from custody.text import safe_text

    desk, text = hostile
    shown = desk("trace", "api.whl", exit=4, CUSTODY_LEDGER="h.ledger").out
    assert safe_text(text) in shown


def test_no_text_of_a_person_reaches_the_terminal_raw_in_an_error(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    desk("append", "note", "x", "--ledger", "a.ledger", "--origin", ORIGIN, "--key", "ci.key")
    for text in HOSTILE.values():
        for command in (
            (text,), ("append", text), ("verify", text), ("verify", "a.ledger", f"--{text}"), ("verify", "a", text),
            ("log", "-l", "a.ledger", "--kind", text), ("show", text, "-l", "a.ledger"),
            ("trace", text, "-l", "a.ledger"), ("env", "show", text, "-l", "a.ledger"),
            ("env", "show", "prod", "--at", text, "-l", "a.ledger"), ("log", "--tz", text, "-l", "a.ledger"),
            ("verify", "a.ledger", "--root", text), ("append", "note", "x", "--key", text, "-l", "a.ledger"),
            ("append", "artifact", text, "-l", "a.ledger", "--key", "ci.key"), ("trust", "pin", text, "root.key.pub"),
            ("append", "note", "x", "--wait", text, "-l", "a.ledger"),
        ):  # fmt: skip
            said = desk(*command, exit=3 if command[:-1] == ("verify",) else 2)
            assert not RAW.search(said.err), (command, said.err)
            assert said.err.splitlines()[-1].startswith("custody: ")


def test_a_ledger_with_a_hostile_name_is_opened_and_shown_escaped(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    before = set(os.listdir(desk.folder))
    names = ("x?mode=rwc&z=", "a#b%41.ledger", "file:evil", "new\nline", "\x1b[2J.ledger")
    for name in names:
        desk("append", "note", "x", "--ledger", name, "--origin", ORIGIN, "--key", "ci.key")
        said = desk("verify", name, exit=4)
        assert not RAW.search(said.out + said.err)
    assert set(os.listdir(desk.folder)) - {"home"} == before | set(names)


# --- terminals, wide and narrow


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
@pytest.mark.parametrize("columns", [80, 60])
def test_tables_fit_the_terminal_and_digests_are_whole(tmp_path: Path, columns: int) -> None:
    desk = Desk(tmp_path)
    desk.env = {"CUSTODY_LEDGER": str(SAMPLE / "payments.ledger"), "NO_COLOR": "1"}
    root = ("--root", str(SAMPLE / "root.pub"))
    code, shown = on_a_terminal(desk, "env", "show", "prod", *root, "--tz", "Europe/Oslo", columns=columns)
    assert code == 0, shown
    table = shown.split("\r\n\r\n")[1].splitlines()
    assert len(table) > 5 and all(len(line) <= columns for line in table)
    assert all(re.search(r"\b[0-9a-f]{12}\b", line) for line in table[1:])
    code, shown = on_a_terminal(desk, "log", "-n", "3", *root, columns=columns)
    lines = [line for line in shown.splitlines() if re.match(r"\d+ ", line)]
    assert code == 0 and len(lines) == 3
    assert all(len(line) <= columns and re.search(r"\b[0-9a-f]{12}$", line) for line in lines)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_colour_on_a_terminal_and_nowhere_else(tmp_path: Path) -> None:
    desk = Desk.set_up(tmp_path)
    desk("append", "note", "x", "--ledger", "a.ledger", "--origin", ORIGIN, "--key", "ci.key")
    _, shown = on_a_terminal(desk, "verify", "a.ledger")
    assert "\x1b[33m" in shown
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        _, shown = on_a_terminal(desk, "verify", "a.ledger", **env)
        assert "\x1b" not in shown and "no-root" in shown
    assert "\x1b" not in desk("verify", "a.ledger", exit=4, TERM="xterm-256color").out


def test_a_terminal_of_ascii_gets_ascii(custody: Callable[..., Any], tmp_path: Path) -> None:
    Desk.set_up(tmp_path)
    custody(
        "append",
        "note",
        "caf\u00e9 \u65e5\u672c",
        "-l",
        "a.ledger",
        "--origin",
        ORIGIN,
        "--key",
        "ci.key",
        exit=0,
    )
    ran = custody("log", "-l", "a.ledger", exit=4, env={"PYTHONIOENCODING": "ascii"})
    assert ran.out.isascii() and "caf\\xe9 \\u65e5" in ran.out
    assert ran.err.isascii() and "no-root - acme.example/payments - 2 entries" in ran.err


# --- what goes wrong on the way out


def start(folder: Path, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "custody", *arguments],
        cwd=folder,
        env=world.environment(folder),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **options,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end in another way there")
@pytest.mark.parametrize(
    "command", [("log", "-l", "a.ledger"), ("--help",), ("export", "entry", "0", "-l", "a.ledger")]
)
def test_whoever_reads_may_go_and_it_is_not_silent_success(tmp_path: Path, command: tuple[str, ...]) -> None:
    desk = Desk.set_up(tmp_path)
    desk("append", "note", "x", "--ledger", "a.ledger", "--origin", ORIGIN, "--key", "ci.key")
    reader, writer = os.pipe()
    os.close(reader)
    process = start(tmp_path, *command, stdout=writer)
    os.close(writer)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 5
    assert b"Traceback" not in said and b"custody:" not in said and b"Exception" not in said


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device")
@pytest.mark.parametrize(
    "command", [("log", "-l", "a.ledger"), ("--help",), ("verify", "a.ledger", "--json")]
)
def test_an_answer_that_could_not_be_written_is_exit_5(tmp_path: Path, command: tuple[str, ...]) -> None:
    desk = Desk.set_up(tmp_path)
    desk("append", "note", "x", "--ledger", "a.ledger", "--origin", ORIGIN, "--key", "ci.key")
    with open("/dev/full", "wb") as full:
        process = start(tmp_path, *command, stdout=full)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 5
    assert re.fullmatch(
        rb"custody: (output|system): [^\n]*No space left on device\n", said.splitlines(True)[-1]
    )
    assert b"Traceback" not in said


@pytest.mark.skipif(sys.platform == "win32", reason="signals are others there")
def test_an_interruption_is_one_line_and_exit_130(tmp_path: Path) -> None:
    """Waiting for the passphrase of a key, at a FIFO that nobody writes to, at a lock: here, reading a terminal."""
    desk = Desk.set_up(tmp_path)
    import pty

    ours, its = pty.openpty()
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "custody", "key", "new", "safe.key", "--encrypt"],
            cwd=desk.folder, env=world.environment(desk.folder), stdin=its, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stderr is not None
        shown = b""
        while b"passphrase:" not in shown:
            shown += os.read(process.stderr.fileno(), 1000)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, rest = process.communicate(timeout=30)
    finally:
        os.close(ours)
        os.close(its)
    assert process.returncode == 130 and out == b""
    assert rest.strip() == b"custody: interrupted: interrupted"
    assert not desk.path("safe.key").exists()


# --- completion


def completed(custody: Callable[..., Any], *words: str) -> list[str]:
    env = {
        "_CUSTODY_COMPLETE": "complete_bash",
        "COMP_WORDS": " ".join(("custody", *words)),
        "COMP_CWORD": str(len(words)),
    }
    found: list[str] = custody(env=env, exit=0).out.split()
    return found


def test_the_shell_completes_commands_options_and_choices(custody: Callable[..., Any]) -> None:
    assert {"verify", "append", "env", "tui"} <= set(completed(custody, ""))
    assert completed(custody, "append", "ev") == ["evidence"]
    assert completed(custody, "append", "evidence", "--of") == ["--of-commit"]
    assert completed(custody, "log", "--kind", "app") == ["approval"]
    assert completed(custody, "append", "evidence", "--result", "p") == ["pass"]
    script = custody(env={"_CUSTODY_COMPLETE": "source_bash"}, exit=0).out
    assert "complete" in script and "custody" in script
