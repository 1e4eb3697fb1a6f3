"""Every screen of the program with a stranger's text wherever a text can stand, down to the bytes a terminal gets.

Each place's text begins with the place's name (`~reason`), and each step of the walk says which it must bring: what is
not on view proves nothing.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

import hostile
import pytest
import story
from pseudo import QUIET, Terminal, custody

UP, DOWN, HOME, END, ESCAPE = (
    b"\x1b[A",
    b"\x1b[B",
    b"\x1b[H",
    b"\x1b[F",
    b"\x1b[27u",
)  # escape as kitty sends it: alone
# Terminals let no escape through in a paste.
HOSTILE_PASTE = "\x1b[200~~pasteEv\u202eLi\x9b2J\x1b[201~".encode()
DRIVES = (
    b"\x1b]8;",
    b"\x1b]0;",
    b"\x1b]2;",
    b"\x1bP1$r",
    b"http://evil.example\x07",
    b"\xc2\x9b",
    b"\xc2\x9d",
)
QUICK = 0.06  # seconds without a byte; what a step must bring is waited for by itself


class Asked(NamedTuple):
    """A key that opens a line to type in, a word by which that is seen to be there, and what is typed."""

    key: bytes
    hint: bytes
    typed: bytes


class Step(NamedTuple):
    """Keys, and what is on view then."""

    screen: str
    keys: tuple[bytes | Asked, ...]
    brings: str  # names of fields
    says: tuple[bytes, ...] = ()


WALK = (
    Step("overview", (b"6", b"1"), "file"),
    Step("findings", (b"6", DOWN), "", (b"redaction, which needs",)),
    Step("a notice", (DOWN,), "", (b"snapshot.environment must be",)),
    Step("artifacts", (b"2",), "version"),
    Step("path", (b"\r",), "flow version"),
    Step("controls", (b"]",), "allowed", (b"Why it is so now",)),
    Step("source", (b"]",), "repository author mail branch flow url request"),
    Step("materials", (END,), "build builder invoked name val material unnamed"),
    Step("attachments", (b"]",), "file wrong", (b"Attached to", b"cannot be read")),
    Step("a text", (DOWN,), "plain"),
    Step("a scan", (DOWN,), "weakness package", (b"Severity",)),
    Step("a bill", (DOWN,), "part part-version part-licence", (b"Component",)),
    Step("findings of a linter", (DOWN,), "rule message place", (b"Level",)),
    Step("tests", (DOWN,), "case", (b"Test case",)),
    Step("signed", (b"]",), "", (b"Signed bytes",)),
    Step("fingerprint", (Asked(b"f", b"the path of a file", b"~nosuch/EVIL\r"),), "", (b"~nosuch/EVIL",)),
    Step("approvals", (ESCAPE, ESCAPE, b"4"), "version repository", (b"Waits for",)),
    Step("into it", (b"\r",), "", (b" List",)),
    Step("what an approver sees", (END,), "allowed"),
    Step("given", (ESCAPE, b"w"), "reason", (b"Decision",)),
    Step("why", (Asked(b"a", b"change 4711", b"~because EVIL"),), "version because"),
    Step("which key", (b"\r",), "", (b"it names no file",)),
    Step("a key that is none", (END, Asked(b"\r", b"a private key file", b"~nokey/EVIL\r")), "nokey"),
    Step("environments", (ESCAPE, ESCAPE, ESCAPE, ESCAPE, b"3"), "now"),
    Step("before", (HOME,), "running"),
    Step("difference", (b"d", END), "author", (b"difference",)),
    Step("beside", (b"d", b"b", b"\r"), "running", (b"staging",)),
    Step("a moment that is none", (Asked(b"g", b"last thursday", b"~nowhen EVIL\r"),), "nowhen"),
    Step("entries", (ESCAPE, b"5"), "flow version"),
    Step("entry", (END, b"\r", END), "note key deep item"),
    Step("a genesis", (ESCAPE, Asked(b"g", b"a position such as", b"14\r")), "actor attempt head job"),
    Step("the rest of it", (b"]",), "provider runner trail"),
    Step("a search", (ESCAPE, Asked(b"\x06", b"words of a title", b"~sought EVIL\r")), "sought"),
    Step("a file that is there", (ESCAPE, Asked(b"x", b"Export to", b"~file/EVIL\r")), "", (b"not written",)),
    Step("what is pasted", (ESCAPE, ESCAPE, Asked(b"\x06", b"words of a title", HOSTILE_PASTE)), "", (b"not taken",)),
    Step("back", (ESCAPE, ESCAPE), ""),
    Step("search", (Asked(b"/", b"erything in this ledger", b"evil"),), "version note", (b"People", b"Entries")),
    Step("pasted into the search", (HOSTILE_PASTE,), ""),
    Step("report", (ESCAPE, ESCAPE, b"2", b"r"), "version", (b"Report on", b"Write to")),
    Step("a folder that is none", (b"~nofolder/EVIL\r",), "nofolder", (b"Nothing was written",)),
    Step("palette", (ESCAPE, ESCAPE, b"\x10", b"Switch"), "file"),
    Step("pasted there", (HOSTILE_PASTE,), ""),
    Step("opening", (ESCAPE, ESCAPE, b"\x0f"), "file folder refused export", (b"before",)),
    Step("a path that is none", (Asked(b"/", b"of a ledger, or of", b"~nopath/EVIL\r"),), "nopath", (b"Not opened",)),
    Step("a file that is refused", (END, b"\r"), "refused", (b"Not opened",)),
    Step("merge preview", (UP, b" ", b" ", b"m"), "export refused", (b"nothing is written", b"Refused for")),
    Step("help", (ESCAPE, ESCAPE, b"?"), "", (b"Everywhere",)),
    Step("changed on disk", (ESCAPE, b"1"), ""),
)  # fmt: skip


def _name(field: str) -> str:
    """A file's name of hostile text."""
    return hostile.every(field)[:60].replace("/", "") + ".ledger"


def _press(terminal: Terminal, key: bytes | Asked, since: int) -> None:
    if isinstance(key, Asked):
        terminal.press(key.key, quiet=QUICK)
        terminal.wait_for(key.hint, since)
        key = key.typed
    terminal.press(key, quiet=QUIET if key == ESCAPE else QUICK)  # to go back may bring nothing to wait for


def test_no_byte_of_theirs_drives_the_terminal_on_any_screen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hostile.ledger(tmp_path / "plain.ledger", hostile.every)
    named = tmp_path / _name("file")
    shutil.copy(made, tmp_path / _name("export"))
    os.rename(made, named)
    (tmp_path / _name("refused")).write_bytes(os.urandom(4096))
    (tmp_path / hostile.every("folder")[:60].replace("/", "")).mkdir()
    root = story.ROOT.public.fingerprint
    env = {"CUSTODY_KEY_FILE": hostile.every("secret"), "SSH_AUTH_SOCK": str(tmp_path / "none")}
    monkeypatch.chdir(tmp_path)
    with Terminal(custody("tui", named.name, "--root", root), env, (200, 60)) as terminal:
        terminal.wait_for(b"INTACT, WITH A GAP")
        for step in WALK:
            before = len(terminal.out)
            for key in step.keys:
                _press(terminal, key, before)
            for wanted in (*(f"~{field}".encode() for field in step.brings.split()), *step.says):
                terminal.wait_for(wanted, since=before, said=step.screen)
        terminal.press(ESCAPE, ESCAPE, b"q", quiet=QUICK)
        assert terminal.end() == 0
    out = terminal.out
    assert b"Traceback" not in out and b"stopped (" not in out
    assert hostile.raw(out) == []
    assert [one for one in (*DRIVES, b"~paste", b"~secret") if one in out] == []
