"""`custody artifacts|trace`: binaries, and the whole path of one of them."""

from __future__ import annotations

import os
import re
from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.errors import UsageError
from custody.query.types import TimelineItem, Trace
from custody.text import safe_text

_MARKS = {True: "ok", False: "NO", None: ""}


def register(app: typer.Typer) -> None:
    app.command("artifacts")(artifacts)
    app.command("trace")(trace)


def artifacts(
    text: Annotated[
        str | None,
        options.argument("TEXT", "Only those whose name, fingerprint, commit or version has this."),
    ] = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    number: options.Number = 30,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """List artifacts, the newest first, with their checks, approvals and where they run.

    Example: custody artifacts payments-api
    """
    from custody.query.artifacts import list_artifacts

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        lines = list_artifacts(answer.index, text=text or "", limit=number)
        if not json:
            rows = [
                [
                    safe_text(line.name, 40),
                    safe_text(line.version, 20),
                    line.sha256[:12],
                    line.commit[:8],
                    f"{line.passed} ok" + (f", {line.failed} failed" if line.failed else ""),
                    _places(line.approved),
                    _places(line.running_in),
                    *clock.cells(line.proof.time),
                ]
                for line in lines
            ]
            console.table(
                rows,
                [
                    Column("artifact", least=12),
                    Column("version", least=8, drop=4),
                    Column("sha256"),
                    Column("commit", drop=3),
                    Column("checks"),
                    Column("approved for", least=12, drop=2),
                    Column("runs in", least=7),
                    *(column._replace(drop=5) for column in clock.columns("recorded")),
                ],
            )
        return answer.finish([line._asdict() | {"proof": line.proof._asdict()} for line in lines])


def trace(
    query: Annotated[
        str,
        options.argument("QUERY", "A file, or a fingerprint, commit, name, or entry id."),
    ],
    ledger: options.Ledger = None,
    root: options.Root = None,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """Tell an artifact's whole path: source, build, evidence, approvals, deployments, where it runs.

    Example: custody trace dist/payments-api.whl
    """
    from custody.query import trace as paths

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        found = paths.trace(answer.index, _one_artifact(answer, query))
        if not json:
            _print(found, clock)
        return answer.finish(trace_json(found))


def _one_artifact(answer: answers.Answer, query: str) -> str:
    """The one fingerprint a query means; of several with one name, the newest is not guessed."""
    from custody.query.artifacts import find_artifacts

    if os.path.exists(query) and not re.fullmatch(r"[0-9a-f]{6,64}", query):
        from custody.cli.fingerprint import measured

        digest = measured(query).sha256
        if not find_artifacts(answer.index, digest):
            raise UsageError(f"{query} is sha256 {digest}, which this ledger does not know", code="unknown")
        return digest
    found = find_artifacts(answer.index, query)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"nothing here is known as {query}: try `custody artifacts`", code="unknown")
    several = ", ".join(digest[:12] for digest in found[:8])
    raise UsageError(f"{query} means {len(found)} artifacts: {several}; name one", code="ambiguous")


def _print(found: Trace, clock: Clock) -> None:
    line, chain = found.artifact, found.chain
    console.out(console.style(f"{safe_text(line.name)} {safe_text(line.version)}".rstrip(), "bold"))
    console.out(f"sha256      {line.sha256}")
    if line.repository or line.commit:
        console.out(f"source      {' '.join(filter(None, (safe_text(line.repository), line.commit)))}")
    if chain is not None and (chain.flow or chain.trail):
        where = " / ".join(safe_text(part) for part in (chain.flow, chain.trail, chain.job) if part)
        console.out(f"built by    {where} (writer {safe_text(chain.writer) or 'unknown'})")
    console.out()
    rows = [
        [
            *clock.cells(item.proof.time),
            _MARKS[item.good],
            item.kind,
            _said(item),
            safe_text(item.proof.writer) or "unknown",
            item.proof.entry[:12],
        ]
        for item in found.items
    ]
    console.table(
        rows,
        [
            *(column._replace(drop=column.drop * 3) for column in clock.columns("when")),
            Column("ok", drop=1),
            Column("kind", drop=1),
            Column("what", least=20, wraps=True),
            Column("who", least=8),
            Column("entry"),
        ],
    )
    for span in found.running:
        until = f"until {clock.text(span.until)}" if span.until else "and still does, as far as is reported"
        where = f"{safe_text(span.environment)} as {safe_text(span.service)}"
        console.out(f"runs in     {where} since {clock.text(span.since)}, {until}")


def _said(item: TimelineItem) -> str:
    superseded = " (superseded)" if item.superseded else ""
    detail = f" · {safe_text(item.detail, 160)}" if item.detail else ""
    return f"{safe_text(item.title, 120)}{superseded}{detail}"


def trace_json(found: Trace) -> dict[str, object]:
    """A trace as plain values."""
    return {
        "artifact": found.artifact._asdict() | {"proof": found.artifact.proof._asdict()},
        "chain": found.chain._asdict() if found.chain is not None else None,
        "items": [item._asdict() | {"proof": item.proof._asdict()} for item in found.items],
        "running": [span._asdict() | {"proof": span.proof._asdict()} for span in found.running],
    }


def _places(names: tuple[str, ...]) -> str:
    return ", ".join(safe_text(name, 30) for name in names)
