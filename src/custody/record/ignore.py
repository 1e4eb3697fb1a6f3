"""What is left out of a folder's fingerprint: patterns given outright, and those of a file in the folder's root.

A pattern is a path relative to the root. In each segment `*` stands for any characters, `?` for one, `[a-z]` for one
of these, `[^a-z]` for one of the others, and `\\` takes the meaning from the next character. A segment that is `**`
stands for any number of segments, at the end for one or more. A pattern that matches a directory leaves out
everything in it (spec/ledger.md §9.1). There are no negations, and no pattern matches at any depth unless it begins
with `**/`: what is left out of a fingerprint should be plain to see.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TypeVar

from custody.errors import InputError, RefusedError, UsageError
from custody.system import read_regular
from custody.text import safe_text

T = TypeVar("T")

MAX_FILE = 64 * 1024
MAX_PATTERNS = 1000
MAX_PATTERN = 500
"""Characters of one pattern."""

MANY = "**"
"""The segment that stands for any number of segments."""


class Pattern(NamedTuple):
    """A pattern as it was written, and its segments."""

    text: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exclusions:
    """Patterns, asked of one path after the other."""

    patterns: tuple[Pattern, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """The patterns as they were written."""
        return tuple(pattern.text for pattern in self.patterns)

    def __call__(self, path: bytes) -> bool:
        """Whether a path relative to the root, its segments joined by `/`, is left out."""
        if not self.patterns:
            return False
        segments = path.decode("utf-8", "surrogateescape").split("/")
        return any(_path_matches(pattern.segments, segments) for pattern in self.patterns)


def parse_pattern(text: str) -> Pattern:
    """Raises ValueError with what is wrong."""
    segments = text.removeprefix("./").removesuffix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise ValueError("is no path relative to the folder")
    if text.startswith("!"):
        raise ValueError("is a negation, and there are none; write \\! for a name that begins so")
    for segment in segments:
        if MANY in segment and segment != MANY:
            raise ValueError(f"has {MANY} beside something else between two slashes")
        check_segment(segment)
    return Pattern(text, tuple(segments))


def read_patterns(
    given: Sequence[str], file: Path, parse: Callable[[str], T], *, comments_anywhere: bool = False
) -> tuple[T, ...]:
    """The patterns given outright and those of a file, one a line, if there is such a file.

    `#` begins a comment: at the beginning of a line, or with `comments_anywhere` in it. What `parse` raises
    ValueError for is a UsageError, or in the file an InputError; so is a file that cannot be relied on.
    """
    found = []
    for text in given:
        try:
            found.append(_parsed(text, parse))
        except ValueError as error:
            raise UsageError(f"--exclude: {safe_text(text, 60)} {error}", code="exclude") from None
    for number, line in enumerate(_lines(file), 1):
        line = (line.partition("#")[0] if comments_anywhere else line).strip()
        if not line or line.startswith("#"):
            continue
        try:
            found.append(_parsed(line, parse))
        except ValueError as error:
            message = f"{file}, line {number}: {safe_text(line, 60)} {error}"
            raise InputError(message, code="exclude") from None
    if len(found) > MAX_PATTERNS:
        raise InputError(f"{file}: with those given, more than {MAX_PATTERNS} patterns", code="exclude")
    return tuple(found)


def _parsed(text: str, parse: Callable[[str], T]) -> T:
    if len(text) > MAX_PATTERN:
        raise ValueError(f"is longer than {MAX_PATTERN} characters")
    return parse(text)


def _lines(file: Path) -> list[str]:
    if not os.path.lexists(file):
        return []
    if os.path.islink(file):  # what is left out must not be decided outside the folder
        raise InputError(f"{file}: is a link, and must be a file of the folder itself", code="exclude")
    try:
        return read_regular(file, MAX_FILE).decode("utf-8-sig").split("\n")
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not text in UTF-8", code="exclude") from None


# --- matching: in time of pattern times path at most, whatever the pattern


def _path_matches(pattern: tuple[str, ...], path: Sequence[str]) -> bool:
    at = here = 0
    star, mark = -1, 0  # the last ** and how far it has reached: only the last one ever needs another try
    while here < len(path):
        if at < len(pattern) and pattern[at] == MANY:
            star, mark = at, here
            at += 1
        elif at < len(pattern) and segment_matches(pattern[at], path[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return at == len(pattern)


def segment_matches(pattern: str, name: str) -> bool:
    """Whether a name fits one segment of a pattern, for which `check_segment` had no complaint."""
    at = here = 0
    star, mark = -1, 0
    while here < len(name):
        if at < len(pattern) and pattern[at] == "*":
            star, mark = at, here
            at += 1
            continue
        if at < len(pattern):
            fits, after = _one(pattern, at, name[here])
            if fits:
                at, here = after, here + 1
                continue
        if star < 0:
            return False
        mark += 1
        at, here = star + 1, mark
    return all(char == "*" for char in pattern[at:])


def _one(pattern: str, at: int, char: str) -> tuple[bool, int]:
    """Whether what stands at `at` fits one character, and where the pattern goes on. Raises ValueError."""
    sign = pattern[at]
    if sign == "?":
        return True, at + 1
    if sign == "\\":
        return _literal(pattern, at)[0] == char, at + 2
    if sign != "[":
        return sign == char, at + 1
    at += 1
    negated = pattern.startswith("^", at)
    at += negated
    fits, first = False, at
    while not pattern.startswith("]", at) or at == first:
        low, at = _literal(pattern, at, "-]")
        high = low
        if pattern.startswith("-", at):
            high, at = _literal(pattern, at + 1, "-]")
        fits = fits or low <= char <= high
    return fits != negated, at + 1


def _literal(pattern: str, at: int, never: str = "") -> tuple[str, int]:
    if pattern.startswith("\\", at):
        at += 1
    elif at < len(pattern) and pattern[at] in never:
        raise ValueError(f"has {pattern[at]} where a character of [ ] must be")
    if at >= len(pattern):
        raise ValueError("ends in the middle of [ ] or after \\")
    return pattern[at], at + 1


def check_segment(segment: str) -> None:
    """Raises ValueError for a segment that is none, before any path is compared with it."""
    at = 0
    while at < len(segment):
        at = at + 1 if segment[at] == "*" else _one(segment, at, "x")[1]
