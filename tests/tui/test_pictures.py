"""The pictures that the documentation shows are what the program draws. `--snapshot-update` takes them again."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
import stage

from custody.keys.ed25519 import PublicKey
from custody.trust.verification import Expectations
from custody.tui.app import CustodyApp

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "sample_ledgers"
PICTURES = ROOT / "docs" / "pictures"

# The name of the picture: the keys that lead to it.
SHOWN = {
    "overview": ("1",),
    "entries": ("5", "end"),
    "artifacts": ("2", "down"),
    # the night of the hotfix: the new payments-api runs beside the old one
    "environments": ("3", "left", "left", "left", "left", "left"),
}


async def draw(app: CustodyApp, *keys: str) -> str:
    async with stage.playing(app, size=(112, 30)) as pilot:
        await stage.press(pilot, *keys)
        return app.export_screenshot()


def without_ids(picture: str) -> str:
    """The drawing, whatever number the renderer gave its styles."""
    return re.sub(r"terminal-[0-9]+", "terminal", picture)


@pytest.mark.parametrize("name", SHOWN)
def test_the_documentation_shows_what_the_program_draws(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    root = (SAMPLES / "root.pub").read_text(encoding="ascii")
    expected = Expectations((PublicKey.from_text(root).fingerprint,))
    drawn = asyncio.run(draw(stage.app_on(SAMPLES / "payments.ledger", expected), *SHOWN[name]))
    path = PICTURES / f"{name}.svg"
    if request.config.getoption("update_snapshots", default=False):
        path.parent.mkdir(exist_ok=True)
        path.write_text(without_ids(drawn), encoding="utf-8")
    assert path.read_text(encoding="utf-8") == without_ids(drawn)
