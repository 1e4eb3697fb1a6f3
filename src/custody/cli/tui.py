"""`custody tui`: open a ledger in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, options
from custody.cli.config import read_config
from custody.cli.recording import open_given
from custody.cli.times import Clock
from custody.errors import UsageError

if TYPE_CHECKING:
    from custody.ledger.reader import Snapshot
    from custody.tui.links import Link

TABS = ("overview", "artifacts", "environments", "approvals", "entries", "findings")


def register(app: typer.Typer) -> None:
    app.command("tui")(tui)


def tui(
    ledger: options.LedgerArgument = None,
    option: options.Ledger = None,
    root: options.Root = None,
    tab: Annotated[str | None, options.option("--tab", choices=TABS, help="Begin with this tab.")] = None,
    entry: Annotated[
        str | None, options.option("--entry", metavar="ID", help="Begin with this entry: its position or id.")
    ] = None,
    artifact: Annotated[
        str | None,
        options.option(
            "--artifact", metavar="QUERY", help="Begin with this artifact: its name, fingerprint or commit."
        ),
    ] = None,
    at: Annotated[
        str | None,
        options.option(
            "--at", metavar="STATE", help="Begin with this state: prod, prod#12, prod@{2 hours ago}."
        ),
    ] = None,
    tz: options.Zone = None,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="Record nothing, whoever holds a key: no approval, no rejection."),
    ] = False,
) -> int:
    """Browse a ledger, watch it being verified, step through the life of its environments, and approve.

    Without a ledger, choose one of those opened before, or of a folder. Only an approval is ever written to it.

    Example: custody tui payments.ledger --root root.pub --at "prod@{last thursday 02:30}"
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "there is no terminal here: `custody verify`, `trace` and `env show` answer without one"
        )
    from custody.tui.app import Start, run
    from custody.tui.links import Link

    if sum(one is not None for one in (entry, artifact, at)) > 1:
        raise UsageError("--entry, --artifact and --at each say where to begin: use one of them", code="link")
    roots = tuple(map(answers.root_fingerprint, root or ()))
    path = ledger or option or read_config(Path.cwd()).ledger
    clock = Clock(tz)
    if not path:
        if entry or artifact or at or tab:
            raise UsageError("where to begin is said of a ledger: name it", code="ledger")
        return run(None, answers.expectations("", root), Start(Link(), roots, clock.zone.key, read_only))
    with open_given(Path(path)) as snapshot:
        link = _link(snapshot, clock, tab, entry, artifact, at)
        return run(
            snapshot,
            answers.expectations(snapshot.origin, root),
            Start(link, roots, clock.zone.key, read_only),
        )


def _link(
    snapshot: Snapshot, clock: Clock, tab: str | None, entry: str | None, artifact: str | None, at: str | None
) -> Link:
    """Where to begin. What cannot be is said now, and not on a screen. Raises UsageError."""
    from custody.query.moments import parse_reference
    from custody.tui.links import Link

    if entry is not None:
        return Link("entries", entry=answers.resolve_entry(snapshot, entry))
    if artifact is not None:
        return Link("artifacts", artifact=artifact)
    if at is not None:
        reference = parse_reference(at)
        moment = clock.moment(reference.moment_text) if reference.moment_text is not None else None
        return Link("environments", environment=reference, moment=moment)
    return Link(tab or "overview")
