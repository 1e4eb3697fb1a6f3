"""`custody init|merge|checkpoint`: what a custodian does to a ledger it keeps."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.checks import checked_origin
from custody.cli.config import read_config
from custody.cli.recording import check_folder, find_key, ledger_path, read_trust
from custody.errors import EXIT_GAP, EXIT_NOT_VERIFIED, EXIT_OK, SigningKeyError, UsageError
from custody.kinds import Trust
from custody.ledger.store import DEFAULT_WAIT, create_ledger
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    for command in (init, merge, checkpoint):
        app.command(command.__name__)(command)


def init(
    ledger: Annotated[str, options.argument("LEDGER", "The file to make.")],
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

    origin = checked_origin(origin or read_config(Path.cwd()).origin or None)
    given = read_trust(Path(trust)) if trust is not None else None
    if given is None and origin is None:
        raise UsageError("a new ledger needs its --origin, such as acme.example/payments", code="origin")
    if given is not None and origin not in (None, given.origin):
        raise UsageError(f"--origin {origin} and the trust document's {given.origin} differ", code="origin")
    signer = find_key(key)
    document = given or parse_trust(
        f'origin = "{origin}"\nversion = 1\nroots = ["{signer.public.openssh()}"]\n'
    )
    if document.version != 1 or not document.has_root(signer.public.hex):
        message = (
            f"a ledger begins with version 1, signed by a root it lists; {signer.public.fingerprint} is none"
        )
        raise UsageError(message, code="root")
    path = Path(ledger)
    check_folder(path)
    create_ledger(path, exist_ok=False)
    try:
        with Writer(path, ChainWriter(signer), document.origin, {}) as writer:
            writer.append([Draft("trust", Trust(document.text).write(), last=True)])
    except SigningKeyError:
        path.unlink(
            missing_ok=True
        )  # nothing was written to it: it must not be in the way of the next attempt
        raise
    if json:
        console.out_json({"ledger": ledger, "origin": document.origin, "root": signer.public.fingerprint})
    else:
        console.out(f"{safe_text(ledger)}: {document.origin}, root {signer.public.fingerprint}")


def merge(
    target: Annotated[str, options.argument("TARGET", "The ledger to merge into.")],
    sources: Annotated[list[str], options.argument("SOURCE", "The ledgers to take entries from.")],
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

    others = [source for source in sources if not _same(target, source)]
    if not others:
        raise UsageError("there is nothing to merge but the target itself: name other ledgers", code="source")
    for _ in range(len(sources) - len(others)):
        console.say(f"note: {safe_text(target)} is the target itself, and was passed over")
    progress = console.Progress("verifying")
    result = merge_ledgers(
        Path(target),
        [Path(source) for source in others],
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


def _same(target: str, source: str) -> bool:
    """Whether a source is the target, by whatever name: with `merge all.ledger *.ledger` it is among them."""
    try:
        return os.path.samefile(target, source)
    except (OSError, ValueError):
        return False


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
