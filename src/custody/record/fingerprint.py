"""Fingerprints: the SHA-256 by which an artifact is known, of a file, a folder or a container image.

A file's is that of its bytes (FIPS 180-4), whatever its name; a folder's is made by one of two algorithms
(spec/ledger.md §9.1); an image's is the digest of its manifest.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, cast

from custody.errors import InputError, RefusedError, UsageError
from custody.record.hashing import CHUNK as CHUNK
from custody.record.hashing import Reader, changed, hash_stream, state_of, unreadable
from custody.record.tar import BLOCK, is_tar
from custody.system import open_regular, same_file
from custody.text import safe_text

Type = Literal["file", "directory", "oci-image"]
Progress = Callable[[int, int], None]

TREE = "custody-tree-v1"
KOSLI = "kosli-dir-v1"
ALGORITHMS = (TREE, KOSLI)
TYPES: tuple[Type, ...] = ("file", "directory", "oci-image")

_REFERENCE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9._/:-]*)@(?P<algorithm>[a-z0-9]+):(?P<digest>[0-9a-zA-Z]+)"
)


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What an artifact is: `sha256` in lower-case hex, `size` in bytes.

    The size of a folder is that of all its files together; of an image, that of its manifests and what they name, and
    0 where only its reference is known. `algorithm` and `excluded` (patterns) are of folders; `name` is what the
    artifact is called if nobody says otherwise.
    """

    sha256: str
    size: int
    type: Type = "file"
    algorithm: str = ""
    name: str = field(default="", compare=False)
    excluded: tuple[str, ...] = ()


def fingerprint(
    given: str | Path,
    *,
    type: Type | None = None,
    algorithm: str | None = None,
    exclude: Sequence[str] = (),
    image: str | None = None,
    progress: Progress | None = None,
    workers: int | None = None,
) -> Fingerprint:
    """The fingerprint of a file, a folder, an image layout (a folder, or a tar archive) or `NAME@sha256:DIGEST`.

    What it is taken for, unless `type` says it: a folder with `oci-layout` and `index.json` is an image, unless an
    `algorithm` or something to `exclude` is given; a tar archive with these two is an image as well. `image`, or
    `:NAME` behind the path, chooses among the images of one layout. `progress` is called with the bytes done and the
    bytes in all, from any thread.

    Raises InputError for what is there, UsageError for what was asked.
    """
    if not str(given):
        raise UsageError("an artifact without a name: which file is it?", code="empty")
    path = Path(given)
    if not os.path.lexists(path):
        if reference := _REFERENCE.fullmatch(str(given)):
            return _referenced(reference, type, algorithm or exclude or image)
        before, _, name = str(given).rpartition(":")
        if before and name and image is None and _found_type(Path(before)) == "oci-image":
            path, image = Path(before), name
    found = type or ("directory" if algorithm or exclude else "oci-image" if image else _found_type(path))
    there = os.path.lexists(path)
    if (algorithm or exclude) and (image or found != "directory" or (there and not os.path.isdir(path))):
        option = "--dir-algorithm" if algorithm else "--exclude"
        raise UsageError(f"{option} is for folders, and {path} is none", code="option")
    if image and there and found != "oci-image":
        raise UsageError(f"--image is for images, and {path} is taken for a {found}", code="option")
    if found == "directory":
        return _folder(path, algorithm or TREE, exclude, progress, workers)
    if found == "oci-image":
        from custody.record.image import read_image

        sha256, size = read_image(path, image, progress, workers)
        return Fingerprint(sha256, size, found, name=_name(path))
    return fingerprint_file(path, progress)


def fingerprint_file(path: Path, progress: Progress | None = None) -> Fingerprint:
    """The fingerprint of a file that stays at rest; memory does not grow with the file.

    `progress` is called with the bytes done and the bytes in all: before the first and after each chunk.
    Raises InputError: with the code of `open_regular`, or "changed" if the file was written to, or another
    took its name, in the meantime.
    """
    try:
        file = open_regular(path)
    except RefusedError as error:
        raise InputError(str(error), code=error.code) from None
    done = 0

    def advance(amount: int) -> None:
        nonlocal done
        done += amount
        if progress:
            progress(done, before.st_size)

    try:
        with file:
            before = os.fstat(file.fileno())
            advance(0)
            digest, _ = hash_stream(cast(Reader, file), before.st_size, advance)
            after = os.fstat(file.fileno())
            named = os.stat(path)
    except FileNotFoundError:
        raise changed(path) from None
    except OSError as error:
        raise unreadable(path, error) from None
    if done != before.st_size or state_of(before) != state_of(after) or not same_file(after, named):
        raise changed(path)
    return Fingerprint(digest.hex(), done, name=path.name)


def _folder(
    path: Path, algorithm: str, exclude: Sequence[str], progress: Progress | None, workers: int | None
) -> Fingerprint:
    from custody.record import kosli_dir, tree
    from custody.record.walk import Walk

    if algorithm not in ALGORITHMS:
        message = (
            f"an algorithm for folders is one of {', '.join(ALGORITHMS)}; not {safe_text(algorithm, 60)}"
        )
        raise UsageError(message, code="algorithm")
    try:
        root = path.resolve(strict=True)
        if not os.path.isdir(root):
            raise InputError(f"{path}: not a directory", code="not-directory")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such directory", code="not-found") from None
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: a loop of links, before Python 3.13
        reason = error.strerror if isinstance(error, OSError) else "not a usable path"
        raise InputError(f"{path}: cannot be read ({reason})", code="unreadable") from None
    how = tree if algorithm == TREE else kosli_dir
    excluded = how.exclusions(root, exclude)
    walk = Walk(os.fsencode(root), excluded, how.BY_PATH, how.FOLLOW)
    sha256, size = how.digest(walk.entries(progress, workers))
    if how.exclusions(root, exclude) != excluded:
        raise changed(root)
    return Fingerprint(sha256, size, "directory", algorithm, root.name, excluded.texts)


def _referenced(reference: re.Match[str], type: Type | None, more: object) -> Fingerprint:
    if type not in (None, "oci-image"):
        raise UsageError(f"{safe_text(reference[0], 200)} names an image, not a {type}", code="type")
    if more:
        raise UsageError("a reference with its digest leaves nothing to choose or to exclude", code="option")
    digest = reference["digest"]
    if reference["algorithm"] != "sha256" or not re.fullmatch("[0-9a-f]{64}", digest):
        raise UsageError(
            f"{safe_text(reference[0], 200)}: its digest is no sha256 in lower-case hex", code="digest"
        )
    head, slash, last = reference["name"].rpartition("/")
    return Fingerprint(digest, 0, "oci-image", name=head + slash + last.partition(":")[0])


def _found_type(path: Path) -> Type:
    if os.path.isdir(path):
        is_layout = os.path.isfile(path / "oci-layout") and os.path.isfile(path / "index.json")
        return "oci-image" if is_layout else "directory"
    if _is_tar(path):
        from custody.record.image import is_archive

        return "oci-image" if is_archive(path) else "file"
    return "file"


def _is_tar(path: Path) -> bool:
    try:
        with open_regular(path) as file:
            return is_tar(file.read(BLOCK))
    except (RefusedError, OSError):
        return False  # what is wrong with it is said when it is hashed


def _name(path: Path) -> str:
    return path.name or path.resolve().name
