"""The seal: one line, always there, that says how far this ledger can be believed.

It is drawn from custody's own verdict. Nothing a ledger says can take its place: no entry is ever drawn there.
"""

from __future__ import annotations

from textual.content import Content

from custody.tui.state import Verdict
from custody.tui.widgets.words import Words, line

SIGNS = {"waiting": "·", "good": "✓", "gap": "!", "fault": "✗"}


class Seal(Words):
    """The verdict, as a coloured sign and word, and what it rests on."""

    DEFAULT_CSS = """
    Seal {
        height: 1;
        padding: 0 1;
        text-wrap: nowrap;
        text-overflow: ellipsis;
        background: $panel;
        color: $foreground;
        &.-good { background: $success-muted; color: $text-success; }
        &.-gap { background: $warning-muted; color: $text-warning; }
        &.-fault { background: $error-muted; color: $text-error; }
    }
    """

    def show(self, verdict: Verdict) -> None:
        self.set_classes(f"-{verdict.tone}")
        self.say(describe(verdict))


def describe(verdict: Verdict) -> Content:
    """The line itself."""
    return line((f"{SIGNS[verdict.tone]} {verdict.word}", "bold"), "  ", verdict.detail, limit=400)
