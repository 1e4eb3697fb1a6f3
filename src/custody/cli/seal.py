"""`custody seal`: close a run's chain, so that nothing can be added to it."""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli.options import option, with_options
from custody.cli.recording import Recording, recording
from custody.errors import UsageError
from custody.kinds import Seal


def register(app: typer.Typer) -> None:
    app.command("seal")(seal)


@with_options(recording, without=["once", "attach", "link", "annotate", "dry_run"])
def seal(
    surroundings: Recording,
    chains: Annotated[
        list[str] | None,
        option("--chain", metavar="ID", help="A chain of the trail, when this is its last job; repeatable."),
    ] = None,
) -> None:
    """Close the chain of this run. Give the same --trail, --flow, --job … as the run's appends.

    Example: custody seal --trail run-812
    """
    if not surroundings.is_run:
        raise UsageError("which run? Give the --trail (or CUSTODY_TRAIL) that its entries were appended with")
    for chain in chains or []:
        if len(chain) != 64 or set(chain) - set("0123456789abcdef"):
            raise UsageError("--chain wants a chain's id: 64 hex digits", code="chain")
    with surroundings.writer(surroundings.signer()) as writer:
        receipt = writer.seal(Seal(tuple(chains or ())).write())
    surroundings.print([receipt])
