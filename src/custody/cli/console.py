"""The one owner of standard output, standard error and exit codes.

Results go to standard output, everything else to standard error. Whatever text comes here has either been made by
custody itself or went through `safe_text`; a stranger's escape sequences end here at the latest, as error messages do.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from custody.errors import EXIT_NOT_ACKNOWLEDGED, EXIT_NOT_VERIFIED, EXIT_USAGE, CustodyError
from custody.text import safe_text

_SGR = {"good": "32", "bad": "31;1", "warn": "33", "dim": "2", "bold": "1"}
_ERROR_LIMIT = 600
_INTERRUPTED = 130


class OutputError(CustodyError):
    """The answer could not be written: whoever waits for it has not got it."""

    code = "output"
    exit = EXIT_NOT_ACKNOWLEDGED


def prepare() -> None:
    """A terminal that cannot show a character gets it escaped, instead of an error."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def coloured(stream: Any = None) -> bool:
    """Colour only on a terminal that has it, and never under NO_COLOR."""
    stream = stream or sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "") in ("dumb", ""):
        return False
    return bool(stream.isatty())


def style(text: str, name: str) -> str:
    """Text in one of custody's few styles, where standard output shows colour."""
    return f"\x1b[{_SGR[name]}m{text}\x1b[0m" if coloured() else text


def out(text: str = "") -> None:
    """One line of an answer."""
    try:
        print(text)
    except (OSError, ValueError) as error:
        raise OutputError(f"the answer could not be written: {error}") from None


def out_json(value: object) -> None:
    """An answer for programs: one JSON document, ASCII, so that no terminal can be driven by it."""
    out(json.dumps(value, ensure_ascii=True, indent=2))


def out_bytes(data: bytes) -> None:
    """An answer that is a file's content."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except (OSError, ValueError) as error:
        raise OutputError(f"the answer could not be written: {error}") from None


def table(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> None:
    """Columns under headings, as wide as their content. Cells must be safe text already."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    out(
        style(
            "  ".join(heading.ljust(width) for heading, width in zip(headings, widths, strict=True)).rstrip(),
            "dim",
        )
    )
    for row in rows:
        out("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def say(text: str) -> None:
    """A remark beside the answer."""
    print(text, file=sys.stderr)


class Progress:
    """A bar on standard error for what takes over a second; silent where that is no terminal."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = False
        self._begun = self._last = time.monotonic()
        self._enabled = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("dumb", "")

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._enabled or now - self._begun < 0.5 or now - self._last < 0.1:
            return
        self._last, self._shown = now, True
        part = done / total if total else 1.0
        bar = ("#" * int(part * 24)).ljust(24, ".")
        rate = f"{done / (now - self._begun):,.0f}/s"
        label = safe_text(name, 30)
        print(f"\r{self._what} {label} [{bar}] {part:4.0%} {rate}\x1b[K", end="", file=sys.stderr, flush=True)

    def close(self) -> None:
        if self._shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def ask_secret(prompt: str) -> str:
    """A passphrase from the terminal, never echoed. Raises CustodyError where there is no terminal."""
    import getpass

    if not sys.stdin.isatty():
        raise CustodyError("a passphrase is needed and there is no terminal to ask on", code="encrypted-key")
    try:
        return getpass.getpass(prompt if prompt.endswith(" ") else f"{prompt} ")
    except EOFError:
        raise CustodyError("no passphrase was given", code="encrypted-key") from None


def run(command: Callable[[], Any]) -> NoReturn:
    """Run a command and leave with its status. No exception, whatever it is, gets past this."""
    prepare()
    try:
        status = command()
        sys.stdout.flush()
    except CustodyError as error:
        status = error.exit
        _complain(str(error), error.code)
    except KeyboardInterrupt:
        status = _INTERRUPTED
        _complain("interrupted", "interrupted")
    except BrokenPipeError:
        status = EXIT_NOT_ACKNOWLEDGED
    except OSError as error:
        status = EXIT_NOT_ACKNOWLEDGED
        _complain(f"the system said no: {error.strerror or type(error).__name__}", "system")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a traceback can hold secrets and escapes
        status = EXIT_USAGE if _is_usage(error) else EXIT_NOT_VERIFIED
        _complain(*_describe(error))
    _leave(status if isinstance(status, int) else 0)


def _is_usage(error: Exception) -> bool:
    return hasattr(error, "format_message")


def _describe(error: Exception) -> tuple[str, str]:
    """A click usage error has its own words; anything else is a fault of custody's, of which only the kind is said."""
    if _is_usage(error):
        context = getattr(error, "ctx", None)
        path = getattr(context, "command_path", "custody")
        return f"{error.format_message()} (see `{path} --help`)", "usage"  # type: ignore[attr-defined]
    return f"an error that custody did not foresee: {type(error).__name__}; please report it", "internal"


def _complain(message: str, code: str) -> None:
    line = f"custody: {code}: {safe_text(' '.join(message.split()), _ERROR_LIMIT)}"
    with suppress(OSError, ValueError):  # where nobody is left to tell, the status still says it
        print(line, file=sys.stderr, flush=True)


def _leave(status: int) -> NoReturn:
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):
        status = status or EXIT_NOT_ACKNOWLEDGED
        # What is still buffered would fail once more at the interpreter's end, with a message of its own.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(status)
