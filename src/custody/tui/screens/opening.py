"""Opening: the ledgers that are open, those opened before, and those of a folder; and what merging some would do."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.screen import Screen

from custody.errors import CustodyError
from custody.tui.dropped import dropped_paths, ledgers_of
from custody.tui.places import Place, list_folder, look_at
from custody.tui.recent import recent_ledgers
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.keys import Keys
from custody.tui.widgets.prompt import WAITING, Prompt
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.sizes import size_text
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.when import utc
from custody.tui.widgets.words import FAULT, MUTED, Words, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

Kind = Literal["open", "recent", "up", "folder", "file"]
_SAID: dict[Kind, str] = {"open": "open", "recent": "before", "up": "up", "folder": "folder", "file": "here"}


class Choice(NamedTuple):
    """A row: what it is, and the ledger or folder."""

    kind: Kind
    place: Place
    session: Session | None = None


class OpeningScreen(Screen[None]):
    """What there is to open. The first screen where no ledger was named, and above the tabs with ctrl+o."""

    SIGNS: ClassVar[Sequence[Sign]] = (("●  ✓", "", "a ledger that is open; an export that you marked"),)
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("", 6),
        Column("Ledger or folder", flex=2),
        Column("In", flex=3, from_width=60),
        Column("Size", 9, right=True),
        Column("Changed (UTC)", 16, from_width=90, clip=True),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "path", "Path", key_display="/", id="opening.path",
                tooltip="Type the path of a ledger or folder"),
        Binding("space", "mark", "Mark", id="opening.mark", tooltip="Mark an export to be merged, or leave it out"),
        Binding("m", "preview", "Merge preview", id="opening.merge",
                tooltip="What merging the marked exports into the ledger on view would do"),
        Binding("escape", "leave", "Back", id="opening.back", tooltip="Back to the ledger on view"),
    ]  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path.cwd()
        self._choices: list[Choice] = []
        self._marked: dict[Path, None] = {}

    @property
    def ledger(self) -> CustodyApp:
        return cast("CustodyApp", self.app)

    def compose(self) -> ComposeResult:
        yield Words(id="title")
        yield Words(id="refused")
        yield Table(self.COLUMNS, empty="There is no ledger here.", id="choices")
        yield Words(id="chosen")
        yield Prompt()
        if self.ledger.session is not None:
            yield Seal()
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.state_changed()
        self._list(self._folder)

    def state_changed(self) -> None:
        """The seal of the ledger behind."""
        if self.ledger.session is not None:
            for seal in self.query(Seal):
                seal.show(self.ledger.session.state.verdict)

    # --- what there is

    def _list(self, folder: Path) -> None:
        ask(self, "list", lambda: _choices(folder), lambda found: self._show(folder, found), self.refuse)

    def _show(self, folder: Path, found: list[Choice]) -> None:
        self._folder = folder
        sessions = [
            Choice("open", Place(one.state.snapshot.path, False, one.state.snapshot.file_size), one)
            for one in self.ledger.sessions
        ]
        self._choices = [*sessions, *found]
        self.query_one("#title", Words).say(
            line(("Open a ledger", "bold"), (f"  {folder}", MUTED), limit=400)
        )
        self.query_one("#refused").remove_class("-shown")
        self._draw()
        self.prompted("")

    def _draw(self) -> None:
        self.query_one(Table).show_rows([_row(one, one.place.path in self._marked) for one in self._choices])
        words = self.query_one("#chosen", Words)
        words.set_class(bool(self._marked), "-shown")
        target = self.ledger.session.state.snapshot.path.name if self.ledger.session else ""
        into = (
            f" to merge into {target}: m shows what that would do" if target else ": open their target first"
        )
        words.say(line((f"{len(self._marked)} marked", "bold"), into, limit=400))

    def prompted(self, complaint: str) -> None:
        self.query_one(Prompt).answered(complaint)

    def refuse(self, error: CustodyError) -> None:
        """Say why a file was not opened; it stays until another is."""
        words = self.query_one("#refused", Words)
        words.say(line(("✗ Not opened  ", f"{FAULT} bold"), (str(error), FAULT), limit=600))
        words.add_class("-shown")
        self.prompted("")

    # --- choosing

    @on(Table.Chosen, "#choices")
    def choose(self, event: Table.Chosen) -> None:
        one = self._choices[event.index]
        if one.session is not None:
            self._leave()
            self.ledger.switch_to(one.session)
        elif one.place.folder:
            self._list(one.place.path)
        else:
            self._open(one.place.path)

    def _open(self, path: Path) -> None:
        ledger = self.ledger
        ask(
            self, "open", lambda: ledger.let_in(path), lambda opened: ledger.show_opened(*opened), self.refuse
        )

    def action_path(self) -> None:
        self.query_one(Prompt).open("Path", "of a ledger, or of a folder", self._go_to)

    def _go_to(self, text: str) -> str:
        if not text.strip():
            return "which one?"
        path = self._folder / os.path.expanduser(text.strip())

        def arrive(place: Place) -> None:
            if place.folder:
                self._list(place.path)
            else:
                self._open(place.path)

        ask(self, "look", lambda: look_at(path), arrive, self.refuse)
        return WAITING

    def action_mark(self) -> None:
        table = self.query_one(Table)
        if table.cursor < len(self._choices):
            one = self._choices[table.cursor]
            if not one.place.folder and one.kind != "open":
                if one.place.path in self._marked:
                    del self._marked[one.place.path]
                else:
                    self._marked[one.place.path] = None
                self._draw()
                self.refresh_bindings()
            table.action_move(1)

    def on_paste(self, event: Paste) -> None:
        """Files that were dropped here: marked to be merged, or opened where there is nothing to merge them into."""
        paths = dropped_paths(event.text)
        if paths:
            ask(self, "dropped", lambda: ledgers_of(paths), self._take, self.refuse)

    def _take(self, files: list[Path]) -> None:
        if self.ledger.session is None and len(files) == 1:
            self._open(files[0])
            return
        self._marked.update(dict.fromkeys(files))
        self._draw()
        self.refresh_bindings()

    def action_preview(self) -> None:
        if self.ledger.session is not None:
            self.ledger.preview_merge(self.ledger.session, list(self._marked))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A merge needs a target and exports; there is no way back where there is nothing behind."""
        if action == "preview":
            return (self.ledger.session is not None and bool(self._marked)) or None
        if action == "leave":
            return self.ledger.session is not None
        return super().check_action(action, parameters)

    def action_leave(self) -> None:
        self._leave()

    def _leave(self) -> None:
        if self.ledger.session is not None and self in self.ledger.screen_stack[1:]:
            self.dismiss()


def _choices(folder: Path) -> list[Choice]:
    here = folder.resolve()
    listed = list_folder(here)
    before = [Choice("recent", look_at(path)._replace(folder=False)) for path in recent_ledgers()]
    up = [Choice("up", Place(here.parent, True))] if here.parent != here else []
    return [*before, *up, *(Choice("folder" if one.folder else "file", one) for one in listed)]


def _row(one: Choice, marked: bool) -> Row:
    place = one.place
    name: Cell = place.path.name or str(place.path)
    if one.kind == "up":
        name = ".."
    elif place.folder:
        name = (f"{place.path.name}/", "muted")
    gone = not place.folder and place.size < 0
    return (
        ("✓", "good") if marked else ("●", "accent") if one.session else "",
        ("gone", "gap") if gone else (_SAID[one.kind], "muted"),
        name if isinstance(name, tuple) else (name, "strong"),
        (str(place.path.parent), "muted"),
        (size_text(place.size) if place.size >= 0 and not place.folder else "", "muted"),
        (utc(place.changed), "muted"),
    )
