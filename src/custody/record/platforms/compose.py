"""What `docker compose ps --format json` prints: an object on each line, or in older versions a list of them.

A service is `PROJECT/SERVICE`. What is printed holds no digest. It holds, in the labels, the id of the image from which
compose made the container; older versions print no labels, and there `docker compose images --format json`, printed
behind it into the same file, tells the id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from custody.errors import InputError
from custody.record.platforms.sighting import Sighting, add_up, digest_of, of_image
from custody.record.tool_json import Object, an_object, member, needed, parse_tool_documents, text

# Labels are joined by commas, and a label's text may hold commas too.
_IMAGE_LABEL = re.compile(r"(?:^|,)com\.docker\.compose\.image=(sha256:[0-9a-f]{64})(?=,|$)")

_NOT_RUNNING = ("created", "restarting", "removing", "exited", "dead")


def read(data: bytes) -> Sighting:
    """What runs. Raises InputError naming the place."""
    containers: list[tuple[Object, str]] = []
    images: dict[str, Object] = {}
    for one, place in _objects(data):
        if "ContainerName" in one:
            images[needed(one, "ContainerName", place)] = one
        elif "Service" in one and "State" in one:
            containers.append((one, place))
        else:
            raise InputError(f"{place} is neither a container of compose ps nor an image of compose images")
    if images and not containers:
        raise InputError("there are images in it and no container: print docker compose ps in front of them")
    left_out: Counter[str] = Counter()
    running = []
    for one, place in containers:
        state = needed(one, "State", place)
        if state in _NOT_RUNNING:
            left_out["containers that do not run"] += 1
            continue
        if state not in ("running", "paused"):
            raise InputError(f"{place}.State is {state[:40]}, which containers are not in")
        image = images.get(text(one, "Name", place), {})
        reference = text(one, "Image", place) or _reference(image)
        known = digest_of(text(image, "ID", "images")) or _labelled(one, place)
        service = f"{needed(one, 'Project', place)}/{needed(one, 'Service', place)}"
        running.append(of_image(service, reference, image_id=known))
    return Sighting(add_up(running), left_out)


def _objects(data: bytes) -> Iterator[tuple[Object, str]]:
    documents = parse_tool_documents(data)
    if all(document is None for document in documents):
        raise InputError("it is what docker compose images prints of nothing: print docker compose ps too")
    for number, document in enumerate(documents, 1):
        if document is None:  # what compose images prints of nothing
            continue
        if not isinstance(document, list):
            yield an_object(document, f"document {number}"), f"document {number}"
            continue
        for index, value in enumerate(document):
            place = f"document {number}, [{index}]"
            yield an_object(value, place), place


def _labelled(container: Object, place: str) -> str:
    """The image's id by the labels: a text in which they are joined, or an object."""
    labels = container.get("Labels")
    if isinstance(labels, dict):
        return digest_of(
            text(member(container, "Labels", place), "com.docker.compose.image", f"{place}.Labels")
        )
    found = set(_IMAGE_LABEL.findall(text(container, "Labels", place)))
    return (
        digest_of(found.pop()) if len(found) == 1 else ""
    )  # of two, one is a part of some other label's text


def _reference(image: Object) -> str:
    repository, tag = text(image, "Repository", "images"), text(image, "Tag", "images")
    return f"{repository}:{tag}" if repository and tag else repository
