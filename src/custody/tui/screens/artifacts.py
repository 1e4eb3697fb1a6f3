"""Artifacts: which there are, what the policy says of each, and the page of the one under the cursor."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from custody.errors import CustodyError, UsageError
from custody.query.artifacts import Order
from custody.query.index import Index
from custody.query.moments import EnvironmentReference
from custody.report.subject import Subject
from custody.tui.judging import Judging
from custody.tui.links import Link
from custody.tui.screens.artifacts_page import SECTIONS, ArtifactPage
from custody.tui.screens.artifacts_reading import (
    SHOWN,
    Known,
    Listed,
    Page,
    find_meant,
    fingerprint_path,
    read_list,
    read_page,
    stopped,
)
from custody.tui.screens.artifacts_table import ArtifactTable
from custody.tui.screens.base import AnswersScreen
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.prompt import WAITING, Line
from custody.tui.widgets.sizes import size_text
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, line

ORDERS: dict[Order, str] = {
    "newest": "the newest first",
    "oldest": "the oldest first",
    "name": "by name",
    "running": "those that run now first",
}
_TELL_EVERY = 0.25  # seconds


class ArtifactsScreen(AnswersScreen):
    """A list of artifacts, and one artifact's page."""

    TAB = "artifacts"
    FIND = "name, fingerprint, commit or version"
    SIGNS: ClassVar[Sequence[Sign]] = (
        ("✓  ✗  ?  ·", "", "a verdict or a check: yes, no, nobody can tell, not asked or not known yet"),
        ("✓3 ✗1", "", "so many checks passed, so many failed"),
        ("≠", GAP, "the verdict is another now than it was then"),
        ("○", MUTED, "superseded: a later one counts"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fingerprint", "Fingerprint", id="artifacts.fingerprint",
                tooltip="Fingerprint a file or folder on disk, and say whether it is known"),
        Binding("s", "sort", "Sort", id="artifacts.sort",
                tooltip="Sort: the newest first, the oldest, by name, those that run now"),
        Binding("right_square_bracket", "section(1)", "Next part", key_display="]", id="artifacts.next-part",
                tooltip="The next part of the page: path, controls, source, attachments, signed"),
        Binding("left_square_bracket", "section(-1)", "Part before", key_display="[", show=False,
                id="artifacts.part-before"),
        Binding("e", "environment", "Environment", id="artifacts.environment",
                tooltip="Judge for the next environment that a policy governs, then and now"),
        Binding("a", "approvals", "Approve", id="artifacts.approve",
                tooltip="Show what an approver must see of it, in the approvals"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.page = ArtifactPage(session.state.snapshot, id="page")
        self._drawn: Index | None = None
        self._judging: Judging | None = None
        self._order: Order = "newest"
        self._listing = False
        self._list_again = False
        self._listed_for: tuple[str, str] | None = None
        self._wanted = ""
        self._about = ""  # the fingerprint of what the page shows, or is about to
        self._environment = ""
        self._hashing: threading.Event | None = None
        self._progress = (0, 0)
        self._teller: Timer | None = None

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            with Container(id="left"):
                yield Words(id="about-list")
                yield ArtifactTable(id="list")
            yield self.page

    def on_mount(self) -> None:
        self.query_one(ArtifactTable).focus()

    def on_unmount(self) -> None:
        self._stop_hashing()

    # --- what is asked of every screen

    def draw_answers(self, index: Index) -> None:
        if self._drawn is not index:
            if (
                self.page.page is not None and not self._wanted
            ):  # verified again: nobody's page becomes another
                self._wanted = self.page.page.trace.artifact.sha256
            self._drawn = index
            self._judging = Judging(self.state, index)
            self._listed_for = None
            self._list()

    def find(self, text: str) -> None:
        self._list()

    def link(self) -> Link:
        page = self.page.page
        return Link(
            self.TAB,
            artifact=page.trace.artifact.sha256 if page is not None else self._wanted,
            environment=EnvironmentReference(self._environment) if self._environment else None,
            find=self.sought,
            part=self.page.section if page is not None else "",
        )

    def follow(self, link: Link) -> None:
        if link.part in SECTIONS:
            self.page.open_section(link.part)
        if link.environment is not None:
            self._environment = link.environment.environment
        if link.artifact or link.find:
            self._wanted = link.artifact
            self.find_here(link.find)
        if link.artifact:
            self.add_class("-page")
            self.page.enter()

    def command(self) -> Sequence[str]:
        inside = self.has_class("-page") or self.page.has_focus_within
        return (inside and self.page.command()) or (
            "artifacts",
            *([self.sought] if self.sought else []),
        )

    def answered_subject(self) -> Subject:
        if self._about:
            return Subject("artifact", self._about)
        raise UsageError(
            "There is no artifact to report on: escape shows all again, and the cursor chooses one."
            if self.sought
            else "There is no artifact to report on.",
            code="artifact",
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is asked where nothing is answered."""
        if action in ("fingerprint", "sort", "section", "environment", "approvals"):
            if self.state.refusal:
                return None
            page = self.page.page
            if action == "environment" and (page is None or len(page.environments) < 2):
                return False
            if action == "approvals" and (page is None or not page.environment):
                return False
        return super().check_action(action, parameters)

    # --- the list

    def _list(self) -> None:
        """List what is looked for now. Only the last of what is typed meanwhile is asked for after it."""
        if self._judging is None:
            return
        if self._listing:
            self._list_again = True
            return
        self._listing, self._list_again = True, False
        question = partial(read_list, self._judging, self.sought, self._order)
        wanted = self.sought, self._order
        self.ask("list", question, lambda found: self._show_list(found, wanted))

    def _show_list(self, found: Listed, wanted: tuple[str, str]) -> None:
        self._listing = False
        if self._list_again:
            self._list()
            return
        table = self.query_one(ArtifactTable)
        nothing = "No artifact is of that kind." if self.sought else "No artifact is recorded."
        assert self._judging is not None
        table.show_lines(found.lines, found.environments, self._judging, nothing)
        self.query_one("#about-list", Words).say(_about(found, self._order))
        if wanted != self._listed_for:
            self._listed_for = wanted
            if self._wanted:
                self._find()
            elif found.lines:
                table.go(0)
                self._read(found.lines[0].sha256)
            else:
                self._about = ""
                self.page.clear(line(""))
        elif self._wanted:
            self._find()

    def _find(self) -> None:
        """An artifact that may be far down the list, or have run without ever being recorded."""
        judging, wanted = self._judging, self._wanted
        if judging is None:
            return

        def arrive(found: list[str]) -> None:
            sha256 = found[0]
            if len(found) > 1:
                told = f"{len(found)} artifacts are meant; this is the newest of "
                self.say(line((told, GAP), (wanted, "bold")))
            table = self.query_one(ArtifactTable)
            place = next((place for place, one in enumerate(table.lines) if one.sha256 == sha256), None)
            if place is not None:
                table.go(place)
            self._wanted = ""
            self._read(sha256)

        self.ask("find", lambda: find_meant(judging, wanted), arrive)

    def action_sort(self) -> None:
        orders = list(ORDERS)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._list()

    @on(Table.Highlighted, "#list")
    def read_artifact(self, event: Table.Highlighted) -> None:
        lines = self.query_one(ArtifactTable).lines
        if event.index < len(lines) and not self._wanted:
            self._read(lines[event.index].sha256)

    @on(Table.Chosen, "#list")
    def enter_page(self) -> None:
        """Enter goes on into the page; escape comes back."""
        self.add_class("-page")
        self.page.enter()

    @on(ArtifactPage.Left)
    def leave_page(self) -> None:
        self.remove_class("-page")
        if self.page.has_focus_within:  # else the next key has already opened a line to type in
            self.query_one(ArtifactTable).focus()

    # --- the page

    def _read(self, sha256: str) -> None:
        judging, snapshot, environment = self._judging, self.state.snapshot, self._environment
        if judging is not None:
            self._about = sha256
            self.ask("page", lambda: read_page(judging, snapshot, sha256, environment), self._show_page)

    def _show_page(self, page: Page) -> None:
        self.page.show(page)
        self.refresh_bindings()

    @on(ArtifactPage.Entry)
    def open_entry(self, event: ArtifactPage.Entry) -> None:
        self.ledger.go(Link("entries", entry=event.position))

    def action_section(self, by: int) -> None:
        self.page.turn(by)

    def action_environment(self) -> None:
        page = self.page.page
        if page is not None and page.environments:
            names = page.environments
            self._environment = names[(names.index(page.environment) + 1) % len(names)]
            self._read(page.trace.artifact.sha256)

    def action_approvals(self) -> None:
        page = self.page.page
        if page is not None:
            sha256, environment = page.trace.artifact.sha256, EnvironmentReference(page.environment)
            self.ledger.go(Link("approvals", artifact=sha256, environment=environment))

    def trouble(self, error: CustodyError) -> None:
        self._listing = False
        self._wanted = self._about = ""
        self.page.clear(line((str(error), FAULT), limit=400))
        self.refresh_bindings()

    # --- a file on disk

    def action_fingerprint(self) -> None:
        self.prompt("Fingerprint", "the path of a file, a folder or an image on this machine", self._hash)

    def _hash(self, path: str) -> str:
        judging = self._judging
        if not path.strip():
            return "which file?"
        if judging is None:
            return "there are no answers yet"
        self._stop_hashing()
        self._hashing = end = threading.Event()
        self._progress = (0, 0)

        def told(done: int, total: int) -> None:
            self._progress = (done, total)
            if end.is_set():
                raise stopped()

        self._teller = self.set_interval(_TELL_EVERY, self._tell_progress)

        def failed(error: CustodyError) -> None:  # it is wrong with the path that was typed
            self._stop_hashing()
            self.prompted(str(error))

        ask(self, "file", lambda: fingerprint_path(judging, path, told), self._show_known, failed)
        return WAITING

    def _show_known(self, known: Known) -> None:
        self._stop_hashing()
        self.prompted("")
        about = f"{known.path}  {size_text(known.size)}  sha256 {known.sha256}"
        if not known.found:
            self.say(line(("✗ Not known to this ledger  ", f"{GAP} bold"), about, limit=None))
            return
        self.say(line(("✓ Known  ", f"{GOOD} bold"), about, limit=None))
        self._wanted = known.found[0]
        self._find()

    def _tell_progress(self) -> None:
        done, total = self._progress
        if self._hashing is not None:
            self.say(line((f"reading, {done * 100 // total} %" if total else "reading", MUTED)))

    @on(Line.Closed)
    def _stop_hashing(self) -> None:
        if self._hashing is not None:
            self._hashing.set()
            self._hashing = None
        if self._teller is not None:
            self._teller.stop()
            self._teller = None


def _about(found: Listed, order: Order) -> Content:
    shown = len(found.lines)
    things = "artifact" if found.recorded == 1 else "artifacts"
    count = f"{shown:,} of {found.recorded:,} {things}" if shown < found.recorded else f"{shown:,} {things}"
    capped = f", no more than {SHOWN:,} at once: ctrl+f finds the others" if shown == SHOWN else ""
    return line((f"{count}, {ORDERS[order]}{capped}", MUTED))
