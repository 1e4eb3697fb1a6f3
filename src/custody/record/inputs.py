"""The files that a report comes in: named one by one or by their folder, each read once and kept as it was."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from custody.errors import InputError, RefusedError
from custody.record.report import ReportFile
from custody.system import read_regular

MAX_TOTAL = 64 * 1024 * 1024
"""Bytes of all the reports of one entry: what an attachment can hold."""
MAX_FILES = 4096


def read_reports(
    paths: Sequence[Path], suffix: str, what: str, parse: Callable[[bytes], str]
) -> tuple[ReportFile, ...]:
    """Gives each file to `parse`, which says its media type, and keeps it. Names are unique among the results.

    A folder stands for those of its own files whose names end in one of `suffix` (such as ".sarif .json"), in order
    of name. `what` is what the caller reads, for the error where no file is named. Raises InputError naming the file
    and why: not readable, the same file twice, too many, too large, or what `parse` says of it (without its name).
    """
    if not paths:
        raise InputError(f"which file? Name {what} or a folder of them", code="file")
    files: list[ReportFile] = []
    taken: set[str] = set()
    seen: dict[str, Path] = {}
    total = 0
    for path in _listed(paths, tuple(suffix.split())):
        if len(seen) == MAX_FILES:
            raise InputError(f"{path}: more than {MAX_FILES} reports; record them in several entries")
        try:
            data = read_regular(path, MAX_TOTAL)
        except RefusedError as error:
            raise InputError(str(error), code=error.code) from None
        real = os.path.realpath(path)
        if real in seen:
            raise InputError(f"{path}: the same file as {seen[real]}; name each report once")
        seen[real] = path
        total += len(data)
        if total > MAX_TOTAL:
            raise InputError(f"{path}: {MAX_TOTAL} bytes of reports exceeded; record them in several entries")
        try:
            media_type = parse(data)
        except InputError as error:
            reason = " ".join(str(error).split())  # it may quote what has lines of its own
            raise InputError(f"{path}: {reason}", code=error.code) from None
        files.append(ReportFile(_unique_name(path, taken), data, media_type))
    return tuple(files)


def named(paths: Sequence[Path]) -> str:
    """The first few of the paths, for an error that concerns all of them."""
    return ", ".join(str(path) for path in paths[:3]) + (", …" if len(paths) > 3 else "")


def _listed(paths: Sequence[Path], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for path in paths:
        try:
            if not path.is_dir():
                yield path
                continue
            inside = sorted(name for name in os.listdir(path) if name.endswith(suffixes))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "not a usable path"
            raise InputError(f"{path}: cannot be read ({reason})", code="unreadable") from None
        if not inside:
            wanted = " or ".join(f"*{suffix}" for suffix in suffixes)
            raise InputError(f"{path}: no {wanted} file in this folder", code="not-found")
        yield from (path / name for name in inside)


def _unique_name(path: Path, taken: set[str]) -> str:
    """The file's own name, numbered if taken. What is not UTF-8 in it is escaped: a ledger holds no other."""
    name = path.name.encode("utf-8", "backslashreplace").decode()
    stem, dot, suffix = name.rpartition(".")
    unique, number = name, 1
    while unique in taken:
        number += 1
        unique = f"{stem}-{number}{dot}{suffix}"
    taken.add(unique)
    return unique
