"""`custody export …`: parts of a ledger in forms that other tools verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from custody import system
from custody.cli import answers, console, options
from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey

Entry = Annotated[str, typer.Argument(metavar="ID", help="The entry: its position or id.")]
Output = Annotated[
    str | None,
    options.option("--output", "-o", metavar="FILE", help="Write here instead; never over a file."),
]


def register(app: typer.Typer) -> None:
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Export for other tools.")
    group.command("entry")(entry)
    group.command("proof")(proof)
    app.add_typer(group, name="export")


def entry(
    entry: Entry,
    ledger: options.Ledger = None,
    root: options.Root = None,
    output: Output = None,
    json: options.Json = False,
) -> int:
    """Export an entry as a DSSE envelope, after verifying the ledger.

    Example: custody export entry 42 -o approval.dsse.json
    """
    from custody.ledger import dsse
    from custody.query.entries import entry_detail

    with answers.answering(ledger, root, json) as answer:
        position = answers.resolve_entry(answer.snapshot, entry)
        row = answer.snapshot.row(position)
        if row is None:
            raise UsageError(f"there is no entry {entry}", code="entry")
        key = PublicKey.from_hex(entry_detail(answer.snapshot, position).key)
        envelope = dsse.encode_envelope(dsse.Envelope(row.header, row.signature, key.fingerprint))
        _write(envelope + b"\n", output)
        return answer.report.exit


def proof(
    entry: Entry,
    ledger: options.Ledger = None,
    root: options.Root = None,
    output: Output = None,
    json: options.Json = False,
) -> int:
    """Export the proof that an entry is in the log, as a C2SP tlog-proof with the custodian's checkpoint.

    Example: custody export proof 42 -o approval.tlog-proof
    """
    from custody.ledger.checkpoint import format_proof
    from custody.query.entries import inclusion

    with answers.answering(ledger, root, json) as answer:
        position = answers.resolve_entry(answer.snapshot, entry)
        covered = answer.report.covered
        if position >= covered:
            raise UsageError(
                f"no trusted checkpoint covers position {position}; the newest covers {covered}",
                code="uncovered",
            )
        text = format_proof(position, inclusion(answer.snapshot, position, covered), answer.report.checkpoint)
        _write(text.encode("utf-8"), output)
        return answer.report.exit


def _write(data: bytes, output: str | None) -> None:
    if output is None:
        console.out_bytes(data)
    else:
        system.create_exclusive(Path(output), data, 0o644)
