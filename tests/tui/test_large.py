"""A log of any length costs what is on the screen."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import stage
import story
from textual.pilot import Pilot

from custody.ledger.reader import Row, Snapshot, open_ledger
from custody.query.entries import EntryLine
from custody.tui.app import CustodyApp
from custody.tui.widgets import entry_table
from custody.tui.widgets.entry_table import EntryTable

MANY = 200_000


class Endless(Snapshot):
    """A snapshot that claims two hundred thousand entries; each is made when it is asked for, and counted."""

    asked = 0

    @property
    def count(self) -> int:
        return MANY

    def row(self, position: int) -> Row | None:
        return super().row(position % 34)


def entry(position: int) -> EntryLine:
    return EntryLine(
        position, f"{position:064x}", "2026-11-16T08:00:00.000Z", "note", 1, "ab" * 32, (), f"note {position}"
    )


class Judged(stage.Half):
    """Every entry verified, as the handler would have it from a worker."""

    UNTIL = MANY

    def start(self) -> None:
        judged = [(position, f"{position:064x}", "ci-builder", True) for position in range(MANY)]
        self._post(stage.Began(False))
        self._post(stage.Progressed(judged, [], MANY, 1, 1.0))


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CustodyApp:
    snapshot = open_ledger(story.healthy(tmp_path / "payments.ledger"))
    snapshot.__class__ = Endless

    def page(snapshot: Snapshot, start: int, count: int) -> list[EntryLine]:
        found = [entry(position) for position in range(start, min(start + count, MANY))]
        Endless.asked += len(found)
        return found

    monkeypatch.setattr(entry_table, "page", page)
    monkeypatch.setattr(Endless, "asked", 0)
    return CustodyApp(snapshot, story.EXPECTED, Judged)


def test_opening_reads_only_what_is_seen(app: CustodyApp) -> None:
    async def run() -> None:
        async with stage.playing(app, (120, 40), "entries") as pilot:
            assert Endless.asked == 0
            await stage.press(pilot, "5", stage="entries")
            assert "note 3" in stage.text(pilot)
            assert 0 < Endless.asked < 500

    asyncio.run(run())


def test_the_end_is_as_near_as_the_beginning(app: CustodyApp) -> None:
    async def go(pilot: Pilot[None], key: str) -> int:
        before = Endless.asked
        await stage.press(pilot, key, stage="entries")
        return Endless.asked - before

    async def run() -> None:
        async with stage.playing(app, (120, 40), "entries") as pilot:
            await stage.press(pilot, "5", stage="entries")
            assert await go(pilot, "end") <= 2 * entry_table.BLOCK
            assert f"note {MANY - 1}" in stage.text(pilot)
            assert await go(pilot, "up") == 0
            table = pilot.app.screen.query_one(EntryTable)
            table.go(MANY // 2)
            await stage.settle(pilot, "entries")
            assert f"note {MANY // 2}" in stage.text(pilot)
            assert Endless.asked < 1000

    asyncio.run(run())


def test_what_is_scrolled_past_is_not_read(app: CustodyApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """While one block is being read, sixty others come and go."""
    go_on = threading.Event()
    page = entry_table.page

    def slow_page(snapshot: Snapshot, start: int, count: int) -> list[EntryLine]:
        go_on.wait(20)
        return page(snapshot, start, count)

    async def run() -> None:
        async with stage.playing(app, (120, 40), "entries") as pilot:
            monkeypatch.setattr(entry_table, "page", slow_page)
            await pilot.press("5")
            table = pilot.app.screen.query_one(EntryTable)
            for position in range(0, MANY, MANY // 60):
                table.go(position)
                await pilot.pause()
            go_on.set()
            await stage.settle(pilot, "entries")
            assert f"note {table.cursor}" in stage.text(pilot)
            assert Endless.asked <= 6 * entry_table.BLOCK

    asyncio.run(run())
