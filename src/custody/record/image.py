"""The digest of a container image that is here on disk: an OCI image layout, as a folder or in a tar archive.

Formats: OCI image specification 1.1, "Image Layout", "Image Index" and "Image Manifest". An image is known by the
SHA-256 of its manifest's bytes (or its index's, where it is made for several platforms). Before that is taken for its
fingerprint, everything the manifest names is read and hashed: a layout that lies about what is in it has none.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol, cast

from custody.errors import InputError, RefusedError
from custody.record.hashing import Reader, changed, hash_stream, state_of, unreadable
from custody.record.pool import in_order
from custody.record.tar import MalformedTarError, Member, members
from custody.record.tool_json import parse_tool_json
from custody.system import open_regular
from custody.text import safe_text

MAX_MANIFEST = 4 * 1024 * 1024
"""Bytes of an index or a manifest: what registries take."""
MAX_MANIFESTS = 1000
MAX_BLOBS = 10_000
MAX_MEMBERS = 50_000
"""Of an archive: what has more, and no image among the first, is some other archive, and not searched any further."""
_MOST_LISTED = 10

_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_FILES = frozenset({b"oci-layout", b"index.json", b"manifest.json"})
_BLOB = re.compile(rb"blobs/sha256/([0-9a-f]{64})")
_INDEX_TYPES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")

Advance = Callable[[int], None]


class Image(NamedTuple):
    """An image's digest in hex, and the bytes of its manifests and all that they name."""

    sha256: str
    size: int


class _Descriptor(NamedTuple):
    """What a manifest or index says of a blob (OCI image specification, "Content Descriptors")."""

    sha256: str
    size: int
    media_type: str
    names: tuple[str, ...]
    platform: str
    elsewhere: bool


# --- where the files are


class _Layout(Protocol):
    """The files of an image layout, by their names in it."""

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file."""

    def open(self, name: str) -> AbstractContextManager[Reader]:
        """To read it from its beginning to its end. Raises InputError, at the end too, if it was written to."""


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self, name: str) -> int | None:
        try:
            info = os.stat(self._path / name)
        except OSError:
            return None
        return info.st_size if stat.S_ISREG(info.st_mode) else None

    @contextmanager
    def open(self, name: str) -> Iterator[Reader]:
        with _opened(self._path / name) as (file, _):
            yield cast(Reader, file)


class _Archive:
    """A tar archive. Of its members only those count that an image layout has, each at most once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._members: dict[str, Member] = {}
        self.damage = ""
        with _opened(path) as (file, info):
            self._state = state_of(info)
            try:
                for number, member in enumerate(members(file, info.st_size)):
                    if number == MAX_MEMBERS:
                        raise MalformedTarError(f"more than {MAX_MEMBERS} members")
                    self._take(member)
            except MalformedTarError as error:
                self.damage = f"cannot be read as a tar archive: {error}"

    def _take(self, member: Member) -> None:
        name = member.name.removeprefix(b"./")
        if name not in _FILES and not _BLOB.fullmatch(name):
            return
        text = name.decode("ascii")
        if text in self._members:
            raise InputError(f"{self._path}: has {text} twice", code="image")
        if len(self._members) > MAX_BLOBS:
            raise InputError(f"{self._path}: has more than {MAX_BLOBS} blobs", code="image")
        self._members[text] = member

    @property
    def has_blobs(self) -> bool:
        return any(name.startswith("blobs/") for name in self._members)

    def size(self, name: str) -> int | None:
        member = self._members.get(name)
        return member.size if member else None

    @contextmanager
    def open(self, name: str) -> Iterator[Reader]:
        member = self._members[name]
        with _opened(self._path) as (file, info):
            if state_of(info) != self._state:
                raise changed(self._path)
            file.seek(member.offset)
            yield _Part(cast(Reader, file), member.size)


class _Part:
    """The next bytes of a file, as if they were all of it."""

    def __init__(self, file: Reader, size: int) -> None:
        self._file, self._left = file, size

    def readinto(self, buffer: memoryview, /) -> int:
        got = self._file.readinto(buffer[: self._left]) or 0
        self._left -= got
        return got


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, os.stat_result]]:
    try:
        file = open_regular(path)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    with file:
        try:
            before = os.fstat(file.fileno())
            yield file, before
            after = os.fstat(file.fileno())
        except OSError as error:
            raise unreadable(path, error) from None
    if state_of(before) != state_of(after):
        raise changed(path)


def is_archive(path: Path) -> bool:
    """Whether a tar archive holds an image, as `docker save` and skopeo write them. Raises InputError."""
    archive = _Archive(path)
    if archive.damage:
        # Of an image, cut off: it should not pass for a file of that name. Of anything else: bytes as any others.
        return archive.size("oci-layout") is not None or archive.has_blobs
    if archive.size("oci-layout") is not None and archive.size("index.json") is not None:
        return True
    return _is_docker_archive(archive)


def _is_docker_archive(archive: _Archive) -> bool:
    size = archive.size("manifest.json")
    if size is None or size > MAX_MANIFEST:
        return False
    try:
        listed = parse_tool_json(_read(archive, "manifest.json"))
    except InputError as error:
        if error.code == "changed":
            raise
        return False
    return (
        isinstance(listed, list)
        and bool(listed)
        and all(isinstance(one, dict) and {"Config", "Layers"} <= one.keys() for one in listed)
    )


# --- the image


def read_image(
    path: Path,
    chosen: str | None = None,
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> Image:
    """The digest of the image in a layout's folder or archive, once all of it was found to be what it says.

    `chosen` is a name that the layout has for it, or `sha256:` and its digest; it is needed where there are several.
    Raises InputError: of code "image" for what is wrong with the layout, otherwise as for files.
    """
    layout: _Layout = _Folder(path) if os.path.isdir(path) else _Archive(path)
    try:
        if isinstance(layout, _Archive) and layout.damage:
            raise InputError(layout.damage, code="image")
        if layout.size("oci-layout") is None or layout.size("index.json") is None:
            raise _no_layout(layout)
        root = _choose(
            _descriptors(_document(_read(layout, "index.json"), "index.json"), "manifests"), chosen
        )
        blobs = _manifests(layout, root)
        total = sum(blob.size for blob in blobs)
        for _ in in_order(
            blobs, lambda blob, advance: _check(layout, blob, advance), progress, total, workers
        ):
            pass
    except InputError as error:
        message = str(error)
        named = message if message.startswith(str(path)) else f"{path}: {message}"
        raise InputError(named, code=error.code) from None
    return Image(root.sha256, total)


def _no_layout(layout: _Layout) -> InputError:
    if isinstance(layout, _Archive) and _is_docker_archive(layout):
        message = (
            "is an archive without a manifest, so the image's digest is not in it: save it with Docker 25 or later, "
            "or copy it to an OCI layout (skopeo copy … oci-archive:FILE), or record it as a file with --type file"
        )
        return InputError(message, code="image")
    return InputError("is no image layout: oci-layout or index.json is missing", code="image")


def _choose(found: Sequence[_Descriptor], chosen: str | None) -> _Descriptor:
    if chosen is not None:
        fitting = [one for one in found if chosen in one.names or chosen == f"sha256:{one.sha256}"]
    else:
        fitting = list(found)
    if len({one.sha256 for one in fitting}) == 1:
        return fitting[0]
    if not found:
        raise InputError("the layout has no image in it", code="image")
    names = [
        f"{safe_text(one.names[0], 100) if one.names else '(no name)'} (sha256:{one.sha256[:12]}…{one.platform})"
        for one in fitting or found
    ]
    listed = ", ".join(names[:_MOST_LISTED]) + (" …" if len(names) > _MOST_LISTED else "")
    if fitting:
        raise InputError(f"has {len(fitting)} images, choose one with --image: {listed}", code="image")
    raise InputError(f"has no image {safe_text(chosen, 100)}; it has {listed}", code="image")


def _manifests(layout: _Layout, root: _Descriptor) -> list[_Descriptor]:
    """All that has to be there, once each: the manifests from `root` down, and the blobs that they name."""
    found: dict[str, _Descriptor] = {}
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if one.sha256 in found:
            continue
        found[one.sha256] = one
        if len(found) > MAX_BLOBS:
            raise InputError(f"names more than {MAX_BLOBS} blobs", code="image")
        name = f"blobs/sha256/{one.sha256}"
        if one.size > MAX_MANIFEST:
            raise InputError(f"the manifest {name} is said to have {one.size} bytes", code="image")
        data = _read(layout, name)
        if hashlib.sha256(data).hexdigest() != one.sha256 or len(data) != one.size:
            raise InputError(f"{name} is not what the layout says it is", code="image")
        document = _document(data, name)
        said = document.get("mediaType", one.media_type)
        if {"manifests", "layers"} <= document.keys() or said != (one.media_type or said):
            raise InputError(f"{name} can be read as an index and as a manifest", code="image")
        if said in _INDEX_TYPES or "manifests" in document:
            inner = _descriptors(document, "manifests")
            # What was pulled for one platform has the index of all, and the manifests of that one.
            there = [child for child in inner if layout.size(f"blobs/sha256/{child.sha256}") is not None]
            if inner and not there:
                raise InputError(f"of what the index {name} names, nothing is there", code="image")
            waiting += there
            continue
        for blob in (
            *_descriptors({"config": [document.get("config")]}, "config"),
            *_descriptors(document, "layers"),
        ):
            if blob.elsewhere and layout.size(f"blobs/sha256/{blob.sha256}") is None:
                continue
            found.setdefault(blob.sha256, blob)
    return list(found.values())


def _check(layout: _Layout, blob: _Descriptor, advance: Advance) -> bool:
    """Whether a blob is there and is what its descriptor says. Raises InputError if not."""
    name = f"blobs/sha256/{blob.sha256}"
    there = layout.size(name)
    if there is None:
        raise InputError(f"{name} is missing", code="image")
    if there != blob.size:
        raise InputError(
            f"{name} has {there} bytes and not the {blob.size} that its manifest says", code="image"
        )
    with layout.open(name) as file:
        digest, done = hash_stream(file, blob.size, advance)
    if done != blob.size or digest.hex() != blob.sha256:
        raise InputError(f"{name} does not have the digest that is its name", code="image")
    return True


def _read(layout: _Layout, name: str) -> bytes:
    size = layout.size(name)
    if size is None:
        raise InputError(f"{name} is missing", code="image")
    if size > MAX_MANIFEST:
        raise InputError(f"{name} has {size} bytes, more than {MAX_MANIFEST}", code="image")
    buffer, done = memoryview(bytearray(size)), 0
    with layout.open(name) as file:
        while done < size and (got := file.readinto(buffer[done:])):
            done += got
    return bytes(buffer[:done])


def _document(data: bytes, name: str) -> Mapping[str, Any]:
    try:
        value = parse_tool_json(data)
    except InputError as error:
        raise InputError(f"{name}: {error}", code="image") from None
    if not isinstance(value, dict):
        raise InputError(f"{name}: not a JSON object", code="image")
    return value


def _descriptors(document: Mapping[str, Any], field: str) -> list[_Descriptor]:
    listed = document.get(field)
    if not isinstance(listed, list) or len(listed) > MAX_MANIFESTS:
        raise InputError(f"{field} is no list of at most {MAX_MANIFESTS}", code="image")
    return [_descriptor(one, field) for one in listed]


def _descriptor(value: Any, field: str) -> _Descriptor:
    digest, size = (value.get("digest"), value.get("size")) if isinstance(value, dict) else (None, None)
    if not isinstance(digest, str) or not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InputError(f"{field} holds something that is no descriptor", code="image")
    found = _DIGEST.fullmatch(digest)
    if found is None:
        raise InputError(f"{field} has a digest that is no sha256: {safe_text(digest, 60)}", code="image")
    annotations, platform = value.get("annotations"), value.get("platform")
    names = [annotations.get(key) for key in _NAMES] if isinstance(annotations, dict) else []
    parts = [platform.get(key) for key in ("os", "architecture")] if isinstance(platform, dict) else []
    media_type = value.get("mediaType")
    return _Descriptor(
        found[1],
        size,
        media_type if isinstance(media_type, str) else "",
        tuple(name for name in names if isinstance(name, str) and name),
        ", " + safe_text("/".join(part for part in parts if isinstance(part, str)), 40) if parts else "",
        bool(value.get("urls")),
    )
