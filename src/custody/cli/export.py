"""`custody export …`: parts of a ledger in forms that other tools verify."""

from __future__ import annotations

import hashlib
import json as jsonlib
from pathlib import Path
from typing import Annotated, Any

import typer

from custody import system
from custody.cli import answers, console, options
from custody.cli.groups import group
from custody.text import safe_text

Output = Annotated[
    str | None,
    options.option("--output", "-o", metavar="FILE", help="Write here instead; never over a file."),
]


def register(app: typer.Typer) -> None:
    exports = group("Export for other tools.", "Example: custody export entry 42 -o approval.dsse.json")
    exports.command("entry")(entry)
    exports.command("proof")(proof)
    app.add_typer(exports, name="export")


def entry(
    entry: options.Entry,
    ledger: options.Ledger = None,
    root: options.Root = None,
    output: Output = None,
    json: options.Json = False,
) -> int:
    """Export an entry as a DSSE envelope, after verifying the ledger.

    Example: custody export entry 42 -o approval.dsse.json
    """
    from custody.query.exports import envelope

    with answers.answering(ledger, root, json) as answer:
        data = envelope(answer.snapshot, answers.resolve_entry(answer.snapshot, entry))
        _deliver(data + b"\n", output, jsonlib.loads(data) if json else None)
        return answer.report.exit


def proof(
    entry: options.Entry,
    ledger: options.Ledger = None,
    root: options.Root = None,
    output: Output = None,
    json: options.Json = False,
) -> int:
    """Export the proof that an entry is in the log, as a C2SP tlog-proof with the custodian's checkpoint.

    Example: custody export proof 42 -o approval.tlog-proof
    """
    from custody.query.exports import inclusion_proof

    with answers.answering(ledger, root, json) as answer:
        position = answers.resolve_entry(answer.snapshot, entry)
        data = inclusion_proof(answer.snapshot, position, answer.report.covered, answer.report.checkpoint)
        _deliver(data, output, {"proof": data.decode("utf-8")} if json else None)
        return answer.report.exit


def _deliver(data: bytes, output: str | None, json: dict[str, Any] | None) -> None:
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
