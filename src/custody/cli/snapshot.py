"""`custody append snapshot`: what runs in an environment, as a platform says."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from custody.cli.checks import input_file
from custody.cli.options import argument, option
from custody.cli.recording import Act, Recording
from custody.errors import InputError, UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.kinds import Scope, Snapshot
    from custody.record.platforms.sighting import Sighting

PATHS = "paths"
PLATFORMS = ("custody", "kubernetes", "docker", "compose", "ecs", "lambda", "systemd", PATHS)
"""What `record.platforms` reads; named here because its table would be loaded at every start."""

_FORM = "custody append snapshot ENV --from {} FILE, where - is standard input"


def snapshot(
    surroundings: Recording,
    first: Annotated[
        str | None, argument("ENV", "The environment, such as prod; else --env, or CUSTODY_ENV.")
    ] = None,
    file: Annotated[str | None, argument("FILE", "What the platform printed; - is standard input.")] = None,
    environment: Annotated[str | None, option("--env", help="The environment; else CUSTODY_ENV.")] = None,
    platform: Annotated[
        str,
        option(
            "--from",
            metavar="PLATFORM",
            help=f"Who says so: {', '.join(PLATFORMS)}; custody if left out.",
            choices=PLATFORMS,
            hint=" (a file is named by itself: custody append snapshot ENV FILE)",
        ),
    ] = "custody",
    service: Annotated[
        list[str] | None,
        option("--service", metavar="NAME=PATH", help="paths: what a service consists of; repeatable."),
    ] = None,
    include: Annotated[
        list[str] | None,
        option(
            "--include",
            metavar="GLOB",
            help="Report only services like this (* and ?), and leave others as they were; repeatable.",
        ),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        option("--exclude", metavar="GLOB", help="Leave out services like this; repeatable."),
    ] = None,
) -> Act:
    """Record everything that runs in an environment now, from what its platform prints.

    Example: custody append snapshot prod --from kubernetes pods.json
    """
    from custody.cli.renewal import renewed
    from custody.kinds import Snapshot

    environment, file = _arguments(first, file, environment, platform)
    environment = surroundings.environment(environment)
    scope = _scope(include or [], exclude or [])
    found = _read(platform, file, service or []).within(scope)
    platform_said = "" if platform == "custody" else platform
    body = Snapshot(environment, found.running, platform=platform_said, scope=scope)
    body = renewed(surroundings, body)
    _check_size(body)
    return Act("snapshot", body.write(), told=_told(found, body), said=_said(found, body))


def _arguments(
    first: str | None, file: str | None, environment: str | None, platform: str
) -> tuple[str, str | None]:
    """The environment, and the file where one is read. One argument is the file, where the environment is known."""
    known = environment or os.environ.get("CUSTODY_ENV") or None
    if platform == PATHS:
        if file is not None:
            raise UsageError(
                "--from paths reads no file: name each service with --service NAME=PATH", code="file"
            )
    elif file is None and known is not None:
        first, file = None, first
    if first is not None and environment is not None and first != environment:
        message = (
            f"the environment is named twice: {safe_text(first, 60)}, and --env {safe_text(environment, 60)}"
        )
        raise UsageError(message, code="environment")
    chosen = first or known
    if chosen is None or (file is None and platform != PATHS):
        missing = "which environment?" if chosen is None else "which file?"
        raise UsageError(
            f"{missing} {_FORM.format(platform)}", code="environment" if chosen is None else "file"
        )
    return chosen, file


def _scope(include: Sequence[str], exclude: Sequence[str]) -> Scope:
    from custody.kinds.scope import MAX_PATTERNS, Scope, is_pattern

    for name, patterns in (("--include", include), ("--exclude", exclude)):
        if len(patterns) > MAX_PATTERNS:
            raise UsageError(f"{name} is given more than {MAX_PATTERNS} times", code="scope")
        for pattern in patterns:
            if not is_pattern(pattern):
                message = f"{name} wants letters, digits and . _ / @ : + - * ?, not {safe_text(pattern, 60)}"
                raise UsageError(message, code="scope")
    return Scope(tuple(include), tuple(exclude))


def _read(platform: str, file: str | None, services: Sequence[str]) -> Sighting:
    if platform == PATHS:
        from custody.record.platforms.paths import read_paths

        return read_paths(services)
    if services:
        raise UsageError(
            "--service is for --from paths: here the platform says which there are", code="service"
        )
    from custody.record.platforms import read_platform

    name, data = _input(file or "-")
    try:
        return read_platform(platform, data)
    except InputError as error:
        raise InputError(f"{name}: {error}", code=error.code) from None


def _input(file: str) -> tuple[str, bytes]:
    from custody.record.tool_json import MAX_SIZE
    from custody.system import read_regular

    if file != "-":
        with input_file(Path(file)):
            return safe_text(file, 200), read_regular(Path(file), MAX_SIZE)
    data = sys.stdin.buffer.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise InputError(f"standard input: more than the {MAX_SIZE} bytes allowed", code="too-large")
    return "standard input", data


def _check_size(body: Snapshot) -> None:
    """What does not fit one entry is to be reported in parts, each of which replaces only itself."""
    from custody.kinds.snapshot import MAX_RUNNING
    from custody.ledger.canonical import encode
    from custody.ledger.entry import MAX_BODY

    if len(body.running) > MAX_RUNNING or len(encode(body.write())) > MAX_BODY:
        message = f"{len(body.running)} artifacts run, more than one entry holds: report parts, each with its --include"
        raise InputError(message, code="too-large")


def _figures(found: Sighting) -> tuple[int, int, int]:
    services = len({one.service for one in found.running})
    unknown = sum(one.basis != "fingerprint" for one in found.running)
    return services, sum(one.count for one in found.running), unknown


def _told(found: Sighting, body: Snapshot) -> tuple[str, ...]:
    services, instances, unknown = _figures(found)
    running = f"{services} service{'s' * (services != 1)}, {instances} instance{'s' * (instances != 1)}"
    lines = [running + (f"; the same as entry {body.unchanged[:12]} says" if body.unchanged else "")]
    lines += [
        f"left out: {safe_text(what, 80)} ({number})" for what, number in sorted(found.left_out.items())
    ]
    if unknown:
        lines.append(f"{unknown} of them without a fingerprint (custody findings --code no-fingerprint)")
    return tuple(lines)


def _said(found: Sighting, body: Snapshot) -> dict[str, Any]:
    services, instances, unknown = _figures(found)
    return {
        "services": services,
        "instances": instances,
        "withoutFingerprint": unknown,
        "leftOut": dict(found.left_out),
        "unchanged": body.unchanged or None,
    }
