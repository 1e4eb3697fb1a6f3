"""The one owner of standard output, standard error and exit codes.

Results go to standard output, everything else to standard error. Whatever text comes here has either been made by
custody itself or went through `safe_text`; a stranger's escape sequences end here at the latest, as error messages do.
"""

from __future__ import annotations

import codecs
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, NoReturn

from custody.errors import EXIT_NOT_ACKNOWLEDGED, EXIT_NOT_VERIFIED, CustodyError
from custody.text import ascii_only, safe_text

_SGR = {"good": "32", "bad": "31;1", "warn": "33", "dim": "2", "bold": "1"}
_ERROR_LIMIT = 600
_NOBODY_READS = "pipe"  # `custody log | head` is no mistake of anyone's
INTERRUPTED = 130


class OutputError(CustodyError):
    """The answer could not be written: whoever waits for it has not got it."""

    code = "output"
    exit = EXIT_NOT_ACKNOWLEDGED


class Column(NamedTuple):
    """A column of a table, and what becomes of it where the terminal is too narrow for the whole.

    Its cells may be cut to `least` characters (0: never); with `wraps` they go on in the next line instead. Where
    that is not enough, the columns with the highest `drop` go first (0: never).
    """

    heading: str
    least: int = 0
    drop: int = 0
    wraps: bool = False


def prepare() -> None:
    """A terminal that cannot show a character gets it in ASCII, instead of an error.

    Of a stream that was closed before custody began (`>&-`) Python has None, to which writing is no error.
    """
    codecs.register_error("custody", _in_ascii)
    if sys.stdout is None:
        sys.stdout = open(os.devnull)  # noqa: SIM115 - only to be read, so that an answer is not lost unnoticed
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - remarks may be
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="custody")


def _in_ascii(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return ascii_only(error.object[error.start : error.end]), error.end


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
        raise _not_written(error) from None


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
        raise _not_written(error) from None


def out_content(text: str) -> None:
    """An answer that is a file's content, in UTF-8; on a terminal it is text like any other, as that can show it."""
    if not sys.stdout.isatty():
        out_bytes(text.encode("utf-8"))
        return
    for line in text.splitlines():
        out(line)


def _not_written(error: Exception) -> OutputError:
    if isinstance(error, BrokenPipeError):
        return nobody_reads()
    reason = (error.strerror if isinstance(error, OSError) else None) or "standard output is closed"
    return OutputError(f"the answer could not be written: {reason}")


def nobody_reads() -> OutputError:
    """What is raised when the reader of a pipe has gone: the status says so, and no words do."""
    return OutputError("whoever read the answer has gone", code=_NOBODY_READS)


def width() -> int | None:
    """How many characters a line of standard output has; None where that is no terminal, and lines do not end."""
    if not sys.stdout.isatty():
        return None
    import shutil

    return shutil.get_terminal_size().columns


def table(rows: Sequence[Sequence[str]], columns: Sequence[Column]) -> None:
    """Columns under headings, as wide as their content, and no wider than the terminal. Cells must be safe text.

    A column that no row has anything in is left out.
    """
    shown = [
        index
        for index, column in enumerate(columns)
        if not rows or not column.drop or any(row[index] for row in rows)
    ]
    shown, widths = _fit(rows, columns, shown, width())
    headings = (
        _cut(columns[index].heading, size).ljust(size) for index, size in zip(shown, widths, strict=True)
    )
    out(style("  ".join(headings).rstrip(), "dim"))
    for row in rows:
        cells = [
            _wrapped(row[index], size) if columns[index].wraps else [_cut(row[index], size)]
            for index, size in zip(shown, widths, strict=True)
        ]
        for line in range(max(map(len, cells))):
            parts = (
                (cell[line] if line < len(cell) else "").ljust(size)
                for cell, size in zip(cells, widths, strict=True)
            )
            out("  ".join(parts).rstrip())


def _fit(
    rows: Sequence[Sequence[str]], columns: Sequence[Column], shown: list[int], room: int | None
) -> tuple[list[int], list[int]]:
    """Which columns are shown, and how wide, in that much room."""
    natural = {
        index: max([len(columns[index].heading), *(len(row[index]) for row in rows)]) for index in shown
    }
    least = {index: min(columns[index].least or size, size) for index, size in natural.items()}

    def total(sizes: dict[int, int]) -> int:
        return sum(sizes[index] for index in shown) + 2 * (len(shown) - 1)

    if room is not None:
        while total(least) > room and any(columns[index].drop for index in shown):
            shown = [
                index
                for index in shown
                if index != max(shown, key=lambda index: (columns[index].drop, index))
            ]
        while (over := total(natural) - room) > 0:
            widest = max(shown, key=lambda index: natural[index] - least[index])
            spare = natural[widest] - least[widest]
            if not spare:
                break
            natural[widest] -= 1 if spare < over * 2 else min(spare, over) // 2 or 1
    return shown, [natural[index] for index in shown]


def _cut(cell: str, size: int) -> str:
    return cell if len(cell) <= size else cell[: size - 1] + "…"


def _wrapped(cell: str, size: int) -> list[str]:
    if len(cell) <= size:
        return [cell]
    import textwrap

    return textwrap.wrap(cell, size, break_on_hyphens=False) or [""]


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


def can_ask() -> bool:
    """Whether there is somebody at a terminal to ask."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def ask_yes(question: str) -> bool:
    """Ask, and take nothing but a yes for one."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def run(command: Callable[[], Any]) -> NoReturn:
    """Run a command and leave with its status. No exception, whatever it is, gets past this."""
    prepare()
    try:
        status = command()
        flush()
    except CustodyError as error:
        status = error.exit
        if error.code != _NOBODY_READS:
            complain(str(error), error.code)
    except KeyboardInterrupt:
        status = INTERRUPTED
        complain("interrupted", "interrupted")
    except OSError as error:
        status = EXIT_NOT_ACKNOWLEDGED
        complain(f"the system said no: {error.strerror or type(error).__name__}", "system")
    except Exception as error:  # noqa: BLE001 - the last line of defence: a traceback can hold secrets and escapes
        status = EXIT_NOT_VERIFIED
        complain(
            f"an error that custody did not foresee: {type(error).__name__}; please report it", "internal"
        )
    _leave(status if isinstance(status, int) else 0)


def flush() -> None:
    """Nothing counts as answered while it waits in a buffer."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise _not_written(error) from None


def complain(message: str, code: str) -> None:
    """The one line about what went wrong."""
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
