"""What was asked: when, by whose clock, in which words, and the command that asks it again."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from custody.query.moments import Moment

_PLAIN = re.compile(r"[ -~]*")


class Phrase(NamedTuple):
    """A moment that was asked for: what it was for (`at`, `since`, `until`), and how it was understood."""

    use: str
    moment: Moment


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `now` is when it was asked, `zone` the asker's; `command` names every moment as an instant, so that
    it asks the same at any time."""

    now: datetime
    zone: ZoneInfo
    command: tuple[str, ...]
    phrases: tuple[Phrase, ...] = ()


def shell_line(command: tuple[str, ...]) -> str:
    """A command as one line for a POSIX shell. What cannot be printed is written `$'\\x1b'` (POSIX.1-2024 §2.2.4)."""
    return " ".join(map(_quoted, command))


def _quoted(argument: str) -> str:
    if _PLAIN.fullmatch(argument):
        return shlex.quote(argument)
    # Each byte by itself: in three octal digits, behind which nothing can be taken for more of the number.
    told = (
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\{byte:03o}" for byte in _bytes(argument)
    )
    return "$'" + "".join(told) + "'"


def _bytes(argument: str) -> bytes:
    try:
        return os.fsencode(argument)
    except UnicodeEncodeError:
        return argument.encode("utf-8", "surrogatepass")
