"""Two calm themes: dark and light."""

from __future__ import annotations

import os

from textual.theme import Theme


def _scrollbar(bar: str, held: str, ground: str) -> dict[str, str]:
    """The colours of bars to scroll with, which Textual would take from black."""
    return {
        "scrollbar": bar,
        "scrollbar-hover": held,
        "scrollbar-active": held,
        **dict.fromkeys(
            ("scrollbar-background", "scrollbar-background-hover", "scrollbar-background-active"), ground
        ),
        "scrollbar-corner-color": ground,
    }


DARK = Theme(
    name="custody-dark",
    dark=True,
    primary="#7aa2c8",
    secondary="#8a9bb0",
    accent="#8fb8de",
    success="#86b88a",
    warning="#d8ab5f",
    error="#e27d78",
    foreground="#d5dbe3",
    background="#12161b",
    surface="#181d24",
    panel="#1e252d",
    boost="#ffffff0a",
    variables={
        "quiet": "#8a95a2",
        "cursor-away": "#1e252d",
        **_scrollbar("#2f3b47", "#3d4c5b", "#161b21"),
        "block-cursor-background": "#2c4258",
        "block-cursor-foreground": "#f2f5f8",
        "footer-background": "#12161b",
        "footer-key-foreground": "#8fb8de",
        "footer-description-foreground": "#9aa5b1",
        "success-muted": "#1c3324",
        "warning-muted": "#3a2f18",
        "error-muted": "#43211f",
        "text-success": "#93c997",
        "text-warning": "#e3b96f",
        "text-error": "#f09a94",
        "text-accent": "#8fb8de",
    },
)
LIGHT = Theme(
    name="custody-light",
    dark=False,
    primary="#2f5d86",
    secondary="#5b6b7b",
    accent="#2a6496",
    success="#2f7d4a",
    warning="#97690f",
    error="#b3352f",
    foreground="#20262d",
    background="#fbfaf7",
    surface="#f5f3ee",
    panel="#ebe8e1",
    boost="#0000000a",
    variables={
        "quiet": "#5b6570",
        "cursor-away": "#ebe8e1",
        **_scrollbar("#c9c4b8", "#b3ad9f", "#f2f0ea"),
        "block-cursor-background": "#cfdfee",
        "block-cursor-foreground": "#14181d",
        "footer-background": "#fbfaf7",
        "footer-key-foreground": "#2a6496",
        "footer-description-foreground": "#5a6570",
        "success-muted": "#d9eddd",
        "warning-muted": "#f6e7c4",
        "error-muted": "#f8d9d5",
        "text-success": "#23663b",
        "text-warning": "#7d5508",
        "text-error": "#a12a24",
        "text-accent": "#2a6496",
    },
)
_LIGHT_GROUNDS = ("7", "15")


def preferred() -> str:
    """The theme for this terminal's ground, where it says (COLORFGBG, as rxvt, Konsole and others set it)."""
    ground = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    return LIGHT.name if ground in _LIGHT_GROUNDS else DARK.name
