"""Everything in a folder, in a fixed order, its files hashed by several threads, and proof that it held still.

A folder is walked twice: once to hash it, and once more when all is hashed. Unless the second walk finds just what the
first one found, the digest would be of a state that the folder never was in, and there is none.

What is kept of each entry meanwhile is 8 bytes, beside the listings of the directories between the root and the one
that is being read. Folders can be as deep as the system's longest path allows.
"""

from __future__ import annotations

import errno
import os
import stat
from array import array
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import NamedTuple

from custody.errors import InputError
from custody.record.hashing import SMALL, changed, hash_small, hash_stream, state_of, unreadable
from custody.record.pool import in_order

DIRECTORY, FILE, LINK = "d", "f", "l"
_INSIDE = (
    "i"  # the content of a directory begins: no entry of its own, but what came or went can be told from here
)

_READ = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY", "O_NOINHERIT"):
    _READ |= getattr(os, _flag, 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_GONE = (FileNotFoundError, NotADirectoryError)
_NOTHING = sha256().digest()

Advance = Callable[[int], None]


class Entry(NamedTuple):
    """Something in a folder. `path` is relative to the root and joined by `/`.

    `sha256` and `size` are of a file's content, of a link's text, or of nothing for a directory.
    """

    kind: str
    path: bytes
    executable: bool
    size: int
    sha256: bytes


class Step(NamedTuple):
    """A step of a walk: an entry, or the beginning of a directory's content, of which `state` is known already."""

    kind: str
    path: bytes
    state: int = 0


class Measured(NamedTuple):
    """What a step came to: what is recorded of it, if anything, and what must be the same in the end."""

    entry: Entry | None
    state: int


class Walk(NamedTuple):
    """Which folder, and how it is walked.

    `root` is a real path. `excluded` is asked of each path relative to it. With `by_path` entries come in the order
    of the bytes of their paths, otherwise each directory's in the order of their names, and what is in it right
    behind it. With `follow` a link to a file counts as that file.
    """

    root: bytes
    excluded: Callable[[bytes], bool]
    by_path: bool
    follow: bool = False

    def entries(
        self, progress: Callable[[int, int], None] | None = None, workers: int | None = None
    ) -> Iterator[Entry]:
        """All of them, in order. That they held still is known when this has come to its end, and not before.

        `progress` is called with the bytes hashed and the bytes in all, from any thread. Raises InputError, which
        names the entry: "unreadable", "changed", or "not-regular" for what is no file, directory or link.
        """
        total = 0
        if progress:
            progress(0, 0)
            total = sum(self._size(step.path) for step in self._steps() if step.kind == FILE)
        states = array("q")
        for found in in_order(self._steps(), self._measure, progress, total, workers):
            states.append(found.state)
            if found.entry:
                yield found.entry
        self._check_still(states)

    def _check_still(self, states: array[int]) -> None:
        before = iter(states)
        for kind, path, state in self._steps():
            try:
                now = state if kind == _INSIDE else self._state(kind, path)
            except OSError:
                raise self._changed(path) from None
            if now != next(
                before
            ):  # a directory that holds other names is seen before there could be none left
                raise self._changed(path)

    # --- listing

    def _steps(self) -> Iterator[Step]:
        names, state = self._list(b"")
        yield Step(_INSIDE, b"", state)
        stack = [(b"", iter(names))]
        while stack:
            prefix, rest = stack[-1]
            for _, kind, name in rest:
                path = prefix + name
                if kind == _INSIDE:
                    names, state = self._list(path)
                    yield Step(kind, path, state)
                    stack.append((path + b"/", iter(names)))
                    break
                yield Step(kind, path)
            else:
                stack.pop()

    def _list(self, path: bytes) -> tuple[list[tuple[tuple[bytes, int], str, bytes]], int]:
        """What is in a directory, in order, and its state. A directory in it stands there twice: it and its content."""
        found: list[tuple[tuple[bytes, int], str, bytes]] = []
        try:
            with os.scandir(self._join(path)) as listing:
                info = os.lstat(self._join(path))
                for one in listing:
                    inner = path + b"/" + one.name if path else one.name
                    if self.excluded(inner):
                        continue
                    kind = self._kind(one, inner)
                    found.append(((one.name, 0), kind, one.name))
                    if kind == DIRECTORY:
                        key = one.name + b"/" if self.by_path else one.name
                        found.append(((key, 1), _INSIDE, one.name))
        except _GONE:
            raise self._changed(path) from None
        except OSError as error:
            raise unreadable(self._shown(path), error) from None
        found.sort()
        return found, hash((info.st_dev, info.st_ino, *((kind, name) for _, kind, name in found)))

    def _kind(self, one: os.DirEntry[bytes], path: bytes) -> str:
        if one.is_symlink():
            return LINK
        if one.is_file(follow_symlinks=False):
            return FILE
        # On Windows a junction says that it is a directory, and may lead back to where we are.
        if one.is_dir(follow_symlinks=False) and not getattr(
            one.stat(follow_symlinks=False), "st_reparse_tag", 0
        ):
            return DIRECTORY
        raise self._strange(path, "is neither a file, a directory nor a link")

    # --- measuring

    def _measure(self, step: Step, advance: Advance) -> Measured:
        kind, path, state = step
        try:
            if kind == FILE:
                return self._measure_listed_file(path, advance)
            if kind == LINK:
                return self._measure_link(path, advance)
            if kind == DIRECTORY:
                return Measured(Entry(kind, path, False, 0, _NOTHING), self._state(kind, path))
        except _GONE:
            raise self._changed(path) from None
        except OSError as error:
            raise unreadable(self._shown(path), error) from None
        return Measured(None, state)

    def _measure_listed_file(self, path: bytes, advance: Advance) -> Measured:
        try:
            return self._measure_file(path, _NOFOLLOW, advance)
        except OSError as error:
            if error.errno == errno.ELOOP:  # a link by now
                raise self._changed(path) from None
            raise

    def _measure_file(self, path: bytes, flag: int, advance: Advance) -> Measured:
        descriptor = os.open(self._join(path), _READ | flag)
        try:
            info = os.fstat(descriptor)
            if not stat.S_ISREG(info.st_mode):
                raise self._changed(path)
            if info.st_size <= SMALL:
                digest, done = hash_small(descriptor, info.st_size)
                advance(done)
            else:
                with open(descriptor, "rb", buffering=0, closefd=False) as file:
                    digest, done = hash_stream(file, info.st_size, advance)
        finally:
            os.close(descriptor)
        if done != info.st_size:
            raise self._changed(path)
        executable = os.name != "nt" and bool(info.st_mode & stat.S_IXUSR)
        return Measured(Entry(FILE, path, executable, done, digest), hash(_identity(info)))

    def _measure_link(self, path: bytes, advance: Advance) -> Measured:
        state = self._state(LINK, path)  # before, so that what changes meanwhile is seen afterwards
        if self.follow:
            mode = os.stat(self._join(path)).st_mode
            if stat.S_ISREG(mode):
                return self._measure_file(path, 0, advance)._replace(state=state)
            if not stat.S_ISDIR(mode):
                raise self._strange(path, "is a link to neither a file nor a directory")
        target = os.readlink(self._join(path))
        return Measured(Entry(LINK, path, False, len(target), sha256(target).digest()), state)

    def _state(self, kind: str, path: bytes) -> int:
        info = os.lstat(self._join(path))
        if kind == DIRECTORY:
            return hash((stat.S_IFMT(info.st_mode), info.st_dev, info.st_ino))
        if kind == LINK and self.follow:
            return hash(_identity(info) + _identity(os.stat(self._join(path))))
        return hash(_identity(info))

    def _size(self, path: bytes) -> int:
        try:
            return os.lstat(self._join(path)).st_size
        except OSError:
            return 0  # the walk that counts will say what is wrong with it

    # --- words

    def _join(self, path: bytes) -> bytes:
        return self.root + b"/" + path if path else self.root

    def _shown(self, path: bytes) -> str:
        return os.fsdecode(self._join(path))

    def _changed(self, path: bytes) -> InputError:
        return changed(self._shown(path))

    def _strange(self, path: bytes, what: str) -> InputError:
        return InputError(f"{self._shown(path)}: {what}; remove or exclude it", code="not-regular")


def _identity(info: os.stat_result) -> tuple[int, ...]:
    return info.st_mode, info.st_dev, info.st_ino, *state_of(info)
