"""An artifact as people name it, found in a ledger."""

from __future__ import annotations

import os
import re

from custody.cli.answers import Answer
from custody.cli.recording import resolve_artifact
from custody.errors import UsageError
from custody.ledger.entry import Subject
from custody.text import safe_text

UNRECORDED = "unrecorded"
"""The name of a fingerprint that the ledger knows none for."""
_EXACT = re.compile(r"(?:.*@)?[0-9a-f]{64}", re.DOTALL)


def known_artifact(answer: Answer, given: str, name: str | None = None) -> Subject:
    """What is named by a file, folder or image, a fingerprint or its beginning, NAME@FINGERPRINT, or a name.

    Bytes that the ledger has never heard of are an artifact all the same; a name is one only if it is just one
    artifact's. Raises UsageError.
    """
    from custody.query.artifacts import find_artifacts

    if name is None and not os.path.lexists(given):
        digest = given.rpartition("@")[2]
        found = find_artifacts(answer.index, digest if _EXACT.fullmatch(given) else given)
        if len(found) == 1:
            return Subject(_name(answer, found[0]), found[0])
        if len(found) > 1:
            several = ", ".join(digest[:12] for digest in found[:8])
            message = f"{safe_text(given, 80)} means {len(found)} artifacts: {several}; name one"
            raise UsageError(message, code="ambiguous")
        if not _EXACT.fullmatch(given) and not re.search(r"[/@:\\.]", given):
            message = f"nothing here is known as {safe_text(given, 80)}: try `custody artifacts`"
            raise UsageError(message, code="unknown")
    if name is None and re.fullmatch("[0-9a-f]{64}", given):
        return Subject(UNRECORDED, given)
    subject = resolve_artifact(given, name)
    if name is not None or not find_artifacts(answer.index, subject.sha256):
        return subject
    return Subject(_name(answer, subject.sha256), subject.sha256)


def _name(answer: Answer, sha256: str) -> str:
    """What the ledger calls it, whatever its file is called today."""
    from custody.query.trace import trace

    return trace(answer.index, sha256).artifact.name or UNRECORDED
