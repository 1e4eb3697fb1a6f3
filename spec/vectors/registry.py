"""The list of the small ledgers, each with the function that makes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from workshop import World

Maker = Callable[[Path, World], object]

FILES: dict[str, Maker] = {}
"""By the file's name, without its suffix."""


def vector(function: Maker) -> Maker:
    """Makes the file of the function's name: `fault__fork` makes fault/fork.ledger."""
    FILES[function.__name__.replace("__", "/").replace("_", "-")] = function
    return function
