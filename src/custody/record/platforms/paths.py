"""Files and folders of this host, by their fingerprints: what a service consists of, where no platform runs it.

A service is what it was called on the command line.
"""

from __future__ import annotations

from collections.abc import Sequence

from custody.errors import InputError, UsageError
from custody.kinds import Running
from custody.ledger.entry import Subject
from custody.record.platforms.sighting import Sighting, add_up, as_name


def read_paths(services: Sequence[str]) -> Sighting:
    """What is at the paths of NAME=PATH. Raises UsageError for another form, InputError for what cannot be read."""
    from custody.record.fingerprint import fingerprint
    from custody.text import safe_text

    running = []
    for given in services:
        service, separator, path = given.partition("=")
        if not separator or not path or service != as_name(service or " "):
            raise UsageError(f"--service wants NAME=PATH, not {safe_text(given, 60)}", code="service")
        found = fingerprint(path)
        running.append(Running(service, Subject(as_name(found.name or service), found.sha256)))
    if not running:
        raise InputError("which files and folders? Name each with --service NAME=PATH", code="file")
    return Sighting(add_up(running))
