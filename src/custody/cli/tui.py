"""`custody tui`: open a ledger in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

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
PARTS = ("path", "controls", "source", "files", "signed")


class Named(NamedTuple):
    """Where to begin, as it was given."""

    tab: str | None
    entry: str | None
    artifact: str | None
    part: str | None
    at: str | None
    find: str | None


def register(app: typer.Typer) -> None:
    app.command("tui")(tui)


def tui(
    ledger: options.LedgerArgument = None,
    option: options.Ledger = None,
    root: options.Root = None,
    tab: Annotated[
        str | None,
        options.option(
            "--tab",
            metavar="TAB",
            choices=TABS,
            help="Begin with this tab; else with the one that shows what is named.",
        ),
    ] = None,
    entry: Annotated[
        str | None, options.option("--entry", metavar="ID", help="Begin with this entry: its position or id.")
    ] = None,
    artifact: Annotated[
        str | None,
        options.option(
            "--artifact",
            metavar="QUERY",
            help="Begin with this artifact: its name, fingerprint or commit. With --at: where it ran then.",
        ),
    ] = None,
    part: Annotated[
        str | None,
        options.option(
            "--part", metavar="PART", choices=PARTS, help="Begin with this part of the artifact's page."
        ),
    ] = None,
    at: Annotated[
        str | None,
        options.option(
            "--at", metavar="STATE", help="Begin with this state: prod, prod#12, prod@{2 hours ago}."
        ),
    ] = None,
    find: Annotated[
        str | None,
        options.option("--find", metavar="TEXT", help="Begin with what this finds among what the tab lists."),
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

    named = Named(tab, entry, artifact, part, at, find)
    roots = tuple(map(answers.root_fingerprint, root or ()))
    path = ledger or option or read_config(Path.cwd()).ledger
    clock = Clock(tz)
    if not path:
        if any(one is not None for one in named):
            raise UsageError("where to begin is said of a ledger: name it", code="ledger")
        return run(None, answers.expectations("", root), Start(Link(), roots, clock.zone.key, read_only))
    with open_given(Path(path)) as snapshot:
        link = _link(snapshot, clock, named)
        return run(
            snapshot,
            answers.expectations(snapshot.origin, root),
            Start(link, roots, clock.zone.key, read_only),
        )


def _link(snapshot: Snapshot, clock: Clock, named: Named) -> Link:
    """Where to begin. What cannot be is said now, and not on a screen. Raises UsageError."""
    from custody.query.moments import parse_reference
    from custody.tui.links import Link

    tab = named.tab or _tab(named)
    if named.entry is not None and tab != "entries":
        raise UsageError("--entry is for the entries: leave out --tab, --artifact and --at", code="link")
    if named.part is not None and (named.artifact is None or tab != "artifacts"):
        raise UsageError(
            "--part is a part of an artifact's page: name the artifact with --artifact", code="link"
        )
    reference = moment = None
    if named.at is not None:
        reference = parse_reference(named.at)
        moment = clock.moment(reference.moment_text) if reference.moment_text is not None else None
    return Link(
        tab,
        entry=answers.resolve_entry(snapshot, named.entry) if named.entry is not None else -1,
        artifact=named.artifact or "",
        environment=reference,
        moment=moment,
        find=named.find or "",
        part=named.part or "",
    )


def _tab(named: Named) -> str:
    """The tab that shows what is named."""
    if named.entry is not None and named.artifact is None and named.at is None:
        return "entries"
    if named.at is not None:
        return "environments"
    return "artifacts" if named.artifact is not None or named.find is not None else "overview"
