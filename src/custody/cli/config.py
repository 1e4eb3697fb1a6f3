"""`custody.toml`: what a repository says once, so that its pipeline's commands stay short. Never keys, never roots.

    origin = "acme.example/payments"
    flow = "payments-api"
    ledger = "payments.ledger"              # relative to this file
    repository = "https://git.example/acme/payments"
    environments = ["staging", "prod"]      # the only ones that --env may name here

The first of these in the working folder or a folder above counts (none above the repository's top); then the user's
own, `config.toml` in the configuration folder. A flag wins over an environment variable, that over `custody.toml`,
that over the user's own.
"""

# No postponed annotations: a named tuple would compile each of them, at every start.
from pathlib import Path
from typing import Any, NamedTuple

from custody import system
from custody.errors import RefusedError, UsageError

NAME = "custody.toml"
_MAX_SIZE = 64 * 1024
_TEXTS = ("flow", "ledger", "origin", "repository")
_KNOWN = ", ".join(sorted((*_TEXTS, "environments")))


class Settings(NamedTuple):
    """The settings that hold in a folder; "" and () where nothing is said."""

    origin: str = ""
    flow: str = ""
    ledger: str = ""
    repository: str = ""
    environments: tuple[str, ...] = ()


def read_config(folder: Path) -> Settings:
    """The settings that hold in a folder. Raises UsageError for a file that is not one."""
    found: dict[str, Any] = {}
    user = system.config_dir() / "config.toml"
    if user.is_file():
        found |= _read(user)
    for place in (folder, *folder.parents):
        path = place / NAME
        if path.is_file():
            found |= _read(path)
            break
        if (place / ".git").exists():
            break
    return Settings(**found)


def _read(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(system.read_regular(path, _MAX_SIZE).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not TOML: {error}", code="config") from None
    except RefusedError as error:
        raise UsageError(str(error), code="config") from None
    for key, value in table.items():
        if key == "environments":
            if not isinstance(value, list) or not value or not all(_is_text(item) for item in value):
                raise UsageError(f"{path}: environments must be a list of names", code="config")
            table[key] = tuple(value)
        elif key not in _TEXTS:
            never = "; keys and roots never stand in it" if key in ("key", "keys", "root", "roots") else ""
            raise UsageError(f"{path}: unknown key {key!r}; known are {_KNOWN}{never}", code="config")
        elif not _is_text(value):
            raise UsageError(f"{path}: {key} must be a text that is not empty", code="config")
    if "ledger" in table:
        table["ledger"] = str(path.parent / table["ledger"])
    return table


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""
