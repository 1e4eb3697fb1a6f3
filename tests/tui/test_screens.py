"""Pictures of states that no sample ledger is in: half verified, without a root, in five lines, without colours.
`--snapshot-update` takes them again; look at them when they change."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import stage
import story
from exhibit import Same, Scene, hang
from textual.pilot import Pilot

from custody.trust.verification import Expectations

SMALL = {"80x24": (80, 24)}


@pytest.fixture(autouse=True)
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be set for one process")
    time.tzset()


def after(*keys: str, until: str = "done") -> Scene:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, *keys, stage=until)

    return scene


@pytest.mark.parametrize(
    ("screen", "keys"),
    [("overview", "1"), ("artifacts", "2"), ("entries", ("5", *["pagedown"] * 3)), ("findings", "6")],
)
def test_half_verified(same: Same, tmp_path: Path, screen: str, keys: str) -> None:
    app = stage.app_on(story.healthy(tmp_path / "payments.ledger"), worker=stage.Half)
    hang(app, after(*keys, until="entries"), same, SMALL, until="entries")


def test_a_gap_is_stated(same: Same, tmp_path: Path) -> None:
    ledger = story.healthy(tmp_path / "unsigned.ledger", signed=False)
    hang(stage.app_on(ledger, Expectations()), after(), same, SMALL)


def test_a_tiny_terminal(same: Same, tmp_path: Path) -> None:
    app = stage.app_on(story.tampered(tmp_path / "tampered.ledger"))
    hang(app, after("5", "down"), same, {"20x5": (20, 5)})


def test_no_colour(same: Same, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = stage.app_on(story.tampered(tmp_path / "tampered.ledger"))
    hang(app, after("5", "pagedown", "pagedown"), same, SMALL)
