"""`custody verify`: is this ledger what its writers signed, complete, and theirs?"""

from __future__ import annotations

from typing import Annotated

import typer

from custody.cli import answers, console, options
from custody.cli.recording import ledger_path, open_given
from custody.text import safe_text
from custody.trust.expectations import remember
from custody.trust.verification import Verification

_SHOWN = 40
_STYLES = {"fault": "bad", "gap": "warn", "note": "dim"}


def register(app: typer.Typer) -> None:
    app.command("verify")(verify)


def verify(
    ledger: options.LedgerArgument = None,
    option: options.Ledger = None,
    root: options.Root = None,
    checkpoint: Annotated[
        list[str] | None,
        options.option(
            "--checkpoint", metavar="FILE", help="A checkpoint seen elsewhere that this log must continue."
        ),
    ] = None,
    json: options.Json = False,
) -> int:
    """Verify every signature, hash, chain and checkpoint, and judge every writer by the root you trust.

    Example: custody verify payments.ledger --root root.pub
    """
    path = ledger_path(ledger, option=option)
    with open_given(path) as snapshot:
        verification = Verification(snapshot, answers.expectations(snapshot.origin, root, checkpoint))
        progress = console.Progress("verifying")
        for step in verification.run():
            progress(path.name, step.done, step.total)
        progress.close()
        remember(verification)
        report = verification.report
        if json:
            console.out_json(answers.report_json(report) | {"software": _software()})
            return report.exit
        _print(verification, str(path))
    return report.exit


def _print(verification: Verification, path: str) -> None:
    report = verification.report
    judged_by = f"root {', '.join(report.roots)}" if report.roots else "no root: nobody is vouched for"
    console.out(f"{safe_text(report.origin) or '(no origin)'}, judged by {judged_by}")
    console.out(f"ledger      {safe_text(path)}")
    console.out(f"sha256      {report.file_sha256}")
    console.out(f"entries     {report.size}, of which a checkpoint covers {report.covered}")
    console.out(f"tree root   {report.root}")
    if report.trust_version:
        console.out(f"trust       version {report.trust_version}")
    for finding in report.findings[:_SHOWN]:
        where = f"position {finding.position}: " if finding.position >= 0 else ""
        label = console.style(f"{finding.severity:12}{finding.code}", _STYLES[finding.severity])
        console.out(f"{label}  {where}{safe_text(finding.message, 300)}")
    hidden = sum(report.counts.values()) - min(len(report.findings), _SHOWN)
    if hidden > 0:
        console.out(f"… and {hidden} more findings (--json gives them all)")
    verdict = {
        0: ("verified", "good"),
        1: ("NOT VERIFIED", "bad"),
        4: ("intact, with the gaps stated above", "warn"),
    }
    text, style = verdict[report.exit]
    console.out(console.style(text, style))


def _software() -> dict[str, str]:
    """What verified it. The SQLite library is the platform's, so whoever relies on the verdict may want to know."""
    from importlib.metadata import version

    from custody import __version__
    from custody.query.index import Index

    (sqlite,) = Index.in_memory().row("SELECT sqlite_version()") or ("",)
    return {"custody": __version__, "sqlite": sqlite, "pynacl": version("pynacl")}
