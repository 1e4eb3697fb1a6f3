"""Findings: everything there is to say against the ledger and against what was done, and behind each the check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from custody.errors import CustodyError
from custody.ledger.findings import Finding
from custody.ledger.reader import Snapshot
from custody.query.moments import EnvironmentReference, Moment
from custody.report.subject import Subject
from custody.tui.links import Link
from custody.tui.looking import KEPT, Looking
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.help import Sign
from custody.tui.session import Session
from custody.tui.state import WEIGHTS, Remark, Weight
from custody.tui.widgets.findings import COLUMNS, finding_row, heading
from custody.tui.widgets.table import Row, Table
from custody.tui.widgets.words import FAULT, GAP, GOOD, MUTED, Words, facts, line, lines

if TYPE_CHECKING:
    from custody.report.explaining import Explained

_LOOK_EVERY = 0.5  # seconds
_TONES = {"fault": FAULT, "gap": GAP, "note": MUTED, "conduct": GAP}
_WEIGHTS = {
    "fault": "a fault: the ledger does not verify (exit 1)",
    "gap": "a gap: intact, and this file alone cannot prove it (exit 4)",
    "note": "a note: worth knowing, and nothing against the ledger",
    "conduct": "conduct: the ledger is sound, and somebody should not have done it",
}
_OWN = frozenset({"entry", "artifact", "environment"})


class FindingsPane(VerticalScroll):
    """One finding, explained."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", id="findings.back"),
    ]
    DEFAULT_CSS = """
    FindingsPane { scrollbar-size-vertical: 1; }
    FindingsPane:focus { background: $boost; }
    FindingsPane Words { height: auto; }
    """

    class Left(Message):
        """Escape was pressed."""

    def action_leave(self) -> None:
        self.post_message(self.Left())


class FindingsScreen(LedgerScreen):
    """All findings, the one under the cursor explained below."""

    TAB = "findings"
    FIND = "code, weight, position or words"
    SIGNS: ClassVar[Sequence[Sign]] = (
        ("✗  !  ·", "", "a fault, a gap, a note"),
        ("≠", GAP, "conduct: signed as it is, and not as the policy wants it"),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "entry", "Entry", id="findings.entry", tooltip="Open the entry that the finding is about"),
        Binding("w", "weigh", "Weight", id="findings.weight",
                tooltip="Only faults, only gaps, only notes, only conduct, or all"),
        Binding("t", "artifact", "Artifact", id="findings.artifact",
                tooltip="Open the page of the artifact that it is about"),
        Binding("e", "environment", "Environment", id="findings.environment",
                tooltip="Open the environment that it is about, when it was done"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._weight: Weight | None = None
        self._from: list[Remark] = []  # all there are, as far as they were looked at
        self._read = 0
        self._shown: list[Remark] = []
        self._rows: list[Row] = []
        self._drawn_for: tuple[str, Weight | None] = ("", None)
        self._explained: Remark | None = None
        self._told: tuple[object, ...] = ()
        self._offered: object = None

    def compose_body(self) -> Iterable[Widget]:
        with Container(id="body"):
            with Container(id="left"):
                yield Words(id="heading")
                yield Words(id="looking")
                yield Table(COLUMNS, id="findings")
            with FindingsPane():
                yield Words(id="finding")

    def on_mount(self) -> None:
        self.query_one(Table).focus()
        self.set_interval(_LOOK_EVERY, self._look)

    # --- what there is

    def draw(self) -> None:
        looking = self.session.looking
        if looking is not None:
            looking.begin()
        self._draw(looking)

    def _look(self) -> None:
        """What was found meanwhile; nobody is told, because it may be told ten thousand times a second."""
        looking = self.session.looking
        if looking is not None and self._told != _so_far(looking):
            self._draw(looking)

    def _draw(self, looking: Looking | None) -> None:
        self._told = _so_far(looking) if looking is not None else ()
        self.query_one("#heading", Words).say(heading(self.state, looking.beyond if looking else None))
        self.query_one("#looking", Words).say(self._about(looking))
        found = looking.found if looking is not None else self.state.remarks
        wanted = self.sought.lower(), self._weight
        if looking is None or found is not self._from or wanted != self._drawn_for:
            self._from, self._drawn_for, self._read, before = found, wanted, 0, self._shown
            self._shown, self._rows = [], []
        else:
            before = []
        new = found[self._read :]
        fresh = [one for one in new if _holds(one, *wanted)]
        self._read += len(new)
        self._shown += fresh
        self._rows += map(finding_row, fresh)
        if before == self._shown and before:
            return
        table = self.query_one(Table)
        table.show_rows(self._rows, self._nothing(looking))
        self._explain(table.cursor)

    def _nothing(self, looking: Looking | None) -> str:
        if self.sought or self._weight:
            return "Nothing is of that kind."
        is_all = looking is not None and looking.stage == "done"
        return "Nothing was found." if is_all or self.state.first_fault else "Nothing so far."

    def _about(self, looking: Looking | None) -> Content:
        """How far it is, and what was left out and why."""
        only = (
            (f"  Only {self._weight}{'' if self._weight == 'conduct' else 's'}: w", "bold")
            if self._weight
            else ""
        )
        if looking is None:
            tone = FAULT if self.state.verdict.tone == "fault" else MUTED
            return line((f"Only what verification found. {self.state.refusal}", tone), only, limit=400)
        if looking.stage == "looking":
            acts = f"{looking.acts:,} acts so far" if looking.acts else "what environments say"
            return line(("Still looking at what was done: ", GAP), acts, only)
        if looking.stage == "failed":
            return line(("What was done cannot be looked at: ", GAP), (looking.why, FAULT), only, limit=400)
        cut = sum(max(count - KEPT, 0) for count in looking.counts.values())
        more = f", {cut:,} more than the first {KEPT:,} of a code are not listed" if cut else ""
        return line((f"What was done was looked at, {looking.acts:,} acts{more}", MUTED), only)

    def find(self, text: str) -> None:
        self.draw()

    def action_weigh(self) -> None:
        """Only findings of the next weight that there are any of; behind the last all of them."""
        there = {one.severity for one in self._from}
        order: list[Weight | None] = [None, *(weight for weight in WEIGHTS if weight in there)]
        at = order.index(self._weight) if self._weight in order else 0
        self._weight = order[(at + 1) % len(order)]
        self.draw()

    # --- one of them

    @on(Table.Highlighted, "#findings")
    def explain_finding(self, event: Table.Highlighted) -> None:
        self._explain(event.index)

    def _explain(self, place: int) -> None:
        remark = self._shown[place] if place < len(self._shown) else None
        if remark == self._explained:
            return
        self._explained = remark
        offered = [self.check_action(action, ()) for action in sorted(_OWN)]
        if offered != self._offered:
            self._offered = offered
            self.refresh_bindings()
        if remark is None:
            self.query_one("#finding", Words).say(Content(""))
            return
        snapshot = self.state.snapshot
        self.ask("explain", lambda: _explained(snapshot, remark), lambda told: self._show(remark, told))

    def _show(self, remark: Remark, told: Explained) -> None:
        if remark == self._explained:
            code = line((remark.code, f"{_TONES[remark.severity]} bold"))
            self.query_one("#finding", Words).say(lines((code, facts(_told(remark, told)))))

    def trouble(self, error: CustodyError) -> None:
        self.query_one("#finding", Words).say(line((str(error), FAULT), limit=400))

    @on(Table.Chosen, "#findings")
    def enter_pane(self) -> None:
        """Enter goes on into what it means; escape comes back."""
        self.add_class("-inside")
        self.query_one(FindingsPane).focus()

    @on(FindingsPane.Left)
    def leave_pane(self) -> None:
        self.remove_class("-inside")
        self.query_one(Table).focus()

    # --- where it leads

    def action_entry(self) -> None:
        if self._explained is not None:
            self.ledger.go(Link("entries", entry=self._explained.position))

    def action_artifact(self) -> None:
        if self._explained is not None:
            self.ledger.go(Link("artifacts", artifact=self._explained.sha256))

    def action_environment(self) -> None:
        one = self._explained
        if one is not None:
            reference = EnvironmentReference(one.environment, moment_text=one.time)
            moment = Moment(one.time, "", one.time, "")
            self.ledger.go(Link("environments", environment=reference, moment=moment))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A finding leads to what it is about."""
        if action in _OWN:
            one = self._explained
            if one is None or (action == "entry" and one.position < 0):
                return None
            if action != "entry" and not getattr(one, {"artifact": "sha256"}.get(action, action)):
                return False
        return super().check_action(action, parameters)

    def link(self) -> Link:
        return Link(self.TAB, find=self.sought)

    def follow(self, link: Link) -> None:
        if link.find:
            self.find_here(link.find)

    def subject(self) -> Subject:
        return Subject("findings")

    def command(self) -> Sequence[str]:
        codes = {one.code for one in self._from}
        return ("findings", *(("--code", self.sought) if self.sought in codes else ()))


def _so_far(looking: Looking) -> tuple[object, ...]:
    return looking.stage, len(looking.found), looking.acts


def _explained(snapshot: Snapshot, remark: Remark) -> Explained:
    from custody.report.explaining import explain_finding

    return explain_finding(snapshot, Finding(remark.code, remark.message, remark.position))


def _holds(remark: Remark, text: str, weight: Weight | None) -> bool:
    if weight is not None and remark.severity != weight:
        return False
    return text in f"{remark.code} {remark.severity} {remark.position} {remark.message}".lower()


def _told(remark: Remark, told: Explained) -> Iterator[tuple[str, Content]]:
    yield "Weight", line((_WEIGHTS[remark.severity], _TONES[remark.severity]))
    yield "About", line(", ".join(_about(remark)))
    yield "Check", line(told.check, limit=400)
    yield "Expected", line((told.expected, GOOD), limit=600)
    yield "Found", line((told.found, _TONES[remark.severity]), limit=600)
    if told.found != remark.message and remark.message.lower() not in told.check.lower():
        yield "Said", line((remark.message, MUTED), limit=600)
    yield "To do", line(told.advice, limit=400)


def _about(remark: Remark) -> Iterator[str]:
    yield f"position {remark.position:,} (o)" if remark.position >= 0 else "the whole log"
    if remark.sha256:
        yield f"artifact {remark.sha256[:12]} (t)"
    if remark.environment:
        yield f"{remark.environment} (e)"
