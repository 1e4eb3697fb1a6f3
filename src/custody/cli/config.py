"""`custody.toml`: what a repository says once, so that its pipeline's commands stay short. Never keys, never roots.

    origin = "acme.example/payments"
    flow = "payments-api"
    ledger = "payments.ledger"          # relative to this file
    repository = "https://git.example/acme/payments"

The first of these in the working folder or a folder above counts; then the user's own, in the configuration folder.
A flag wins over an environment variable, that over `custody.toml`, that over the user's own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from custody import system
from custody.errors import RefusedError, UsageError

NAME = "custody.toml"
_KEYS = frozenset({"origin", "flow", "ledger", "repository"})
_MAX_SIZE = 64 * 1024


def read_config(folder: Path) -> dict[str, str]:
    """The settings that hold in a folder. Raises UsageError for a file that is not one."""
    settings: dict[str, str] = {}
    user = system.config_dir() / "config.toml"
    if user.is_file():
        settings |= _read(user)
    for place in (folder, *folder.parents):
        path = place / NAME
        if path.is_file():
            settings |= _read(path)
            break
        if (place / ".git").exists():
            break
    return settings


def _read(path: Path) -> dict[str, str]:
    try:
        table = tomllib.loads(system.read_regular(path, _MAX_SIZE).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: {error}", code="config") from None
    except RefusedError as error:
        raise UsageError(str(error), code="config") from None
    unknown = sorted(set(table) - _KEYS)
    if unknown:
        raise UsageError(
            f"{path}: unknown key {unknown[0]!r}; known are {', '.join(sorted(_KEYS))}", code="config"
        )
    for key, value in table.items():
        if not isinstance(value, str) or not value:
            raise UsageError(f"{path}: {key} must be a text that is not empty", code="config")
    if "ledger" in table:
        table["ledger"] = str(path.parent / table["ledger"])
    return table
