"""`custody init|merge|checkpoint|redact`: what a custodian does to a ledger it keeps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.recording import find_key, ledger_path, read_text_file
from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK, UsageError
from custody.kinds.governance import MAX_DOCUMENT, Redaction, Trust
from custody.ledger.entry import ORIGIN, entry_id, parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.store import DEFAULT_WAIT, create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    for command in (init, merge, checkpoint, redact):
        app.command(command.__name__)(command)


def init(
    ledger: Annotated[
        str, typer.Argument(metavar="LEDGER", help="The file to make.", callback=options.not_empty)
    ],
    origin: options.Origin = None,
    trust: Annotated[
        str | None,
        options.option(
            "--trust", metavar="FILE", help="trust.toml, version 1; else one with this key as root."
        ),
    ] = None,
    key: options.Key = None,
    json: options.Json = False,
) -> None:
    """Make a ledger and begin it with its trust document, signed with a root key.

    Example: custody init payments.ledger --origin acme.example/payments --trust trust.toml --key root.key
    """
    from custody.trust.document import parse_trust

    signer = find_key(key)
    if trust is not None:
        text = read_text_file(Path(trust), MAX_DOCUMENT)
    elif origin is None:
        raise UsageError("a new ledger needs its --origin, such as acme.example/payments", code="origin")
    elif not re.fullmatch(ORIGIN, origin):
        raise UsageError("--origin must be a name such as acme.example/payments", code="origin")
    else:
        text = f'origin = "{origin}"\nversion = 1\nroots = ["{signer.public.openssh()}"]\n'
    document = parse_trust(text)
    if origin not in (None, document.origin):
        raise UsageError(
            f"--origin {origin} and the trust document's {document.origin} differ", code="origin"
        )
    if document.version != 1 or not document.has_root(signer.public.hex):
        raise UsageError(
            "a ledger begins with version 1 of its trust document, signed by a root it lists", code="root"
        )
    path = Path(ledger)
    create_ledger(path, exist_ok=False)
    with Writer(path, ChainWriter(signer), document.origin, {}) as writer:
        writer.append([Draft("trust", Trust(text).write(), last=True)])
    if json:
        console.out_json({"ledger": ledger, "origin": document.origin, "root": signer.public.fingerprint})
    else:
        console.out(f"{safe_text(ledger)}: {document.origin}, root {signer.public.fingerprint}")


def merge(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="The ledger to merge into.", callback=options.not_empty)
    ],
    sources: Annotated[
        list[str], typer.Argument(metavar="SOURCE…", help="Exports.", callback=options.not_empty)
    ],
    key: options.Key = None,
    root: options.Root = None,
    accept_unknown: Annotated[
        bool,
        typer.Option(
            "--accept-unknown", help="Take chains of writers that the trust document does not know."
        ),
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Pass over a bad source instead of merging nothing.")
    ] = False,
    wait: options.Wait = DEFAULT_WAIT,
    json: options.Json = False,
) -> int:
    """Verify exports and append what is new in them, all or nothing; then sign a checkpoint.

    Example: custody merge payments.ledger ci/*.ledger --key custodian.key
    """
    from custody.trust.merging import merge as merge_ledgers

    progress = console.Progress("verifying")
    result = merge_ledgers(
        Path(target),
        [Path(source) for source in sources],
        ChainWriter(find_key(key)),
        lambda origin: answers.expectations(origin, root),
        accept_unknown=accept_unknown,
        skip_bad=skip_bad,
        wait=wait,
        progress=progress,
    )
    progress.close()
    status = EXIT_NOT_VERIFIED if result.forks else EXIT_GAP if result.left_out or result.bad else EXIT_OK
    if json:
        console.out_json(
            {
                "exit": status,
                "taken": result.taken,
                "known": result.known,
                "size": result.size,
                "checkpoint": result.checkpoint,
                "leftOut": [one._asdict() for one in result.left_out],
                "bad": [one._asdict() for one in result.bad],
                "forks": [answers.finding_json(one) for one in result.forks],
            }
        )
        return status
    if result.taken:
        known = f"{result.known} known already"
        console.out(
            f"merged {result.taken} new entries ({known}); the log has {result.size}, checkpoint signed"
        )
    else:
        console.out(f"nothing new ({result.known} known already): nothing was written")
    for left in result.left_out:
        console.out(f"left out  {safe_text(left.source)} chain {left.chain[:16]}: {safe_text(left.why)}")
    for bad in result.bad:
        console.out(f"skipped   {safe_text(bad.why, 300)}")
    for fork in result.forks:
        console.out(
            console.style(f"FORK      position {fork.position}: {safe_text(fork.message, 300)}", "bad")
        )
    return status


def checkpoint(
    ledger: options.Ledger = None,
    key: options.Key = None,
    root: options.Root = None,
    wait: options.Wait = DEFAULT_WAIT,
    json: options.Json = False,
) -> None:
    """Verify the ledger and sign for what it holds: origin, size and root, as a C2SP checkpoint. Prints the note.

    Example: custody checkpoint --ledger payments.ledger --key custodian.key > payments.checkpoint
    """
    from custody.trust.custodian import checkpoint as sign

    progress = console.Progress("verifying")
    signer = find_key(key)
    note = sign(
        ledger_path(ledger),
        signer,
        lambda origin: answers.expectations(origin, root),
        wait=wait,
        progress=progress,
    )
    progress.close()
    if json:
        console.out_json({"checkpoint": note})
    else:
        console.out_bytes(note.encode("utf-8"))


def redact(
    entry: Annotated[str, typer.Argument(metavar="ID", help="The entry: its position or id.")],
    reason: Annotated[str, options.option("--reason", help="Why; it goes on record.")],
    only: Annotated[
        list[str] | None,
        options.option("--blob", metavar="SHA256", help="Only this body or attachment; repeatable."),
    ] = None,
    ledger: options.Ledger = None,
    key: options.Key = None,
    wait: options.Wait = DEFAULT_WAIT,
    json: options.Json = False,
) -> None:
    """Erase an entry's body and attachments for good, and record that it was done. Every hash stays valid.

    Example: custody redact 4f2a9c01 --reason "erasure request 17" --key admin.key
    """
    from custody.trust.redactions import protected_blobs, shared_blobs

    path = ledger_path(ledger)
    with open_ledger(path) as snapshot:
        row = snapshot.row(answers.resolve_entry(snapshot, entry))
        if row is None:
            raise UsageError(f"there is no entry {entry}", code="entry")
        header = parse_header(row.header)
        identifier = entry_id(row.header)
        blobs = tuple(dict.fromkeys(only or header.blobs))
        strangers = [digest for digest in blobs if digest not in header.blobs]
        if strangers:
            raise UsageError(
                f"entry {identifier[:16]} has no bytes {safe_text(strangers[0], 70)}", code="blob"
            )
        protected = protected_blobs(snapshot)
        kept = [digest for digest in blobs if digest in protected]
        if kept:
            raise UsageError(f"bytes of a {protected[kept[0]]} entry cannot be redacted", code="protected")
        shared = shared_blobs(snapshot, identifier, blobs)
        if shared:
            raise UsageError(
                f"bytes {shared[0][:16]} are another entry's too: redact that one as well", code="shared"
            )
        if header.kind == "genesis":
            console.say(
                "note: all entries of its chain share this body; answers will miss it for each of them"
            )
    with Writer(path, ChainWriter(find_key(key)), None, {}, wait=wait) as writer:
        body = Redaction(identifier, blobs, reason)
        receipt = writer.append([Draft("redaction", body.write(), last=True)], redact=blobs)[0]
    if json:
        console.out_json(receipt._asdict() | {"erased": list(blobs)})
    else:
        console.out(
            f"erased {len(blobs)} of entry {identifier[:16]}; redaction at position {receipt.position}"
        )
