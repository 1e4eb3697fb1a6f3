"""What merging some exports into the ledger on view would do. It only reads; the command that does it is printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen

from custody.errors import CustodyError, UsageError
from custody.trust.planning import Preview, SourcePlan, preview
from custody.tui.links import merge_command
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.widgets.asking import ask
from custody.tui.widgets.keys import Keys
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.table import Cell, Column, Row, Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, facts, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

_REASONS = 6


class MergeScreen(Screen[None]):
    """Each source: how much of it is new, known, left out; or why all of it is refused."""

    SIGNS: ClassVar[Sequence[Sign]] = (
        ("✓  ·  ✗", "", "an export with something new, one with nothing new, one that is refused"),
    )
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("Export", 14, flex=2),
        Column("Entries", 7, roomy=9, right=True),
        Column("New", 7, roomy=9, right=True),
        Column("Known", 7, roomy=9, right=True),
        Column("Chains left out", 15, right=True, from_width=76),
        Column("Refused for", flex=3),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_command", "Copy", id="merge.copy", tooltip="Copy the command that merges them"),
        Binding("escape", "leave", "Back", id="merge.back"),
    ]

    def __init__(self, session: Session, sources: Sequence[Path]) -> None:
        super().__init__()
        self._session = session
        self._sources = tuple(sources)
        self._good: list[Path] = []
        self._listed: list[Path] = []

    @property
    def ledger(self) -> CustodyApp:
        return cast("CustodyApp", self.app)

    def compose(self) -> ComposeResult:
        name = self._session.state.snapshot.path.name
        yield Words(
            line(("Merge preview", "bold"), (f"  into {name}; nothing is written", MUTED), limit=400),
            id="title",
        )
        yield Table(self.COLUMNS, empty="Every export is being verified by itself.", id="sources")
        yield Words(id="told")
        yield Words(id="remark")
        yield Seal()
        yield Keys()

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.state_changed()
        ask(self, "preview", self._think, self._show, self._refuse)

    def state_changed(self) -> None:
        """The seal of the target."""
        self.query_one(Seal).show(self._session.state.verdict)

    def _think(self) -> Preview:
        state = self._session.state
        if state.verification is None:
            raise UsageError(
                "wait until the ledger on view is verified: what is new depends on it", code="early"
            )
        return preview(state.snapshot, state.verification, self._sources)

    def _show(self, found: Preview) -> None:
        self._good = [one.path for one in found.sources if not one.why]
        self._listed = [one.path for one in found.sources]
        self.query_one(Table).show_rows([_row(one) for one in found.sources])
        self.query_one("#told", Words).say(facts(_told(found), 12))
        self.refresh_bindings()

    def _refuse(self, error: CustodyError) -> None:
        self.query_one("#told", Words).say(line((str(error), FAULT), limit=600))
        self.query_one(Table).show_rows([], "Nothing would be merged.")

    @on(Table.Chosen, "#sources")
    def look_into(self, event: Table.Chosen) -> None:
        """Open an export by itself."""
        ledger, path = self.ledger, self._listed[event.index]
        ask(
            self,
            "open",
            lambda: ledger.let_in(path),
            lambda opened: ledger.show_opened(*opened),
            self._not_opened,
        )

    def _not_opened(self, error: CustodyError) -> None:
        self._say(line(("✗ Not opened  ", f"{FAULT} bold"), (str(error), FAULT), limit=600))

    def _say(self, remark: Content) -> None:
        self.query_one("#remark", Words).say(remark)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A merge of nothing has no command."""
        if action == "copy_command":
            return bool(self._good) or None
        return super().check_action(action, parameters)

    def action_copy_command(self) -> None:
        state = self._session.state
        text = merge_command(state.snapshot.path, self._good, state.expectations.roots)
        if text:
            self.app.copy_to_clipboard(text)
        said = (
            ("Copied  ", GOOD)
            if text
            else ("A path holds what a shell would act on: name the files yourself.", GAP)
        )
        self._say(line(said, (text, "bold"), limit=None))

    def action_leave(self) -> None:
        self.dismiss()


def _row(one: SourcePlan) -> Row:
    if one.why:
        return ("✗", "fault"), (one.path.name, "strong"), "", "", "", "", (one.why, "fault")
    left: Cell = (f"{one.left_out:,}", "gap") if one.left_out else ("0", "muted")
    sign: Cell = ("✓", "good") if one.new else ("·", "muted")
    return sign, (one.path.name, "strong"), f"{one.entries:,}", f"{one.new:,}", f"{one.known:,}", left, ""


def _told(found: Preview) -> Iterator[tuple[str, Content]]:
    result = found.result
    yield (
        "In all",
        line(
            (f"{result.taken:,} new", "bold"),
            f", {result.known:,} known",
            ("" if result.taken else ": a merge would write nothing", MUTED),
        ),
    )
    forks = len(result.forks)
    yield (
        "Forks",
        line((f"✗ {forks:,}: both sides would be kept, and prove it", FAULT) if forks else ("none", MUTED)),
    )
    for fork in result.forks[:_REASONS]:
        yield "", line((fork.message, FAULT), limit=400)
    reasons = Counter(one.why for one in result.left_out)
    for number, (why, count) in enumerate(reasons.most_common(_REASONS)):
        chains = f"{count:,} chain{'' if count == 1 else 's'}: "
        yield "Left out" if not number else "", line((chains, GAP), why, limit=400)
    if result.taken:
        yield "To do it", line(("y copies the command; it asks for the custodian's key", MUTED))
