"""Help: the keys, taken from the bindings themselves, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD, MUTED, Words, line, lines

_SIGNS = (
    ("✓", GOOD, "verified: exactly as its writer's key signed it"),
    ("·", MUTED, "not verified yet: what it says is a claim"),
    ("○", GAP, "verified, but counts for nothing (see the findings)"),
    ("✗", FAULT, "a fault: never shown as a fact"),
)
_CHAINS = (
    ("●──●──●]", "the entries of a chain, the one on view marked; ] closes it"),
    ("●──●╌", "a chain that goes on, or was not closed"),
    ("●  below ●", "a fork: two entries at one place, both signed"),
    ("┌ │ └ ╪", "in the table: a chain begins, goes on, ends, forks"),
)
_STATES = (
    ("+  ×", "started, stopped"),
    ("~  =", "another artifact in its place, another count of it"),
    ("▲  M", "in the timeline: the cursor, the mark"),
    ("?", "in the timeline: nobody reported for longer than the policy's interval"),
)
_KEYS = {"question_mark": "?", "slash": "/", "colon": ":", "less_than_sign": "<",
         "greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]",
         "pageup": "page up", "pagedown": "page down"}  # fmt: skip
_COLUMN = 18


class HelpScreen(ModalScreen[None]):
    """All keys of a screen, and the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[Binding]]]) -> None:
        super().__init__()
        self._groups = tuple((title, tuple(bindings)) for title, bindings in groups)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Words(_text(self._groups))


def _text(groups: Iterable[tuple[str, Iterable[Binding]]]) -> Content:
    rows = []
    for title, bindings in groups:
        rows.append(line((title, f"{ACCENT} bold")))
        rows += [
            line((keys_text(one).ljust(_COLUMN), "bold"), one.tooltip or one.description) for one in bindings
        ]
        rows.append(Content(""))
    rows.append(line(("Signs", f"{ACCENT} bold")))
    rows += [line((sign.ljust(_COLUMN), style), meaning) for sign, style, meaning in _SIGNS]
    rows.append(Content(""))
    rows.append(line(("Chains", f"{ACCENT} bold")))
    rows += [line((sign.ljust(_COLUMN), MUTED), meaning) for sign, meaning in _CHAINS]
    rows.append(Content(""))
    rows.append(line(("Environments", f"{ACCENT} bold")))
    rows += [line((sign.ljust(_COLUMN), MUTED), meaning) for sign, meaning in _STATES]
    rows.append(Content(""))
    rows.append(line(("The line above the keys is custody's verdict: no ledger writes there.", MUTED)))
    return lines(rows)


def keys_text(binding: Binding) -> str:
    """A binding's keys as people call them."""
    return ", ".join(_KEYS.get(key, key) for key in binding.key.split(","))
