"""`--dry-run`: record in a copy that is thrown away, and say what verification makes of it.

Nothing is guessed: the copy is appended to, opened, verified and judged by the code that would do so for real. Only
the chain differs: a dry run always begins its own, and so takes nothing from a run that goes on.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custody.cli import answers, console
from custody.cli.recording import Recording, open_given
from custody.errors import EXIT_GAP, EXIT_OK
from custody.ledger.findings import Finding
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer
from custody.query.entries import EntryDetail, entry_detail
from custody.text import safe_lines, safe_text
from custody.trust.verification import Verification

if TYPE_CHECKING:
    from custody.trust.judge import Judged


def rehearse(recording: Recording, drafts: Sequence[Draft]) -> int:
    """Print the entries that would be recorded, and whether each would count. The command's exit status."""
    signer = recording.signer()
    with tempfile.TemporaryDirectory(prefix="custody-dry-run-") as folder:
        copy = Path(folder) / "copy.ledger"
        if os.path.lexists(recording.ledger):
            with open_given(recording.ledger):  # what could not be opened could not be appended to either
                shutil.copyfile(recording.ledger.resolve(), copy)
        else:
            recording.make_ledger(copy)
        context = recording.context.write()
        with Writer(copy, ChainWriter(signer), recording.origin, context, seen=recording.witness) as writer:
            receipts = writer.append(drafts)
        with open_given(copy) as snapshot:
            verification = Verification(snapshot, answers.expectations(snapshot.origin, None))
            judged: dict[int, Judged] = {}
            for step in verification.run():
                judged.update((entry.position, entry) for entry in step.entries)
            report = verification.report
            begins = {entry.id: entry.position for entry in judged.values() if entry.header.kind == "genesis"}
            shown = []
            for receipt in receipts:
                # That nobody knows a writer is said once, where its chain begins.
                places = {receipt.position, begins.get(receipt.chain)}
                about = [one for one in report.findings if one.position in places]
                detail = entry_detail(snapshot, receipt.position)
                shown.append(_Shown(receipt, detail, judged.get(receipt.position), about, report.roots))
    if recording.json:
        console.out_json({"dryRun": True, "entries": [one.json() for one in shown]})
    else:
        for one in shown:
            one.print()
        console.say(f"dry run: nothing was recorded in {recording.ledger}")
    return max((one.exit for one in shown), default=EXIT_OK)


class _Shown:
    """One entry as it would be recorded, and what verification says of it."""

    def __init__(
        self,
        receipt: Receipt,
        detail: EntryDetail,
        judged: Judged | None,
        findings: Sequence[Finding],
        roots: Sequence[str],
    ) -> None:
        self._receipt, self._detail = receipt, detail
        self._findings = findings
        self._counts = judged is not None and judged.counts
        self._writer = judged.writer if judged is not None else ""
        self._roots = roots

    @property
    def exit(self) -> int:
        return EXIT_OK if self._counts else EXIT_GAP

    def verdict(self) -> str:
        if not self._counts:
            why = "; ".join(f"{one.code}: {one.message}" for one in self._findings) or "the ledger is faulty"
            return f"it would count for nothing ({why})"
        if not self._roots:
            return (
                "it would be sound; no root is pinned here, so whether its writer counts is for others to say"
            )
        return f"it would count, as the word of {self._writer or 'a root key'}"

    def json(self) -> dict[str, Any]:
        detail = self._detail
        return {
            "kind": detail.kind,
            "repeated": self._receipt.repeated,
            "header": json.loads(detail.header_text),
            "body": json.loads(detail.body_text),
            "counts": self._counts,
            "writer": self._writer,
            "findings": [answers.finding_json(one) for one in self._findings],
            "verdict": self.verdict(),
        }

    def print(self) -> None:
        detail = self._detail
        again = "  (recorded already under this --once key)" if self._receipt.repeated else ""
        console.out(f"{detail.kind}{again}")
        for subject in detail.subjects:
            console.out(f"  about    {subject.name}  sha256 {subject.sha256}")
        for attachment in detail.attachments:
            console.out(
                f"  keeps    {attachment.media_type}  {attachment.size} bytes  sha256 {attachment.sha256}"
            )
        console.out(f"  key      {answers.key_fingerprint(detail.key)}")
        for line in safe_lines(detail.body_text, 200, 200):
            console.out(f"  {line}")
        console.out(f"  verdict  {safe_text(self.verdict(), 500)}")
