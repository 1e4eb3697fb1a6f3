"""A desk to work at: a folder with keys and a trust document, and the command line, run in this process."""

from __future__ import annotations

import json
import os
import re
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import world
from harness.process import invoke

ORIGIN = world.ORIGIN
FINGERPRINT = "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4"
CONTENT = b"hi\n"


@dataclass(frozen=True, slots=True)
class Said:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its one JSON document."""
        assert self.out.isascii()
        return json.loads(self.out)

    @property
    def reason(self) -> str:
        """The code of its error, which is the last line of standard error, and the only one that says `custody:`."""
        *_, line = self.err.splitlines()
        found = re.fullmatch(r"custody: ([a-z-]+): .+", line)
        assert found, self.err
        assert self.err.count("custody: ") == 1, self.err
        return found[1]


class Desk:
    """A folder to run commands in. Calling it runs one, and checks its exit status."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env: dict[str, str] = {}

    @classmethod
    def set_up(cls, folder: Path) -> Desk:
        desk = cls(folder)
        world.write_keys(folder)
        (folder / "trust.toml").write_text(world.trust_document())
        (folder / "api.whl").write_bytes(CONTENT)
        return desk

    def __call__(
        self, *arguments: str | os.PathLike[str], exit: int = 0, stdin: bytes = b"", **env: str
    ) -> Said:
        environ = world.environment(self.folder, **{**self.env, **env})
        environ.setdefault("TZ", "UTC")
        ran = invoke(self.folder, [os.fspath(one) for one in arguments], environ, seconds=60, stdin=stdin)
        said = Said(ran.code, ran.out.decode("utf-8"), ran.err.decode("utf-8"))
        assert said.code == exit, f"exit {said.code}, not {exit}: {said.err or said.out}"
        return said

    def path(self, name: str) -> Path:
        return self.folder / name

    def begin(self, name: str = "main.ledger") -> None:
        """A main ledger whose root this machine has pinned."""
        self("init", name, "--trust", "trust.toml", "--key", "root.key")
        self("trust", "pin", ORIGIN, "root.key.pub")

    def job(self, name: str, *, key: str = "ci.key", seal: bool = True) -> None:
        """A job of a pipeline, with a ledger of its own."""
        run = (
            "--ledger",
            f"{name}.ledger",
            "--key",
            key,
            "--trail",
            "run-1",
            "--job",
            name,
            "--origin",
            ORIGIN,
        )
        self("append", "artifact", "api.whl", "--name", "api", "--version", "1.0", *run)
        self("append", "evidence", "--control", name, "--result", "pass", "--artifact", "api.whl", *run)
        if seal:
            self("seal", *run)

    def walk(self) -> None:
        """All five steps, up to a checkpoint over the whole."""
        self.begin()
        self.walk_after_begin()

    def walk_after_begin(self) -> None:
        self.job("unit")
        self("merge", "main.ledger", "unit.ledger", "--key", "keeper.key")
        main = ("--ledger", "main.ledger")
        self(
            "append",
            "approval",
            "api.whl",
            "--env",
            "prod",
            "--reason",
            "fine",
            "--yes",
            "--key",
            "approver.key",
            *main,
        )
        self("append", "deployment", "api.whl", "--env", "prod", "--service", "api", "--key", "ci.key", *main)
        self("checkpoint", "--key", "keeper.key", *main)

    def copy(self, folder: Path) -> Desk:
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Desk(folder)

    def entries(self, ledger: str, *, exit: int = 4) -> list[dict[str, Any]]:
        """The lines of a ledger's log."""
        found: list[dict[str, Any]] = self("log", "-n", "1000", "--json", "-l", ledger, exit=exit).json[
            "answer"
        ]
        return found


def on_a_terminal(
    desk: Desk, *arguments: str, typed: tuple[str, ...] = (), columns: int = 80, **env: str
) -> tuple[int, str]:
    """A process of custody at a terminal of that many columns, where somebody answers its questions.

    Its exit status, and all that the terminal was sent.
    """
    import fcntl
    import pty
    import termios

    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environ = {**world.environment(desk.folder, **desk.env), "TERM": "xterm-256color", "TZ": "UTC", **env}
    process = subprocess.Popen(
        [sys.executable, "-m", "custody", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=desk.folder,
        env=environ,
        start_new_session=True,  # without a controlling terminal of its own it cannot ask the tester's
    )
    os.close(its)
    shown, answered = b"", 0
    waiting = list(typed)
    while True:
        try:
            data = os.read(ours, 65536)
        except OSError:  # how Linux says that nobody is there any more
            break
        if not data:
            break
        shown += data
        if waiting and shown[answered:].rstrip().endswith((b"passphrase:", b"more:", b"key:", b"[y/N]")):
            answered = len(shown)
            os.write(ours, waiting.pop(0).encode() + b"\n")
    os.close(ours)
    return process.wait(60), shown.decode("utf-8")
