"""What `kubectl get pods -A -o json` prints: a list of pods (Kubernetes API, v1 Pod and PodList).

A service is `NAMESPACE/NAME`, where the name is that of what the pods belong to: a Deployment (by its ReplicaSet's name
less the hash of the pod template), a StatefulSet, a DaemonSet, a Job or the CronJob that made it, or the pod itself.
Where a pod has several containers, each is `NAMESPACE/NAME/CONTAINER`.

What runs is a container whose state is `running`, in a pod that is Running and is not being deleted. Its bytes are
those of `imageID`, which the node reports.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from custody.errors import InputError
from custody.kinds import Running
from custody.record.platforms.sighting import Sighting, add_up, digest_of, of_image, parse_image
from custody.record.tool_json import Object, an_object, member, members, needed, parse_tool_json, text

_HASHES = ("pod-template-hash", "rollouts-pod-template-hash")
_NOT_RUNNING = ("Pending", "Succeeded", "Failed", "Unknown")
# A CronJob names each of its jobs after itself and the minute, counted from 1970, for which it was scheduled.
_MINUTE = re.compile(r"-([0-9]{8})")
_MINUTES = range(25_000_000, 45_000_000)  # 2017 to 2055: a date such as 20261119 is none


def read(data: bytes) -> Sighting:
    """What runs. Raises InputError naming the place."""
    root = an_object(parse_tool_json(data), "the document")
    left_out: Counter[str] = Counter()
    running: list[Running] = []
    for pod, place in _pods(root):
        metadata, status = member(pod, "metadata", place), member(pod, "status", place)
        needed(metadata, "name", f"{place}.metadata")
        if not isinstance(pod.get("status"), dict):
            raise InputError(f"{place}.status is missing: was it printed by a cluster?")
        phase = text(status, "phase", f"{place}.status")
        if metadata.get("deletionTimestamp") is not None:
            left_out["pods being deleted"] += 1
        elif phase in _NOT_RUNNING:
            left_out[f"pods that are {phase}"] += 1
        elif phase != "Running":
            raise InputError(f"{place}.status.phase is {phase[:40] or 'missing'}, which pods are not in")
        else:
            running += _containers(pod, place, left_out)
    return Sighting(add_up(running), left_out)


def _pods(root: Object) -> Iterator[tuple[Object, str]]:
    kind = text(root, "kind", "the document")
    if kind == "Pod":
        yield root, "the pod"
        return
    if kind not in ("List", "PodList") or "items" not in root:
        raise InputError(f"kind is {kind or 'missing'}, not List, PodList or Pod")
    metadata = member(root, "metadata", "the document")
    if text(metadata, "continue", "metadata") or metadata.get("remainingItemCount"):
        raise InputError("metadata.continue is there: it is a part of the list only")
    for number, pod in enumerate(members(root, "items", "the document")):
        place = f"items[{number}]"
        found = text(pod, "kind", place) or ("Pod" if kind == "PodList" else "")
        if found != "Pod":
            raise InputError(f"{place} is a {found or 'thing of no kind'}, not a Pod")
        yield pod, place


def _containers(pod: Object, place: str, left_out: Counter[str]) -> Iterator[Running]:
    metadata, spec, status = (member(pod, key, place) for key in ("metadata", "spec", "status"))
    # A pod without a namespace was not printed by a cluster; there the default one is always named.
    service = f"{text(metadata, 'namespace', f'{place}.metadata') or 'default'}/{_owner(metadata, place)}"
    listed = members(spec, "containers", f"{place}.spec")
    # An init container that always restarts is a sidecar, and goes on running beside the others.
    starts = members(spec, "initContainers", f"{place}.spec")
    sidecars = [one for one in starts if one.get("restartPolicy") == "Always"]
    debugging = members(spec, "ephemeralContainers", f"{place}.spec")
    images = {text(one, "name", f"{place}.spec"): one for one in (*listed, *sidecars, *debugging)}
    if not members(status, "containerStatuses", f"{place}.status"):
        raise InputError(f"{place}.status.containerStatuses is missing, and the pod is Running")
    several = len(listed) + len(sidecars) > 1
    for group in ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"):
        for number, one in enumerate(members(status, group, f"{place}.status")):
            at = f"{place}.status.{group}[{number}]"
            name = needed(one, "name", at)
            running = member(one, "state", at).get("running")
            if running is None:
                if group == "containerStatuses":
                    left_out["containers that do not run"] += 1
                continue
            an_object(running, f"{at}.state.running")
            apart = several or group != "containerStatuses"
            wanted = text(images.get(name, {}), "image", f"{place}.spec") or text(one, "image", at)
            digest, image_id = _image_id(text(one, "imageID", at))
            yield of_image(
                f"{service}/{name}" if apart else service, wanted, digest=digest, image_id=image_id
            )


def _image_id(value: str) -> tuple[str, str]:
    """The digest of the image's manifest, or else the id that the image has on its node; "" for what is not known.

    Container runtimes write `REPOSITORY@sha256:…`, with `docker-pullable://` in front or not, for what came from a
    registry; and `sha256:…`, with `docker://` in front or not, for what did not.
    """
    last = value.rpartition("://")[2]
    return parse_image(last).digest, digest_of(last)


def _owner(metadata: Object, place: str) -> str:
    """The name of what a pod belongs to."""
    at = f"{place}.metadata"
    name = needed(metadata, "name", at)
    owners = members(metadata, "ownerReferences", at)
    owner = next((one for one in owners if one.get("controller") is True), None)
    if owner is None:
        return name
    kind, owned_by = (
        text(owner, "kind", f"{at}.ownerReferences"),
        needed(owner, "name", f"{at}.ownerReferences"),
    )
    if kind == "ReplicaSet":
        labels = member(metadata, "labels", at)
        for key in _HASHES:
            suffix = f"-{text(labels, key, f'{at}.labels')}"
            if suffix != "-" and owned_by.removesuffix(suffix) not in ("", owned_by):
                return owned_by.removesuffix(suffix)
    if kind == "Job":
        found = _MINUTE.fullmatch(owned_by[-9:])
        if found and len(owned_by) > 9 and int(found[1]) in _MINUTES:
            return owned_by[:-9]
    if kind == "Node":  # a static pod, which is named after its node
        return name.removesuffix(f"-{owned_by}") or name
    return owned_by
