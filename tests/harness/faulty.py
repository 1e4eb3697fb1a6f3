"""custody with an error that nobody foresaw, in any one of the calls that it makes while a key is loaded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from harness import world
from harness.process import Result, invoke

SOURCE = str(Path(__file__).resolve().parents[2] / "src" / "custody")
_QUIET = ("console.py", "__init__.py")  # where errors are told, and where the run itself is


class Injected(Exception):
    """Nothing of custody's."""


@contextmanager
def at_call(number: int | None) -> Iterator[list[str]]:
    """Every call of a function of custody's is noted; the one of that number raises."""
    calls: list[str] = []

    def watch(frame: FrameType, event: str, _argument: Any) -> None:
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(SOURCE) or code.co_name.startswith("<"):
            return
        if os.path.basename(code.co_filename) in _QUIET or code.co_name in ("main", "_invoke"):
            return
        if _is_telling(frame):
            return
        calls.append(f"{os.path.basename(code.co_filename)}:{code.co_name}")
        if len(calls) - 1 == number:
            sys.setprofile(None)
            raise Injected(f"while {frame.f_locals}")  # a careless message, as libraries write them

    sys.setprofile(watch)
    try:
        yield calls
    finally:
        sys.setprofile(None)


def _is_telling(frame: FrameType | None) -> bool:
    """Whether the call serves to tell an error: then there is one already."""
    while frame is not None:
        if frame.f_code.co_name == "complain":
            return True
        frame = frame.f_back
    return False


def run_with_fault(
    folder: Path, arguments: Sequence[str], env: Mapping[str, str], number: int | None
) -> tuple[Result, list[str]]:
    """A command in this process, with an error in that call (or none); and the calls it made."""
    with at_call(number) as calls:
        result = invoke(folder, arguments, env, polite=False)
    return result, calls


def files(folder: Path) -> bytes:
    """All that is written below a folder, but for the keys."""
    return b"\n".join(
        path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith((".key", ".pub"))
    )


def check_secret(text: bytes, name: str, where: str) -> None:
    """Not one way of writing the key, nor half of one."""
    shown = text.lower()
    for form, secret in world.secrets(name).items():
        for part in (secret[: len(secret) // 2], secret[len(secret) // 2 :]):
            if "openssh" in form and part == secret[: len(secret) // 2]:
                continue  # the start of a line in that form may be of the public half
            assert part.lower().encode() not in shown, f"{where}: {form} of the key is shown"
    assert world.seed(name) not in text, f"{where}: the key's bytes are shown"


def break_everywhere(folder: Path, arguments: Sequence[str], env: Mapping[str, str], every: int = 1) -> int:
    """An error in each of a command's calls (or every so manieth): what is said and written has nothing of the key."""
    _, calls = run_with_fault(folder, arguments, env, None)
    assert len(calls) > 50, calls
    for number in range(0, len(calls), every):
        result, _ = run_with_fault(folder, arguments, env, number)
        where = f"{' '.join(arguments[:2])}, call {number} ({calls[number]})"
        for name in ("ci", "keeper", "root"):
            check_secret(result.out + result.err, name, where)
        assert b"Traceback" not in result.err, where
        assert result.err.count(b"\n") <= 2, where
    for name in ("ci", "keeper", "root"):
        check_secret(files(folder), name, "files")
    return len(range(0, len(calls), every))


if __name__ == "__main__":
    # faulty.py FUNCTION ARGUMENTS…: that one function (module:name) fails in a process of its own.
    module, _, attribute = sys.argv.pop(1).partition(":")
    owner: Any = __import__(module, fromlist=["_"])
    *path, last = attribute.split(".")
    for part in path:
        owner = getattr(owner, part)

    def fail(*arguments: object, **options: object) -> None:
        raise Injected(f"while {arguments} {options} {dict(os.environ)}")

    setattr(owner, last, fail)
    from custody.cli.main import main

    main()
