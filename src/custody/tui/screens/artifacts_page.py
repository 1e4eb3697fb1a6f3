"""One artifact's page: its path, its controls then and now, its source, what is attached to it, its signed header."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from custody.errors import CustodyError
from custody.ledger.reader import Snapshot
from custody.tui.screens import artifacts_words as words
from custody.tui.screens.artifacts_reading import AttachedFile, Opened, Page, open_file, read_files
from custody.tui.widgets.asking import ask
from custody.tui.widgets.sections import Sections
from custody.tui.widgets.table import LazyRows, Table
from custody.tui.widgets.words import FAULT, MUTED, Words, line

SECTIONS: Mapping[str, str] = {
    "path": "Path",
    "controls": "Controls",
    "source": "Source",
    "files": "Attachments",
    "signed": "Signed",
}
_FIRST_WIDGET = {"path": "#timeline", "controls": "#controls-list", "files": "#files-list"}


class ArtifactPage(Vertical):
    """The artifact under the cursor, or a word on why there is none."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "List", id="artifact.back", tooltip="Back to the list of artifacts"),
    ]
    DEFAULT_CSS = """
    ArtifactPage {
        #headline { height: auto; max-height: 2; text-wrap: nowrap; text-overflow: ellipsis; }
        .section { height: 1fr; display: none; }
        &.-path #path, &.-controls #controls, &.-source #source, &.-files #files, &.-signed #signed { display: block; }
        VerticalScroll { scrollbar-size-vertical: 1; }
        VerticalScroll:focus { background: $boost; }
        #controls-list { height: 1fr; }
        #why { height: auto; max-height: 60%; border-top: solid $foreground 20%; display: none; }
        #why.-shown { display: block; }
        #files-list { height: 2fr; }
        #about-file { height: 1; text-wrap: nowrap; text-overflow: ellipsis; border: none; background: $panel; }
        #preview { height: 3fr; }
    }
    """

    class Left(Message):
        """Escape was pressed."""

    @dataclass
    class Entry(Message):
        """An entry was chosen."""

        position: int

    def __init__(self, snapshot: Snapshot, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.page: Page | None = None
        self._snapshot = snapshot
        self._files: list[AttachedFile] = []
        self._files_of: Page | None = None
        self._opened: AttachedFile | None = None

    def compose(self) -> ComposeResult:
        yield Words(id="headline")
        yield Sections(SECTIONS)
        with Vertical(id="path", classes="section"):
            yield Table(words.TIMELINE, id="timeline")
        with Vertical(id="controls", classes="section"):
            yield Table(words.CONTROLS, id="controls-list")
            yield Words(id="why")
        with VerticalScroll(id="source", classes="section"):
            yield Words()
        with Vertical(id="files", classes="section"):
            yield Table(words.FILES, id="files-list")
            yield Words(id="about-file")
            yield Table(words.TEXT, id="preview")
        with VerticalScroll(id="signed", classes="section"):
            yield Words()

    def on_mount(self) -> None:
        self.open_section("path")

    @property
    def section(self) -> str:
        """The part on view."""
        return self.query_one(Sections).current

    # --- what is shown

    def show(self, page: Page) -> None:
        """Show an artifact, in the part that is on view."""
        other = self.page is None or self.page.trace.artifact.sha256 != page.trace.artifact.sha256
        self.page = page
        self.query_one("#headline", Words).say(words.headline(page))
        timeline = self.query_one("#timeline", Table)
        timeline.show_rows(LazyRows(page.trace.items, words.timeline_row))
        self._show_controls(page)
        self.query_one("#source > Words", Words).say(words.source(page))
        self.query_one("#signed > Words", Words).say(words.signed(page))
        if other:
            timeline.go(0)
            for scroll in self.query(VerticalScroll):
                scroll.scroll_home(animate=False)
        self._want_files()

    def clear(self, instead: Content) -> None:
        """Show nothing but why there is nothing."""
        self.page = self._files_of = self._opened = None
        self._files = []
        self.query_one("#headline", Words).say(instead)
        for table in self.query(Table):
            table.show_rows([])
        for one in (
            *self.query("VerticalScroll > Words").results(Words),
            self.query_one("#about-file", Words),
        ):
            one.say(Content(""))
        self.query_one("#why").remove_class("-shown")

    def open_section(self, section: str) -> None:
        """Bring a part to the front."""
        inside = self.has_focus_within
        for name in SECTIONS:
            self.set_class(name == section, f"-{name}")
        self.query_one(Sections).show(section)
        if inside:
            self.enter()
        self._want_files()

    def turn(self, by: int) -> None:
        """Bring the part so many further on to the front."""
        self.open_section(self.query_one(Sections).beside(by))

    def enter(self) -> None:
        """Put the focus on what can be moved in."""
        section = self.section
        self.query_one(_FIRST_WIDGET.get(section, f"#{section}"), Widget).focus()

    @on(Sections.Chosen)
    def choose_section(self, event: Sections.Chosen) -> None:
        self.open_section(event.section)

    def action_leave(self) -> None:
        self.post_message(self.Left())

    # --- the path

    @on(Table.Chosen, "#timeline")
    def open_item(self, event: Table.Chosen) -> None:
        if self.page is not None:
            self.post_message(self.Entry(self.page.trace.items[event.index].proof.position))

    # --- controls

    def _show_controls(self, page: Page) -> None:
        came = bool(page.came)
        rows = [words.control_row(then, now, came) for then, now in words.controls(page)]
        reason = page.standing.now.reason if page.standing is not None else ""
        self.query_one("#controls-list", Table).show_rows(
            rows, reason or "No policy governs any environment here."
        )
        self._show_why(self.query_one("#controls-list", Table).cursor)

    @on(Table.Highlighted, "#controls-list")
    def tell_why(self, event: Table.Highlighted) -> None:
        self._show_why(event.index)

    def _show_why(self, index: int) -> None:
        found = words.controls(self.page) if self.page is not None else []
        box = self.query_one("#why", Words)
        box.set_class(index < len(found), "-shown")
        if self.page is not None and index < len(found):
            box.say(words.why(self.page, *found[index]))

    @on(Table.Chosen, "#controls-list")
    def open_reason(self, event: Table.Chosen) -> None:
        """The entry that decided: of what is so now, else of what was so then."""
        found = words.controls(self.page) if self.page is not None else []
        then, now = found[event.index]
        proofs = [
            proof for one in (now, then) if one is not None for proof in one.proofs if proof.position >= 0
        ]
        if proofs:
            self.post_message(self.Entry(proofs[-1].position))

    # --- attachments

    def _want_files(self) -> None:
        """Attachments are looked for when somebody looks at them."""
        page, snapshot = self.page, self._snapshot
        if self.section == "files" and page is not None and self._files_of is not page:
            ask(
                self,
                "files",
                lambda: read_files(snapshot, page.trace),
                self._file_taker(page),
                self._complain,
            )

    def _file_taker(self, page: Page) -> Callable[[list[AttachedFile]], None]:
        def take(found: list[AttachedFile]) -> None:
            if self.page is page:
                self._files_of, self._files, self._opened = page, found, None
                table = self.query_one("#files-list", Table)
                table.show_rows([words.file_row(one) for one in found], "Nothing is attached to its entries.")
                self._about(line(""))
                self.query_one("#preview", Table).show_rows([])
                table.go(0)
                self._look_into(0)

        return take

    @on(Table.Highlighted, "#files-list")
    def preview_file(self, event: Table.Highlighted) -> None:
        self._look_into(event.index)

    def _look_into(self, index: int) -> None:
        if index < len(self._files) and self._files[index] != self._opened:
            self._opened = wanted = self._files[index]
            snapshot = self._snapshot
            ask(self, "preview", lambda: open_file(snapshot, wanted), self._show_preview, self._complain)

    def _show_preview(self, opened: Opened) -> None:
        columns, rows, about = words.opened_rows(opened)
        table = self.query_one("#preview", Table)
        table.columns = columns
        table.show_rows(rows, "")
        table.go(0)
        self._about(line((about or "as text", MUTED), (f"  sha256 {opened.file.sha256}", MUTED), limit=400))

    @on(Table.Chosen, "#files-list")
    def enter_preview(self) -> None:
        self.query_one("#preview", Table).focus()

    def _about(self, content: Content) -> None:
        self.query_one("#about-file", Words).say(content)

    def _complain(self, error: CustodyError) -> None:
        self._about(line((str(error), FAULT), limit=400))

    # --- asked by the screen

    def command(self) -> Sequence[str]:
        """The words of the command that gives what is on view."""
        page = self.page
        if page is None:
            return ()
        sha256 = page.trace.artifact.sha256
        if self.section == "controls" and page.environment:
            return "gate", sha256, "--env", page.environment
        if self.section == "signed" and page.detail is not None:
            return "show", f"position:{page.detail.position}"
        return "trace", sha256
