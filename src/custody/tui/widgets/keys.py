"""The row of keys at the foot: those that work here, as many as there is room for. One widget, drawn as one line."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from custody.tui.widgets.words import line

_ALWAYS = ("help", "quit")  # the last two, which are there however little room there is
_BETWEEN = 2


class Keys(Widget):
    """What can be pressed, or clicked."""

    DEFAULT_CSS = """
    Keys { height: 1; padding: 0 1; color: $footer-description-foreground; background: $background; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._places: list[tuple[int, int, str]] = []

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._changed)

    def _changed(self, screen: Screen[object]) -> None:
        self.refresh()

    def render(self) -> Content:
        width = self.content_size.width
        shown = [
            (binding, enabled)
            for _, binding, enabled, _ in self.screen.active_bindings.values()
            if binding.show and binding.description
        ]
        once: dict[str, tuple[Binding, bool]] = {}
        for binding, enabled in shown:
            once.setdefault(binding.action, (binding, enabled))
        last = [one for action, one in once.items() if action in _ALWAYS]
        rest = [one for action, one in once.items() if action not in _ALWAYS]
        room = width - sum(self._width(binding) + _BETWEEN for binding, _ in last)
        if room < sum(self._width(binding) + _BETWEEN for binding, _ in rest):
            rest = [(binding, enabled) for binding, enabled in rest if enabled]
        fitting = []
        for binding, enabled in rest:
            if (room := room - self._width(binding) - _BETWEEN) < 0:
                break
            fitting.append((binding, enabled))
        self._places = []
        parts: list[Content] = []
        at = 0
        for binding, enabled in (*fitting, *last):
            size = self._width(binding)
            if at + size > width:
                break
            if enabled:
                self._places.append((at, at + size, binding.key))
            look = "" if enabled else " dim"
            key = (self.app.get_key_display(binding), f"$footer-key-foreground bold{look}")
            parts.append(line(key, (f" {binding.description}", f"$footer-description-foreground{look}")))
            parts.append(Content(" " * _BETWEEN))
            at += size + _BETWEEN
        return Content("").join(parts[:-1])

    def _width(self, binding: Binding) -> int:
        return len(self.app.get_key_display(binding)) + 1 + len(binding.description)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, stop, key in self._places:
            if start <= offset.x < stop:
                self.app.simulate_key(key)
