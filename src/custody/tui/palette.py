"""The command palette: every key that works here, every tab, theme and open ledger, and entries by position or id.

Textual's own palette draws what is given to it as a text as markup, so it is given `Content` only.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, cast

from textual.binding import Binding
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content
from textual.widgets import Input

from custody.text import safe_text
from custody.tui.links import Link
from custody.tui.widgets.prompt import DRAWN
from custody.tui.widgets.tabs import TABS
from custody.tui.widgets.words import ACCENT

if TYPE_CHECKING:
    from custody.tui.app import CustodyApp

_SELF = frozenset({"palette"})
_MOVING = ("table.", "pane.")  # whoever moves a cursor does it with the keys
_KEYS = 9  # cells
_NAMED = 120  # characters of a ledger's name


class Command(NamedTuple):
    """Something to choose: what it is called, the key that does the same, what it does."""

    title: str
    key: str
    act: Callable[[], object]


class Commands(Provider):
    """What custody offers on this screen."""

    async def discover(self) -> Hits:
        for one in self._commands():
            yield DiscoveryHit(_shown(one), one.act, one.title)

    async def search(self, query: str) -> AsyncIterator[Hit]:
        matcher = self.matcher(query)
        for one in (*self._commands(), *self._entries(query)):
            score = matcher.match(one.title)
            if score > 0:
                yield Hit(score, _shown(one), one.act, one.title)

    @property
    def _app(self) -> CustodyApp:
        return cast("CustodyApp", self.app)

    def _commands(self) -> Iterator[Command]:
        app = self._app
        once: set[str] = set()
        for _, binding, enabled, _ in self.screen.active_bindings.values():
            if (
                not enabled
                or not binding.id
                or binding.action in once | _SELF
                or binding.id.startswith(_MOVING)
            ):
                continue
            once.add(binding.action)
            yield Command(
                _title(binding), app.get_key_display(binding), partial(app.simulate_key, binding.key)
            )
        for session in app.sessions:
            name = safe_text(session.state.snapshot.path.name, _NAMED)
            yield Command(f"Switch to {name}", "", partial(app.switch_to, session))
        for theme in app.own_themes:
            yield Command(f"Theme {theme}", "", partial(setattr, app, "theme", theme))

    def _entries(self, query: str) -> Iterator[Command]:
        """An entry that is named by its position; by its id the entries' own `g` finds it."""
        wanted = query.strip().lstrip("#")
        session = self._app.session
        is_position = wanted.isascii() and wanted.isdigit() and len(wanted) < 10
        if session and is_position and int(wanted) < session.state.count:
            act = partial(self._app.go, Link("entries", entry=int(wanted)))
            yield Command(f"Entry {query.strip()}", "", act)


class Palette(CommandPalette):
    """The palette's screen."""

    def __init__(self) -> None:
        super().__init__([Commands], placeholder="Type what you want to do", id="palette")

    def on_mount(self) -> None:
        self.query_one(Input).restrict = DRAWN  # what is typed is drawn as it is

    def _action_command_list(self, action: str) -> None:
        """To turn the pages of a list that is empty, or not laid out yet, is an error of Textual's."""
        with suppress(KeyError):
            super()._action_command_list(action)


def _title(binding: Binding) -> str:
    return binding.tooltip or (TABS.get(binding.description.lower()) or binding.description)


def _shown(one: Command) -> Content:
    return Content.assemble((one.key.rjust(_KEYS), ACCENT), f"  {one.title}")
