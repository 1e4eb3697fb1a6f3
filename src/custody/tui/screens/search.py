"""Searching everything in a ledger, from every tab: what is found as one types, and the way there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from custody.errors import CustodyError
from custody.query.entries import EntryLine
from custody.query.search import Hit
from custody.tui.screens import search_words as words
from custody.tui.screens.search_words import Found, Item
from custody.tui.searching import NO_NAMES, Names, Searching, read_entries
from custody.tui.session import Session
from custody.tui.state import State
from custody.tui.widgets.grouped_table import GroupedTable
from custody.tui.widgets.keys import Keys
from custody.tui.widgets.prompt import DRAWN, Line
from custody.tui.widgets.resting import Job, Resting, Wanted
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, MUTED, Words, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

_LOOK_EVERY = 0.25  # seconds between looks at how far the texts are read
_LONGEST = 200


class SearchLine(Line):
    """The line that is typed into. The keys that move in what was found work in it too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Open", id="search.open", tooltip="Go to what the cursor is on"),
        Binding("tab", "screen.enter_results", "Into the list", id="search.list",
                tooltip="From the line into what was found, and back"),
        Binding("down", "screen.move(1)", "Down", show=False, id="search.down", tooltip="One down in what was found"),
        Binding("up", "screen.move(-1)", "Up", show=False, id="search.up", tooltip="One up in what was found"),
        Binding("pagedown", "screen.page(1)", "Page down", show=False, id="search.page-down",
                tooltip="A page down in what was found"),
        Binding("pageup", "screen.page(-1)", "Page up", show=False, id="search.page-up",
                tooltip="A page up in what was found"),
    ]  # fmt: skip


class SearchScreen(Screen[None]):
    """A line to type in, and what it finds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+down", "group(1)", "Next group", id="search.next-group",
                tooltip="The next group of what was found"),
        Binding("ctrl+up", "group(-1)", "Group before", show=False, id="search.group-before"),
        Binding("y", "copy_command", "Copy", id="search.copy", tooltip="Copy the command that searches for the same"),
        Binding("slash,tab", "type", "Search", key_display="/", id="search.type", tooltip="Back to the line, to type"),
        Binding("ctrl+b", "read", "Read texts", id="search.read",
                tooltip="Stop reading the texts of the entries, or read them"),
        Binding("escape", "leave", "Close", id="search.close", tooltip="Back to the tab"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self._resting = Resting(self, self._fail)
        self._sought = Found()
        self._items: list[Item] = []
        self._searching: Searching | None = None
        self._stage = ""
        self._opening = False  # enter was pressed before anything was found

    @property
    def ledger(self) -> CustodyApp:
        return cast("CustodyApp", self.app)

    @property
    def state(self) -> State:
        return self.session.state

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(SearchLine).value.strip()

    def compose(self) -> ComposeResult:
        with Horizontal(id="line"):
            yield Words(line(("Search ", MUTED)), id="label")
            yield SearchLine(
                self.session.sought, placeholder="everything in this ledger", restrict=DRAWN,
                max_length=_LONGEST, select_on_focus=True,
            )  # fmt: skip
        yield Words(id="about")
        yield Words(words.CAN_BE_SEARCHED, id="can")
        yield GroupedTable(words.COLUMNS, id="found")
        yield Words(id="told")
        yield Words(id="remark")
        yield Seal()
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(SearchLine).focus()
        self.set_interval(_LOOK_EVERY, self._look)
        self.state_changed()
        self._seek()

    def state_changed(self) -> None:
        """The seal; and with the answers there is more to be searched."""
        self.query_one(Seal).show(self.state.verdict)
        if self.session.searching is not self._searching:
            self._seek()
        self._look()

    # --- looking for it

    @on(Input.Changed)
    def seek_typed(self, event: Input.Changed) -> None:
        event.stop()
        self._seek()

    def _seek(self) -> None:
        text = self.session.sought = self.text
        self._searching = searching = self.session.searching
        self.set_class(bool(text), "-seeking")
        self._opening = False
        self.query_one("#remark").remove_class("-shown")
        if not text:
            self._resting.ask(())
            self._sought = Found()
            self._draw(again=False)
            return
        snapshot = self.state.snapshot

        def named(wanted: Wanted) -> tuple[list[EntryLine], Names]:
            names = searching.read_names(text) if searching is not None else NO_NAMES
            return read_entries(snapshot, text), names

        def hits(wanted: Wanted) -> list[Hit]:
            return searching.read_hits(text) if searching is not None and wanted() else []

        if searching is not None and searching.stage == "unread":
            searching.read_texts()
        self._resting.ask(
            [
                Job(named, lambda found: self._take_named(text, *found)),
                Job(hits, self._take_hits),
            ]
        )

    def _take_named(self, text: str, entries: list[EntryLine], names: Names) -> None:
        again = text == self._sought.text
        hits = self._sought.hits if again else ()
        self._sought = Found(text, entries, names, hits)
        self._draw(again=again)

    def _take_hits(self, hits: list[Hit]) -> None:
        self._sought = self._sought._replace(hits=hits)
        self._draw(again=True)
        if self._opening:
            self.open()

    def _fail(self, error: CustodyError) -> None:
        if error.code == "search":  # a text without a word, which names may have all the same
            self._take_hits([])
            return
        self.say(line((str(error), FAULT), limit=400))

    def _look(self) -> None:
        """How far the texts are read; once they are, they are searched."""
        searching = self._searching
        self.query_one("#about", Words).say(words.about(self.state, searching, bool(self.text)))
        stage = searching.stage if searching is not None else ""
        if stage != self._stage:
            was, self._stage = self._stage, stage
            self.refresh_bindings()
            if was == "reading" and stage == "ready" and self.text:
                self._seek()

    # --- what was found

    def _draw(self, *, again: bool) -> None:
        table = self.query_one(GroupedTable)
        groups, self._items = words.groups(self._sought, self.state)
        table.show_groups(groups, words.nothing(self.state, self._searching), again=again)
        self._tell(table.cursor)
        self._look()

    @on(Table.Highlighted, "#found")
    def tell_more(self, event: Table.Highlighted) -> None:
        self._tell(event.index)

    def _tell(self, index: int) -> None:
        item = self._item(index)
        self.query_one("#told", Words).say(item.told if item is not None else Content(""))

    def _item(self, index: int) -> Item | None:
        number = self.query_one(GroupedTable).item(index)
        return self._items[number] if 0 <= number < len(self._items) else None

    @on(Input.Submitted)
    def open_typed(self, event: Input.Submitted) -> None:
        """Enter in the line: what it leads to was not looked for yet, where somebody types fast."""
        event.stop()
        if self._sought.text != self.text:
            self._opening = bool(self.text)
        else:
            self.open()

    @on(Table.Chosen, "#found")
    def open(self) -> None:
        """Go to what the cursor is on; backspace leads back."""
        self._opening = False
        item = self._item(self.query_one(GroupedTable).cursor)
        if item is not None:
            self.ledger.go(item.link)

    # --- keys

    def action_move(self, by: int) -> None:
        self.query_one(GroupedTable).action_move(by)

    def action_page(self, by: int) -> None:
        self.query_one(GroupedTable).action_page(by)

    def action_group(self, by: int) -> None:
        self.query_one(GroupedTable).next_group(by)

    def action_enter_results(self) -> None:
        self.query_one(GroupedTable).focus()

    def action_type(self) -> None:
        self.query_one(SearchLine).focus()

    def action_read(self) -> None:
        searching = self._searching
        if searching is not None:
            if searching.stage == "reading":
                searching.stop()
            else:
                searching.read_texts()
            self._look()

    @on(Line.Left)
    def action_leave(self) -> None:
        self.dismiss()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed is not taken for a command; and what is read is not read again."""
        typing = isinstance(self.focused, SearchLine)
        if action in ("copy_command", "type"):
            return not typing
        if action == "read":
            return self._searching is not None and self._searching.stage != "ready"
        return super().check_action(action, parameters)

    # --- the command

    def command(self) -> Sequence[str]:
        """The words of the command that searches for the same."""
        wanted = self.text.split()
        if not wanted or any(word.startswith("-") for word in wanted):  # which would be an option there
            return ()
        return ("search", *wanted)

    def action_copy_command(self) -> None:
        self.ledger.copy_words(self, self.command(), "No command searches for just this.")

    def say(self, remark: Content) -> None:
        """Say something above the seal, until something else is typed."""
        words_ = self.query_one("#remark", Words)
        words_.say(remark)
        words_.add_class("-shown")
