"""The terminal application: it owns the worker and the state, and hands both to the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any, ClassVar

from rich.console import RenderableType
from textual.app import App
from textual.binding import Binding, BindingType

from custody.errors import EXIT_OK, CustodyError
from custody.ledger.reader import Snapshot
from custody.trust.verification import Expectations
from custody.tui import themes
from custody.tui.screens.artifacts import ArtifactsScreen
from custody.tui.screens.base import LedgerScreen
from custody.tui.screens.entries import EntriesScreen
from custody.tui.screens.environments import EnvironmentsScreen
from custody.tui.screens.help import HelpScreen
from custody.tui.screens.overview import OverviewScreen
from custody.tui.state import State
from custody.tui.widgets.table import Table
from custody.tui.work import (
    Began,
    Concluded,
    Crashed,
    Failed,
    Indexed,
    Post,
    Progressed,
    Work,
)

Worker = Callable[[Post, Snapshot, Expectations], Work]


def run(snapshot: Snapshot, expectations: Expectations) -> int:
    """Show a ledger until the person leaves. The caller opens and closes the snapshot.

    Exit 0, whatever the verdict: looking is not judging. Raises CustodyError where something unforeseen happened.
    """
    app = CustodyApp(snapshot, expectations)
    app.run()
    if app.crash is not None:
        message = f"the terminal interface stopped ({type(app.crash).__name__}): nothing was written; please report it"
        raise CustodyError(message, code="unforeseen") from None
    return EXIT_OK


class CustodyApp(App[None]):
    """One ledger in four tabs."""

    TITLE = "custody"
    # Read at once: a stylesheet that comes with its screen has all the others parsed again.
    CSS_PATH: ClassVar[list[str | PurePath]] = [
        "app.tcss",
        *(f"screens/{name}.tcss" for name in ("overview", "entries", "artifacts", "environments", "help")),
    ]
    ENABLE_COMMAND_PALETTE = False
    # Textual takes these two for variables of an instance, so they cannot be marked as a class's.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide"), (150, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (32, "-high")]  # noqa: RUF012
    MODES: ClassVar[dict[str, Any]] = {
        "overview": OverviewScreen,
        "entries": EntriesScreen,
        "artifacts": ArtifactsScreen,
        "environments": EnvironmentsScreen,
    }
    DEFAULT_MODE = "overview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "switch_mode('overview')", "Overview", show=False, id="app.overview"),
        Binding("2", "switch_mode('entries')", "Entries", show=False, id="app.entries"),
        Binding("3", "switch_mode('artifacts')", "Artifacts", show=False, id="app.artifacts"),
        Binding("4", "switch_mode('environments')", "Environments", show=False, id="app.environments"),
        Binding("d", "toggle_dark", "Dark or light", show=False, id="app.dark"),
        Binding("question_mark", "help", "Help", key_display="?", id="app.help"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(self, snapshot: Snapshot, expectations: Expectations, worker: Worker = Work) -> None:
        super().__init__()
        self.state = State(snapshot, expectations)
        self.crash: Exception | None = None
        self._work = worker(self.post_message, snapshot, expectations)
        self.animation_level = "none"

        for theme in (themes.DARK, themes.LIGHT):
            self.register_theme(theme)
        self.theme = themes.preferred()

    def on_mount(self) -> None:
        # The screen is painted first; then the verification may have the machine.
        self.call_after_refresh(self._work.start)

    def on_unmount(self) -> None:
        self._work.stop()

    # --- what the worker says

    def on_began(self, message: Began) -> None:
        self.state.restart()
        self.state.stage = "container" if message.container else "entries"
        self._state_changed()

    def on_progressed(self, message: Progressed) -> None:
        self.state.stage = "entries"
        self.state.elapsed = message.elapsed
        self.state.take(message.judged, message.findings, message.done, message.chains)
        self._state_changed()

    def on_concluded(self, message: Concluded) -> None:
        self.state.elapsed = message.elapsed
        self.state.conclude(message.report)
        self._state_changed()

    def on_indexed(self, message: Indexed) -> None:
        self.state.answer_from(message.index)
        self._state_changed()

    def on_failed(self, message: Failed) -> None:
        self.state.error = str(message.error)
        self.state.stage = "stopped"
        self._state_changed()

    def on_crashed(self, message: Crashed) -> None:
        self._handle_exception(message.error)

    def _state_changed(self) -> None:
        screen = self.screen_stack[0]
        if isinstance(screen, LedgerScreen) and screen.is_mounted:
            screen.state_changed()

    # --- where screens lead

    def show_entry(self, position: int) -> None:
        """Open an entry in the log."""
        self.switch_mode("entries")
        screen = self.screen
        if isinstance(screen, EntriesScreen):
            screen.call_later(screen.show, position)

    def show_artifact(self, sha256: str) -> None:
        """Open an artifact's path."""
        self.switch_mode("artifacts")
        screen = self.screen
        if isinstance(screen, ArtifactsScreen):
            screen.call_later(screen.show, sha256)

    # --- actions

    def action_toggle_dark(self) -> None:
        self.theme = themes.LIGHT.name if self.theme == themes.DARK.name else themes.DARK.name

    def action_help(self) -> None:
        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self._help()))

    def _help(self) -> Iterator[tuple[str, Iterator[Binding]]]:
        screen = self.screen
        yield "Here", _bindings(type(screen))
        yield "In tables", _bindings(Table)
        yield "Everywhere", _bindings(type(self))

    # --- what nobody foresaw: Textual would print the values of local variables

    def _handle_exception(self, error: Exception) -> None:
        self.crash = self.crash or error
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def panic(self, *renderables: RenderableType) -> None:
        self.crash = self.crash or RuntimeError()
        self._close_messages_no_wait()


def _bindings(owner: type[Any]) -> Iterator[Binding]:
    """The bindings that a class itself adds, which are ours and have ids."""
    return (one for one in owner.__dict__.get("BINDINGS", ()) if isinstance(one, Binding) and one.id)
