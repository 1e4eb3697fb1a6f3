"""`custody seal`: close a run's chain, so that nothing can be added to it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from custody.cli import console
from custody.cli.options import argument, option, with_options
from custody.cli.recording import Recording, recording
from custody.errors import UsageError
from custody.kinds import Seal
from custody.ledger.writer import Draft


def register(app: typer.Typer) -> None:
    app.command("seal")(seal)


@with_options(recording, without=["once", "attach", "link", "annotate", "dry_run"])
def seal(
    surroundings: Recording,
    exports: Annotated[
        list[str] | None,
        argument("EXPORT", "In a trail's last job: the ledgers of its other jobs, whose chains are listed."),
    ] = None,
    chains: Annotated[
        list[str] | None,
        option("--chain", metavar="ID", help="A chain of the trail, when this is its last job; repeatable."),
    ] = None,
) -> None:
    """Close the chain of this run. Give the same --trail, --flow, --job … as the run's appends.

    Examples: custody seal --trail run-812; in the trail's last job, custody seal --trail run-812 exports/*.ledger
    """
    if not surroundings.is_run:
        raise UsageError("which run? Give the --trail (or CUSTODY_TRAIL) that its entries were appended with")
    for chain in chains or []:
        if len(chain) != 64 or set(chain) - set("0123456789abcdef"):
            raise UsageError("--chain wants a chain's id: 64 hex digits", code="chain")
    listed = dict.fromkeys(chains or [])
    if exports:
        listed |= dict.fromkeys(_chains_of(surroundings, exports))
    body = Seal(tuple(listed)).write()
    if listed:
        # The list is worth a chain of its own, where this job has recorded nothing else.
        surroundings.make_ledger()
        with surroundings.writer(surroundings.signer()) as writer:
            (receipt,) = writer.append([Draft("seal", body, last=True)])
    else:
        with surroundings.writer(surroundings.signer()) as writer:
            receipt = writer.seal(body)
    surroundings.print([receipt])


def _chains_of(surroundings: Recording, exports: list[str]) -> list[str]:
    """The chains of this run's trail in these ledgers. Raises UsageError for a ledger that has none."""
    from custody.cli.trails import chains_of_trail

    context = surroundings.context
    found: list[str] = []
    for export in exports:
        if _is_same(export, surroundings.ledger):
            continue  # a folder's exports have this job's own among them, whose chain this is the end of
        chains, unsealed = chains_of_trail(export, context.flow, context.trail)
        if not chains:
            message = f"{export} has no chain of trail {context.trail} of flow {context.flow or '(none)'}"
            raise UsageError(message, code="trail")
        for chain in unsealed:
            console.say(f"note: chain {chain[:16]} was never sealed: its trail will not count as closed")
        found += chains
    return found


def _is_same(one: str, other: Path) -> bool:
    return os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)
