"""`custody export …`: parts of a ledger in forms that other tools verify."""

from __future__ import annotations

import json as jsonlib

import typer

from custody.cli import answers, options
from custody.cli.delivery import Output, deliver
from custody.cli.events import events
from custody.cli.groups import group


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
    from custody.query.exports import envelope

    with answers.answering(ledger, root, json) as answer:
        data = envelope(answer.snapshot, answers.resolve_entry(answer.snapshot, entry))
        deliver(data + b"\n", output, jsonlib.loads(data) if json else None)
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
        deliver(data, output, {"proof": data.decode("utf-8")} if json else None)
        return answer.report.exit
