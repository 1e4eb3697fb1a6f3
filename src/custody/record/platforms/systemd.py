"""What `systemctl show` prints of a host's services, with what they execute read from this host's disk.

A service is a unit's name, without `.service`. What runs is a unit that is active and has a main process. Its bytes
are those of the file that `ExecStart` names (of several, the last, which is the one that keeps running): where that is
an interpreter, they are the interpreter's, and the script that it runs is not seen. A file that cannot be read, or that
was replaced since the process began, leaves the service without a fingerprint.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from custody.errors import InputError
from custody.kinds import Running
from custody.ledger.entry import Subject
from custody.record.platforms.sighting import Sighting, add_up, as_name, shortened

MAX_SIZE = 16 * 1024 * 1024
MAX_UNITS = 10_000
_EXECUTED = re.compile(r"\{ path=(.+?) ; (?:argv\[\]|ignore_errors|flags)=")

Measure = Callable[[str, int], str]
"""The fingerprint (hex) of the program at a path that the process of a number executes; "" if it cannot be had."""


def measure(path: str, process: int) -> str:
    """By this host's own disk."""
    from custody.record.fingerprint import fingerprint_file

    try:
        # Only root can ask it of the processes of others; who may not is not told that it was replaced.
        executed = os.readlink(f"/proc/{process}/exe")
    except (OSError, ValueError):
        executed = ""
    if executed == f"{os.path.realpath(path)} (deleted)":
        return ""
    try:
        return fingerprint_file(Path(path)).sha256
    except InputError:
        return ""


def read(data: bytes, measure: Measure = measure) -> Sighting:
    """What runs. Raises InputError naming the unit."""
    left_out: Counter[str] = Counter()
    running: list[Running] = []
    for unit in _units(data):
        identity = unit["Id"]
        if not identity.endswith(".service"):
            left_out["units that are no services"] += 1
            continue
        if _needed(unit, "ActiveState") not in ("active", "reloading") or _needed(unit, "MainPID") == "0":
            left_out["units that do not run"] += 1
            continue
        process = unit["MainPID"]
        if not (process.isascii() and process.isdigit() and len(process) < 12):
            raise InputError(f"{identity}: MainPID is no number")
        executed = _EXECUTED.match(_needed(unit, "ExecStart"))
        if executed is None:
            raise InputError(f"{identity}: ExecStart names no path")
        service, path = as_name(identity.removesuffix(".service")), executed[1]
        digest, name = measure(path, int(process)), as_name(Path(path).name or service)
        if digest:
            running.append(Running(service, Subject(name, digest)))
        else:
            running.append(Running.unresolved(service, name, shortened(path)))
    return Sighting(add_up(running), left_out)


def _needed(unit: Mapping[str, str], key: str) -> str:
    if key not in unit:
        properties = "--property=Id,ActiveState,MainPID,ExecStart"
        raise InputError(f"{unit['Id']}: {key} is missing; ask systemctl for {properties}")
    return unit[key]


def _units(data: bytes) -> Iterator[Mapping[str, str]]:
    """The properties of each unit: a line each, the last of its name, and a blank line between two units."""
    if len(data) > MAX_SIZE:
        raise InputError(f"{len(data)} bytes, more than the {MAX_SIZE} allowed")
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8: a bad byte at offset {error.start}") from None
    if lines[-1]:
        raise InputError(f"line {len(lines)} does not end: it was cut off")
    unit: dict[str, str] = {}
    seen: set[str] = set()
    for number, line in enumerate([*lines, ""], 1):
        line = line.rstrip("\r")
        if not line and unit:
            if "Id" not in unit:
                raise InputError(f"the unit in front of line {number} has no Id")
            if unit["Id"] not in seen:  # shown under two of its names
                seen.add(unit["Id"])
                yield unit
            unit = {}
        elif line:
            key, separator, value = line.partition("=")
            if not separator or not key.isascii() or not key.isalnum():
                raise InputError(f"line {number} is no PROPERTY=VALUE")
            if "\0" in value:
                raise InputError(f"line {number} holds NUL")
            unit[key] = value
        if len(seen) > MAX_UNITS:
            raise InputError(f"more than {MAX_UNITS} units")
