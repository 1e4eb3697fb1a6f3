"""A line to type in, at the foot of a screen; it is there only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input

from custody.tui.widgets.words import FAULT, MUTED, Words, line

_PRINTABLE = r"[^\x00-\x1f\x7f-\x9f]*"


class Line(Input):
    """What is typed into. Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="prompt.leave"),
    ]

    class Left(Message):
        """Escape was pressed."""

    def action_leave(self) -> None:
        self.post_message(self.Left())


class Prompt(Horizontal):
    """A label, the input, and a word on what is wrong with it."""

    DEFAULT_CSS = """
    Prompt {
        height: 1;
        display: none;
        background: $panel;
        &.-open { display: block; }
        .label { width: auto; padding: 0 1; }
        .trouble { width: auto; padding: 0 1; }
        Line { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        Line:focus { border: none; background-tint: $foreground 0%; }
    }
    """

    def __init__(self, label: str, hint: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._label = label
        self._hint = hint

    def compose(self) -> ComposeResult:
        yield Words(line((self._label, MUTED)), classes="label")
        yield Line(placeholder=self._hint, restrict=_PRINTABLE, max_length=200, select_on_focus=False)
        yield Words(classes="trouble")

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(self) -> None:
        """Show it and type into it."""
        self.complain("")
        self.add_class("-open")
        self.query_one(Line).focus()

    def close(self) -> None:
        """Put it away, and what was typed with it."""
        self.remove_class("-open")
        self.query_one(Line).value = ""

    def complain(self, what: str) -> None:
        self.query_one(".trouble", Words).say(line((what, FAULT)))
