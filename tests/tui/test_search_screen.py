"""`/`: what it finds, where that leads, what it says it cannot search; and that nothing it shows does anything."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import hostile
import pytest
import stage
import story
from exhibit import Same, hang
from rich.cells import cell_len
from textual.pilot import Pilot

from custody.query import search as searched
from custody.text import safe_text
from custody.tui import searching
from custody.tui.app import CustodyApp
from custody.tui.links import Link
from custody.tui.screens.entries import EntriesScreen
from custody.tui.screens.environments import EnvironmentsScreen
from custody.tui.screens.search import SearchLine, SearchScreen
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.grouped_table import Group, GroupedTable
from custody.tui.widgets.table import Column, Pieces, pieces_of

Play = Callable[[Pilot[None]], Awaitable[None]]
SMALL, LARGE = (80, 24), (120, 40)
API, MAILER = story.artifact("payments-api", "1.5.0").sha256, story.artifact("mailer", "0.9").sha256


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def play(
    ledger: Path,
    scene: Play,
    size: tuple[int, int] = LARGE,
    worker: type[stage.Work] = stage.Full,
    at: str = "done",
) -> None:
    async def run() -> None:
        async with stage.playing(stage.app_on(ledger, worker=worker), size, at) as pilot:
            await scene(pilot)

    asyncio.run(run())


async def look_for(pilot: Pilot[None], text: str, *keys: str, at: str = "done") -> None:
    """Search as if from anew, and press keys once it is found."""
    if not isinstance(pilot.app.screen, SearchScreen):
        await stage.press(pilot, "slash", stage=at)
    screen(pilot).query_one(SearchLine).value = text
    await stage.settle(pilot, at)
    await stage.press(pilot, *keys, stage=at)


def screen(pilot: Pilot[None]) -> SearchScreen:
    found = pilot.app.screen
    assert isinstance(found, SearchScreen)
    return found


def app(pilot: Pilot[None]) -> CustodyApp:
    assert isinstance(pilot.app, CustodyApp)
    return pilot.app


def links(pilot: Pilot[None]) -> list[Link]:
    return [item.link for item in screen(pilot)._items]


# --- what is found


def test_it_opens_from_every_tab_and_escape_closes_it(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for number, tab in enumerate(
            ("overview", "artifacts", "environments", "approvals", "entries", "findings"), 1
        ):
            await stage.press(pilot, str(number), "slash")
            assert "fingerprint, commit" in stage.text(pilot) and "any words in them" in stage.text(pilot)
            await stage.press(pilot, "escape")
            assert app(pilot).tab == tab and not isinstance(pilot.app.screen, SearchScreen)

    play(ledger, scene)


FIRST = {
    API[:5]: Link("artifacts", artifact=API),
    "payments 1.5": Link("artifacts", artifact=API),
    "mailer": Link("artifacts", artifact=MAILER),
    "web stag": Link("environments"),
    "risk-off": Link("entries", entry=12),
    "#19": Link("entries", entry=19),
    "19": Link("entries", entry=19),
    "latency": Link("entries", entry=29),
}


def test_the_first_of_what_is_found(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for text, first in FIRST.items():
            await look_for(pilot, text)
            found = links(pilot)[0]
            assert (found.tab, found.entry, found.artifact) == (first.tab, first.entry, first.artifact), text

    play(ledger, scene)


def test_what_is_found_stands_in_groups_with_its_words_marked(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "slash", *"API")
        shown = stage.text(pilot)
        places = [
            shown.index(title) for title in ("Artifacts  2", "Environments and services  2", "Entries  16")
        ]
        assert places == sorted(places) and "People" not in shown
        table = screen(pilot).query_one(GroupedTable)
        looks = {segment.text: segment.style for segment in table.render_line(3)}
        assert looks["api"] is not None and looks["api"].underline and not looks["payments-"].underline

    play(ledger, scene)


def test_there_are_more_than_are_shown(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.tui.screens import search_words

    for module in (searching, search_words):
        monkeypatch.setattr(module, "SHOWN", 1)
        monkeypatch.setattr(module, "ENTRIES_SHOWN", 3)

    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "api")
        shown = stage.text(pilot)
        assert (
            "Artifacts  the first 1; there are more" in shown
            and "Entries  the first 3; there are more" in shown
        )
        assert len(links(pilot)) == 1 + 1 + 3

    play(ledger, scene)


def test_nothing_is_found(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for text in (
            "zzz",
            "#",
            '"',
            "%",
            "' OR zz",
            "NEAR(",
            "x" * 200,
            "💥",
            "a b c d e f g h i j k l m n o p q r s t u v",
        ):
            await look_for(pilot, text, "down", "enter")
            assert not links(pilot) and "Nothing is called like this" in stage.text(pilot), text
            assert isinstance(pilot.app.screen, SearchScreen)

    play(ledger, scene)


# --- where it leads


def test_enter_goes_there_and_backspace_leads_back(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "6")
        await look_for(pilot, "1.5.0", "enter")
        assert app(pilot).tab == "artifacts" and API[:12] in stage.text(pilot)
        await stage.press(pilot, "backspace")
        assert app(pilot).tab == "findings"
        await stage.press(pilot, "slash")
        assert screen(pilot).text == "1.5.0"  # what was looked for last
        await look_for(pilot, "latency", "enter")
        entries = pilot.app.screen
        assert isinstance(entries, EntriesScreen) and entries.query_one(EntryTable).cursor == 29

    play(ledger, scene)


def test_a_service_that_runs_no_more_is_shown_when_it_ran(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "prod api", "enter")
        there = pilot.app.screen
        assert isinstance(there, EnvironmentsScreen) and there._panes[0].chosen is not None
        assert there._panes[0].chosen.about.service == "api" and there.link().environment is not None
        assert there.link().environment.moment_text is None
        await look_for(pilot, "mailer", "down", "enter")
        assert there._panes[0].chosen is not None and there._panes[0].chosen.about.service == "mailer"
        assert there.link().environment.moment_text is not None

    play(ledger, scene)


def test_enter_waits_for_what_is_typed_and_takes_nothing_found_before(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "latency")
        screen(pilot).query_one(SearchLine).value = "mailer"
        await pilot.press("enter")
        await stage.settle(pilot)
        assert app(pilot).tab == "artifacts" and MAILER[:12] in stage.text(pilot)

    play(ledger, scene)


def test_keys_and_mouse(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "api")
        table = screen(pilot).query_one(GroupedTable)
        assert table.cursor == 1  # behind the heading
        await stage.press(pilot, "down", "down")
        assert table.cursor == 4  # over the next heading
        await stage.press(pilot, "up", "up", "up")
        assert table.cursor == 1
        await stage.press(pilot, "ctrl+down", "ctrl+down")
        assert table.item(table.cursor - 1) == -1 and table.item(table.cursor) == 4
        await stage.press(pilot, "ctrl+up")
        assert table.cursor == 4
        await stage.press(pilot, "pagedown", "pagedown")
        assert table.cursor == table.count - 1
        await stage.press(pilot, "tab", "home")
        assert pilot.app.focused is table and table.cursor == 1
        await stage.press(pilot, "slash")
        assert isinstance(pilot.app.focused, SearchLine)
        await pilot.click(GroupedTable, offset=(6, 3), times=2)
        await stage.settle(pilot)
        assert app(pilot).tab == "artifacts"

    play(ledger, scene)


def test_numbers_and_other_ledgers_leave_no_search_behind(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "api", "tab", "5")
        assert app(pilot).tab == "entries" and len(pilot.app.screen_stack) == 1
        await stage.press(pilot, "1")
        assert len(pilot.app.screen_stack) == 1

    play(ledger, scene)


def test_the_command(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(CustodyApp, "copy_to_clipboard", lambda self, text: copied.append(text))

    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "payments-api 1.5", "tab", "y", "slash")
        assert copied[0].startswith(
            "custody search payments-api 1.5 --ledger /evidence/payments.ledger --root SHA256:"
        )
        assert copied[0][:30] in stage.text(pilot)
        for text in ("$(id)", "--at x", "-n 1", "`x`", "a;b", "café"):
            await look_for(pilot, text, "tab", "y", "slash")
            assert "No command searches for just this." in stage.text(pilot), text
        assert len(copied) == 1

    play(ledger, scene)


# --- what can be searched, and when


def test_of_a_ledger_that_is_not_verified_only_positions_and_ids_are_searched(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "payments-api", at="entries")
        shown = stage.text(pilot)
        assert (
            "Only positions and ids of entries are searched" in shown and "when the log is verified" in shown
        )
        assert not links(pilot)
        await look_for(pilot, "4", at="entries")
        assert links(pilot) == [Link("entries", entry=4)] and "✓  evidence" in stage.text(pilot)
        await look_for(pilot, "20", at="entries")
        assert "·  evidence" in stage.text(pilot)
        identity = screen(pilot)._sought.entries[0].id
        await look_for(pilot, identity[:6], "enter", at="entries")
        assert app(pilot).tab == "entries"

    play(ledger, scene, worker=stage.Half, at="entries")


def test_of_a_ledger_with_a_fault_nothing_is_told(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "payments-api")
        assert not links(pilot) and "body-differs at position 11" in stage.text(pilot)
        await look_for(pilot, "11")
        shown = stage.text(pilot)
        assert "✗" in shown and "body-differs" in shown and "4711" not in shown and "4712" not in shown
        await stage.press(pilot, "enter")
        assert app(pilot).tab == "entries"

    play(story.tampered(tmp_path / "tampered.ledger"), scene)


def test_reading_the_texts_shows_how_far_it_is_and_can_be_stopped(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()

    def slowly(answers: object, progress: Callable[[str, int, int], None]) -> searched.Index:
        while not going.wait(0.01):
            progress("words", 17, 34)
        return searched.open_words(answers, progress)  # type: ignore[arg-type]

    monkeypatch.setattr(searching, "open_words", slowly)

    async def until(pilot: Pilot[None], said: str) -> None:
        async with asyncio.timeout(10):
            while said not in stage.text(pilot):
                await pilot.pause(0.01)

    async def scene(pilot: Pilot[None]) -> None:
        await pilot.press("slash", *"latency")
        await until(pilot, "texts are being read, 50 % of 34 entries")
        await until(pilot, "Texts are still being read.")
        await pilot.press("ctrl+b")
        await until(pilot, "the reading of texts was stopped")
        await pilot.press("x", "backspace")
        await stage.settle(pilot)
        assert "was stopped" in stage.text(pilot) and not links(pilot)
        going.set()
        await stage.press(pilot, "ctrl+b")
        await until(pilot, "All is searched")
        await stage.settle(pilot)
        assert links(pilot)[0].entry == 29  # looked for again without a key

    play(ledger, scene)


def test_who_leaves_waits_for_no_reading(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def endless(answers: object, progress: Callable[[str, int, int], None]) -> searched.Index:
        try:
            while True:
                progress("words", 1, 34)
                time.sleep(0.001)
        finally:
            ended.set()

    monkeypatch.setattr(searching, "open_words", endless)

    async def run() -> None:
        async with stage.app_on(ledger).run_test(size=SMALL) as pilot:
            await stage.settle(pilot)
            await pilot.press("slash", "x")

    asyncio.run(run())
    assert ended.wait(10)


def test_texts_that_cannot_be_read_are_said(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> searched.Index:
        raise searched.RefusedError("the index cannot be used (disk full)", code="index")

    monkeypatch.setattr(searching, "open_words", fails)

    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "mailer")
        assert "disk full" in stage.text(pilot) and links(pilot)[0].artifact == MAILER

    play(ledger, scene)


def test_what_nobody_foresaw_ends_in_one_line(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> searched.Index:
        raise ZeroDivisionError

    monkeypatch.setattr(searching, "open_words", breaks)

    async def run() -> None:
        async with stage.app_on(ledger).run_test(size=SMALL) as pilot:
            await stage.settle(pilot)
            await pilot.press("slash", "x")
            async with asyncio.timeout(10):
                while pilot.app.is_running:
                    await pilot.pause(0.01)

    with pytest.raises(ZeroDivisionError):
        asyncio.run(run())


def test_a_ledger_verified_again_is_searched_anew(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "latency", "tab")
        first = app(pilot).session._searching  # type: ignore[union-attr]
        await stage.press(pilot, "R")
        await stage.settle(pilot)
        again = app(pilot).session._searching  # type: ignore[union-attr]
        assert first is not again and first is not None and first._closed and first._words is None
        assert links(pilot)[0].entry == 29 and "All is searched" in stage.text(pilot)

    play(ledger, scene)


# --- what a stranger wrote


@pytest.mark.parametrize("payloads", [hostile.MARKUP, hostile.TERMINAL], ids=["markup", "terminal"])
def test_what_a_stranger_wrote_only_stands_there(tmp_path: Path, payloads: dict[str, str]) -> None:
    path = hostile.ledger(tmp_path / "hostile.ledger", lambda field: hostile.every(field, payloads))
    shown: list[str] = []

    async def scene(pilot: Pilot[None]) -> None:
        for text in ("liev", "click" if payloads is hostile.MARKUP else "prod"):
            await look_for(pilot, text)
            for _ in range(4):
                shown.append(stage.text(pilot))
                await stage.press(pilot, "down")
        rows = shown[-1].split("\n")
        for place in [(row.find("@click") + 3, y) for y, row in enumerate(rows) if "@click" in row][:3]:
            await pilot.click(offset=place)
        assert pilot.app.is_running and isinstance(pilot.app.screen, SearchScreen)

    play(path, scene, (200, 60))
    every = "\n".join(shown)
    assert every.count("LiEv") > 30 and every.replace("\n", "").isprintable()
    if payloads is hostile.MARKUP:
        assert "[green]" in every and "[/nope]" in every and "[@click=app.quit]" in every


@pytest.mark.parametrize("name", hostile.PAYLOADS)
def test_pieces_of_a_cell_hold_one_printable_line(name: str) -> None:
    evil = hostile.wrapped(hostile.PAYLOADS[name])
    for cut in range(len(evil)):
        cell = Pieces(((evil[:cut], ""), (evil[cut:], "found")))
        for room in (0, 1, 7, 12, 200):
            shown = "".join(text for text, _ in pieces_of(cell, room, Column("x")))
            assert cell_len(shown) == room and (shown.isprintable() or not shown)
    assert safe_text(evil) in "".join(
        text for text, _ in pieces_of(Pieces(((evil, "found"),)), 200, Column("x"))
    )


def test_a_cut_among_pieces_is_marked() -> None:
    def shown(*texts: str) -> str:
        return "".join(
            text for text, _ in pieces_of(Pieces(tuple((one, "") for one in texts)), 5, Column("x"))
        )

    assert shown("ab", "cd") == "abcd " and shown("abc", "de") == "abcde"
    assert shown("abcde", "f") == "abcd…" == shown("ab", "c", "defgh") and shown("a…", "b") == "a\\u2…"


# --- headings


def test_the_cursor_passes_over_headings(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, "api")
        table = screen(pilot).query_one(GroupedTable)
        row = screen(pilot)._items[0].row
        table.show_groups([Group("One", "", [row]), Group("None", "", []), Group("Two", "", [row, row])], "")
        assert [table.item(place) for place in range(6)] == [-1, 0, -1, 1, 2, -1]
        for to, there in ((0, 1), (2, 3), (-9, 1), (9, 4), (2, 1)):
            table.go(to)
            assert table.cursor == there
        table.show_groups([], "Nothing.")
        table.go(3)
        table.action_move(-1)
        table.next_group(1)
        assert table.cursor == 0 and table.item(0) == -1

    play(ledger, scene)


# --- pictures


@pytest.mark.parametrize("text", ["api", ""], ids=["found", "nothing-typed"])
def test_pictures(same: Same, ledger: Path, text: str) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await look_for(pilot, text, *["down"] * bool(text))

    hang(stage.app_on(ledger), scene, same, {"80x24": SMALL, "120x40": LARGE} if text else {"80x24": SMALL})
