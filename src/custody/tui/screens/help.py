"""Help: the keys, taken from the bindings themselves, and what the signs mean."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen

from custody.tui.widgets.words import ACCENT, MUTED, Words, line, lines

Sign = tuple[str, str, str]
"""What is drawn, its look, and what it means. A screen has those of its own as `SIGNS`."""

_EVERYWHERE: tuple[Sign, ...] = (
    ("✓  !  ✗  ·", "", "the line above the keys: intact, a gap, a fault, not verified yet"),
    ("…", MUTED, "more than there is room for"),
    ("⏎", MUTED, "the end of a line, in a text that is shown as one"),
    ("^o", MUTED, "ctrl and o"),
)
_KEYS = {"left": "←", "right": "→", "up": "↑", "down": "↓", "shift+left": "shift+←", "shift+right": "shift+→",
         "question_mark": "?", "slash": "/", "colon": ":", "less_than_sign": "<",
         "greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]",
         "pageup": "page up", "pagedown": "page down"}  # fmt: skip
_COLUMN = 18


class HelpScreen(ModalScreen[None]):
    """All keys of a screen, and the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark", "dismiss", "Close", id="help.close"),
    ]

    def __init__(self, groups: Iterable[tuple[str, Iterable[Binding]]], signs: Iterable[Sign]) -> None:
        super().__init__()
        self._signs = tuple(signs)
        self._groups = tuple((title, tuple(bindings)) for title, bindings in groups)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="help"):
            yield Words(help_text(self._groups, self._signs))


def help_text(groups: Iterable[tuple[str, Iterable[Binding]]], signs: Iterable[Sign]) -> Content:
    """Keys in groups, and what every sign means that is drawn there."""
    rows = []
    for title, bindings in groups:
        rows.append(line((title, f"{ACCENT} bold")))
        rows += [
            line((keys_text(one).ljust(_COLUMN), "bold"), one.tooltip or one.description) for one in bindings
        ]
        rows.append(Content(""))
    for title, known in (("Signs here", signs), ("Signs everywhere", _EVERYWHERE)):
        if known:
            rows.append(line((title, f"{ACCENT} bold")))
            # Not through `line`, which lets nobody imitate the sign of a cut: these are custody's own.
            rows += [
                Content.assemble((sign.ljust(_COLUMN), style), meaning) for sign, style, meaning in known
            ]
            rows.append(Content(""))
    rows.append(line(("The line above the keys is custody's verdict: no ledger writes there.", MUTED)))
    return lines(rows)


def keys_text(binding: Binding) -> str:
    """A binding's keys as people call them."""
    return ", ".join(_KEYS.get(key, key) for key in binding.key.split(","))
