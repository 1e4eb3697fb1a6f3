"""A report as a file, or as a folder with its proofs: there whole or not at all, and in nobody's place unasked."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import NamedTuple

from custody import system
from custody.errors import RefusedError, UsageError
from custody.query.opening import Answers
from custody.report.document import Document
from custody.report.formats import FORMATS
from custody.report.pack import write_pack

_SQLITE = b"SQLite format 3\0"


class Written(NamedTuple):
    """What was written: a file with its size and SHA-256, or a folder with its files by name and size."""

    path: Path
    size: int
    sha256: str = ""
    files: tuple[tuple[str, int], ...] = ()


def write_report(path: Path, document: Document, form: str, *, replace: bool = False) -> Written:
    """Write a report as `md`, `html` or `json`, durable when this returns.

    Raises UsageError with code "exists" if anything has that name and `replace` is not said, as `check_place`
    does if it is, and "unwritable".
    """
    data = FORMATS[form](document).encode("utf-8")
    if replace:
        check_place(path, replace=True)
        system.replace_file(path, data, private=False)
    else:
        system.publish_file(path, data)
    return Written(path, len(data), hashlib.sha256(data).hexdigest())


def write_folder(folder: Path, found: Answers, document: Document) -> Written:
    """Write the auditor's pack. Raises UsageError with code "exists" or "unwritable"."""
    files = tuple(write_pack(folder, found, document))
    return Written(folder, sum(size for _, size in files), files=files)


def check_place(path: Path, *, replace: bool = False) -> None:
    """Whether a report could have this name, as far as can be said before it is made.

    Raises UsageError with code "exists" if anything has it and `replace` is not said; with code "folder" if a folder
    does, and "ledger" if a ledger (or any other database) does, whatever is said: evidence gives way to no report.
    """
    if not os.path.lexists(path):
        return
    if path.is_dir():
        raise UsageError(f"{path}: is a folder; name a file in it", code="folder")
    if _is_database(path):
        message = (
            f"{path}: is a ledger, or another database, and no report takes its place; choose another name"
        )
        raise UsageError(message, code="ledger")
    if not replace:
        raise UsageError(f"{path}: exists and is left as it is; choose another name", code="exists")


def _is_database(path: Path) -> bool:
    try:
        with system.open_regular(path) as file:
            return file.read(len(_SQLITE)) == _SQLITE
    except (RefusedError, OSError):
        return False  # what cannot be read is no ledger of ours
