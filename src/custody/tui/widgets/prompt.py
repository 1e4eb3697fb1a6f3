"""A line to type in, at the foot of a screen; it is there only while it is used."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from custody.tui.widgets.words import FAULT, MUTED, Words, line

_LONGEST = 1000


class Line(Input):
    """What is typed into. Escape leaves it."""

    PRINTABLE: ClassVar[str] = r"[^\x00-\x1f\x7f-\x9f]*"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="prompt.leave"),
    ]

    class Left(Message):
        """Escape was pressed."""

    class Closed(Message):
        """The prompt was put away."""

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
        .trouble { width: auto; max-width: 60%; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        Line { width: 1fr; min-width: 8; height: 1; border: none; padding: 0; background: $surface; }
        Line:focus { border: none; background-tint: $foreground 0%; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._done: Callable[[str], str] = lambda text: ""
        self._typed: Callable[[str], None] | None = None
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        yield Words(classes="label")
        yield Line(restrict=Line.PRINTABLE, max_length=_LONGEST, select_on_focus=False, disabled=True)
        yield Words(classes="trouble")

    @property
    def is_open(self) -> bool:
        return self.has_class("-open")

    def open(
        self,
        label: str,
        hint: str,
        done: Callable[[str], str],
        typed: Callable[[str], None] | None = None,
        text: str = "",
        secret: bool = False,
    ) -> None:
        """Show it and type into it; what is `secret` is not shown."""
        if not self.is_open:
            self._before = self.screen.focused
        self._done, self._typed = done, typed
        self.query_one(".label", Words).say(line((label, MUTED)))
        self._complain("")
        typing = self.query_one(Line)
        typing.disabled = False
        typing.placeholder = hint
        typing.password = secret
        with self.prevent(Input.Changed):
            typing.value = text
        typing.cursor_position = len(text)
        self.add_class("-open")
        typing.focus()

    def answered(self, complaint: str) -> None:
        """What is wrong with what was typed; with nothing wrong it is put away."""
        if complaint:
            self._complain(complaint)
        else:
            self.close()

    def close(self) -> None:
        """Put it away, and what was typed with it."""
        if not self.is_open:
            return
        self.remove_class("-open")
        typing = self.query_one(Line)
        typing.disabled = True
        with self.prevent(Input.Changed):
            typing.value = ""
        if self._before is not None and self._before.is_attached:
            self._before.focus()
        self.post_message(Line.Closed())

    def _complain(self, what: str) -> None:
        self.query_one(".trouble", Words).say(line((what, FAULT)))

    @on(Input.Changed)
    def tell(self, event: Input.Changed) -> None:
        event.stop()
        self._complain("")
        if self._typed is not None and self.is_open:
            self._typed(event.value)

    @on(Input.Submitted)
    def finish(self, event: Input.Submitted) -> None:
        event.stop()
        complaint = self._done(event.value)
        if complaint != WAITING:
            self.answered(complaint)

    @on(Line.Left)
    def leave(self) -> None:
        """What was typed is taken back."""
        if self._typed is not None:
            self._typed("")
        self.close()


WAITING = "…"
"""Said by `done` where it is not known yet whether anything is wrong: `answered` follows."""
