"""What `custody append artifact` says of an artifact beyond its bytes: its source, its build, its materials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from custody.cli.recording import Recording
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.kinds import Artifact


def with_provenance(
    surroundings: Recording, body: Artifact, material: Sequence[str], since: str | None, slsa: bool
) -> tuple[Artifact, tuple[tuple[str, bytes, str], ...]]:
    """The body with its source and build, where anything is known of them, and with `slsa` the signed statement.

    `since` is a revision of the checkout: the source then has the commits of its first-parent line since it.
    """
    ci, git = surroundings.ci, surroundings.git
    if since is not None and (git is None or surroundings.checkout is None):
        raise UsageError("--since needs the checkout that knows the commits: give --git FOLDER", code="since")
    if ci is None and git is None and not material and not slsa:
        return body, ()
    from dataclasses import replace

    from custody.record.materials import read_materials
    from custody.record.provenance import attestation, build, source, with_range

    made = build(surroundings.context, ci, git, read_materials(material))
    origin = source(git) if git is not None else None
    if origin is not None and since is not None and surroundings.checkout is not None:
        origin = with_range(origin, surroundings.checkout, since, surroundings.context.commit)
    body = replace(body, source=origin, build=made)
    return body, (attestation(body.subject, made, surroundings.signer()),) if slsa else ()
