"""What the keys and the mouse do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stage
import story
from textual.pilot import Pilot

from custody.tui import themes
from custody.tui.app import CustodyApp
from custody.tui.screens.entries import EntriesScreen
from custody.tui.screens.entry_pane import EntryPane
from custody.tui.screens.help import HelpScreen
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.prompt import Line, Prompt
from custody.tui.widgets.table import Table
from custody.tui.widgets.tabs import TABS

Play = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def play(ledger: Path, scene: Play, size: tuple[int, int] = (120, 40)) -> None:
    async def run() -> None:
        async with stage.playing(stage.app_on(ledger), size) as pilot:
            await scene(pilot)

    asyncio.run(run())


def tab(pilot: Pilot[None]) -> str:
    assert isinstance(pilot.app, CustodyApp)
    return pilot.app.tab


def cursor(pilot: Pilot[None]) -> int:
    return pilot.app.screen.query_one(EntryTable).cursor


def test_number_keys_change_the_tab(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for key, mode in zip("654321", reversed(TABS), strict=True):
            await stage.press(pilot, key)
            assert tab(pilot) == mode

    play(ledger, scene)


def test_a_click_changes_the_tab(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await pilot.click("TabRow", offset=(60, 0))
        await stage.settle(pilot)
        assert tab(pilot) == "entries"

    play(ledger, scene)


def test_moving_through_the_entries(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5")
        for key, expected in [
            ("down", 1), ("j", 2), ("up", 1), ("k", 0), ("up", 0), ("end", 33), ("down", 33), ("home", 0),
        ]:  # fmt: skip
            await stage.press(pilot, key)
            assert cursor(pilot) == expected, key
        await stage.press(pilot, "pagedown")
        page = cursor(pilot)
        assert page > 5
        await stage.press(pilot, "pageup")
        assert cursor(pilot) == 0
        assert f"genesis #{0}" in stage.text(pilot)

    play(ledger, scene)


def test_a_click_and_the_wheel(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5")
        await pilot.click(EntryTable, offset=(20, 6))
        await stage.settle(pilot)
        assert cursor(pilot) == 4  # a line of padding, a line of heading
        assert "evidence #4" in stage.text(pilot)
        table = pilot.app.screen.query_one(EntryTable)
        table.scroll_to(y=10, animate=False)
        await stage.settle(pilot)
        await pilot.click(EntryTable, offset=(20, 2))
        await stage.settle(pilot)
        assert cursor(pilot) == 10

    play(ledger, scene)


@pytest.mark.parametrize("typed", ["17", "#17", " 1,7 "])
def test_go_to_a_position(ledger: Path, typed: str) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5", "g")
        pilot.app.screen.query_one(Line).value = typed
        await stage.press(pilot, "enter")
        assert cursor(pilot) == 17
        assert not pilot.app.screen.query_one(Prompt).is_open
        assert isinstance(pilot.app.focused, EntryTable)
        assert "snapshot #17" in stage.text(pilot)

    play(ledger, scene)


def test_go_to_an_entry_by_its_id(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5", "end")
        detail = pilot.app.screen.query_one(EntryPane).detail
        assert detail is not None and detail.position == 33
        await stage.press(pilot, "home", "g", *detail.id[:10], "enter")
        assert cursor(pilot) == 33

    play(ledger, scene)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("34", "0 to 33"),
        ("-1", "0 to 33"),
        ("nothing", "0 to 33"),
        ("abcdef", "no entry"),
        ("9" * 70, "0 to 33"),
    ],
)
def test_going_nowhere_says_so(ledger: Path, typed: str, said: str) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5", "g")
        pilot.app.screen.query_one(Line).value = typed
        await stage.press(pilot, "enter")
        assert cursor(pilot) == 0
        assert said in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert not pilot.app.screen.query_one(Prompt).is_open
        assert isinstance(pilot.app.focused, EntryTable)

    play(ledger, scene)


def test_a_finding_opens_its_entry(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "down", "enter")
        assert tab(pilot) == "entries"
        assert cursor(pilot) == 13
        shown = stage.text(pilot)
        assert "approval #13" in shown and "not to be believed" in shown
        assert "4711" not in shown and "4712" not in shown

    play(story.tampered(tmp_path / "tampered.ledger"), scene)


def test_a_finding_without_a_position_opens_nothing(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "enter")
        assert tab(pilot) == "overview"

    play(story.healthy(tmp_path / "unsigned.ledger", signed=False), scene)


def test_a_ledger_with_a_fault_gives_no_answers(tmp_path: Path) -> None:
    """As on the command line. Entries and findings stay open, to be looked into."""

    async def scene(pilot: Pilot[None]) -> None:
        for key in "234":
            await stage.press(pilot, key)
            shown = stage.text(pilot)
            assert "No answers: body-differs at position 11" in shown
            for told in ("payments-api", "prod", "risk-officer", "staging"):
                assert told not in shown.replace("acme.example/payments", ""), (key, told)
        await stage.press(pilot, "ctrl+f")
        assert not pilot.app.screen.query_one(Prompt).is_open
        await stage.press(pilot, "5")
        assert "payments-api" in stage.text(pilot)

    play(story.tampered(tmp_path / "tampered.ledger"), scene)


def test_filtering_artifacts(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "2")
        table = pilot.app.screen.query_one("#list", Table)
        assert table.count == 3
        await stage.press(pilot, "ctrl+f", *"WEB")
        assert table.count == 1 and "3.0.1" in stage.text(pilot)
        await stage.press(pilot, "enter", "down")
        assert table.count == 1 and pilot.app.focused is table
        await stage.press(pilot, "ctrl+f", *"zz")
        assert table.count == 0 and "No artifact" in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert table.count == 3 and pilot.app.focused is table

    play(ledger, scene)


def test_a_timeline_leads_to_its_entries(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "2", "enter", "down", "enter")
        assert tab(pilot) == "entries" and cursor(pilot) == 19

    play(ledger, scene)


def test_a_proof_is_offered_only_where_there_is_one(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5", "i")
        shown = stage.text(pilot)
        assert "No checkpoint of a trusted custodian covers it." in shown and "hashes lead" not in shown

    play(story.healthy(tmp_path / "unsigned.ledger", signed=False), scene, (120, 60))


@pytest.mark.parametrize("size", [(80, 24), (200, 60)], ids=str)
def test_a_proof_leads_to_the_signed_root(ledger: Path, size: tuple[int, int]) -> None:
    """And is on screen, wherever the pane stood."""

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "5", "end", "i")
        screen = pilot.app.screen
        assert isinstance(screen, EntriesScreen)
        assert "✓ 2 hashes lead from this entry to the signed root" in stage.text(pilot)
        await stage.press(pilot, "home")
        assert "hashes lead" not in stage.text(pilot)

    play(ledger, scene, size)


def test_help_and_back(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for close in ("escape", "question_mark", "q"):
            await stage.press(pilot, "question_mark")
            assert isinstance(pilot.app.screen, HelpScreen)
            await stage.press(pilot, close)
            assert not isinstance(pilot.app.screen, HelpScreen)

    play(ledger, scene)


def test_dark_and_light(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert pilot.app.theme == themes.DARK.name
        await stage.press(pilot, "ctrl+t")
        assert pilot.app.theme == themes.LIGHT.name
        await stage.press(pilot, "ctrl+t")
        assert pilot.app.theme == themes.DARK.name

    play(ledger, scene)


def test_the_terminals_ground_chooses_the_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORFGBG", "0;15")
    assert themes.preferred() == themes.LIGHT.name
    monkeypatch.setenv("COLORFGBG", "15;0")
    assert themes.preferred() == themes.DARK.name


def test_q_quits(ledger: Path) -> None:
    async def run() -> None:
        app = stage.app_on(ledger)
        async with app.run_test() as pilot:
            await pilot.press("q")
            await pilot.pause()
            assert app.return_code == 0 and app.crash is None

    asyncio.run(run())


@pytest.mark.parametrize("size", [(1, 1), (20, 6), (300, 100)])
def test_any_size_will_do(ledger: Path, size: tuple[int, int]) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, *"123456", "down", "pagedown", "3", "left", "question_mark")

    play(ledger, scene, size)
