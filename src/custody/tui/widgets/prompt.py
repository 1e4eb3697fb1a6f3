"""A line to type in, at the foot of a screen; it is there only while it is used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input

from custody.tui.widgets.words import FAULT, MUTED, Words, line

DRAWN = (
    r"[^\x00-\x1f\x7f-\xa0\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u1680\u180b-\u180f"
    r"\u2000-\u200f\u2028-\u202f\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff9-\uffff"
    r"\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]*"
)
"""What can be typed or pasted: nothing that drives a terminal, turns its lines around or is not seen. What is typed is
drawn as it is, and not by `safe_text`."""

_LONGEST = 1000


class Line(Input):
    """What is typed into. Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Done", id="prompt.done", tooltip="Take what was typed"),
        Binding("escape", "leave", "Back", id="prompt.leave"),
    ]

    class Left(Message):
        """Escape was pressed."""

    class Closed(Message):
        """The prompt was put away."""

    @dataclass
    class Refused(Message):
        """Something was typed or pasted that is not taken."""

        why: str

    def restricted(self) -> None:
        self.post_message(self.Refused("not taken: too long, or with signs that cannot be shown"))

    def action_copy(self) -> None:
        """A secret goes nowhere."""
        if self.password:
            self.post_message(self.Refused("it is not copied"))
        else:
            super().action_copy()

    def action_cut(self) -> None:
        if self.password:
            self.action_copy()
        else:
            super().action_cut()

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
        Line > .input--placeholder { color: $quiet; }
    }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._done: Callable[[str], str] = lambda text: ""
        self._typed: Callable[[str], None] | None = None
        self._before: Widget | None = None

    def compose(self) -> ComposeResult:
        yield Words(classes="label")
        yield Line(restrict=DRAWN, max_length=_LONGEST, select_on_focus=False, disabled=True)
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
        # At once: the next key may be there already, and belongs here.
        self.screen.set_focus(typing)

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

    @on(Line.Refused)
    def say_why(self, event: Line.Refused) -> None:
        event.stop()
        self._complain(event.why)

    @on(Line.Left)
    def leave(self) -> None:
        """What was typed is taken back."""
        if self._typed is not None:
            self._typed("")
        self.close()


WAITING = "…"
"""Said by `done` where it is not known yet whether anything is wrong: `answered` follows."""
