"""`custody export …`: parts of a ledger in forms that other tools verify."""

from __future__ import annotations

import json as jsonlib

import typer

from custody.cli import answers, options
from custody.cli.delivery import Output, deliver
from custody.cli.events import events
from custody.cli.groups import group
from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey


def register(app: typer.Typer) -> None:
    exports = group("Export for other tools.", "Example: custody export entry 42 -o approval.dsse.json")
    exports.command("entry")(entry)
    exports.command("proof")(proof)
    exports.command("events")(events)
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
    from custody.ledger import dsse
    from custody.query.entries import entry_detail

    with answers.answering(ledger, root, json) as answer:
        position = answers.resolve_entry(answer.snapshot, entry)
        row = answer.snapshot.row(position)
        if row is None:
            raise UsageError(f"there is no entry {entry}", code="entry")
        key = PublicKey.from_hex(entry_detail(answer.snapshot, position).key)
        envelope = dsse.encode_envelope(dsse.Envelope(row.header, row.signature, key.fingerprint))
        deliver(envelope + b"\n", output, jsonlib.loads(envelope) if json else None)
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
        deliver(text.encode("utf-8"), output, {"proof": text} if json else None)
        return answer.report.exit
