"""Pictures of every screen. `--snapshot-update` takes them again; look at them when they change."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stage
import story
from textual.pilot import Pilot

from custody.trust.verification import Expectations
from custody.tui import themes
from custody.tui.places import Place
from custody.tui.screens import opening
from custody.tui.screens.opening import Choice

SMALL, LARGE, VAST = (80, 24), (120, 40), (200, 60)
Compare = Callable[..., bool]


@pytest.fixture(autouse=True)
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be set for one process")
    time.tzset()


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


@pytest.fixture(scope="module")
def tampered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.tampered(tmp_path_factory.mktemp("tampered") / "tampered.ledger")


def after(
    *keys: str, at: str = "done", theme: str = themes.DARK.name
) -> Callable[[Pilot[None]], Awaitable[None]]:
    async def play(pilot: Pilot[None]) -> None:
        pilot.app.theme = theme
        await stage.settle(pilot, at)
        await stage.press(pilot, *keys, stage=at)

    return play


SCREENS = {
    "overview": ("1",),
    "artifacts": ("2", "down"),
    "environments": ("3", "left"),
    "approvals": ("4", "down"),
    "entries": ("5", *["down"] * 8),
    "findings": ("6",),
}


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("screen", SCREENS)
def test_healthy(snap_compare: Compare, ledger: Path, screen: str, size: tuple[int, int]) -> None:
    assert snap_compare(stage.app_on(ledger), terminal_size=size, run_before=after(*SCREENS[screen]))


@pytest.mark.parametrize("screen", ["overview", "artifacts", "entries"])
def test_there_is_room_for_everything(snap_compare: Compare, ledger: Path, screen: str) -> None:
    assert snap_compare(stage.app_on(ledger), terminal_size=VAST, run_before=after(*SCREENS[screen]))


@pytest.mark.parametrize("screen", ["overview", "artifacts", "entries"])
def test_half_verified(snap_compare: Compare, ledger: Path, screen: str) -> None:
    keys = SCREENS[screen][:1] + ("pagedown",) * 3 * (screen == "entries")
    app = stage.app_on(ledger, worker=stage.Half)
    assert snap_compare(app, terminal_size=SMALL, run_before=after(*keys, at="entries"))


@pytest.mark.parametrize("screen", ["overview", "artifacts", "entries", "findings"])
def test_tampered(snap_compare: Compare, tampered: Path, screen: str) -> None:
    keys = {**SCREENS, "entries": ("1", "enter")}[screen]
    assert snap_compare(stage.app_on(tampered), terminal_size=LARGE, run_before=after(*keys))


def test_a_gap_is_stated(snap_compare: Compare, tmp_path: Path) -> None:
    ledger = story.healthy(tmp_path / "unsigned.ledger", signed=False)
    assert snap_compare(stage.app_on(ledger, Expectations()), terminal_size=SMALL, run_before=after())


def test_a_proof(snap_compare: Compare, ledger: Path) -> None:
    keys = ("5", "down", "down", "down", "i", "right_square_bracket")
    assert snap_compare(stage.app_on(ledger), terminal_size=LARGE, run_before=after(*keys))


def test_help(snap_compare: Compare, ledger: Path) -> None:
    assert snap_compare(stage.app_on(ledger), terminal_size=LARGE, run_before=after("3", "question_mark"))


@pytest.mark.parametrize(
    ("screen", "size"), [("environments", LARGE), ("entries", SMALL), ("findings", VAST)]
)
def test_light(
    snap_compare: Compare, ledger: Path, tampered: Path, screen: str, size: tuple[int, int]
) -> None:
    play = after(*SCREENS[screen], theme=themes.LIGHT.name)
    path = tampered if screen == "findings" else ledger
    assert snap_compare(stage.app_on(path), terminal_size=size, run_before=play)


def test_opening(snap_compare: Compare, ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choices = [
        Choice("recent", Place(Path("/evidence/2025/payments.ledger"))),
        Choice("up", Place(Path("/"), True)),
        Choice("folder", Place(Path("/evidence/exports"), True)),
        Choice("file", Place(Path("/evidence/ci-4711.ledger"), False, 24_576, "2026-11-19T02:41:00.000Z")),
    ]
    monkeypatch.setattr(opening, "_choices", lambda folder: choices)
    monkeypatch.setattr(Path, "cwd", lambda: Path("/evidence"))
    play = after("ctrl+o", "end", "space")
    assert snap_compare(stage.app_on(ledger), terminal_size=SMALL, run_before=play)


def test_a_tiny_terminal(snap_compare: Compare, tampered: Path) -> None:
    assert snap_compare(stage.app_on(tampered), terminal_size=(20, 5), run_before=after("5", "down"))


def test_no_colour(snap_compare: Compare, tampered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(
        stage.app_on(tampered), terminal_size=SMALL, run_before=after("5", "pagedown", "pagedown")
    )
