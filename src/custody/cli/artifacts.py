"""`custody artifacts`: binaries, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock
from custody.cli.verdicts import word
from custody.policy.verdict import GOOD
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.policy.verdict import Verdict


def register(app: typer.Typer) -> None:
    app.command("artifacts")(artifacts)


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
    """List artifacts, the newest first, with their checks, approvals, verdicts and where they run.

    Example: custody artifacts payments-api
    """
    from custody.policy.standing import governed, verdicts_by_artifact
    from custody.query.artifacts import list_artifacts

    clock = Clock(tz)
    with answers.answering(ledger, root, json) as answer:
        lines = list_artifacts(answer.index, text=text or "", limit=number)
        judgement = answer.judgement()
        environments = governed(judgement)
        found = verdicts_by_artifact(judgement, [line.sha256 for line in lines], environments)
        if not json:
            rows = [
                [
                    safe_text(line.name, 40),
                    safe_text(line.version, 20),
                    line.sha256[:12],
                    line.commit[:8],
                    f"{line.passed} ok" + (f", {line.failed} failed" if line.failed else ""),
                    _places(line.approved),
                    _verdicts(found[line.sha256]),
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
                    Column("verdict", least=9, drop=1),
                    Column("runs in", least=7),
                    *(column._replace(drop=5) for column in clock.columns("recorded")),
                ],
            )
        return answer.finish(
            [
                line._asdict()
                | {"proof": line.proof._asdict()}
                | {"verdicts": {one.environment: one.outcome for one in found[line.sha256]}}
                for line in lines
            ]
        )


def _verdicts(verdicts: list[Verdict]) -> str:
    return ", ".join(f"{safe_text(one.environment, 30)} {word(one)}{_lacking(one)}" for one in verdicts)


def _lacking(verdict: Verdict) -> str:
    """The first control that stands in the way, and how many more."""
    names = [one.name for one in verdict.controls if one.state not in GOOD]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    return f": {safe_text(names[0], 24)}{more}" if names else ""


def _places(names: tuple[str, ...]) -> str:
    return ", ".join(safe_text(name, 30) for name in names)
