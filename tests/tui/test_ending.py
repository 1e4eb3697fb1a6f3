"""The terminal is left as it was found, whatever comes from it or ends the program."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
import story
from pseudo import Terminal, custody

ROOT = story.ROOT.public.fingerprint
LEFT = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?2004l", b"\x1b[?1000l")  # the screen, cursor, paste, mouse


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("ending") / "payments.ledger")


def test_bytes_that_are_no_keys_end_nothing_and_a_signal_leaves_the_terminal_in_order(ledger: Path) -> None:
    with Terminal(custody("tui", str(ledger), "--root", ROOT)) as terminal:
        terminal.wait_for(b"INTACT AND ANCHORED")
        terminal.press(b"5", b"/", b"\xff\xfe\xe9", b"\xc3\xa9t\xc3\xa9")
        terminal.wait_for("été".encode())
        before = len(terminal.out)
        terminal.kill(signal.SIGTERM)
        assert terminal.end() == 128 + signal.SIGTERM
    assert all(one in terminal.out[before:] for one in LEFT)
    assert b"Traceback" not in terminal.out


def test_a_closed_terminal_ends_it_also_where_nobody_hears_of_it(ledger: Path) -> None:
    words = custody("tui", str(ledger), "--root", ROOT)
    with Terminal(["/bin/sh", "-c", 'trap "" HUP; exec "$@"', "sh", *words]) as terminal:
        terminal.wait_for(b"INTACT AND ANCHORED")
        terminal.close()
        deadline = time.monotonic() + 20
        while (ended := os.waitpid(terminal.pid, os.WNOHANG))[0] == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert ended[0]
        terminal.code = os.waitstatus_to_exitcode(ended[1])
        assert terminal.code == 128 + signal.SIGHUP
