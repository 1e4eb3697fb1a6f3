"""TOML that may come from a stranger: read within limits, so that no document costs more than its size is worth."""

from __future__ import annotations

import tomllib
from typing import Any

from custody.kinds import MAX_DOCUMENT
from custody.ledger.canonical import MalformedError

# What a hostile document can cost the TOML reader, whose work on a dotted key grows with the square of its dots, and
# which walks the whole of a table's name again for every key in it.
_MAX_BRACKETS = 200_000
_MAX_DOTS = 20_000
_MAX_DOTS_IN_LINE = 1_000
_MAX_STEPS = 2_000_000


def load(text: str) -> dict[str, Any]:
    """The document's table. Raises MalformedError, in the words of the TOML reader where it is not TOML."""
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise MalformedError("is not Unicode text") from None
    if size > MAX_DOCUMENT:
        raise MalformedError(f"more than {MAX_DOCUMENT} bytes")
    lines = text.split("\n")
    dots = [line.count(".") for line in lines]
    named = max(
        (count for line, count in zip(lines, dots, strict=True) if line.lstrip()[:1] == "["), default=0
    )
    if (
        text.count("[") > _MAX_BRACKETS
        or sum(dots) > _MAX_DOTS
        or max(dots) > _MAX_DOTS_IN_LINE
        or named * len(lines) > _MAX_STEPS
    ):
        raise MalformedError("too many brackets or dots to be one")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{error or 'nested too deep'}") from None
