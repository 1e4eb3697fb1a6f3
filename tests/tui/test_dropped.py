"""Files dropped on the terminal: a preview of their merge, or marks for one. Nothing else that is pasted is taken."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

import pytest
import stage
import story
from textual.events import Paste
from textual.pilot import Pilot

from custody.errors import UsageError
from custody.tui import dropped
from custody.tui.app import CustodyApp
from custody.tui.dropped import dropped_paths, ledgers_of
from custody.tui.screens.merge import MergeScreen
from custody.tui.screens.opening import OpeningScreen


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("/ci/build.ledger", ["/ci/build.ledger"]),
        ("/ci/build.ledger /ci/scan.ledger\n", ["/ci/build.ledger", "/ci/scan.ledger"]),
        (r"/ci/a\ b.ledger '/ci/c d.ledger'", ["/ci/a b.ledger", "/ci/c d.ledger"]),
        ("file:///ci/a%20b.ledger\r\nfile://localhost/ci/c.ledger\r\n", ["/ci/a b.ledger", "/ci/c.ledger"]),
        ("file://elsewhere/ci/a.ledger", []),
        ("file:///ci/a%00.ledger", []),
        ("build.ledger", []),
        ("/ci/build.ledger and more", []),
        ("it's", []),
        ("/ci/\0.ledger", []),
        ("", []),
        ("/x " * 40_000, []),
    ],
)  # fmt: skip
def test_only_paths_are_taken_for_files(text: str, paths: list[str]) -> None:
    assert [str(path) for path in dropped_paths(text)] == paths


def test_a_folder_stands_for_its_ledgers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("b.ledger", "a.ledger", "notes.txt"):
        (tmp_path / name).write_text("x")
    assert [one.name for one in ledgers_of([tmp_path, tmp_path / "b.ledger"])] == ["a.ledger", "b.ledger"]
    with pytest.raises(UsageError, match="no ledger in that folder"):
        ledgers_of([tmp_path / "empty"])
    monkeypatch.setattr(dropped, "_FILES", 1)
    with pytest.raises(UsageError, match="those are 2 files"):
        ledgers_of([tmp_path])


async def drop(pilot: Pilot[None], text: str) -> None:
    pilot.app.post_message(Paste(text))
    await stage.settle(pilot)


def test_exports_dropped_on_a_ledger_are_previewed_and_opened(tmp_path: Path) -> None:
    target, copy = story.healthy(tmp_path / "target.ledger"), tmp_path / "a copy.ledger"
    copy.write_bytes(target.read_bytes())

    async def run() -> None:
        app = stage.app_on(target)
        async with stage.playing(app, size=(120, 40)) as pilot:
            await drop(pilot, "it is /not a path")
            assert not isinstance(app.screen, MergeScreen)
            await drop(pilot, shlex.quote(str(tmp_path / "nowhere")))
            assert isinstance(app.screen, MergeScreen) and "✗  nowhere" in stage.text(pilot)
            await stage.press(pilot, "enter")
            assert "✗ Not opened" in stage.text(pilot) and len(app.sessions) == 1
            await stage.press(pilot, "escape")
            await drop(pilot, shlex.quote(str(copy)))
            assert "a copy.ledger" in stage.text(pilot) and "34 known" in stage.text(pilot)
            await stage.press(pilot, "enter")
            assert len(app.sessions) == 2 and "a copy.ledger (2 of 2)" in stage.text(pilot)
            app.sessions[1].close()

    asyncio.run(run())


def test_dropped_where_there_is_no_ledger_one_is_opened_and_several_are_marked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a.ledger", "b.ledger"):
        story.healthy(tmp_path / name)

    async def run() -> None:
        app = CustodyApp(None, story.EXPECTED, stage.Full)
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.2)
            app.post_message(Paste(str(tmp_path)))
            await pilot.pause(0.3)
            assert "2 marked" in stage.text(pilot) and isinstance(app.screen, OpeningScreen)
            app.post_message(Paste(str(tmp_path / "a.ledger")))
            async with asyncio.timeout(20):
                while app.session is None or app.state.stage != "done":
                    await pilot.pause(0.02)
            assert app.tab == "overview" and app.state.snapshot.path.name == "a.ledger"

    asyncio.run(run())
