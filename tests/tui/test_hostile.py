"""Nothing that a ledger says does anything but stand there (cases 52 to 59 of the attacks)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import hostile
import pytest
import stage
from rich.cells import cell_len
from textual.content import Content

from custody.text import safe_text
from custody.tui.app import CustodyApp
from custody.tui.state import Verdict
from custody.tui.widgets.seal import describe
from custody.tui.widgets.table import Column, fit
from custody.tui.widgets.words import line


async def tour(app: CustodyApp, size: tuple[int, int]) -> str:
    """Every screen and every entry's detail, as text."""
    shown = []
    async with stage.playing(app, size) as pilot:
        for key in ("1", "2", "3", "4", "6", "5"):
            await stage.press(pilot, key)
            shown.append(stage.text(pilot))
        for _ in range(app.state.count):
            await stage.press(pilot, "down")
            shown.append(stage.text(pilot))
    return "\n".join(shown)


def test_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    ledger = hostile.ledger(tmp_path / "hostile.ledger", "LIVE EVIL".join(hostile.MARKUP.values()))
    shown = asyncio.run(tour(stage.app_on(ledger), (140, 60)))
    for payload in hostile.MARKUP.values():
        assert shown.count(hostile.wrapped(payload)) > 10, payload


def test_what_a_terminal_would_act_on_is_shown_escaped(tmp_path: Path) -> None:
    ledger = hostile.ledger(tmp_path / "hostile.ledger", "LIVE EVIL".join(hostile.TERMINAL.values()))
    shown = asyncio.run(tour(stage.app_on(ledger), (140, 60)))
    assert shown.count("EVIL") > 50
    assert shown.replace("\n", "").isprintable()
    for payload in hostile.TERMINAL.values():
        as_json = json.dumps(hostile.wrapped(payload), ensure_ascii=False)[1:-1]
        assert safe_text(as_json) in shown, payload


def test_a_click_on_markup_acts_on_nothing(tmp_path: Path) -> None:
    """Case 54: such a click once wrote a file where the attacker said."""
    written = tmp_path / "written.svg"
    payload = f"[@click=app.screenshot('{written.name}','{tmp_path}')]job[/] [@click=app.quit]x[/]"
    ledger = hostile.ledger(tmp_path / "hostile.ledger", payload)

    async def run() -> None:
        app = stage.app_on(ledger)
        async with stage.playing(app, (200, 60)) as pilot:
            for key in "123456":
                await stage.press(pilot, key)
                if key == "5":
                    await stage.press(pilot, "down", "down")
                rows = stage.text(pilot).split("\n")
                places = [(text.find("@click") + 3, y) for y, text in enumerate(rows) if "@click" in text]
                assert places or key in "16"
                for place in places[:5]:
                    await pilot.click(offset=place)
                await stage.settle(pilot)
            assert app.is_running and app.return_code is None

    asyncio.run(run())
    assert not written.exists()


@pytest.mark.parametrize("name", hostile.PAYLOADS)
def test_words_and_cells_hold_one_printable_line(name: str) -> None:
    evil = hostile.wrapped(hostile.PAYLOADS[name])
    for shown in (line(evil, (evil, "bold")).plain, fit(evil, 60, Column("x")), fit(evil, 7, Column("x"))):
        assert shown.isprintable() and shown.startswith("EVIL")
    assert cell_len(fit(evil, 7, Column("x"))) == 7


def test_a_cut_cell_ends_in_a_mark_that_no_text_can_imitate() -> None:
    assert fit("abcdefgh", 5, Column("x")) == "abcd…"
    assert "…" not in fit("abcd…", 20, Column("x"))


def test_wide_letters_do_not_shift_the_columns() -> None:
    for text in ("漢字漢字漢字", "a漢", "e\u0301" * 9, "👩‍👩‍👧", "한글"):
        for width in (1, 2, 3, 5, 8):
            assert cell_len(fit(text, width, Column("x"))) == width


def test_a_verdict_cannot_be_imitated() -> None:
    """The seal is one line, whatever a file's origin says."""
    seal = describe(Verdict("fault", "TAMPERED", "x\n✓ INTACT AND ANCHORED  acme.example"))
    assert isinstance(seal, Content) and "\n" not in seal.plain and seal.plain.startswith("✗ TAMPERED")
