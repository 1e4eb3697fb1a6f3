"""Checks of what a person gave, before it is used: each says what was wrong with which option or file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from custody import system
from custody.errors import InputError, RefusedError, UsageError
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import BODY_SUBJECT, NAME, ORIGIN
from custody.text import safe_text


def checked_origin(origin: str | None) -> str | None:
    if origin is not None and not re.fullmatch(ORIGIN, origin):
        message = f"an origin is a name such as acme.example/payments; not {safe_text(origin, 60)}"
        raise UsageError(message, code="origin")
    return origin


def checked_commit(commit: str, what: str) -> str:
    if not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", commit):
        message = f"{what} must be a full commit in lower-case hex (git rev-parse HEAD prints it)"
        raise UsageError(message, code="commit")
    return commit


def checked_name(name: str, what: str) -> str:
    """A name as headers and bodies carry them."""
    if name == BODY_SUBJECT:
        raise UsageError(f"{what} cannot be {name}: that stands for an entry's own body", code="name")
    if not re.fullmatch(NAME, name):
        message = (
            f"{what} must be of letters, digits and . _ / @ : + -, at most 200; not {safe_text(name, 60)}"
        )
        raise UsageError(message, code="name")
    return name


@contextmanager
def input_file(path: Path) -> Iterator[None]:
    """What is wrong with a file to record is a mistake of input, wherever it is found; the error names the file."""
    try:
        yield
    except (RefusedError, MalformedError) as error:
        message = str(error)
        named = message if message.startswith(str(path)) else f"{path}: {message}"
        raise InputError(named, code=error.code) from None


def read_text_file(path: Path, cap: int) -> str:
    """A document to record, of at most `cap` bytes. Raises InputError."""
    with input_file(path):
        data = system.read_regular(path, cap)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8 text", code="encoding") from None
