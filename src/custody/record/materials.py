"""What went into a build, as far as it is named: lock files by their bytes, base images by their digest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path, PurePath

from custody.errors import InputError, UsageError
from custody.kinds.artifact import MAX_MATERIALS, Material
from custody.record.fingerprint import fingerprint_file
from custody.text import safe_text

_MAX_NAME = 500
# A reference with its digest (OCI distribution specification, and the grammar of container references): perhaps a
# registry, a path in lower case, perhaps a tag.
_IMAGE = re.compile(
    r"(?P<name>(?:(?P<registry>[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+|:[0-9]{1,5})+"
    r"|localhost)/)?(?P<path>[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*)"
    r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?)@sha256:(?P<digest>[0-9a-f]{64})"
)


def read_materials(given: Sequence[str]) -> tuple[Material, ...]:
    """Materials as a command line names them, in order: `[NAME=]FILE` or `[NAME=]IMAGE@sha256:…`.

    Without a name, a file bears the path that was given where it lies below the working folder (else its last part),
    and an image its reference without the digest. Named twice it is there once. Raises InputError for a file that
    cannot be hashed and for two materials of one name that differ, UsageError for what is neither.
    """
    found: dict[str, Material] = {}
    for item in given:
        material = _read(item)
        before = found.setdefault(material.name, material)
        if before != material:
            message = (
                f"two materials are called {safe_text(material.name, 80)} and differ: give one another NAME="
            )
            raise InputError(message, code="material")
    if len(found) > MAX_MATERIALS:
        raise InputError(
            f"{len(found)} materials, more than the {MAX_MATERIALS} of an artifact", code="material"
        )
    return tuple(found.values())


def _read(item: str) -> Material:
    name, named, rest = item.partition("=")
    if not named:
        name, rest = "", item
    elif not name or not rest or len(name) > _MAX_NAME or not name.isprintable():
        raise UsageError(f"--material wants [NAME=]FILE, not {safe_text(item, 80)}", code="material")
    if "@sha256:" in rest:
        image = _IMAGE.fullmatch(rest)
        if image is None:
            shown = safe_text(rest.rpartition("@")[2], 80)
            message = (
                f"--material: not the reference of an image, in lower case, with 64 hex digits: …@{shown}"
            )
            raise UsageError(message, code="material")
        return Material(image["digest"], name or image["name"], _image_uri(image))
    return Material(fingerprint_file(Path(rest)).sha256, name or _file_name(rest))


def _file_name(given: str) -> str:
    """Told apart by their folders, since many a service has its own `package-lock.json`."""
    path = PurePath(given)
    short = path.name if path.is_absolute() or ".." in path.parts else path.as_posix()
    return short.encode("utf-8", "backslashreplace").decode()[-_MAX_NAME:]


def _image_uri(image: re.Match[str]) -> str:
    """The package URL (purl-spec, type docker): an image without a registry is looked for where the builder likes."""
    registry = f"?repository_url={image['registry']}" if image["registry"] else ""
    return f"pkg:docker/{image['path']}@sha256:{image['digest']}{registry}"
