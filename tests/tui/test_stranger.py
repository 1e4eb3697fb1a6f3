"""A file that is changed under the screen, a disk that hangs, a key that must not be seen: attacks on what is open."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import threading
import unicodedata
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import release
import stage
import story
from textual.pilot import Pilot
from textual.widgets import Input

from custody.ledger.reader import Snapshot, open_ledger
from custody.tui.app import CustodyApp, Start
from custody.tui.dropped import dropped_paths
from custody.tui.palette import Palette
from custody.tui.screens.approvals import ApprovalsScreen
from custody.tui.screens.artifacts import ArtifactsScreen
from custody.tui.screens.entry_pane import EntryPane
from custody.tui.widgets.prompt import DRAWN, Prompt
from custody.tui.widgets.table import Table

Scene = Callable[[Pilot[None], CustodyApp], Awaitable[None]]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.ledger(tmp_path_factory.mktemp("release") / "release.ledger")


@pytest.fixture
def ledger(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "release.ledger"))


def play(ledger: Path, scene: Scene, size: tuple[int, int] = (120, 40)) -> None:
    async def run() -> None:
        start = Start(roots=(release.ROOT.public.fingerprint,))
        app = CustodyApp(open_ledger(ledger), release.EXPECTED, stage.Full, start=start)
        async with stage.playing(app, size) as pilot:
            await scene(pilot, app)

    asyncio.run(run())


async def type_in(pilot: Pilot[None], text: str) -> None:
    prompt = pilot.app.screen.query_one(Prompt)
    assert prompt.is_open
    prompt.query_one(Input).value = text
    await stage.press(pilot, "enter")


def gone(path: Path) -> None:
    path.unlink()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def cut(path: Path) -> None:
    os.truncate(path, 5000)


def other(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"SQLite format 3\0" + os.urandom(8192))


def test_a_file_that_is_refused_takes_nothing_from_what_was_verified(ledger: Path, tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "5", "end")
        pane, session = app.screen.query_one(EntryPane), app.session
        detail = pane.detail
        for attack in (cut, other, pipe, gone):
            attack(ledger)
            await app._look()
            await stage.settle(pilot)
            assert "The file was changed on disk" in stage.text(pilot)
            await stage.press(pilot, "ctrl+r")
            assert "✗ Not opened" in stage.text(pilot)
            assert app.session is session and app.state.verdict.word == "INTACT AND ANCHORED"
        assert detail is not None and pane.detail is detail and detail.id[:12] in stage.text(pilot)
        await stage.press(pilot, "x")
        await type_in(pilot, str(tmp_path / "entry.json"))

    play(ledger, scene)
    assert json.loads((tmp_path / "entry.json").read_bytes())["payloadType"]


def test_no_key_waits_for_a_disk_that_hangs(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(Snapshot, "changed_on_disk", lambda snapshot: go_on.wait(20))

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        app.set_timer(0.01, app._look_again)
        await pilot.pause(0.1)
        await asyncio.wait_for(pilot.press("5"), 10)
        assert app.tab == "entries" and not app.state.changed
        go_on.set()
        await stage.settle(pilot)
        assert app.state.changed

    play(ledger, scene)


def test_verified_again_it_is_the_same_page_and_the_same_question(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "2", "down", "down", "enter")
        screen = app.screen
        assert isinstance(screen, ArtifactsScreen) and screen.page.page is not None
        page = screen.page.page.trace.artifact.sha256
        assert page != screen.query_one("#list", Table).lines[0].sha256  # type: ignore[attr-defined]
        await stage.press(pilot, "R")
        await stage.settle(pilot)
        assert screen.page.page.trace.artifact.sha256 == page
        await stage.press(pilot, "4", "down")
        asked = app.screen
        assert isinstance(asked, ApprovalsScreen) and asked.pane.question is not None
        question = asked.pane.question.asked.artifact
        assert question == release.BLOCKED.sha256
        await stage.press(pilot, "R")
        await stage.settle(pilot)
        assert asked.pane.question.asked.artifact == question

    play(ledger, scene)


def test_a_passphrase_goes_nowhere_and_a_key_in_the_wrong_place_is_not_shown(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = release.keys(tmp_path)
    seed = keys["risk-officer"].read_text()
    monkeypatch.setenv("CUSTODY_KEY_FILE", seed)

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "4", "a", "enter")
        assert "it names no file" in stage.text(pilot) and seed[:12] not in stage.text(pilot)
        await stage.press(pilot, "enter")
        assert seed[:12] not in stage.text(pilot)
        await stage.press(pilot, "end", "enter")
        await type_in(pilot, str(keys["encrypted"]))
        await stage.press(
            pilot, *release.PASSPHRASE.replace(" ", "_"), "shift+home", "ctrl+c", "ctrl+x", "super+c"
        )
        line = app.screen.query_one(Prompt).query_one(Input)
        assert line.password and line.value == release.PASSPHRASE.replace(" ", "_")
        assert app.clipboard == "" and "a_passphrase" not in stage.text(pilot)
        assert "it is not copied" in stage.text(pilot)
        await stage.press(pilot, "enter")  # it is a wrong one
        assert release.PASSPHRASE.replace(" ", "_") not in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert line.value == ""

    play(ledger, scene)


def test_a_path_of_nobody_and_a_palette_of_nothing_end_nothing(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "5", "x")
        await type_in(pilot, "~nobody-of-that-name/entry.json")
        assert "not written" in stage.text(pilot)
        await stage.press(pilot, "escape", "ctrl+o", "slash")
        await type_in(pilot, "~nobody-of-that-name/x.ledger")
        assert "✗ Not opened" in stage.text(pilot)
        await stage.press(pilot, "escape", "ctrl+p", *"zzzzz", "pageup", "pagedown")
        assert isinstance(app.screen, Palette)

    play(ledger, scene)


def test_a_terminal_of_any_size_on_any_screen(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        for key in ("1", "2", "3", "4", "5", "6", "ctrl+o", "question_mark"):
            await stage.press(pilot, key)
            for size in ((1, 1), (20, 5), (200, 60)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
        await pilot.press("escape", "escape", "1")
        assert "INTACT AND ANCHORED" in stage.text(pilot)

    play(ledger, scene)


def test_what_stands_in_the_place_of_rows_is_escaped_too(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        app.screen.query_one(Table).show_rows([], "nothing\x1b[2J\n")
        await pilot.pause()
        assert r"nothing\x1b[2J\x0a" in stage.text(pilot)

    play(ledger, scene)


def test_nothing_that_drives_a_terminal_or_is_not_seen_can_be_typed() -> None:
    hidden = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp", "Zs")
    chars = [
        char for char in map(chr, range(0x110000)) if unicodedata.category(char) in hidden and char != " "
    ]
    assert len(chars) > 100_000
    assert [char for char in chars if re.fullmatch(DRAWN, char)] == []
    assert re.fullmatch(DRAWN, "~/Überweisungen/請求書 [1].ledger")


def test_without_a_ledger_a_home_that_cannot_be_written_ends_nothing(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTODY_HOME", f"{os.devnull}/none")

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "ctrl+o")
        assert story.ORIGIN and app.state.verdict.word == "INTACT AND ANCHORED"

    play(ledger, scene)


@pytest.mark.parametrize("pasted", ["file://[x", "file://%zz", "'", "/a\0b", "\\", "file:", "~/x", "-rf /"])
def test_what_is_pasted_and_names_no_file_is_no_file(pasted: str) -> None:
    assert all(path.is_absolute() for path in dropped_paths(pasted))


def test_opened_again_from_above_the_tabs_it_takes_the_place_of_the_old(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        for key in ("ctrl+o", "question_mark"):
            old = app.session
            app.state.changed = True
            await stage.press(pilot, key)
            await app.reopen()
            await pilot.pause()
            await stage.settle(pilot)
            assert app.session is not old and app.sessions == [app.session]
            assert "INTACT AND ANCHORED" in stage.text(pilot) and len(app.screen_stack) == 1

    play(ledger, scene)
