"""A row of names, one of them current: the parts of a page, for keys and for the mouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from custody.tui.widgets.words import ACCENT, MUTED, line

_CURRENT = f"{ACCENT} bold underline"


class Sections(Widget):
    """Names of parts; where there is no room for all, the current one stands alone."""

    DEFAULT_CSS = """
    Sections { height: 1; text-wrap: nowrap; }
    """

    @dataclass
    class Chosen(Message):
        """A name was clicked."""

        section: str

    def __init__(self, titles: Mapping[str, str], *, hint: str = "[ ]", id: str | None = None) -> None:
        super().__init__(id=id)
        self._titles = titles
        self._hint = hint  # the keys that turn to the next, where there is room to say so
        self.current = next(iter(titles))
        self._starts: list[tuple[int, str]] = []

    def show(self, section: str) -> None:
        """Make one of them the current one."""
        self.current = section
        self.refresh()

    def beside(self, by: int) -> str:
        """The one so many further on, around the ends."""
        names = list(self._titles)
        return names[(names.index(self.current) + by) % len(names)]

    def render(self) -> Content:
        roomy = sum(len(title) + 2 for title in self._titles.values()) <= self.size.width
        self._starts = []
        parts, at = [], 0
        if not roomy:
            return self._alone()
        for name, title in self._titles.items():
            self._starts.append((at, name))
            parts.append(line((title, _CURRENT if name == self.current else MUTED)))
            parts.append(Content("  "))
            at += len(title) + 2
        if self.size.width - at >= len(self._hint):
            parts.append(line((self._hint, MUTED)))
        return Content("").join(parts)

    def _alone(self) -> Content:
        """The current one, and which it is; a click leads to the next."""
        self._starts = [(0, self.beside(1))]
        title, place = self._titles[self.current], list(self._titles).index(self.current) + 1
        told = line((title, _CURRENT), (f"  {place} of {len(self._titles)}  {self._hint}", MUTED))
        return told.truncate(self.size.width, ellipsis=True)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        chosen = [name for start, name in self._starts if offset is not None and start <= offset.x]
        if chosen:
            self.post_message(self.Chosen(chosen[-1]))
