"""Nothing that a ledger says does anything but stand there (cases 52 to 59 of the attacks)."""

from __future__ import annotations

import asyncio
import unicodedata
from pathlib import Path

import hostile
import pytest
import stage
from rich.cells import cell_len
from textual.content import Content

from custody.tui.state import Verdict
from custody.tui.widgets.seal import describe
from custody.tui.widgets.table import Column, fit
from custody.tui.widgets.words import line

NEXT = "right_square_bracket"
SCREENS = (
    ("2", "enter"), (NEXT,), (NEXT,), (NEXT,), (NEXT,), ("escape", "3"), ("home",), ("end",), ("4",), ("w",), ("5",),
    ("down",), ("6",), ("1",),
)  # fmt: skip


def test_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    """Bytes cannot tell custody's own styles from a stranger's; what stands on the screens can."""
    ledger = hostile.ledger(tmp_path / "hostile.ledger", lambda field: hostile.every(field, hostile.MARKUP))

    async def run() -> str:
        shown = []
        async with stage.playing(stage.app_on(ledger), (200, 60)) as pilot:
            for keys in SCREENS:
                await stage.press(pilot, *keys)
                shown.append(stage.text(pilot))
        return "\n".join(shown)

    shown = asyncio.run(run())
    for name, payload in hostile.MARKUP.items():
        assert shown.count(payload) > 10, name
    for field in ("version", "build", "author", "wrong", "reviewer", "now", "running", "flow", "reason"):
        assert f"~{field}" in shown, field


def test_a_click_on_markup_acts_on_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Case 54: such a click once wrote a file where the attacker said."""
    monkeypatch.chdir(tmp_path)
    action = "[@click=app.screenshot('written.svg','.')]job[/] [@click=app.quit]x[/]"
    ledger = hostile.ledger(tmp_path / "hostile.ledger", lambda field: f"{action}~{field}")

    async def run() -> None:
        app = stage.app_on(ledger)
        async with stage.playing(app, (200, 60)) as pilot:
            clicked = 0
            for keys in SCREENS:
                await stage.press(pilot, *keys)
                rows = stage.text(pilot).split("\n")
                places = [(text.find("@click") + 3, y) for y, text in enumerate(rows) if "@click" in text]
                for place in places[:: max(len(places) // 2, 1)]:
                    await pilot.click(offset=place)
                    clicked += 1
            await stage.settle(pilot)
            assert clicked > 20
            assert app.is_running and app.return_code is None

    asyncio.run(run())
    assert not (tmp_path / "written.svg").exists()


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


@pytest.mark.parametrize(
    "text", ["क" + "ा" * 3, "🇩🇪", "👍🏽", "a🏿", "e\u0301\u0302\u0303", "한", "\u1112\u1161\u11ab", "①", "ﷺ"]
)
@pytest.mark.parametrize("width", [1, 7, 20])
def test_no_name_pushes_what_stands_behind_it_out_of_sight(text: str, width: int) -> None:
    """By how a terminal counts that draws every mark with a width of its own beside its letter."""
    shown = fit(text * 60, width, Column("x"))
    assert sum(1 if unicodedata.category(char) == "Mc" else cell_len(char) for char in shown) <= width
    assert not any(
        "\U0001f1e6" <= char <= "\U0001f1ff" or "\U0001f3fb" <= char <= "\U0001f3ff" for char in shown
    )
