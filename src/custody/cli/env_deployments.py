"""`custody env deployments`: the last deployments, declared, seen, or both."""

from __future__ import annotations

from custody.cli import answers, console, options
from custody.cli.console import Column
from custody.cli.times import Clock, print_understood
from custody.cli.verdicts import word
from custody.text import safe_text


def deployments(
    environment: options.Environment,
    until: options.Until = None,
    number: options.Number = 10,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """List the last deployments: who, when, what, how long after the commit, and approved by whom.

    Example: custody env deployments prod -n 10
    """
    from custody.query.deployments import deployments
    from custody.query.durations import shown_duration

    clock = Clock(tz)
    high = clock.moment(until) if until is not None else None
    with answers.answering(ledger, root, json) as answer:
        lines = deployments(answer.index, environment, limit=number, until=high.utc if high else "")
        judgement = answer.judgement()
        verdicts = [judgement.verdict(line.sha256, environment, moment=line.time) for line in lines]
        if not json:
            print_understood("until", high)
            rows = [
                [
                    *clock.cells(line.time),
                    safe_text(line.service, 30),
                    f"{safe_text(line.name, 40)} {safe_text(line.version, 20)}".rstrip(),
                    line.sha256[:12],
                    line.commit[:8],
                    shown_duration(line.lead_seconds) if line.lead_seconds is not None else "",
                    _who(line.basis, line.proof.writer),
                    safe_text(line.approved_by, 30) or "nobody",
                    word(verdict),
                    line.basis,
                    line.proof.entry[:12],
                ]
                for line, verdict in zip(lines, verdicts, strict=True)
            ]
            console.table(
                rows,
                [
                    *(column._replace(drop=column.drop * 6) for column in clock.columns("when")),
                    Column("service", least=10, drop=2),
                    Column("artifact", least=12),
                    Column("sha256", drop=4),
                    Column("commit", drop=5),
                    Column("lead time", drop=3),
                    Column("by", least=8, drop=1),
                    Column("approved by", least=11),
                    Column("verdict", drop=2),
                    Column("basis", drop=1),
                    Column("entry", drop=3),
                ],
            )
            if lines and all(line.basis == "seen" for line in lines):
                console.say(
                    "nobody declares deployments here: these are derived from what reports saw change"
                )
        return answer.finish(
            [
                line._asdict()
                | {"seen": line.seen._asdict() if line.seen else None, "proof": line.proof._asdict()}
                | {"verdict": verdict.outcome if verdict.policy else None}
                for line, verdict in zip(lines, verdicts, strict=True)
            ]
        )


def _who(basis: str, writer: str) -> str:
    """Who deployed. Whoever reports a change did not make it."""
    return "not declared" if basis in ("seen", "undeclared") else safe_text(writer, 30) or "unknown"
