"""What every screen has: the tabs above, the seal and the keys below, and the state it draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from custody.errors import CustodyError
from custody.tui.state import State
from custody.tui.widgets.asking import ask
from custody.tui.widgets.seal import Seal
from custody.tui.widgets.tabs import TabRow

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

T = TypeVar("T")


class LedgerScreen(Screen[None]):
    """One of the four tabs."""

    MODE: ClassVar[str]

    @property
    def ledger(self) -> CustodyApp:
        """The app, by its own type."""
        return cast("CustodyApp", self.app)

    @property
    def state(self) -> State:
        return self.ledger.state

    def compose(self) -> ComposeResult:
        yield TabRow(self.MODE, self.state.snapshot.path.name)
        yield from self.compose_body()
        yield Seal()
        yield Footer(show_command_palette=False)

    def compose_body(self) -> Iterable[Widget]:
        """What stands between the tabs and the seal."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.state_changed()

    def state_changed(self) -> None:
        """Draw the state as it is now."""
        self.query_one(Seal).show(self.state.verdict)
        self.draw()

    def draw(self) -> None:
        """What stands between the tabs and the seal, as the state is now."""

    def ask(self, topic: str, question: Callable[[], T], then: Callable[[T], None]) -> None:
        """Ask in a thread, and draw the answer with `then`; what goes wrong is said by `trouble`."""
        ask(self, topic, question, then, self.trouble)

    def trouble(self, error: CustodyError) -> None:
        """Say in place what went wrong."""
        raise NotImplementedError
