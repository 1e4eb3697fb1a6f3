"""A progress bar."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from custody.tui.state import Tone
from custody.tui.widgets.words import ACCENT, FAULT, GAP, GOOD

_TONES: dict[Tone, str] = {"waiting": ACCENT, "good": GOOD, "gap": GAP, "fault": FAULT}


class Meter(Widget):
    """How much is done, over the whole width."""

    DEFAULT_CSS = """
    Meter { height: 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._fraction = 0.0
        self._tone: Tone = "waiting"

    def show(self, fraction: float, tone: Tone) -> None:
        self._fraction, self._tone = fraction, tone
        self.refresh()

    def render(self) -> Content:
        width = self.size.width
        full = int(width * min(max(self._fraction, 0.0), 1.0))
        return Content.assemble(("━" * full, _TONES[self._tone]), ("─" * (width - full), "$foreground 30%"))
