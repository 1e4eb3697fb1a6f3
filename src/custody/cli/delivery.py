"""What an export ends in: standard output, or a file that was not there before."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

from custody import system
from custody.cli import console, options
from custody.text import safe_text

Output = Annotated[
    str | None,
    options.option("--output", "-o", metavar="FILE", help="Write here instead; never over a file."),
]


def deliver(data: bytes, output: str | None, json: dict[str, Any] | None = None) -> None:
    """The export itself, or, with -o, word of the file it went to; `json` is what --json prints instead."""
    if output is None:
        console.out_json(json) if json is not None else console.out_bytes(data)
        return
    system.create_exclusive(Path(output), data, 0o644)
    digest = hashlib.sha256(data).hexdigest()
    if json is not None:
        console.out_json({"file": output, "sha256": digest, "size": len(data)})
    else:
        console.out(f"{safe_text(output)}: {len(data)} bytes, sha256 {digest}")
