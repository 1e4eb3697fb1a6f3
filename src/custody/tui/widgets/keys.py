"""The row of keys at the foot: those that work here, as many as there is room for. One widget, drawn as one line."""

from __future__ import annotations

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.dom import DOMNode
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
        once: dict[str, Binding] = {}
        for node, binding, enabled, _ in self.screen.active_bindings.values():
            if enabled and binding.show and binding.description and self._works(node, binding):
                once.setdefault(binding.action, binding)
        last = [one for action, one in once.items() if action in _ALWAYS]
        room = width - sum(self._width(binding) + _BETWEEN for binding in last)
        fitting = []
        for action, binding in once.items():
            if action not in _ALWAYS:
                if (room := room - self._width(binding) - _BETWEEN) < 0:
                    break
                fitting.append(binding)
        self._places = []
        parts: list[Content] = []
        at = 0
        for binding in (*fitting, *last):
            size = self._width(binding)
            if at + size > width:
                break
            self._places.append((at, at + size, binding.key))
            key = (self.app.get_key_display(binding), "$footer-key-foreground bold")
            parts.append(line(key, (f" {binding.description}", "$footer-description-foreground")))
            parts.append(Content(" " * _BETWEEN))
            at += size + _BETWEEN
        return Content("").join(parts[:-1])

    def _works(self, node: DOMNode, binding: Binding) -> bool:
        """Whether whoever would act on it can be seen, and it is not a letter for somebody who is typing."""
        letter, focused = self.app.get_key_display(binding), self.screen.focused
        typed = focused is not None and len(letter) == 1 and focused.check_consume_key(binding.key, letter)
        shown = all(one.display for one in node.ancestors_with_self if isinstance(one, Widget))
        return shown and not typed

    def _width(self, binding: Binding) -> int:
        return len(self.app.get_key_display(binding)) + 1 + len(binding.description)

    def on_click(self, event: events.Click) -> None:
        offset = event.get_content_offset(self)
        if offset is None:
            return
        for start, stop, key in self._places:
            if start <= offset.x < stop:
                self.app.simulate_key(key)
