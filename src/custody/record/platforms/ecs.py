"""What `aws ecs describe-tasks` prints, once or several times, one behind the other (a call describes 100 at most).

A service is `CLUSTER/NAME`, by the task's group `service:NAME`; what was started otherwise is `CLUSTER/GROUP`. Where a
task has several containers, each is `CLUSTER/NAME/CONTAINER`. The bytes are those of `imageDigest`, the manifest's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from custody.errors import InputError
from custody.kinds import Running
from custody.record.platforms.sighting import Sighting, add_up, digest_of, of_image
from custody.record.tool_json import Object, an_object, members, needed, parse_tool_documents, text


def read(data: bytes) -> Sighting:
    """What runs. Raises InputError naming the place."""
    left_out: Counter[str] = Counter()
    running: list[Running] = []
    seen: set[str] = set()
    for number, document in enumerate(parse_tool_documents(data), 1):
        root = an_object(document, f"document {number}")
        if "tasks" not in root:
            raise InputError(f"document {number}: tasks is missing")
        for failure in members(root, "failures", f"document {number}"):
            reason = text(failure, "reason", f"document {number}.failures")
            if reason != "MISSING":  # of what has stopped and is forgotten
                raise InputError(
                    f"document {number}: a task was not described ({reason or 'for no reason given'})"
                )
            left_out["tasks that are gone"] += 1
        for index, task in enumerate(members(root, "tasks", f"document {number}")):
            place = f"document {number}, tasks[{index}]" if number > 1 else f"tasks[{index}]"
            identity = needed(task, "taskArn", place)
            if identity not in seen:  # described twice is running once
                seen.add(identity)
                running += _containers(task, place, left_out)
    return Sighting(add_up(running), left_out)


def _containers(task: Object, place: str, left_out: Counter[str]) -> Iterator[Running]:
    status = needed(task, "lastStatus", place)
    if status != "RUNNING":
        left_out[f"tasks that are {status}"] += 1
        return
    cluster = needed(task, "clusterArn", place).rpartition("/")[2]
    group = text(task, "group", place).removeprefix("service:") or f"task:{_family(task, place)}"
    containers = members(task, "containers", place)
    if not containers:
        raise InputError(f"{place}.containers is missing or empty, and the task runs")
    for number, one in enumerate(containers):
        at = f"{place}.containers[{number}]"
        name = needed(one, "name", at)
        if needed(one, "lastStatus", at) != "RUNNING":
            left_out["containers that do not run"] += 1
            continue
        service = f"{cluster}/{group}/{name}" if len(containers) > 1 else f"{cluster}/{group}"
        digest = digest_of(text(one, "imageDigest", at))
        yield of_image(service, text(one, "image", at), digest=digest)


def _family(task: Object, place: str) -> str:
    """A task definition's name without its revision."""
    return needed(task, "taskDefinitionArn", place).rpartition("/")[2].partition(":")[0]
