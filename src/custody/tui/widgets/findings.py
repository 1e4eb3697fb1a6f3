"""Findings as rows of a table; the overview and the findings' own tab show the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from textual.content import Content

from custody.ledger.findings import CODES
from custody.tui.state import WEIGHTS, Remark, State, Weight
from custody.tui.widgets.table import Column, Row
from custody.tui.widgets.words import MUTED, line

COLUMNS = (
    Column("Weight", 9),
    Column("Finding", 21, roomy=25),
    Column("Position", 8, right=True, from_width=50),
    Column("What was found", flex=1, from_width=40),
)
NO_ENTRY = "It is about the whole log, and about no entry of it."
_LOOKS: Mapping[Weight, tuple[str, str]] = {
    "fault": ("✗ fault", "fault"),
    "gap": ("! gap", "gap"),
    "note": ("· note", "muted"),
    "conduct": ("≠ conduct", "gap"),
}


def finding_row(remark: Remark) -> Row:
    """One finding."""
    position = f"{remark.position:,}" if remark.position >= 0 else ""
    return _LOOKS[remark.severity], (remark.code, "strong"), position, remark.message


def heading(state: State, beyond: Mapping[Weight, int] | None = None) -> Content:
    """How many there are, by weight; `beyond` are those that neither verification nor the index found."""
    numbers = Counter[Weight](beyond or {})
    for code, number in state.counts.items():
        numbers[CODES[code].severity] += number
    numbers["note"] += len(state.notices)
    told = " · ".join(
        f"{numbers[weight]:,} {weight}{'' if numbers[weight] == 1 or weight == 'conduct' else 's'}"
        for weight in WEIGHTS
        if weight != "conduct" or beyond is not None
    )
    return line(("Findings", "bold"), (f"  {told}", MUTED))
