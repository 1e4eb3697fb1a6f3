"""`custody trust`: the root keys that this machine holds origins to."""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.checks import checked_origin
from custody.cli.console import Column
from custody.cli.groups import group
from custody.trust.memory import Memory, Pins

OriginArgument = Annotated[str, options.argument("ORIGIN", "Such as acme.example/payments.")]


def register(app: typer.Typer) -> None:
    pins = group(
        "The root keys you hold origins to.", "Example: custody trust pin acme.example/payments root.pub"
    )
    pins.command("pin")(pin)
    pins.command("show")(show)
    pins.command("forget")(forget)
    app.add_typer(pins, name="trust")


def pin(
    origin: OriginArgument,
    key: Annotated[str, options.argument("KEY", "A public key file, or its SHA256:… fingerprint.")],
    json: options.Json = False,
) -> None:
    """Remember the root key of an origin. Get it from its owner, never from a ledger.

    Example: custody trust pin acme.example/payments root.pub
    """
    checked_origin(origin)
    fingerprint = answers.root_fingerprint(key)
    Pins().pin(origin, fingerprint)
    if json:
        console.out_json({"origin": origin, "root": fingerprint})
    else:
        console.out(f"{origin}: root {fingerprint}")


def show(json: options.Json = False) -> None:
    """Show what is pinned on this machine.

    Example: custody trust show
    """
    pins = Pins().all()
    if json:
        console.out_json(pins)
    elif pins:
        console.table(
            [[origin, key] for origin, key in sorted(pins.items())], [Column("origin"), Column("root")]
        )
    else:
        console.out("nothing is pinned: custody trust pin ORIGIN KEY")


def forget(
    origin: OriginArgument,
    json: options.Json = False,
) -> None:
    """Unpin an origin, and forget the checkpoints that were verified under it.

    Example: custody trust forget acme.example/payments
    """
    checked_origin(origin)
    Pins().forget(origin)
    Memory().forget(origin)
    if json:
        console.out_json({"forgot": origin})
    else:
        console.out(f"{origin}: forgotten")
