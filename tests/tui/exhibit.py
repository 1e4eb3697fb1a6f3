"""A screen at several sizes, in the dark and in the light: its pictures compared with those that are kept, and each
looked through for faults."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import stage
from faults import faults
from gallery import Drawn, draw, picture
from textual.pilot import Pilot

from custody.tui import themes
from custody.tui.app import CustodyApp
from custody.tui.screens.help import HelpScreen, help_text
from custody.tui.widgets.words import Words

Same = Callable[..., bool]
Scene = Callable[[Pilot[None]], Awaitable[None]]

SIZES = {"80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


def explained(app: CustodyApp) -> set[str]:
    """The signs that help tells of, here and on the screens behind."""
    if isinstance(app.screen, HelpScreen):
        return set(str(app.screen.query_one(Words).visual))
    known = [sign for screen in app.screen_stack for sign in getattr(screen, "SIGNS", ())]
    return set(help_text(app._keys_here(), known).plain)


def hang(
    app: CustodyApp,
    scene: Scene,
    same: Same,
    sizes: Mapping[str, tuple[int, int]] = SIZES,
    until: str = "done",
    again: Scene | None = None,
) -> None:
    """Play a scene; then hang its pictures beside those that are kept, and look for faults in each.

    `until` is how far verification is to come; `again` is done whenever the theme has changed.
    """
    wrong: list[str] = []

    async def run() -> None:
        async with stage.playing(app, next(iter(sizes.values())), until) as pilot:
            await scene(pilot)
            for size, cells in sizes.items():
                await pilot.resize_terminal(*cells)
                dark, light = await looks(pilot, until, again)
                told = explained(app)
                for name, drawn in (("dark", dark), ("light", light)):
                    wrong.extend(f"{size} {name}: {one}" for one in faults(app, drawn, told))
                if not same(picture(dark, light), size):
                    wrong.append(f"{size}: the picture differs")

    asyncio.run(run())
    assert not wrong, "\n".join(wrong)


async def looks(pilot: Pilot[None], until: str, again: Scene | None) -> tuple[Drawn, Drawn]:
    """What the screen shows in the dark, and in the light."""
    drawn = {}
    for turn in range(2):
        if turn:  # to change the theme costs more than to draw it, so it is left as it is then
            pilot.app.theme = (themes.LIGHT if pilot.app.current_theme.dark else themes.DARK).name
            if again is not None:
                await again(pilot)
        await stage.settle(pilot, until)
        drawn[pilot.app.current_theme.dark] = draw(pilot.app)
    return drawn[True], drawn[False]
