"""`custody trust`: the root keys that this machine holds origins to."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.errors import UsageError
from custody.ledger.entry import ORIGIN
from custody.trust.memory import Memory, Pins

OriginArgument = Annotated[str, typer.Argument(metavar="ORIGIN", help="Such as acme.example/payments.")]


def register(app: typer.Typer) -> None:
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode=None, help="The root keys you hold origins to."
    )
    group.command("pin")(pin)
    group.command("show")(show)
    group.command("forget")(forget)
    app.add_typer(group, name="trust")


def pin(
    origin: OriginArgument,
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="A public key file, or its SHA256:… fingerprint.")
    ],
    json: options.Json = False,
) -> None:
    """Remember the root key of an origin. Get it from its owner, never from a ledger.

    Example: custody trust pin acme.example/payments root.pub
    """
    fingerprint = answers.root_fingerprint(key)
    Pins().pin(_origin(origin), fingerprint)
    if json:
        console.out_json({"origin": origin, "root": fingerprint})
    else:
        console.out(f"{origin}: root {fingerprint}")


def show(json: options.Json = False) -> None:
    """Show what is pinned on this machine."""
    pins = Pins().all()
    if json:
        console.out_json(pins)
    elif pins:
        console.table([[origin, key] for origin, key in sorted(pins.items())], ["origin", "root"])
    else:
        console.out("nothing is pinned: custody trust pin ORIGIN KEY")


def forget(
    origin: OriginArgument,
    json: options.Json = False,
) -> None:
    """Unpin an origin, and forget the checkpoints that were verified under it."""
    Pins().forget(_origin(origin))
    Memory().forget(origin)
    if json:
        console.out_json({"forgot": origin})
    else:
        console.out(f"{origin}: forgotten")


def _origin(origin: str) -> str:
    if not re.fullmatch(ORIGIN, origin):
        raise UsageError("an origin is a name such as acme.example/payments", code="origin")
    return origin
