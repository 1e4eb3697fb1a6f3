"""The one way from a stranger's text to a terminal.

`safe_text` turns anything into one line that prints as itself: no control character, no bidirectional or
other format character, nothing invisible, nothing that does not encode. What it takes away it shows, in the
escapes of Python (`\\x1b`, `\\u202e`, `\\U000e0041`), and a backslash becomes two: two different texts never
give the same line, and the uncut form can be turned back. Cut text ends in `…+N`, N being how many characters
of the text are missing; an ellipsis of the text's own is escaped, so that the mark cannot be imitated.

Square brackets and colons are left alone: nothing of custody may ever interpret markup in a text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

LIMIT = 200
"""Code points of output, where the caller names no other limit."""

MIN_LIMIT = 16
"""A smaller limit counts as this one: there must be room for the mark."""

MAX_MARKS = 3
"""Combining marks after one letter: enough for Hebrew and Tibetan, too few to paint over the lines around."""

_CUT = "…"
_STRANGE = re.compile(r"[^ -\[\]-~]+")

# `str.isprintable` says yes to all of these. Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties,
# as far as its general category does not give it away, and what fonts draw as a blank.
_INVISIBLE = frozenset(
    chr(code)
    for ends in (
        (0x034F, 0x034F),  # combining grapheme joiner
        (0x115F, 0x1160),  # Hangul fillers
        (0x17B4, 0x17B5),  # Khmer inherent vowels
        (0x180B, 0x180F),  # Mongolian variation selectors
        (0x2800, 0x2800),  # braille blank
        (0x2D7F, 0x2D7F),  # Tifinagh consonant joiner
        (0x303F, 0x303F),  # ideographic half fill space
        (0x3164, 0x3164),  # Hangul filler
        (0xFE00, 0xFE0F),  # variation selectors
        (0xFFA0, 0xFFA0),  # halfwidth Hangul filler
        (0xFFFC, 0xFFFC),  # object replacement
        (0x1107F, 0x1107F),  # Brahmi number joiner
        (0x13441, 0x13442),  # Egyptian hieroglyph blanks
        (0x16FE4, 0x16FE4),  # Khitan small script filler
        (0x1D159, 0x1D159),  # musical null notehead
        # Seen, but nobody agrees how wide they are: in a table they would push aside what stands behind them.
        (0x1F1E6, 0x1F1FF),  # halves of flags
        (0x1F3FB, 0x1F3FF),  # colours of skin
        (0xE0000, 0xE0FFF),  # tags and more variation selectors
    )
    for code in range(ends[0], ends[1] + 1)
)
# Vowels and finals of decomposed Hangul take no column of their own: they join the letter before, like marks.
_JOINING_JAMO = re.compile("[\u1161-\u11ff\ud7b0-\ud7ff]")
# Of the combining classes: an overlay strikes the letter out, a double mark reaches over to the next one.
_UNRULY_CLASSES = (1, 233, 234)

_LETTER, _MARK, _OTHER = 0, 1, 2


def safe_text(value: object, limit: int | None = LIMIT) -> str:
    """One printable line for any object, of at most `limit` code points (`None`: uncut). Never raises.

    Bytes are read as UTF-8; a bad byte 0x80 shows as `\\udc80`, as it does in a path that holds one. Letters
    of all scripts stay, with up to MAX_MARKS combining marks each. Escapes are never cut in the middle.
    """
    text = value if type(value) is str else _as_text(value)
    if limit is not None and len(text) > limit:
        return _cut(text, max(limit, MIN_LIMIT))
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    shown = _STRANGE.sub(_escape_run, text)
    if limit is not None and len(shown) > limit:
        return _cut(text, max(limit, MIN_LIMIT))
    return shown


def safe_lines(value: str, width: int, max_lines: int) -> list[str]:
    """At most `max_lines` lines of at most `width` code points each, for a preview.

    Lines end at LF or CRLF; tabs reach to the next multiple of eight. If there are more lines, the last one
    says how many: `…+N lines`. The work depends on what is shown, and not on how long the text or its lines
    are (beyond counting them).
    """
    width, max_lines = max(width, MIN_LIMIT), max(max_lines, 1)
    total = value.count("\n") + (not value.endswith("\n") if value else 0)
    shown = total if total <= max_lines else max_lines - 1
    lines: list[str] = []
    start = 0
    for _ in range(shown):
        end = value.find("\n", start)
        after = end + 1
        if end < 0:
            end = after = len(value)
        elif end > start and value[end - 1] == "\r":
            end -= 1
        # Each character takes at least one column, so what is beyond the width needs only to be counted.
        lines.append(_fit(value[start : min(end, start + width + 1)], end - start, width))
        start = after
    if shown < total:
        lines.append(f"{_CUT}+{total - shown} lines")
    return lines


_ASCII_MARK = re.compile(r"…(?=\+[0-9]+)")
_ASCII = {
    "…": "...", "–": "-", "—": "-", "−": "-", "·": "-", "•": "*", "→": "->", "←": "<-", "↑": "^", "↓": "v",
    "✓": "ok", "✔": "ok", "✗": "x", "✘": "x", "×": "x", "≤": "<=", "≥": ">=", "─": "-", "│": "|", "├": "|", "└": "`",
    "“": '"', "”": '"', "‘": "'", "’": "'",
}  # fmt: skip
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def ascii_only(text: str) -> str:
    """A line of custody's own, for a terminal that has only ASCII (the C locale).

    custody's own signs get their nearest ASCII, other letters the escapes of `safe_text`. The mark of a cut
    becomes `\\...+N`: no text gives a single backslash with a dot, so it cannot be imitated here either.
    """
    if text.isascii():
        return text
    text = _ASCII_MARK.sub(r"\\...", text)
    return _NOT_ASCII.sub(lambda found: _ASCII.get(found[0]) or _escape(found[0]), text)


# --- one character


def _escape(char: str) -> str:
    code = ord(char)
    if char == "\\":
        return "\\\\"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


@lru_cache(maxsize=4096)
def _kind(char: str) -> tuple[int, str]:
    """What a character does to the marks after it, and how it is shown if nothing speaks against it."""
    category = unicodedata.category(char)
    if char in _INVISIBLE or char in ("\\", _CUT) or category[0] == "C" or category == "Me":
        return _OTHER, _escape(char)
    if category[0] == "Z":
        return _OTHER, char if char == " " else _escape(char)
    if category[0] == "M" and unicodedata.combining(char) in _UNRULY_CLASSES:
        return _OTHER, _escape(char)
    if category[0] == "M" or _JOINING_JAMO.match(char):
        return _MARK, char
    return (_LETTER if category[0] == "L" else _OTHER), char


def _tokens(text: Iterable[str], after_letter: bool = False) -> Iterator[str]:
    """Each character as it is shown. A mark without a letter, or one too many, is shown as its escape."""
    room = MAX_MARKS if after_letter else 0
    for char in text:
        kind, shown = _kind(char)
        if kind == _MARK:
            if room:
                room -= 1
            else:
                shown = _escape(char)
        else:
            room = MAX_MARKS if kind == _LETTER else 0
        yield shown


def _escape_run(found: re.Match[str]) -> str:
    before = found.start() - 1
    return "".join(_tokens(found[0], before >= 0 and found.string[before].isalpha()))


# --- cutting


def _cut(text: str, limit: int) -> str:
    return _join(_tokens(text[: limit + 1]), len(text), limit)


def _fit(head: str, length: int, width: int) -> str:
    if length <= width and head.isascii() and head.isprintable() and "\\" not in head:
        return head
    return _join(_tabbed(head), length, width)


def _tabbed(text: str) -> Iterator[str]:
    column = 0
    for char, shown in zip(text, _tokens(text), strict=True):
        if char == "\t":
            shown = " " * (8 - column % 8)
        column += len(shown)
        yield shown


def _join(tokens: Iterable[str], length: int, limit: int) -> str:
    """The tokens (one for each character of a text of `length`) in at most `limit` code points."""
    shown: list[str] = []
    size = 0
    for token in tokens:
        if size + len(token) > limit:
            break
        shown.append(token)
        size += len(token)
    while len(shown) < length and size + len(mark := f"{_CUT}+{length - len(shown)}") > limit:
        size -= len(shown.pop())
    return "".join(shown) + (mark if len(shown) < length else "")


# --- other objects


def _as_text(value: object) -> str:
    try:
        if isinstance(value, bytes | bytearray | memoryview):
            return bytes(value).decode("utf-8", "surrogateescape")
        return str.__str__(str(value))  # plain, since a subclass of str may bring methods of its own
    except Exception:  # noqa: BLE001 - showing a strange object, often an error, must not become one itself
        return f"<{type(value).__name__} that cannot be shown>"
