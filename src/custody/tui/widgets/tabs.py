"""The row of tabs at the top, and the ledger's name."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Horizontal

from custody.tui.widgets.words import ACCENT, MUTED, Words, line

TABS: Mapping[str, str] = {
    "overview": "Overview",
    "entries": "Entries",
    "artifacts": "Artifacts",
    "environments": "Environments",
}


class _Tab(Words):
    """One tab, to click on."""

    def __init__(self, mode: str, number: int, *, current: bool) -> None:
        key = (str(number), ACCENT)
        super().__init__(line(key, f" {TABS[mode]}"), classes="-current" if current else None)
        self._mode = mode

    def on_click(self) -> None:
        self.app.switch_mode(self._mode)


class TabRow(Horizontal):
    """The tabs, with the number key of each."""

    DEFAULT_CSS = """
    TabRow {
        height: 1;
        background: $panel;
        _Tab { width: auto; padding: 0 1; color: $foreground 75%; }
        _Tab:hover { background: $boost; }
        _Tab.-current { background: $background; color: $foreground; text-style: bold; }
        #file { width: 1fr; padding: 0 1; text-align: right; text-wrap: nowrap; text-overflow: ellipsis; }
    }
    """

    def __init__(self, current: str, file: str) -> None:
        super().__init__()
        self._current = current
        self._file = file

    def compose(self) -> ComposeResult:
        for number, mode in enumerate(TABS, 1):
            yield _Tab(mode, number, current=mode == self._current)
        yield Words(line((self._file, MUTED)), id="file")
