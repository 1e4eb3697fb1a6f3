"""SHA-256 (FIPS 180-4) of what an open file holds, and how to tell that a file did not hold still meanwhile."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from typing import Protocol

from custody.errors import InputError

CHUNK = 1024 * 1024
"""Bytes between two calls of `advance`, and the memory that one file takes."""
SMALL = 128 * 1024
"""Files up to this are read at once: most files of a folder are, and a buffer of their own costs more than they do."""


class Reader(Protocol):
    """A file that reads into memory which is there already."""

    def readinto(self, buffer: memoryview, /) -> int | None: ...


def hash_small(descriptor: int, size: int) -> tuple[bytes, int]:
    """The digest of a file of `size` bytes, and how many were read: one more than `size` where it has grown."""
    data = os.read(descriptor, size + 1)
    while len(data) < size and (more := os.read(descriptor, size + 1 - len(data))):
        data += more
    return hashlib.sha256(data).digest(), len(data)


def hash_stream(file: Reader, size: int, advance: Callable[[int], None]) -> tuple[bytes, int]:
    """As `hash_small` of a file of any size. `advance` is called with the bytes of each chunk once it is hashed."""
    digest, done = hashlib.sha256(), 0
    buffer = memoryview(bytearray(min(CHUNK, size + 1)))
    # A file that grows as fast as it is read would never end.
    while done <= size and (got := file.readinto(buffer)):
        digest.update(buffer[:got])
        done += got
        advance(got)
    return digest.digest(), done


def state_of(info: os.stat_result) -> tuple[int, int, int]:
    """What changes when somebody writes to a file, even where the old time of writing is put back."""
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns


def changed(path: object) -> InputError:
    return InputError(f"{path}: changed while it was hashed; try again when it is at rest", code="changed")


def unreadable(path: object, error: OSError) -> InputError:
    """The system's few words for it, and never its text, which repeats the path."""
    reason = error.strerror or "system error"
    return InputError(f"{path}: cannot be read ({reason})", code="unreadable")
