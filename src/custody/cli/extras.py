"""What can go with every entry: remarks, links, and files to keep."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from custody import system
from custody.cli.checks import checked_name, input_file
from custody.errors import UsageError
from custody.kinds import Link
from custody.ledger.entry import MAX_ATTACHMENT
from custody.text import safe_text

_DIGEST = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPES = {
    ".csv": "text/csv",
    ".gz": "application/gzip",
    ".html": "text/html",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".sarif": "application/sarif+json",
    ".tar": "application/x-tar",
    ".txt": "text/plain",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


def parse_annotations(given: Sequence[str]) -> dict[str, str]:
    """KEY=VALUE, each key once. Raises UsageError."""
    found: dict[str, str] = {}
    for item in given:
        key, separator, value = item.partition("=")
        if not separator or not value:
            raise UsageError(f"--annotate wants KEY=VALUE, not {safe_text(item, 60)}", code="annotate")
        if key in found:
            raise UsageError(f"--annotate gives {safe_text(key, 60)} twice", code="annotate")
        found[checked_name(key, "an annotation's key")] = value
    return found


def parse_link(given: str) -> Link:
    """LABEL=URL, perhaps with #sha256=…: the digest of what was there. Raises UsageError."""
    label, separator, url = given.partition("=")
    url, pinned, digest = url.partition("#sha256=")
    if not separator or not url:
        raise UsageError(
            f"--link wants LABEL=URL or LABEL=URL#sha256=…, not {safe_text(given, 60)}", code="link"
        )
    if pinned and not _DIGEST.fullmatch(digest):
        raise UsageError("--link: what follows #sha256= must be 64 lower-case hex digits", code="link")
    if not (url.isprintable() and re.fullmatch(r"https?://[^/\s?#@]+(?:[/?#]\S*)?", url)):
        message = "--link: a URL begins with https:// or http:// and a host, and carries no user or password"
        raise UsageError(message, code="link")
    return Link(checked_name(label, "a link's label"), url, digest)


def read_attachments(given: Sequence[str]) -> tuple[tuple[str, bytes, str], ...]:
    """Files to keep with an entry. Raises InputError."""
    found = []
    for path in map(Path, given):
        with input_file(path):
            found.append((file_name(path), system.read_regular(path, MAX_ATTACHMENT), media_type(path)))
    return tuple(found)


def file_name(path: Path) -> str:
    """A file's own name as a body can hold it: what is not UTF-8 in it is escaped."""
    return path.name.encode("utf-8", "backslashreplace").decode()[:500]


def media_type(path: Path) -> str:
    """By the end of the name only: it says how to show a file, and decides nothing."""
    return _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
