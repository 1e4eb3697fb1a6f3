"""A program in a pseudo-terminal: keys are given to it, its bytes are kept, its screen is drawn as a terminal would."""

from __future__ import annotations

import os
import select
import signal
import struct
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

SRC = Path(__file__).resolve().parents[2] / "src"
PATIENCE = 60.0
LONGEST = 15.0  # seconds for one thing to come
QUIET = 0.2  # seconds without a byte: the screen is drawn


class Terminal:
    """A running program. `out` is all that it wrote so far."""

    def __init__(
        self, argv: Sequence[str], env: dict[str, str] | None = None, size: tuple[int, int] = (100, 30)
    ) -> None:
        self.out = b""
        self.code: int | None = None
        self._deadline = time.monotonic() + PATIENCE
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            # Python's own list: the library readline puts a COLUMNS of its own behind it, which would be believed.
            os.execve(argv[0], list(argv), {**os.environ, "PYTHONPATH": str(SRC), **(env or {})})
        self.resize(*size)

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self, quiet: float = QUIET) -> bytes:
        """What is written until nothing more comes for a while; b"" at the end."""
        read = b""
        while self.code is None and time.monotonic() < self._deadline:
            ready, _, _ = select.select([self._fd], [], [], quiet)
            if not ready:
                break
            try:
                data = os.read(self._fd, 65536)
            except OSError:  # Linux's way to say that the other end was closed
                data = b""
            if not data:
                self.code = self._ended()
                break
            read += data
            self.out += data
        return read

    def wait_for(self, text: bytes, since: int = 0, said: str = "") -> None:
        """Until it has written this, behind so many bytes; `said` names the place."""
        until = time.monotonic() + LONGEST
        while self.out.find(text, since) < 0:
            self.read()
            shown = self.out[since:][-3000:]
            assert self.code is None, f"{said}: ended ({self.code}) without {text!r}: {shown!r}"
            assert time.monotonic() < until, f"{said}: no {text!r}: {shown!r}"

    def press(self, *keys: bytes, quiet: float = QUIET) -> bytes:
        """Keys, each on a drawn screen; what is written on them."""
        before = len(self.out)
        for key in keys:
            assert self.code is None, f"ended ({self.code}): {self.out[-800:]!r}"
            os.write(self._fd, key)
            self.read(quiet)
        return self.out[before:]

    def kill(self, number: int) -> None:
        os.kill(self.pid, number)

    def close(self) -> None:
        """Close the terminal, as a window is closed."""
        os.close(self._fd)
        self._fd = -1

    def end(self) -> int:
        """Wait until it is over; its exit status, negative for a signal."""
        while self.code is None:
            if self._fd >= 0:
                self.read()
            elif (found := os.waitpid(self.pid, os.WNOHANG))[0]:
                self.code = os.waitstatus_to_exitcode(found[1])
            else:
                time.sleep(0.05)
            if time.monotonic() > self._deadline:
                os.kill(self.pid, signal.SIGKILL)
                pytest.fail(f"not over after {PATIENCE} s: {self.out[-800:]!r}")
        return self.code

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._fd >= 0:
            os.close(self._fd)

    def _ended(self) -> int:
        _, status = os.waitpid(self.pid, 0)
        return os.waitstatus_to_exitcode(status)


def custody(*words: str | bytes) -> list[str]:
    """The command line of `custody` and these words."""
    return [sys.executable, "-m", "custody", *map(os.fsdecode, words)]
