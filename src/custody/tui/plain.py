"""Drawing for a terminal that has no Unicode: every cell becomes an ASCII one, and no column shifts.

What a ledger says is escaped before it is laid out (`shown`), so that two names stay two; a filter turns custody's own
lines and blocks into the nearest ASCII character of the same width. A cut ends in a single backslash, of which
`safe_text` always makes two, so that no text can imitate it.
"""

from __future__ import annotations

import os

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from custody.text import ascii_only

_ASCII_LOCALES = ("C", "POSIX")

_SIGNS = str.maketrans({
    **dict.fromkeys("·•∙", "."), **dict.fromkeys("✓✔", "v"), **dict.fromkeys("✗✘×", "x"), "○": "o", "●": "*", "…": "\\",
    **dict.fromkeys("─━╌┄▔▁⎯", "-"), **dict.fromkeys("│┃▏▎▍▌▐▕", "|"), **dict.fromkeys("╭╮╰╯┌┐└┘├┤┬┴┼", "+"),
    **dict.fromkeys("▂▃▄▅", "="), **dict.fromkeys("▆▇█", "#"), "▲": "^", "▼": "v", "◂": "<", "▸": ">", "→": ">",
    "←": "<", "↑": "^", "↓": "v", "⏎": ";", "–": "-", "—": "-", "“": '"', "”": '"', "’": "'", "‘": "'",
})  # fmt: skip


class AsciiOnly(LineFilter):
    """Everything that is drawn, in ASCII."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        return [
            one if one.control or one.text.isascii() else Segment(plain(one.text), one.style)
            for one in segments
        ]


def plain(text: str) -> str:
    """As wide a text of ASCII alone."""
    drawn = text.translate(_SIGNS)
    if drawn.isascii():
        return drawn
    return "".join(one if one.isascii() else "?" * cell_len(one) for one in drawn)


def has_unicode() -> bool:
    """Whether this person's locale has Unicode; where nothing says, it has.

    In the C locale Python gives itself a C.UTF-8 and says so in LC_CTYPE; what the person said is in LANG then.
    """
    said = [os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    if not said[0] and said[1] == "C.UTF-8" and said[2] in _ASCII_LOCALES:
        return False
    first = next(filter(None, said), "")
    _, dot, encoding = first.partition("@")[0].rpartition(".")
    return encoding.lower().replace("-", "") == "utf8" if dot else first not in _ASCII_LOCALES


def draw_in_ascii(wanted: bool) -> None:
    """Choose for this process: there is one terminal."""
    _Drawing.ascii = wanted


def shown(text: str) -> str:
    """A text that `safe_text` made, as this terminal can show it."""
    return ascii_only(text.translate(_SIGNS)) if _Drawing.ascii and not text.isascii() else text


class _Drawing:
    ascii = False
