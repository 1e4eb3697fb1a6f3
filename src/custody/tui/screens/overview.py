"""Overview: what this ledger is, how far its verification is, and what that has to say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from custody.errors import CustodyError
from custody.ledger.findings import CODES
from custody.tui.links import Link
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.state import Remark, State
from custody.tui.widgets.findings import COLUMNS, NO_ENTRY, finding_row, heading
from custody.tui.widgets.meter import Meter
from custody.tui.widgets.sizes import size_text
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Part, Words, facts, line

_WRITERS_SHOWN = 8
_BROAD = 150  # cells, from which on the whole path of the file is shown
_LABEL = 12
_TONES = {"good": GOOD, "gap": GAP, "fault": FAULT, "waiting": MUTED}


class OverviewScreen(LedgerScreen):
    """The ledger as a whole."""

    TAB = "overview"
    SIGNS: ClassVar[Sequence[Sign]] = (("✗  !  ·", "", "a fault, a gap, a note"),)

    def compose_body(self) -> Iterable[Widget]:
        with Vertical(id="body"):
            with Horizontal(id="top"):
                yield Words(id="facts")
                with Vertical(id="verification"):
                    yield Meter()
                    yield Words(id="progress")
                    yield Words(id="sentence")
            yield Words(id="heading")
            yield Table(COLUMNS, id="findings")

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._remarks: list[Remark] = []

    def on_mount(self) -> None:
        self.query_one(Table).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self.draw)  # once it is known how much room there is

    def draw(self) -> None:
        state = self.state
        told = self.query_one("#facts", Words)
        told.say(_facts(state, self.size.width >= _BROAD, told.content_size.width - _LABEL))
        self.query_one(Meter).show(state.fraction, state.verdict.tone)
        self.query_one("#progress", Words).say(_progress(state))
        self.query_one("#sentence", Words).say(_sentence(state))
        self.query_one("#heading", Words).say(heading(state))
        empty = "Nothing so far." if state.report is None else "Nothing was found."
        self._remarks = state.remarks
        self.query_one(Table).show_rows([finding_row(remark) for remark in self._remarks], empty)

    @on(Table.Chosen, "#findings")
    def open_entry(self, event: Table.Chosen) -> None:
        """A finding opens the entry it is about; one about the whole log opens nothing."""
        position = self._remarks[event.index].position
        if position >= 0:
            self.ledger.go(Link("entries", entry=position))
        else:
            self.say(line((NO_ENTRY, MUTED)))

    def command(self) -> Sequence[str]:
        return ("verify",)

    def trouble(self, error: CustodyError) -> None:
        self.query_one("#sentence", Words).say(line((str(error), FAULT)))


def _facts(state: State, wide: bool, room: int) -> Content:
    """What the ledger is; `room` is how many cells there are for a fact."""
    report, snapshot = state.report, state.snapshot
    digest = report.file_sha256 if report else snapshot.sha256 if snapshot.in_memory else ""
    rows = [
        ("Origin", line((state.origin or "none", "bold"))),
        (
            "File",
            line(
                str(snapshot.path) if wide else snapshot.path.name,
                (f"  {size_text(snapshot.file_size)}", MUTED),
            ),
        ),
        ("SHA-256", line(digest or ("computed with the verification", MUTED))),
        ("Entries", line(f"{state.count:,}", (f" in {state.chains:,} chain{_s(state.chains)}", MUTED))),
        ("Writers", _writers(state, room)),
        ("Trust", _trust(state)),
        ("Checkpoint", _checkpoint(state)),
    ]
    if report and report.root:
        rows.append(("Log root", line(report.root)))
    return facts(rows, _LABEL)


def _writers(state: State, room: int) -> Content:
    """Those who wrote most, as many as there is room for."""
    known = [name for name, _ in state.writers.most_common() if name]
    if not known:
        return line(("nobody that a trust document vouches for" if state.report else "not yet known", MUTED))
    unknown = state.writers[""]
    others: Part = (f"  ! {unknown:,} entr{_ies(unknown)} by nobody known" if unknown else "", GAP)
    told = line(("none", MUTED))
    for count in range(1, min(len(known), _WRITERS_SHOWN) + 1):
        more = f" and {len(known) - count} more" if count < len(known) else ""
        longer = line(", ".join(known[:count]), more, others)
        if count > 1 and longer.cell_length > room:
            break
        told = longer
    return told


def _trust(state: State) -> Content:
    roots = state.expectations.judged_by
    if not roots:
        return line(("no root key: give one with --root, or pin one", GAP))
    report = state.report
    version = f"version {report.trust_version}, " if report and report.trust_version else ""
    return line(f"{version}root {', '.join(roots)}")


def _checkpoint(state: State) -> Content:
    report = state.report
    if report is None:
        return line(("not yet known", MUTED))
    if not report.covered:
        return line(("none of a trusted custodian", GAP))
    if report.covered < state.count:
        return line((f"covers {report.covered:,} of {state.count:,} entries", GAP))
    return line("covers every entry")


def _progress(state: State) -> Content:
    if state.error:
        return line(("stopped", FAULT))
    if state.stage == "container":
        return line("checking the file's structure first")
    rate = f"{state.rate:,.0f} a second" if state.rate else ""
    time = f"{state.elapsed:.1f} s"
    count = f"{state.done:,} of {state.count:,} entries verified"
    order = "putting the answers in order" if state.stage == "indexing" else ""
    beside = (f"{int(state.fraction * 100)} %", rate, time, order)
    return line(count, (f"  {' · '.join(part for part in beside if part)}", MUTED))


def _sentence(state: State) -> Content:
    """What the verdict means for somebody who sees it for the first time."""
    verdict = state.verdict
    report, fault = state.report, state.first_fault
    if state.error:
        meaning = state.error
    elif fault is not None:
        meaning = f"First fault: {CODES[fault.code].meaning}"
    elif report is None:
        meaning = "An entry with ✓ is as it was signed; the log as a whole is proven when this is done."
    elif verdict.tone == "good":
        meaning = (
            "Every entry is as it was signed, every writer is vouched for, and a checkpoint covers them all."
        )
    else:
        meaning = "Everything here agrees with itself; the gaps below say what it cannot prove."
    return line((meaning, _TONES[verdict.tone]))


def _s(number: int) -> str:
    return "" if number == 1 else "s"


def _ies(number: int) -> str:
    return "y" if number == 1 else "ies"
