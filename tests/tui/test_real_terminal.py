"""The bytes that a real terminal gets (Textual's own tests do not see them), and how the program ends there."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
import story
from pseudo import SRC, Terminal, custody


class Ended(NamedTuple):
    """A program's exit status, and all that it wrote to its terminal."""

    code: int
    out: bytes


def in_terminal(
    argv: list[str], keys: list[bytes], wait_for: bytes, env: dict[str, str] | None = None
) -> Ended:
    """Run a program in a terminal; press keys once it has written `wait_for`, each on a drawn screen."""
    with Terminal(argv, env) as terminal:
        if keys:
            terminal.wait_for(wait_for)
            terminal.read()
            terminal.press(*keys)
        return Ended(terminal.end(), terminal.out)


def tui(
    ledger: Path | bytes, *keys: bytes, env: dict[str, str] | None = None, wait_for: bytes = b" 100 %"
) -> Ended:
    argv = custody("tui", os.fsdecode(ledger), "--root", story.ROOT.public.fingerprint)
    return in_terminal(argv, [*keys, b"q"], wait_for, env)


@pytest.mark.parametrize(
    "env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}, {"TERM": "linux"}, {"LC_ALL": "C", "LANG": "C"}]
)
def test_any_terminal_will_do(tmp_path: Path, env: dict[str, str]) -> None:
    ended = tui(story.healthy(tmp_path / "payments.ledger"), b"5", b"3", env=env)
    assert ended.code == 0 and b"Traceback" not in ended.out
    assert b"acme.example/payments" in ended.out
    assert ended.out.isascii() == ("LC_ALL" in env)


def test_only_custodys_own_words_get_to_the_clipboard(tmp_path: Path) -> None:
    path = story.healthy(tmp_path / "payments.ledger")
    ended = tui(path, b"5", b"y")
    (copied,) = re.findall(rb"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", ended.out)
    root = story.ROOT.public.fingerprint
    assert base64.b64decode(copied).decode() == f"custody show position:0 --ledger {path} --root {root}"


def test_a_link_on_the_command_line_and_a_moment(tmp_path: Path) -> None:
    path = story.healthy(tmp_path / "payments.ledger")
    argv = [sys.executable, "-m", "custody", "tui", str(path), "--root", story.ROOT.public.fingerprint]
    ended = in_terminal([*argv, "--at", "prod@{2026-11-17T00:00}", "--tz", "UTC"], [b"q"], b"state 1 of 4")
    assert ended.code == 0 and b"2026-11-17T00:00:00.000Z" in ended.out
    ended = in_terminal([*argv, "--entry", "99"], [], b"")
    assert (
        ended.code == 2
        and b"there is no entry at position 99" in ended.out
        and b"\x1b[?1049h" not in ended.out
    )


def test_a_refused_file_is_a_plain_error(tmp_path: Path) -> None:
    path = tmp_path / "not-a.ledger"
    path.write_text("hello")
    ended = in_terminal([sys.executable, "-m", "custody", "tui", str(path)], [], b"")
    assert ended.code == 3
    assert b"\x1b[?1049h" not in ended.out and b"Traceback" not in ended.out


_CRASH = """
import sys
from pathlib import Path
from custody.errors import CustodyError
from custody.ledger.reader import open_ledger
from custody.trust.verification import Expectations
from custody.tui import app, work

class Shown(KeyError):
    # It says itself how it is shown, as the errors of Textual do.

    def __rich__(self):
        return "5ecret-in-the-report"

def crash(self, *arguments):
    seed = "5ecret" * 4
    raise {error}("5ecret-in-the-message")

owner, name = {owner}
setattr(owner, name, crash)
with open_ledger(Path(sys.argv[1])) as snapshot:
    try:
        app.run(snapshot, Expectations())
    except CustodyError as error:
        print(f"custody: {{error}}")
        sys.exit(4)
"""


@pytest.mark.parametrize(
    ("owner", "error"),
    [
        ('(app.CustodyApp, "on_said")', "KeyError"),  # in a handler
        ('(app.OverviewScreen, "draw")', "KeyError"),  # while the first screen is made
        ('(work.Work, "_work")', "KeyError"),  # in the worker's thread
        ('(app.OverviewScreen, "compose_body")', "KeyError"),
        ('(app.CustodyApp, "on_mount")', "KeyError"),
        ('(app.CustodyApp, "on_said")', "Shown"),
    ],
)
def test_the_unforeseen_ends_in_one_line_without_a_secret(tmp_path: Path, owner: str, error: str) -> None:
    script = tmp_path / "crash.py"
    script.write_text(_CRASH.format(owner=owner, error=error))
    ledger = story.healthy(tmp_path / "payments.ledger")
    ended = in_terminal([sys.executable, str(script), str(ledger)], [], b"")
    assert ended.code == 4
    assert b"5ecret" not in ended.out and b"Traceback" not in ended.out
    assert ended.out.count(f"the terminal interface stopped ({error})".encode()) == 1


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More entries than one process checks."""
    book = story.Book(tmp_path_factory.mktemp("large") / "large.ledger")
    book.write(story.ROOT, story.Genesis(), [story.Draft("trust", story.Trust(story.TRUST).write())])
    notes = [story.Draft("note", story.Note(f"note {number}").write()) for number in range(6000)]
    book.write(story.BUILDER, story.Genesis(), notes)
    return book.path


def test_worker_processes_can_be_started_under_a_screen(large: Path) -> None:
    ended = tui(large, wait_for=b"INTACT, WITH A GAP")
    assert ended.code == 0 and b"Traceback" not in ended.out


def test_quitting_while_it_verifies_leaves_no_process_behind(large: Path) -> None:
    mark = f"CUSTODY_TEST_MARK={os.getpid()}"
    ended = tui(large, env=dict([mark.split("=")]), wait_for=b"NOT VERIFIED YET")
    assert ended.code == 0 and b"Traceback" not in ended.out
    if not Path("/proc/self/environ").exists():
        pytest.skip("this system does not show its processes' environment")
    deadline = time.monotonic() + 10
    while _marked(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _marked(mark)


def _marked(mark: str) -> list[str]:
    """Processes of ours that are still there."""
    found = []
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark.encode() in environ.read_bytes():
                found.append(environ.parent.name)
        except OSError:
            continue
    return found


def test_nothing_heavy_is_imported_before_the_screen(tmp_path: Path) -> None:
    """The package itself costs nothing; `app` is imported where it is used."""
    script = "import sys, custody.tui; sys.exit('textual' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", script], env={"PYTHONPATH": str(SRC)}, check=False).returncode
        == 0
    )
