"""custody's own snapshot JSON, for any platform that has no reader of its own (`record.snapshot`)."""

from __future__ import annotations

from custody.kinds import Running
from custody.ledger.entry import Subject
from custody.record.platforms.sighting import Sighting, add_up
from custody.record.snapshot import parse_snapshot


def read(data: bytes) -> Sighting:
    """What it says runs. Raises InputError naming the place."""
    running = []
    for service in parse_snapshot(data):
        for one in service.artifacts:
            if one.sha256:
                running.append(
                    Running(service.name, Subject(one.name, one.sha256), one.count, one.version or "")
                )
            else:
                found = Running.unresolved(
                    service.name, one.name, one.reference, one.count, one.version or ""
                )
                running.append(found)
    return Sighting(add_up(running))
