"""What an approver must see, to be scrolled through."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message

from custody.tui.screens.approvals_reading import Question
from custody.tui.screens.approvals_words import question
from custody.tui.widgets.words import Words


class AskedPane(VerticalScroll):
    """The question that the cursor is on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "List", id="asked.back", tooltip="Back to the list"),
    ]
    DEFAULT_CSS = """
    AskedPane { scrollbar-size-vertical: 1; }
    AskedPane:focus { background: $boost; }
    """

    class Left(Message):
        """Escape was pressed."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.question: Question | None = None

    def compose(self) -> ComposeResult:
        yield Words()

    def show(self, found: Question) -> None:
        """Show a question, from its beginning where it is another one."""
        before = self.question
        if before is None or (before.asked.artifact, before.asked.environment) != (
            found.asked.artifact,
            found.asked.environment,
        ):
            self.scroll_home(animate=False)
        self.question = found
        self.query_one(Words).say(question(found))

    def clear(self, instead: Content) -> None:
        """Show nothing but why there is nothing."""
        self.question = None
        self.query_one(Words).say(instead)

    def action_leave(self) -> None:
        self.post_message(self.Left())
