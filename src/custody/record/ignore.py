"""What is left out of a folder's fingerprint: patterns given outright, and those of a file in the folder's root.

A pattern is a path relative to the root. In each segment `*` stands for any characters, `?` for one, `[a-z]` for one
of these, `[^a-z]` for one of the others, and `\\` takes the meaning from the next character. A segment that is `**`
stands for any number of segments, at the end for one or more. A pattern that matches a directory leaves out
everything in it (spec/ledger.md §9.1). There are no negations, and no pattern matches at any depth unless it begins
with `**/`: what is left out of a fingerprint should be plain to see.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from custody.errors import InputError, RefusedError, UsageError
from custody.system import read_regular
from custody.text import safe_text

MAX_FILE = 64 * 1024
MAX_PATTERNS = 1000
MAX_PATTERN = 500
"""Characters of one pattern."""

_MANY = "**"


class Pattern(NamedTuple):
    """A pattern as it was written, and its segments."""

    text: str
    segments: tuple[str, ...]


class Exclusions:
    """Patterns, asked of one path after the other."""

    def __init__(self, patterns: Sequence[Pattern] = ()) -> None:
        self.patterns = tuple(patterns)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(pattern.text for pattern in self.patterns)

    def __call__(self, path: bytes) -> bool:
        """Whether a path relative to the root, its segments joined by `/`, is left out."""
        if not self.patterns:
            return False
        segments = path.decode("utf-8", "surrogateescape").split("/")
        return any(_path_matches(pattern.segments, segments) for pattern in self.patterns)


def parse_pattern(text: str) -> Pattern:
    """Raises ValueError with what is wrong."""
    if len(text) > MAX_PATTERN:
        raise ValueError(f"is longer than {MAX_PATTERN} characters")
    segments = text.removeprefix("./").removesuffix("/").split("/")
    if any(segment in ("", ".", "..") for segment in segments):
        raise ValueError("is no path relative to the folder")
    for segment in segments:
        if _MANY in segment and segment != _MANY:
            raise ValueError("has ** beside something else between two slashes")
        _check(segment)
    return Pattern(text, tuple(segments))


def given_patterns(texts: Sequence[str]) -> tuple[Pattern, ...]:
    """The patterns of --exclude. Raises UsageError."""
    if len(texts) > MAX_PATTERNS:
        raise UsageError(f"more than {MAX_PATTERNS} patterns to exclude", code="exclude")
    found = []
    for text in texts:
        try:
            found.append(parse_pattern(text))
        except ValueError as error:
            raise UsageError(f"--exclude: {safe_text(text, 60)} {error}", code="exclude") from None
    return tuple(found)


def file_patterns(path: Path, *, comments_anywhere: bool = False) -> tuple[Pattern, ...]:
    """The patterns of a file, one a line; none where there is no such file. `#` begins a comment.

    With `comments_anywhere` also in the middle of a line. Raises InputError.
    """
    if not os.path.lexists(path):
        return ()
    if os.path.islink(path):  # what is left out must not be decided outside the folder
        raise InputError(f"{path}: is a link, and must be a file of the folder itself", code="exclude")
    try:
        text = read_regular(path, MAX_FILE).decode("utf-8-sig")
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not text in UTF-8", code="exclude") from None
    found: list[Pattern] = []
    for number, line in enumerate(text.split("\n"), 1):
        line = line.partition("#")[0] if comments_anywhere else line
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            if line.startswith("!"):
                raise ValueError("is a negation, and there are none; write \\! for a name that begins so")
            found.append(parse_pattern(line))
        except ValueError as error:
            message = f"{path}, line {number}: {safe_text(line, 60)} {error}"
            raise InputError(message, code="exclude") from None
    if len(found) > MAX_PATTERNS:
        raise InputError(f"{path}: more than {MAX_PATTERNS} patterns", code="exclude")
    return tuple(found)


# --- matching: in time of pattern times path at most, whatever the pattern


def _path_matches(pattern: tuple[str, ...], path: Sequence[str]) -> bool:
    at = here = 0
    star, mark = -1, 0  # the last ** and how far it has reached: only the last one ever needs another try
    while here < len(path):
        if at < len(pattern) and pattern[at] == _MANY:
            if at == len(pattern) - 1:
                return True
            star, mark = at, here
            at += 1
        elif at < len(pattern) and _segment_matches(pattern[at], path[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return at == len(pattern)


def _segment_matches(pattern: str, name: str) -> bool:
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


def _check(segment: str) -> None:
    """Reads a segment to its end, so that what is wrong with it is said before it is asked of any path."""
    at = 0
    while at < len(segment):
        at = at + 1 if segment[at] == "*" else _one(segment, at, "x")[1]
