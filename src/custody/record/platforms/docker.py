"""What `docker inspect` prints of containers, and of their images where they were asked for with them.

A service is that of swarm (`com.docker.swarm.service.name`), or that of compose (`PROJECT/SERVICE`), as the container's
labels name it, and otherwise the container's own name.

`docker inspect` of a container names its image by an id, which is the digest of the image's configuration; only with
the containerd image store, where the container has an `ImageManifestDescriptor` too, is it a digest that a registry
knows. So the digest is, of these, the first that is there: the one in the reference that the container was started by;
that of the image's `RepoDigests`, if the image was inspected too; that of the containerd image store. Else the id.
"""

from __future__ import annotations

from collections import Counter

from custody.errors import InputError
from custody.record.platforms.sighting import Sighting, add_up, digest_of, of_image, parse_image
from custody.record.tool_json import (
    Object,
    an_object,
    flag,
    member,
    needed,
    parse_tool_documents,
    text,
    texts,
)


def read(data: bytes) -> Sighting:
    """What runs. Raises InputError naming the place."""
    containers: dict[str, tuple[Object, str]] = {}
    images: dict[str, list[str]] = {}
    for number, document in enumerate(parse_tool_documents(data)):
        if not isinstance(document, list):
            raise InputError("it is not a list")
        for index, value in enumerate(document):
            place = f"[{index}]" if number == 0 else f"document {number + 1}, [{index}]"
            one = an_object(value, place)
            identity = needed(one, "Id", place)
            if "State" in one and "Image" in one:
                containers[identity] = one, place
            elif "RootFS" in one or "RepoDigests" in one:
                images[identity] = texts(one, "RepoDigests", place)
            else:
                raise InputError(f"{place} is neither a container nor an image")
    if images and not containers:
        raise InputError(
            "there are images in it and no container: inspect what runs as well, docker ps -q names it"
        )
    if not containers:
        raise InputError("it lists nothing, which docker inspect does of containers that it did not find")
    left_out: Counter[str] = Counter()
    running = []
    for one, place in containers.values():
        state = member(one, "State", place)
        at = f"{place}.State"
        if flag(state, "Running", at) is None:
            raise InputError(f"{at}.Running is missing")
        if not state["Running"] or flag(state, "Restarting", at):
            left_out["containers that do not run"] += 1
            continue
        image = needed(one, "Image", place)
        reference = text(member(one, "Config", place), "Image", f"{place}.Config")
        known = digest_of(image)
        digest = parse_image(reference).digest or _repo_digest(images.get(image, []), reference)
        if not digest and text(
            member(one, "ImageManifestDescriptor", place), "digest", f"{place}.ImageManifestDescriptor"
        ):
            digest = known
        if known and digest_of(reference) == known:  # started by its id, which is no name
            reference = ""
        running.append(of_image(_service(one, place), reference, digest=digest, image_id=known))
    return Sighting(add_up(running), left_out)


def _service(container: Object, place: str) -> str:
    labels = member(member(container, "Config", place), "Labels", f"{place}.Config")
    at = f"{place}.Config.Labels"
    if swarm := text(labels, "com.docker.swarm.service.name", at):
        return swarm
    project = text(labels, "com.docker.compose.project", at)
    service = text(labels, "com.docker.compose.service", at)
    if project and service:
        return f"{project}/{service}"
    return needed(container, "Name", place).removeprefix("/") or "/"


def _repo_digest(digests: list[str], reference: str) -> str:
    """The digest by which the reference's own repository knows the image; else the one that all of them know it by."""
    found = [parse_image(one) for one in digests]
    name = parse_image(reference).name
    own = {one.digest for one in found if one.name == name and one.digest}
    every = {one.digest for one in found if one.digest}
    for choice in (own, every):
        if len(choice) == 1:
            return next(iter(choice))
    return ""
