"""What every screen has: the tabs above, the seal and the keys below, and the state it draws.

A screen is a class for each tab, made anew for each ledger that is open. To build one:

* Derive from `LedgerScreen`, or from `AnswersScreen` where what it shows rests on the index. Name its `TAB` (as in
  `--tab`), and add the class to `SCREENS` in `tui/app.py`; `TABS` in `widgets/tabs.py` has the order and the titles.
* `compose_body` yields what stands between the tabs and the seal. `draw` shows the state as it is; it is called
  whenever that changed, ten times a second at most while the log is verified, and when the tab comes to the front.
* An `AnswersScreen` has `draw_answers(index)` and `answered_subject` instead, called only while questions may be
  answered. As long as they may not (not verified yet, a fault, a refusal) its body is hidden and the reason stands in
  its place. The index is another one after a verification from the start: ask again when it is not the one that was
  drawn.
* Questions go through `ask`, in a thread; never read a ledger or an index in a handler.
* Bindings are `Binding`s with an `id` of the form `tab.verb`, a short description for the footer, and a `tooltip`
  where the description does not say enough: help, palette, keymap and `docs/tui.md` all come from them. `show=False`
  keeps one out of the footer. Keys that are taken everywhere: `1`-`6 / ? y p R q`, `ctrl+f ctrl+o ctrl+p ctrl+r
  ctrl+t`, backspace, and `r` for reports.
* `FIND` says what `ctrl+f` finds here, and `find` is called with what is typed, letter by letter, to show what it finds
  and nothing else; without a `FIND` the key is not offered. `sought` is what is looked for now, which stands in a line
  of its own until escape drops it. `/` searches everything, from every tab. Any other line to type in: `prompt`.
* `SIGNS` tells help what the signs mean that are drawn here.
* `link` says where somebody is, and `follow` goes there: from the command line, from another screen, by backspace.
  It may be called before the index is there: keep what is wanted until `draw_answers`.
* `command` gives the words of the CLI command that answers the same, without `custody`, ledger and roots; `y` copies
  it. A word with anything else in it than `links.command` lets pass makes it unavailable, never unsafe.
* `subject` says what a report of this screen is on (`custody.report.subject`); `r` asks where it is to go, and writes
  it. Where there is nothing to report on it raises UsageError with one line that says what to do instead. It is asked
  only of a ledger that is verified, or known to have a fault.
* Whatever a ledger or a file says is drawn by `widgets.words` and `widgets.table` alone.
* `self.ledger` is the app: `go(Link)`, `say(Content)` for a passing remark.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.events import Paste
from textual.screen import Screen
from textual.widget import Widget

from custody.errors import CustodyError, UsageError
from custody.query.index import Index
from custody.query.zones import find_zone
from custody.report.subject import LEDGER, Subject
from custody.tui.dropped import dropped_paths, ledgers_of
from custody.tui.links import Link, link_words
from custody.tui.reporting import not_yet
from custody.tui.screens.help import Sign
from custody.tui.screens.reports import ReportScreen
from custody.tui.session import Session
from custody.tui.state import State
from custody.tui.widgets.asking import ask
from custody.tui.widgets.keys import Keys
from custody.tui.widgets.prompt import Prompt
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.tabs import TabRow
from custody.tui.widgets.words import FAULT, GAP, MUTED, Words, line

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

T = TypeVar("T")

_CHANGED = "! The file was changed on disk. What you see is what was opened; ctrl+r opens it again."
_REMARK = 10.0  # seconds that a remark stands


class LedgerScreen(Screen[None]):
    """One of the tabs, of one ledger."""

    TAB: ClassVar[str]
    FIND: ClassVar[str] = ""
    SIGNS: ClassVar[Sequence[Sign]] = ()
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", "Search", key_display="/", id="screen.search",
                tooltip="Search everything in this ledger"),
        Binding("ctrl+f", "find", "Find here", id="screen.find", tooltip="Find in what is listed here"),
        Binding("y", "copy_command", "Copy", id="screen.copy",
                tooltip="Copy the command that gives what is on screen"),
        Binding("r", "report", "Report", id="screen.report",
                tooltip="Write a report of what is on screen: Markdown, HTML, JSON, or a pack with the proofs"),
        Binding("Y", "copy_link", "Copy link", show=False, id="screen.copy-link",
                tooltip="Copy the command that opens this view again"),
        Binding("escape", "drop_find", "Show all", show=False, id="screen.drop-find",
                tooltip="Drop what is looked for, and show all again"),
    ]  # fmt: skip

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.sought = ""
        self._remark = 0

    # --- what a screen makes its own

    def compose_body(self) -> Iterable[Widget]:
        """What stands between the tabs and the seal."""
        raise NotImplementedError

    def draw(self) -> None:
        """What stands between the tabs and the seal, as the state is now."""

    def find(self, text: str) -> None:
        """Show what is found by this text, which is being typed; "" shows everything again."""

    def link(self) -> Link:
        """Where somebody is."""
        return Link(self.TAB)

    def follow(self, link: Link) -> None:
        """Go to what a link names."""

    def command(self) -> Sequence[str]:
        """The words of the command that gives what is on screen; none where there is none."""
        return ()

    def subject(self) -> Subject:
        """What a report of this screen is on. Raises UsageError where it is on nothing."""
        return LEDGER

    def trouble(self, error: CustodyError) -> None:
        """Say in place what went wrong."""
        self.say(line((str(error), FAULT), limit=400))

    # --- what all of them have

    @property
    def ledger(self) -> CustodyApp:
        """The app, by its own type."""
        return cast("CustodyApp", self.app)

    @property
    def state(self) -> State:
        return self.session.state

    def compose(self) -> ComposeResult:
        yield TabRow(self.TAB)
        yield Words(line((_CHANGED, f"{GAP} bold")), id="changed")
        yield from self.compose_main()
        yield Words(id="sought")
        yield Words(id="remark")
        yield Prompt()
        yield Seal()
        yield Keys()

    def compose_main(self) -> Iterable[Widget]:
        """The body, and what may stand in its place."""
        return self.compose_body()

    def on_screen_resume(self) -> None:
        self.state_changed()

    def state_changed(self) -> None:
        """Draw the state as it is now."""
        self.query_one(TabRow).show(self.ledger.place(self.session))
        self.query_one("#changed").set_class(self.state.changed, "-shown")
        self.query_one(Seal).show(self.state.verdict)
        self.draw()

    def ask(self, topic: str, question: Callable[[], T], then: Callable[[T], None]) -> None:
        """Ask in a thread, and draw the answer with `then`; what goes wrong is said by `trouble`."""
        ask(self, topic, question, then, self.trouble)

    def say(self, remark: Content) -> None:
        """Say something in passing, above the seal."""
        self._remark += 1
        number = self._remark

        def fall_silent() -> None:
            if number == self._remark:
                self.query_one("#remark").remove_class("-shown")

        words = self.query_one("#remark", Words)
        words.say(remark)
        words.add_class("-shown")
        self.set_timer(_REMARK, fall_silent)

    # --- a line to type in

    def prompt(
        self,
        label: str,
        hint: str,
        done: Callable[[str], str],
        typed: Callable[[str], None] | None = None,
        text: str = "",
    ) -> None:
        """Ask for a line. `done` is called at enter and says what is wrong with it, or "" to put the prompt away;
        `typed` is called with every change.
        """
        self.query_one(Prompt).open(label, hint, done, typed, text)

    def prompted(self, complaint: str) -> None:
        """The answer to a prompt came later: put it away, or say what is wrong."""
        self.query_one(Prompt).answered(complaint)

    def find_here(self, text: str) -> None:
        """Find as if it had been typed."""
        self.sought = text.strip()
        words = self.query_one("#sought", Words)
        words.set_class(bool(self.sought), "-shown")
        words.say(line(("Found here ", MUTED), (self.sought, "bold"), ("  escape shows all again", MUTED)))
        self.find(self.sought)

    def action_search(self) -> None:
        self.ledger.search(self.session)

    def action_find(self) -> None:
        self.prompt("Find here", self.FIND, lambda text: "", self.find_here, self.sought)

    def action_drop_find(self) -> None:
        self.find_here("")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What a screen does not have is not offered."""
        if action == "find":
            return bool(self.FIND) and not self.query_one(Prompt).is_open
        if action == "drop_find":
            return bool(self.sought)
        return super().check_action(action, parameters)

    def action_copy_command(self) -> None:
        self.ledger.copy_words(self, self.command(), "No command gives just this.")

    def action_copy_link(self) -> None:
        self.ledger.copy_words(self, link_words(self.link()), "No link leads to just this.")

    def on_paste(self, event: Paste) -> None:
        """Exports that were dropped here: what merging them would do."""
        paths = dropped_paths(event.text)
        if paths:
            self.ask("dropped", lambda: ledgers_of(paths), partial(self.ledger.preview_merge, self.session))

    def action_report(self) -> None:
        try:
            why = not_yet(self.state)
            subject = LEDGER if why else self.subject()
        except UsageError as error:
            why = str(error)
        if why:
            self.say(line((why, GAP), limit=400))
        else:
            self.ledger.push_screen(ReportScreen(self.state, subject, find_zone(self.ledger.start.zone)))


class AnswersScreen(LedgerScreen):
    """A tab that rests on the index."""

    def compose_main(self) -> Iterable[Widget]:
        yield Words(id="instead")
        with Vertical(id="answers"):
            yield from self.compose_body()

    def draw(self) -> None:
        refusal = self.state.refusal
        tone = FAULT if self.state.verdict.tone == "fault" else MUTED
        index = self.state.index if not refusal else None
        self.set_class(index is not None, "-answered")
        if index is None:
            self.query_one("#instead", Words).say(line((refusal, tone), limit=400))
        else:
            self.draw_answers(index)

    def draw_answers(self, index: Index) -> None:
        """What stands between the tabs and the seal, from this index."""
        raise NotImplementedError

    def subject(self) -> Subject:
        """What `answered_subject` says; the ledger where nothing is answered, since only its fault can be told."""
        return LEDGER if self.state.refusal else self.answered_subject()

    def answered_subject(self) -> Subject:
        """What a report of the answers on view is on. Raises UsageError where there are none."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is looked for where nothing is answered."""
        if action == "find" and self.state.refusal:
            return None
        return super().check_action(action, parameters)
