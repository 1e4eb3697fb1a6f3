"""What `custody append artifact` says of an artifact beyond its bytes: its source, its build, its materials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from custody.cli.recording import Recording

if TYPE_CHECKING:
    from custody.kinds import Artifact


def with_provenance(
    surroundings: Recording, body: Artifact, material: Sequence[str], slsa: bool
) -> tuple[Artifact, tuple[tuple[str, bytes, str], ...]]:
    """The body with its source and build, where anything is known of them, and with `slsa` the signed statement."""
    ci, git = surroundings.ci, surroundings.git
    if ci is None and git is None and not material and not slsa:
        return body, ()
    from dataclasses import replace

    from custody.record.materials import read_materials
    from custody.record.provenance import attestation, build, source

    made = build(surroundings.context, ci, git, read_materials(material))
    body = replace(body, source=source(git) if git is not None else None, build=made)
    return body, (attestation(body.subject, made, surroundings.signer()),) if slsa else ()
