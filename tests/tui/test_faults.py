"""The rules that look for faults on a screen find them: each is shown a screen that has one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from faults import contrast, faults
from gallery import draw, picture
from textual.app import App
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from custody.tui.themes import DARK
from custody.tui.widgets.table import Column, Table


class Drawn(Widget):
    """Draws what it is given, as custody's own widgets do."""

    def __init__(self, text: str, height: int = 1) -> None:
        super().__init__()
        self._text = text
        self.styles.height = height

    def render(self) -> Content:
        return Content(self._text)


def styled(text: str, **styles: object) -> Static:
    widget = Static(text, markup=False)
    for name, value in styles.items():
        setattr(widget.styles, name, value)
    return widget


def looked_at(*widgets: Widget, explained: str = "") -> list[str]:
    class Screen(App[None]):
        def __init__(self) -> None:
            super().__init__()
            self.register_theme(DARK)
            self.theme = DARK.name

        def compose(self) -> Iterable[Widget]:
            return widgets

    async def run() -> list[str]:
        app = Screen()
        async with app.run_test(size=(80, 10)) as pilot:
            await pilot.pause()
            return faults(app, draw(app), set(explained))

    return asyncio.run(run())


def test_nothing_is_wrong_with_what_fits() -> None:
    table = Table([Column("Name", 10), Column("Rest", flex=1)])
    table.styles.height = 3
    assert looked_at(styled("some words"), Drawn("a line"), table) == []


@pytest.mark.parametrize(
    ("widget", "told"),
    [
        (styled("x" * 90, text_wrap="nowrap", height=1), "Static needs 90 cells, and has 80"),
        (styled("x " * 90, height=1), "Static needs 3 lines, and has 1"),
        (Drawn("x" * 90), "needs 90 cells, and has 80"),
        (Drawn("x\ny"), "Drawn needs 2 lines, and has 1"),
        (styled("x", width=90), "reaches beyond"),
        (styled("x", height=20), "more than the screen has room for"),
        (Table([Column("A long heading", 6)]), "the heading 'A long heading' has 6 cells"),
        (Table([Column("Name", 50), Column("Rest", 50)]), "its columns need 102 cells, and have 80"),
        (styled("● x"), "nothing explains ●"),
        (styled("faint", color="#777777", background="#555555"), "#777777 on #555555 is 1.66 to 1"),
        (styled("█", color="#777777", background="#555555"), "is 1.66 to 1"),
    ],
)
def test_a_fault_is_found(widget: Widget, told: str) -> None:
    found = looked_at(widget)
    assert any(told in one for one in found), found


def test_a_cut_that_says_so_and_a_sign_that_is_explained_are_none() -> None:
    cut = styled("x" * 90, text_wrap="nowrap", text_overflow="ellipsis", height=1)
    assert looked_at(cut, styled("● x"), explained="●…") == []


def test_one_over_the_other_is_found() -> None:
    over = styled("over", offset=(0, -1))
    assert any("drawn over one another" in one for one in looked_at(styled("under"), over))


def test_what_has_no_room_is_found() -> None:
    assert any("no room at all" in one for one in looked_at(Vertical(styled("lost", height=0))))


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


def test_a_picture_has_both_looks_and_every_word() -> None:
    """One group of letters, used twice in two colours; signs of two cells stand alone; nothing of it is markup."""

    class Screen(App[None]):
        def compose(self) -> Iterable[Widget]:
            yield styled("a <b> & c  d 界 e", color="#ff0000", background="#000000")

    async def run() -> str:
        app = Screen()
        async with app.run_test(size=(30, 2)) as pilot:
            await pilot.pause()
            dark = draw(app)
            app.query_one(Static).styles.color = "#00ff00"
            await pilot.pause()
            return picture(dark, draw(app))

    drawn = asyncio.run(run())
    assert drawn.count("a &lt;b&gt; &amp; c</text>") == 1
    assert '<text x="11" y="0">d</text>' in drawn
    assert '<text x="13" y="0">界</text>' in drawn and '<text x="16" y="0">e</text>' in drawn
    assert drawn.count('fill="#ff0000"') == drawn.count('fill="#00ff00"') == 1
