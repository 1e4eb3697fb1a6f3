"""`custody fingerprint`: the SHA-256 by which files, folders and container images are known. It reads no ledger."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Annotated, cast

import typer

from custody.cli import console, options
from custody.cli.options import argument, option
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.record.fingerprint import Fingerprint, Type

# Those of record.fingerprint, which only what hashes something imports.
ALGORITHMS = ("custody-tree-v1", "kosli-dir-v1")
TYPES = ("file", "directory", "oci-image")

DirAlgorithm = Annotated[
    str | None,
    option(
        "--dir-algorithm",
        choices=ALGORITHMS,
        metavar="NAME",
        help=f"How a folder's is made: {ALGORITHMS[0]} (the default) or {ALGORITHMS[1]}.",
    ),
]
Exclude = Annotated[
    list[str] | None,
    option("--exclude", metavar="GLOB", help="Leave this out of a folder's, such as '**/*.log'; repeatable."),
]
Image = Annotated[
    str | None,
    option("--image", metavar="NAME", help="Which image of a layout that has several; or PATH:NAME."),
]
TakenFor = Annotated[
    str | None,
    option("--type", choices=TYPES, metavar="TYPE", help=f"What it is taken for: {', '.join(TYPES)}."),
]


def register(app: typer.Typer) -> None:
    app.command("fingerprint")(fingerprint_command)


def fingerprint_command(
    paths: Annotated[
        list[str], argument("PATH…", "Files, folders, OCI layouts, image archives, or NAME@sha256:….")
    ],
    type: TakenFor = None,
    dir_algorithm: DirAlgorithm = None,
    exclude: Exclude = None,
    image: Image = None,
    json: options.Json = False,
) -> None:
    """Print the fingerprints of files, folders and container images, as they would be recorded.

    Example: custody fingerprint dist/payments-api.whl build/site registry.example/api@sha256:…
    """

    def one(path: str, progress: Callable[[int, int], None] | None) -> Fingerprint:
        return measure(path, type, dir_algorithm, exclude, image, progress)

    found = _all(paths, one)
    if json:
        console.out_json([_as_json(path, each) for path, each in zip(paths, found, strict=True)])
        return
    for path, each in zip(paths, found, strict=True):
        how = f"{each.type} {each.algorithm}".rstrip()
        console.out(f"{each.sha256}  {safe_text(path, None)}  {how}")
        if each.excluded:
            patterns = ", ".join(safe_text(pattern, None) for pattern in each.excluded)
            console.say(f"left out of {safe_text(path, None)}: {patterns}")


def measure(
    path: str,
    type: str | None = None,
    dir_algorithm: str | None = None,
    exclude: Sequence[str] | None = None,
    image: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fingerprint:
    """The fingerprint of what a person named. Raises InputError and UsageError."""
    from custody.record.fingerprint import fingerprint

    return fingerprint(
        path,
        type=cast("Type | None", type),
        algorithm=dir_algorithm,
        exclude=exclude or (),
        image=image,
        progress=progress,
    )


def measured(
    path: str,
    type: str | None = None,
    dir_algorithm: str | None = None,
    exclude: Sequence[str] | None = None,
    image: str | None = None,
) -> Fingerprint:
    """As `measure`, with a bar where somebody watches."""
    return _all([path], lambda one, progress: measure(one, type, dir_algorithm, exclude, image, progress))[0]


def _all(
    paths: Sequence[str], one: Callable[[str, Callable[[int, int], None] | None], Fingerprint]
) -> list[Fingerprint]:
    """Of each path, several at a time where there are several. The first error, in their order, is raised."""
    bar = console.Progress("hashing")
    watched = sys.stderr.isatty()  # counting a folder beforehand is only worth it for somebody who watches
    states = [(0, 0)] * len(paths)
    lock = Lock()

    def work(place: int, _: object = None) -> Fingerprint:
        def progress(done: int, total: int) -> None:
            with lock:
                states[place] = done, total
                bar(paths[place], sum(done for done, _ in states), sum(total for _, total in states))

        return one(paths[place], progress if watched else None)

    try:
        if len(paths) == 1:
            return [work(0)]
        from custody.record.pool import in_order

        return list(in_order(range(len(paths)), work))
    finally:
        bar.close()


def _as_json(path: str, found: Fingerprint) -> dict[str, object]:
    known: dict[str, object] = {"path": path, "name": found.name, "sha256": found.sha256, "type": found.type}
    if found.size or found.type != "oci-image":
        known["size"] = found.size
    if found.algorithm:
        known |= {"algorithm": found.algorithm, "excluded": list(found.excluded)}
    return known
