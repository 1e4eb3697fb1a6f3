"""`custody redact`: erase personal data for good, without breaking the proof."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.recording import find_key, ledger_path
from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey
from custody.kinds import Redaction
from custody.ledger.entry import Header, entry_id, parse_header
from custody.ledger.reader import Snapshot
from custody.ledger.store import DEFAULT_WAIT, Store
from custody.ledger.writer import ChainWriter, Draft, Writer
from custody.text import safe_text
from custody.trust.verification import Verification


def register(app: typer.Typer) -> None:
    app.command("redact")(redact)


def redact(
    entry: options.Entry,
    reason: Annotated[str, options.option("--reason", help="Why; it goes on record.")],
    only: Annotated[
        list[str] | None,
        options.option("--blob", metavar="SHA256", help="Only this body or attachment; repeatable."),
    ] = None,
    ledger: options.Ledger = None,
    key: options.Key = None,
    root: options.Root = None,
    wait: options.Wait = DEFAULT_WAIT,
    json: options.Json = False,
) -> None:
    """Erase an entry's body and attachments for good, and record that it was done. Every hash stays valid.

    Example: custody redact 4f2a9c01 --reason "erasure request 17" --key admin.key
    """
    from custody.query.opening import forget_all

    path = ledger_path(ledger)
    signer = find_key(key)
    identifier, blobs = _choose(path, entry, only, signer.public, root, wait)
    with Writer(path, ChainWriter(signer), None, {}, wait=wait) as writer:
        draft = Draft("redaction", Redaction(identifier, blobs, reason).write(), last=True)
        receipt = writer.append([draft], redact=blobs)[0]
    forget_all()
    if json:
        console.out_json(receipt._asdict() | {"entry": identifier, "erased": list(blobs)})
    else:
        what = f"{len(blobs)} of entry {identifier[:16]}"
        console.out(f"erased {what}; redaction recorded at position {receipt.position}  id {receipt.id}")


def _choose(
    path: Path,
    entry: str,
    only: Sequence[str] | None,
    key: PublicKey,
    roots: Sequence[str] | None,
    wait: float,
) -> tuple[str, tuple[str, ...]]:
    """The entry's id and the bytes to erase, when all is well: what is erased cannot be brought back."""
    from custody.trust.custodian import verify_target

    progress = console.Progress("verifying")
    with Store(path, wait) as store, store.transaction() as transaction:
        target = verify_target(
            transaction, path.name, lambda origin: answers.expectations(origin, roots), progress
        )
        progress.close()
        _check_admin(target.verification, key)
        snapshot = transaction.view()
        row = snapshot.row(answers.resolve_entry(snapshot, entry))
        assert row is not None
        header, identifier = parse_header(row.header), entry_id(row.header)
        blobs = tuple(dict.fromkeys(only or header.blobs))
        _check_blobs(snapshot, header, identifier, blobs)
        there = tuple(digest for digest in blobs if snapshot.measure_blob(digest) is not None)
    if not there:
        raise UsageError(f"entry {identifier[:16]} has nothing left to erase", code="erased")
    if header.kind == "genesis":
        console.say(
            "note: all entries of its chain share this body, and answers will miss it for each of them"
        )
    return identifier, there


def _check_admin(verification: Verification, key: PublicKey) -> None:
    """Bytes that anybody else removed would be missing, for ever, and not redacted."""
    from custody.trust.roles import ADMIN

    if not verification.expectations.judged_by:
        message = "no root key says who may redact: give --root, or run `custody trust pin`"
        raise UsageError(message, code="no-root")
    document = verification.trust
    identity = document.by_key.get(key.hex) if document is not None else None
    if document is None or identity is None or ADMIN not in identity.roles:
        who = identity.name if identity is not None else "nobody"
        message = (
            f"only an admin of the trust document may redact, and key {key.fingerprint} is {who}'s there"
        )
        raise UsageError(message, code="role")
    if any(one.fingerprint == key.fingerprint for one in document.revoked):
        raise UsageError(f"key {key.fingerprint} is revoked: what it redacts would be missing", code="role")


def _check_blobs(snapshot: Snapshot, header: Header, identifier: str, blobs: Sequence[str]) -> None:
    from custody.trust.redactions import protected_blobs, shared_blobs

    for digest in blobs:
        if digest not in header.blobs:
            raise UsageError(f"entry {identifier[:16]} has no bytes {safe_text(digest, 70)}", code="blob")
    protected = protected_blobs(snapshot)
    for digest in blobs:
        if digest in protected:
            raise UsageError(f"bytes of a {protected[digest]} entry cannot be redacted", code="protected")
    shared = shared_blobs(snapshot, identifier, blobs)
    if shared:
        message = f"bytes {shared[0]} are another entry's too: choose among the others with --blob"
        raise UsageError(message, code="shared")
