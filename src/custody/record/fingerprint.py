"""The fingerprint of a file: SHA-256 (FIPS 180-4) of its bytes. Its name does not matter."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError, RefusedError
from custody.system import open_regular, same_file

CHUNK = 1024 * 1024
"""Bytes between two calls of `progress`."""


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What a file is: `sha256` in lower-case hex, `size` in bytes."""

    sha256: str
    size: int


def fingerprint_file(path: Path, progress: Callable[[int, int], None] | None = None) -> Fingerprint:
    """The fingerprint of a file that stays at rest; memory does not grow with the file.

    `progress` is called with the bytes done and the bytes in all: before the first and after each chunk.
    Raises InputError: with the code of `open_regular`, or "changed" if the file was written to, or another
    took its name, in the meantime.
    """
    try:
        file = open_regular(path)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    digest, done = hashlib.sha256(), 0
    try:
        with file:
            before = os.fstat(file.fileno())
            if progress:
                progress(0, before.st_size)
            # A file that grows as fast as it is read would never end.
            while done <= before.st_size and (chunk := file.read(CHUNK)):
                digest.update(chunk)
                done += len(chunk)
                if progress:
                    progress(done, before.st_size)
            after = os.fstat(file.fileno())
            named = os.stat(path)
    except FileNotFoundError:
        raise _changed(path) from None
    except OSError as error:
        reason = error.strerror or "system error"
        raise InputError(f"{path}: cannot be read ({reason})", code="unreadable") from None
    if done != before.st_size or _state(before) != _state(after) or not same_file(after, named):
        raise _changed(path)
    return Fingerprint(digest.hexdigest(), done)


def _state(info: os.stat_result) -> tuple[int, int, int]:
    return info.st_size, info.st_mtime_ns, info.st_ctime_ns


def _changed(path: Path) -> InputError:
    return InputError(f"{path}: changed while it was hashed; try again when it is at rest", code="changed")
