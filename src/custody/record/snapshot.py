"""What runs in an environment, as custody's own small JSON, which any platform's script can write.

    {"services": [{"name": "payments-api",
                   "artifacts": [{"name": "payments-api", "sha256": "…64 hex digits…", "count": 3,
                                  "version": "2.4.1"}]}]}

`count` is how many instances run, and 1 if left out; `version` is a word for people, and may be left out. What runs and
whose fingerprint is not known has a `reference` instead of a `sha256`: a text that names it as well as can be.
An empty list of services says that nothing runs. Whatever else stands there is an error: a misspelt word must
not turn into a wrong record.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custody.errors import InputError, RefusedError
from custody.ledger.canonical import Json, JsonObject
from custody.record.strict_json import MAX_SIZE, strict_json
from custody.system import read_regular

MAX_COUNT = 1_000_000
MAX_VERSION = 200
"""Characters."""
MAX_REFERENCE = 500
"""Characters."""

_NAME = re.compile(r"[A-Za-z0-9._/@:+-]{1,200}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Running:
    """An artifact that runs: its name, its fingerprint in lower-case hex, in how many instances.

    Where `sha256` is "", all that is known of it is its `reference`.
    """

    name: str
    sha256: str
    count: int
    version: str | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """A service and all that runs for it: two artifacts during a blue-green deployment, say."""

    name: str
    artifacts: tuple[Running, ...]


def read_snapshot(path: Path) -> list[ServiceState]:
    """The snapshot in a file. Raises InputError naming the file and the place in it."""
    try:
        data = read_regular(path, MAX_SIZE)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    try:
        return parse_snapshot(data)
    except InputError as error:
        raise InputError(f"{path}: {error}", code=error.code) from None


def parse_snapshot(data: bytes) -> list[ServiceState]:
    """The snapshot in a JSON text, in order of names, so that one state is always written in one way.

    Raises InputError naming the place, such as `services[2].artifacts[0].sha256`.
    """
    root = _object(strict_json(data), "the snapshot", required={"services"})
    services = [_service(item, place) for item, place in _items(root["services"], "services")]
    _once([(service.name,) for service in services], "services", "name", "list each service once")
    return sorted(services, key=lambda service: service.name)


def _service(value: Json, place: str) -> ServiceState:
    members = _object(value, place, required={"name", "artifacts"})
    name = _name(members["name"], f"{place}.name")
    artifacts = [_running(item, at) for item, at in _items(members["artifacts"], f"{place}.artifacts")]
    if not artifacts:
        raise InputError(f"{place}.artifacts: is empty; leave out a service that does not run")
    keys = [(artifact.name, artifact.sha256 or artifact.reference) for artifact in artifacts]
    _once(keys, f"{place}.artifacts", "sha256", "give one entry with the count of all")
    return ServiceState(name, tuple(sorted(artifacts, key=_order)))


def _running(value: Json, place: str) -> Running:
    by = (
        "reference"
        if isinstance(value, dict) and "sha256" not in value and "reference" in value
        else "sha256"
    )
    members = _object(value, place, required={"name", by}, optional=frozenset({"count", "version"}))
    sha256 = reference = ""
    if by == "sha256":
        sha256 = _sha256(members[by], f"{place}.sha256")
    else:
        reference = _text(members[by], f"{place}.reference", MAX_REFERENCE)
    count = members.get("count", 1)
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_COUNT:
        raise InputError(f"{place}.count: must be an integer from 1 to {MAX_COUNT}")
    version = _text(members["version"], f"{place}.version", MAX_VERSION) if "version" in members else None
    return Running(_name(members["name"], f"{place}.name"), sha256, count, version, reference)


def _order(artifact: Running) -> tuple[str, str, str]:
    return artifact.name, artifact.sha256, artifact.reference


def _sha256(value: Json, place: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise InputError(f"{place}: must be 64 lower-case hex digits and nothing else")
    return value


def _text(value: Json, place: str, most: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= most:
        raise InputError(f"{place}: must be a text of 1 to {most} characters")
    return value


def _object(
    value: Json, place: str, required: set[str], optional: frozenset[str] = frozenset()
) -> JsonObject:
    if not isinstance(value, dict):
        raise InputError(f"{place}: must be an object")
    for key in value:
        if key not in required | optional:
            known = ", ".join(sorted(required | optional))
            raise InputError(f'{place}: "{key[:60]}" is not known here; known are {known}')
    for key in sorted(required - value.keys()):
        raise InputError(f'{place}: "{key}" is missing')
    return value


def _items(value: Json, place: str) -> list[tuple[Json, str]]:
    if not isinstance(value, list):
        raise InputError(f"{place}: must be a list")
    return [(item, f"{place}[{index}]") for index, item in enumerate(value)]


def _name(value: Json, place: str) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise InputError(f"{place}: must be 1 to 200 of the letters A-Z a-z, digits and . _ / @ : + -")
    return value


def _once(keys: Sequence[tuple[str, ...]], place: str, member: str, remedy: str) -> None:
    first: dict[tuple[str, ...], int] = {}
    for index, key in enumerate(keys):
        if key in first:
            before = f"{place}[{first[key]}]"
            raise InputError(f"{place}[{index}].{member}: {key[-1]} is in {before} already; {remedy}")
        first[key] = index
