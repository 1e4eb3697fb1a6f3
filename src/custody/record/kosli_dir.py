"""`kosli-dir-v1`: the fingerprint of a folder as others compute it, to meet fingerprints that exist.

It joins digests without frames, so that different folders can have one fingerprint, and it knows no modes.
`custody-tree-v1` is the one to use where there is a choice.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError
from custody.record.ignore import MANY, check_segment, read_patterns, segment_matches
from custody.record.walk import DIRECTORY, FILE, Entry

BY_PATH, FOLLOW = False, True

_ROOT = "."
_SPECIAL = frozenset("*?[\\")


@dataclass(frozen=True, slots=True)
class Expanded:
    """Patterns, and the paths that they come to in one folder."""

    texts: tuple[str, ...]
    paths: frozenset[str]

    def __call__(self, path: bytes) -> bool:
        """Whether a path relative to the root is left out."""
        return f"{_ROOT}/{path.decode('utf-8', 'surrogateescape')}" in self.paths


def exclusions(root: Path, given: Sequence[str]) -> Expanded:
    """What is left out: as `given`, and as the `.kosli_ignore` in the root says. Raises InputError, UsageError.

    `**` is not what it is elsewhere: a pattern is cut there, and each piece is looked up behind everything that the
    one before led to, by its text. So `**/x` does not find an `x` in the root itself, only what is in it, where
    `**/*x` does, and `a*/**` finds nothing. To meet a fingerprint that exists, this has to find neither more nor less.
    """
    texts = read_patterns(given, root / ".kosli_ignore", _checked, comments_anywhere=True)
    folder = _Folder(root)
    try:
        paths = {path for text in texts for path in folder.expand(text)}
    except ValueError as error:  # names that were found have become part of a pattern
        raise InputError(
            f"{root}: what is excluded cannot be looked up: a name {error}", code="exclude"
        ) from None
    return Expanded(texts, frozenset(paths))


def _checked(text: str) -> str:
    for segment in text.split("/"):
        check_segment(segment)
    return text


class _Folder:
    """Looks patterns up in a folder. A path begins with `./`, and may have been put together with a `//` in it."""

    def __init__(self, root: Path) -> None:
        self._root = os.fsencode(root)

    def expand(self, pattern: str) -> Iterable[str]:
        pattern = posixpath.normpath(pattern.lstrip("/"))
        if pattern in (".", "..") or pattern.startswith("../"):
            return ()  # the root itself is never left out, and nothing beside it is ever in
        pattern = f"{_ROOT}/{pattern}"
        if MANY not in pattern:
            return self._look_up(pattern)
        found = [""]
        for piece in pattern.split(MANY):
            hits = (hit for before in found for hit in self._look_up(before + piece))
            found = list(dict.fromkeys(path for hit in hits for path in self._below(hit)))
        return found

    def _look_up(self, pattern: str) -> list[str]:
        if not _SPECIAL & set(pattern):
            return [pattern] if os.path.lexists(self._real(pattern)) else []
        before, _, last = pattern.rpartition("/")
        check_segment(last)  # a name that was found may have become a part of the pattern
        folders = self._look_up(before) if _SPECIAL & set(before) else [before]
        return [
            posixpath.join(_clean(folder), name)
            for folder in folders
            for name in self._names(folder)
            if segment_matches(last, name)
        ]

    def _below(self, path: str) -> Iterator[str]:
        """A path as it is written, and everything in it."""
        yield path
        waiting = [path]
        while waiting:
            folder = waiting.pop()
            if os.path.islink(self._real(folder)):
                continue
            inner = [posixpath.join(_clean(folder), name) for name in self._names(folder)]
            yield from inner
            waiting += inner

    def _names(self, folder: str) -> list[str]:
        try:
            return sorted(name.decode("utf-8", "surrogateescape") for name in os.listdir(self._real(folder)))
        except OSError:
            return []  # no directory; where it is one that cannot be read, the walk will say so

    def _real(self, path: str) -> bytes:
        return self._root + path.removeprefix(_ROOT).encode("utf-8", "surrogateescape")


def _clean(path: str) -> str:
    cleaned = posixpath.normpath(path)
    return cleaned if cleaned == _ROOT else f"{_ROOT}/{cleaned}"


def digest(entries: Iterable[Entry]) -> tuple[str, int]:
    """The fingerprint of entries in depth-first order of their names, links followed, and the size of all files."""
    tree, size = hashlib.sha256(), 0
    for entry in entries:
        tree.update(hashlib.sha256(entry.path.rpartition(b"/")[2]).hexdigest().encode())
        if entry.kind != DIRECTORY:
            tree.update(entry.sha256.hex().encode())
        if entry.kind == FILE:
            size += entry.size
    return tree.hexdigest(), size
