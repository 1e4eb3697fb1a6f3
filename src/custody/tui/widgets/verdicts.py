"""A policy's word in a cell of a table, and in a line."""

from __future__ import annotations

from custody.policy.verdict import GOOD, ControlVerdict, State, Verdict
from custody.tui.widgets.table import Cell, Whole
from custody.tui.widgets.words import FAULT, GAP, MUTED, Part
from custody.tui.widgets.words import GOOD as WELL

SIGNS: dict[State, tuple[str, str]] = {
    "satisfied": ("✓", "good"),
    "failed": ("✗", "fault"),
    "missing": ("✗", "fault"),
    "unknown": ("?", "gap"),
    "not-applicable": ("·", "muted"),
    "excepted": ("!", "gap"),
}
"""How a control's state is drawn."""

STATES: dict[State, str] = {
    "satisfied": "satisfied",
    "failed": "failed",
    "missing": "missing",
    "unknown": "unknown",
    "not-applicable": "not asked",
    "excepted": "excepted",
}
_LOOKS = {"good": WELL, "fault": FAULT, "gap": GAP, "muted": MUTED}


def verdict_cell(verdict: Verdict | None) -> Whole:
    """A sign and a word: yes, or the first control that stands in the way and how many more do."""
    if verdict is None:
        return "·", "muted"
    if not verdict.policy:
        return "no policy", "muted"
    if verdict.outcome == "passed":
        return "✓ yes", "good"
    names = [one.name for one in standing_in_the_way(verdict)]
    more = f" +{len(names) - 1}" if len(names) > 1 else ""
    sign, look = ("✗", "fault") if verdict.outcome == "failed" else ("?", "gap")
    return f"{sign} {names[0] if names else 'nothing asked'}{more}", look


def verdict_part(verdict: Verdict) -> Part:
    """The same for a line of words."""
    cell = verdict_cell(verdict)
    text, look = (cell, "") if isinstance(cell, str) else cell
    return text, _LOOKS.get(look, "")


def outcome_part(verdict: Verdict) -> Part:
    """Yes, no, or not known, where the controls stand beside it."""
    if not verdict.policy:
        return "no policy", MUTED
    return {"passed": ("✓ yes", WELL), "failed": ("✗ no", FAULT)}.get(
        verdict.outcome, ("? not known: no", GAP)
    )


def state_cell(one: ControlVerdict | None) -> Cell:
    """A control's state; None where it was not demanded."""
    if one is None:
        return "not asked", "muted"
    sign, look = SIGNS[one.state]
    return f"{sign} {STATES[one.state]}", look


def standing_in_the_way(verdict: Verdict) -> list[ControlVerdict]:
    """The controls for which it is not a yes: what failed or is missing first, then what is not known."""
    found = [one for one in verdict.controls if one.state not in GOOD]
    return sorted(found, key=lambda one: one.state == "unknown")
