"""The terminal application: it owns the ledgers that are open, and hands each to its screens."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content

from custody.errors import CustodyError
from custody.ledger.reader import Snapshot, open_ledger
from custody.trust.expectations import expect
from custody.trust.verification import Expectations
from custody.tui import themes
from custody.tui.links import Link, command
from custody.tui.palette import Palette
from custody.tui.plain import AsciiOnly, draw_in_ascii, has_unicode
from custody.tui.recent import add_recent
from custody.tui.registry import bindings_of, every_binding
from custody.tui.screens.approvals import ApprovalsScreen
from custody.tui.screens.artifacts import ArtifactsScreen
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.entries import EntriesScreen
from custody.tui.screens.environments import EnvironmentsScreen
from custody.tui.screens.findings import FindingsScreen
from custody.tui.screens.help import HelpScreen, Sign
from custody.tui.screens.merge import MergeScreen
from custody.tui.screens.opening import OpeningScreen
from custody.tui.screens.overview import OverviewScreen
from custody.tui.screens.search import SearchScreen
from custody.tui.session import Said, Session, Worker
from custody.tui.settings import Settings, read_settings
from custody.tui.state import State
from custody.tui.terminal import TerminalApp
from custody.tui.widgets.table import Table
from custody.tui.widgets.tabs import TABS
from custody.tui.widgets.words import FAULT, GOOD, MUTED, line
from custody.tui.work import Crashed, Work

SCREENS: tuple[type[LedgerScreen], ...] = (
    OverviewScreen, ArtifactsScreen, EnvironmentsScreen, ApprovalsScreen, EntriesScreen, FindingsScreen,
)  # fmt: skip
_STYLED = (
    "overview", "entries", "artifacts", "environments", "approvals", "findings", "search", "help", "opening",
)  # fmt: skip
BEGIN = "begin"  # the mode of the screen that is there first, whichever it is
LOOK_EVERY = 2.0  # seconds between looks at whether a file was changed
_WAY_BACK = 50  # links that backspace remembers


class Start(NamedTuple):
    """What the person asked for: where to begin, the roots given, whose clock "02:30" is of, whether only to read."""

    link: Link = Link()
    roots: tuple[str, ...] = ()
    zone: str = "UTC"
    read_only: bool = False


def run(
    snapshot: Snapshot | None, expectations: Expectations, start: Start = Start()  # noqa: B008 - a constant
) -> int:  # fmt: skip
    """Show a ledger, or the ones there are to choose from, until the person leaves.

    Exit 0, whatever the verdict: looking is not judging; 128 and a signal's number where one ended it. Raises
    UsageError for settings that are none, and CustodyError where something unforeseen happened.
    """
    app = CustodyApp(snapshot, expectations, start=start, settings=read_settings(every_binding()))
    return app.play(mouse=app.settings.mouse)


class CustodyApp(TerminalApp):
    """Ledgers, each in six tabs."""

    TITLE = "custody"
    # Read at once: a stylesheet that comes with its screen has all the others parsed again.
    CSS_PATH: ClassVar[list[str | PurePath]] = ["app.tcss", *(f"screens/{name}.tcss" for name in _STYLED)]
    DEFAULT_MODE = BEGIN
    ENABLE_COMMAND_PALETTE = False  # its key would have no id; `palette` opens it
    # Textual takes these two for variables of an instance, so they cannot be marked as a class's.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (10, "-low"), (32, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(str(number), f"tab('{tab}')", title, show=False, id=f"app.{tab}")
            for number, (tab, title) in enumerate(TABS.items(), 1)
        ),
        Binding("backspace", "go_back", "Back", show=False, id="app.back", tooltip="Back to where you were"),
        Binding("p", "pause", "Pause", id="app.pause", tooltip="Pause the verification, or go on"),
        Binding("R", "verify_again", "Verify again", show=False, id="app.verify-again",
                tooltip="Verify every signature again, from the start"),
        Binding("ctrl+r", "reopen", "Open again", id="app.reopen",
                tooltip="Open the file again, as it is on disk now"),
        Binding("ctrl+o", "open", "Ledgers", id="app.open", tooltip="Open another ledger, or switch to one"),
        Binding("ctrl+t", "toggle_dark", "Dark or light", show=False, id="app.dark"),
        Binding("ctrl+p,colon", "palette", "Commands", id="app.palette", tooltip="Choose from all commands"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help", tooltip="The keys that work here"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]  # fmt: skip

    def __init__(
        self,
        snapshot: Snapshot | None,
        expectations: Expectations,
        worker: Worker = Work,
        *,
        start: Start = Start(),  # noqa: B008 - a constant
        settings: Settings = Settings(),  # noqa: B008 - a constant
    ) -> None:
        super().__init__()
        self.start = start
        self.settings = settings
        self.sessions: list[Session] = []
        self.session: Session | None = None
        self._worker = worker
        self._opened = 0
        self._back: list[tuple[Session, Link]] = []
        self.animation_level = "none"

        for theme in (themes.DARK, themes.LIGHT, *settings.themes):
            self.register_theme(theme)
        self.own_themes = (themes.DARK.name, themes.LIGHT.name, *(one.name for one in settings.themes))
        self.theme = settings.theme or themes.preferred()
        self.set_keymap(dict(settings.keys))
        in_ascii = not (has_unicode() if settings.unicode is None else settings.unicode)
        draw_in_ascii(in_ascii)
        if in_ascii:
            self._filters.append(AsciiOnly())
        self._begins_with_ledger = snapshot is not None
        self._roots_of = ""  # the origin that the roots given are of
        if snapshot is not None:
            self._roots_of = snapshot.origin
            self._add(snapshot, expectations)
        else:
            self.add_mode(BEGIN, OpeningScreen)

    # --- ledgers

    @property
    def state(self) -> State:
        """Of the ledger on view."""
        assert self.session is not None
        return self.session.state

    @property
    def tab(self) -> str:
        """The tab on view."""
        screen = self.screen_stack[0]
        return screen.TAB if isinstance(screen, LedgerScreen) else ""

    def _add(self, snapshot: Snapshot, expectations: Expectations) -> Session:
        self._opened += 1
        session = Session(self._opened, snapshot, expectations, self.post_message, self._worker)
        self.sessions.append(session)
        self._to_front(session)
        for screen in SCREENS:
            self.add_mode(self._mode(screen.TAB), partial(screen, session))
        return session

    def _to_front(self, session: Session) -> None:
        if self.session is not None and self.session is not session:
            self.session.leave()
        self.session = session

    def _mode(self, tab: str, session: Session | None = None) -> str:
        session = session or self.session
        assert session is not None
        if self._begins_with_ledger and session.number == 1 and tab == self.start.link.tab:
            return BEGIN
        return f"{tab}:{session.number}"

    def place(self, session: Session) -> str:
        """The ledger's name, and which one it is of those that are open."""
        name = session.state.snapshot.path.name
        if len(self.sessions) < 2 or session not in self.sessions:  # as of one that was just taken away
            return name
        return f"{name} ({self.sessions.index(session) + 1} of {len(self.sessions)})"

    def let_in(self, path: Path) -> tuple[Snapshot, Expectations]:
        """A ledger through the gate, and what to hold it to; to be called in a thread. Raises RefusedError.

        Roots given on the command line are for the origin of the first ledger opened under them; another origin is
        judged by what is pinned for it.
        """
        snapshot = open_ledger(path)
        origin = snapshot.origin
        self._roots_of = self._roots_of or origin
        expectations = expect(origin, self.start.roots if origin == self._roots_of else ())
        add_recent(snapshot.path)
        return snapshot, expectations

    def show_opened(self, snapshot: Snapshot, expectations: Expectations) -> None:
        """Show one more ledger, and begin to verify it."""
        self._close_above()
        session = self._add(snapshot, expectations)
        self._arrive(Link())
        self.call_after_refresh(session.work.start)

    def _close_above(self) -> None:
        """What stands above the tabs goes, before another ledger comes to the front."""
        while self.session is not None and len(self.screen_stack) > 1:
            self.pop_screen()

    def _say(self, remark: Content) -> None:
        """In the tab on view, whatever stands above it."""
        screen = self.screen_stack[0]
        if isinstance(screen, LedgerScreen) and screen.is_mounted:
            screen.say(remark)

    def action_reopen(self) -> None:
        self.in_background("reopen", self.reopen)

    async def reopen(self) -> None:
        """The file as it is on disk now, in the place of what was opened; which stays where it is refused."""
        old = self.session
        if old is None:
            return
        try:
            snapshot, expectations = await asyncio.to_thread(self.let_in, old.state.snapshot.path)
        except CustodyError as error:
            self._say(line(("✗ Not opened  ", f"{FAULT} bold"), (str(error), FAULT), limit=600))
            return
        screen = self.screen_stack[0]
        if self.session is not old or not isinstance(screen, LedgerScreen):
            snapshot.close()  # the person went on to another ledger meanwhile
            return
        link = screen.link()
        session = self._add(snapshot, expectations)
        self.sessions[self.sessions.index(old)] = self.sessions.pop()
        self._back = [(one, where) for one, where in self._back if one is not old]
        self._arrive(link)
        self.call_after_refresh(session.work.start)
        self.call_after_refresh(self._forget, old)

    async def _forget(self, session: Session) -> None:
        """Let a ledger go whose place another took."""
        for tab in TABS:
            await self.remove_mode(self._mode(tab, session))
        await asyncio.to_thread(session.close)

    def preview_merge(self, session: Session, sources: list[Path]) -> None:
        """What merging these into a ledger would do."""
        self.push_screen(MergeScreen(session, sources))

    def switch_to(self, session: Session) -> None:
        """Bring another open ledger to the front, in the same tab."""
        self._close_above()
        tab = self.tab or "overview"
        self._to_front(session)
        self.switch_mode(self._mode(tab))

    # --- beginning and end

    def on_mount(self) -> None:
        self.set_interval(LOOK_EVERY, self._look_again)
        if self.session is None:
            return
        if self.start.link != Link(self.start.link.tab):
            self.call_after_refresh(self._follow, self.start.link)
        self.in_background("recent", partial(self._keep_recent, self.state.snapshot.path))
        # The screen is painted first; then the verification may have the machine.
        self.call_after_refresh(self.session.work.start)

    @staticmethod
    async def _keep_recent(path: Path) -> None:
        await asyncio.to_thread(add_recent, path)

    def on_unmount(self) -> None:
        for session in self.sessions:
            session.close()

    def _look_again(self) -> None:
        if not any(one.group == "look" for one in self.workers):
            self.in_background("look", self._look)

    async def _look(self) -> None:
        """Whether the file on view was changed. No key waits for it: a network's file system may take its time."""
        session = self.session
        if session is None or session.state.changed:
            return
        if await asyncio.to_thread(session.state.snapshot.changed_on_disk):
            session.state.changed = True
            self.refresh_bindings()
            self._state_changed(session)

    # --- what a worker says

    def on_said(self, message: Said) -> None:
        if isinstance(message.what, Crashed):
            self._handle_exception(message.what.error)
            return
        offered = self._offered(message.session)
        message.session.hear(message)
        if offered != self._offered(message.session):
            self.refresh_bindings()  # not at every message: to draw the keys anew costs as much as the screen
        self._state_changed(message.session)

    @staticmethod
    def _offered(session: Session) -> tuple[bool, bool]:
        return session.state.report is None and not session.state.error, not session.state.refusal

    def _state_changed(self, session: Session) -> None:
        screen = self.screen_stack[0]
        if isinstance(screen, LedgerScreen) and screen.session is session and screen.is_mounted:
            screen.state_changed()
        above = self.screen
        if isinstance(above, OpeningScreen | MergeScreen | SearchScreen) and above.is_mounted:
            above.state_changed()

    # --- where screens lead

    def go(self, link: Link) -> None:
        """Go to what a link names, remembering the way back."""
        screen = self.screen_stack[0]
        if isinstance(screen, LedgerScreen) and screen.session is self.session:
            self._back = [*self._back[-_WAY_BACK:], (screen.session, screen.link())]
        self._arrive(link)

    def _arrive(self, link: Link) -> None:
        if isinstance(self.screen, SearchScreen):
            self.pop_screen()
        self.switch_mode(self._mode(link.tab))
        self._follow(link)

    def _follow(self, link: Link) -> None:
        screen = self.screen_stack[0]
        if isinstance(screen, LedgerScreen):
            screen.call_later(screen.follow, link)

    def search(self, session: Session) -> None:
        """Search everything in a ledger."""
        self.push_screen(SearchScreen(session))

    def copy_words(self, screen: LedgerScreen | SearchScreen, words: Sequence[str], otherwise: str) -> None:
        """Say the command of these words on a screen's ledger, and hand it to the terminal's clipboard."""
        state = screen.state
        text = command(words, state.snapshot.path, state.expectations.roots) if words else ""
        if not text:
            screen.say(line((otherwise, MUTED)))
            return
        self.copy_to_clipboard(text)
        screen.say(line(("Copied  ", GOOD), (text, "bold"), limit=None))

    # --- actions

    def action_tab(self, tab: str) -> None:
        if tab != self.tab:
            self.go(Link(tab))

    def action_go_back(self) -> None:
        while self._back:
            session, link = self._back.pop()
            if session in self.sessions:
                self._to_front(session)
                self._arrive(link)
                return

    def action_pause(self) -> None:
        session = self.session
        if session is not None:
            session.work.pause(not session.state.paused)

    def action_verify_again(self) -> None:
        self.in_background("verify", self._verify_again)

    async def _verify_again(self) -> None:
        session = self.session
        if session is not None:
            await asyncio.to_thread(session.work.stop)
            session.verify_again()
            self._state_changed(session)

    def action_open(self) -> None:
        if not isinstance(self.screen, OpeningScreen):
            self.push_screen(OpeningScreen())

    def action_toggle_dark(self) -> None:
        self.theme = themes.LIGHT.name if self.current_theme.dark else themes.DARK.name

    def action_palette(self) -> None:
        self.push_screen(Palette())

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(*self.help_here()))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What has nothing to act on is not offered."""
        session = self.session
        if action in ("tab", "verify_again"):
            return session is not None
        if action == "pause":
            return session is not None and session.state.report is None and not session.state.error
        if action == "reopen":
            return session is not None and session.state.changed
        if action == "go_back":
            return bool(self._back)
        return super().check_action(action, parameters)

    def help_here(self) -> tuple[Iterator[tuple[str, Iterator[Binding]]], Sequence[Sign]]:
        """The keys that work on the screen in front, in groups, and the signs that it draws."""
        return self._keys_here(), getattr(self.screen, "SIGNS", ())

    def _keys_here(self) -> Iterator[tuple[str, Iterator[Binding]]]:
        keys = self.settings.keys
        yield "Here", bindings_of(type(self.screen), keys)
        yield "In tables", bindings_of(Table, keys)
        if isinstance(self.screen, LedgerScreen):
            yield "In every tab", bindings_of(LedgerScreen, keys)
        yield "Everywhere", bindings_of(type(self), keys)
