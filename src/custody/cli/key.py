"""`custody key`: make a signing key, or say which one would sign."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from custody.cli import console, options
from custody.cli.groups import group
from custody.cli.recording import find_key
from custody.errors import UsageError
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    keys = group("Signing keys.", "Example: custody key new ~/.ssh/custody-approver --encrypt")
    keys.command("new")(new)
    keys.command("show")(show)
    app.add_typer(keys, name="key")


def new(
    file: Annotated[str, options.argument("FILE", "Where to put it; FILE.pub gets the public half.")],
    comment: Annotated[
        str | None, options.option("--comment", help="A word that goes into the public key's line.")
    ] = None,
    encrypt: Annotated[
        bool, typer.Option("--encrypt", help="Protect it with a passphrase, asked on the terminal.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Make an Ed25519 key in OpenSSH form, readable by you alone.

    Example: custody key new ~/.ssh/custody-approver --encrypt
    """
    from custody.keys.create import create_key

    passphrase = None
    if encrypt:
        passphrase = console.ask_secret("New passphrase:")
        if not passphrase or passphrase != console.ask_secret("Once more:"):
            raise UsageError("the two passphrases are empty or differ: no key was made", code="passphrase")
    public = create_key(Path(file), comment or "", passphrase)
    if json:
        console.out_json(
            {"file": file, "public": public.openssh(comment or ""), "fingerprint": public.fingerprint}
        )
    else:
        console.out(f"{safe_text(file)}: {public.fingerprint}")


def show(key: options.Key = None, json: options.Json = False) -> None:
    """Show the public half of the key that would sign: --key, CUSTODY_KEY, CUSTODY_KEY_FILE, or the ssh-agent's.

    Example: custody key show --key ci.key
    """
    public = find_key(key).public
    if json:
        console.out_json({"public": public.openssh(), "fingerprint": public.fingerprint, "hex": public.hex})
    else:
        console.out(public.openssh())
        console.out(public.fingerprint)
