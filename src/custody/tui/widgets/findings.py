"""Findings as rows of a table; the overview and the findings' own tab show the same."""

from __future__ import annotations

from collections import Counter

from textual.content import Content

from custody.ledger.findings import CODES
from custody.tui.state import Remark, State
from custody.tui.widgets.table import Column, Row
from custody.tui.widgets.words import MUTED, line

COLUMNS = (
    Column("Weight", 7),
    Column("Finding", 21, roomy=24),
    Column("Position", 8, right=True, from_width=50),
    Column("What was found", flex=1, from_width=40),
)
NO_ENTRY = "It is about the whole log, and about no entry of it."
_LOOKS = {"fault": ("✗ fault", "fault"), "gap": ("! gap", "gap"), "note": ("· note", "muted")}


def finding_row(remark: Remark) -> Row:
    """One finding."""
    position = f"{remark.position:,}" if remark.position >= 0 else ""
    return _LOOKS[remark.severity], (remark.code, "strong"), position, remark.message


def heading(state: State) -> Content:
    """How many there are, by weight."""
    numbers = Counter[str]()
    for code, number in state.counts.items():
        numbers[CODES[code].severity] += number
    numbers["note"] += len(state.notices)
    told = " · ".join(
        f"{numbers[weight]:,} {weight}{'' if numbers[weight] == 1 else 's'}"
        for weight in ("fault", "gap", "note")
    )
    return line(("Findings", "bold"), (f"  {told}", MUTED))
