"""Run the commands of a document and put what they print under them, or say where the document is out of date.

In a block that begins with ```console, each line `$ custody …` is a command; the lines under it are what it prints on
a terminal of 100 columns, with `[exit N]` where that is not 0. `$ export NAME=VALUE` holds from there on. Everything
runs in a home of its own.

    python tools/walk.py docs/walkthrough.md           write the outputs
    python tools/walk.py --check docs/walkthrough.md   exit 1, with the first difference, where they are others
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import shlex
import struct
import sys
import tempfile
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 100
_BLOCK = re.compile(r"(?<=^```console\n)(.*?)(?=^```$)", re.MULTILINE | re.DOTALL)


def walk(text: str, home: Path) -> str:
    """The document with the outputs that its commands have now."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CUSTODY_")},
        "CUSTODY_HOME": str(home),
        "CUSTODY_NO_CI": "1",
        "PYTHONPATH": str(ROOT / "src"),
        "NO_COLOR": "1",
        "TERM": "dumb",  # no progress bars: whether one is shown depends on how busy the machine is
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "COLUMNS": str(COLUMNS),
    }
    return _BLOCK.sub(lambda block: "".join(_outputs(block[1], environ)), text)


def _outputs(block: str, environ: dict[str, str]) -> Iterator[str]:
    for line in block.splitlines():
        if line.startswith("$ "):
            program, *arguments = shlex.split(line[2:])
            if program == "export":
                environ.update(one.split("=", 1) for one in arguments)
                yield f"{line}\n"
                continue
            if program != "custody":
                raise SystemExit(f"a walk runs nothing but custody: {line}")
            output, status = _run(arguments, environ)
            yield f"{line}\n{output}" + (f"[exit {status}]\n" if status else "")


def _run(arguments: list[str], environ: Mapping[str, str]) -> tuple[str, int]:
    """What a command prints on a terminal, and its exit status."""
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
        os.chdir(ROOT)
        os.execve(sys.executable, [sys.executable, "-m", "custody", *arguments], environ)
    printed = b""
    try:
        while data := os.read(terminal, 65536):
            printed += data
    except OSError:  # Linux says so at the end
        pass
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    lines = printed.decode("utf-8").replace("\r\n", "\n").splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines), status


def main() -> None:
    check = "--check" in sys.argv
    for name in (one for one in sys.argv[1:] if one != "--check"):
        path = Path(name)
        before = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as home:
            after = walk(before, Path(home))
        if check and before != after:
            pairs = zip([*before.splitlines(), ""], [*after.splitlines(), ""], strict=False)
            old, new = next((old, new) for old, new in pairs if old != new)
            raise SystemExit(f"{name} is out of date: it says\n  {old}\nand the command prints\n  {new}")
        if not check:
            path.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main()
