"""What runs, out of what a platform's own command prints: one small module for each, in one table.

Each reads bytes and gives a `Sighting`; it refuses what it does not understand, because what is left out of a report is
said to have stopped. How a service is known from one version to the next is the platform's own affair and stands in
each module, and in `docs/environments.md` for people.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, cast

from custody.errors import InputError
from custody.record.platforms.sighting import Sighting

Reader = Callable[[bytes], Sighting]


class Platform(NamedTuple):
    """How a platform is read.

    `reader` is "module:function" of this package, `prints` the command whose output it reads.
    """

    reader: str
    prints: str


PLATFORMS: dict[str, Platform] = {
    "custody": Platform("own:read", "custody's own JSON"),
    "kubernetes": Platform("kubernetes:read", "kubectl get pods -A -o json"),
    "docker": Platform("docker:read", "docker inspect"),
    "compose": Platform("compose:read", "docker compose ps --format json"),
    "ecs": Platform("ecs:read", "aws ecs describe-tasks"),
    "lambda": Platform("functions:read", "aws lambda list-functions"),
    "systemd": Platform("systemd:read", "systemctl show"),
}
"""Beside these there is `paths`, of which nothing is read but the files and folders themselves."""

PATHS = "paths"


def read_platform(platform: str, data: bytes) -> Sighting:
    """What runs, as a platform of the table says. Raises InputError, which names the place, or what this is instead."""
    module, _, function = PLATFORMS[platform].reader.partition(":")
    reader = cast(Reader, getattr(import_module(f"custody.record.platforms.{module}"), function))
    prints = PLATFORMS[platform].prints
    if not data.strip():
        nothing = 'if nothing runs, say so: {"services": []}, --from custody'
        raise InputError(f"is empty, where {prints} was expected; {nothing}", code="empty")
    try:
        return reader(data)
    except InputError as error:
        other = looks_like(data)
        if other in ("", platform):
            raise InputError(f"not as {prints} prints it: {error}", code=error.code) from None
        message = f"not {prints}: it looks like {PLATFORMS[other].prints}, which is --from {other}"
        raise InputError(message, code="platform") from None


def looks_like(data: bytes) -> str:
    """The platform whose output this seems to be, or ""."""
    from custody.record.tool_json import parse_tool_documents

    if re.search(rb"(?m)^(?:Id|MainPID|ActiveState)=", data):
        return "systemd"
    try:
        documents = parse_tool_documents(data)
    except InputError:
        return ""
    first: Any = documents[0] if documents else None
    while isinstance(first, list):
        first = first[0] if first else None
    if not isinstance(first, dict):
        return ""
    return next((name for name, keys in _MARKS if first.keys() >= keys), "")


_MARKS: tuple[tuple[str, set[str]], ...] = (
    ("kubernetes", {"apiVersion", "kind"}),
    ("compose", {"Service", "State"}),
    ("compose", {"ContainerName", "ID"}),
    ("docker", {"Id", "State"}),
    ("docker", {"Id", "RepoDigests"}),
    ("ecs", {"tasks"}),
    ("lambda", {"Functions"}),
    ("lambda", {"Configuration", "Code"}),
    ("lambda", {"FunctionName", "CodeSha256"}),
    ("custody", {"services"}),
)
