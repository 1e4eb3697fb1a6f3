"""What was verified on the screen is remembered, as on the command line; what was not, is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

import stage
import story

from custody.trust.memory import Memory


def look_at(path: Path) -> None:
    async def look() -> None:
        async with stage.playing(stage.app_on(path)):
            pass

    asyncio.run(look())


def remembered() -> list[int]:
    (root,) = story.EXPECTED.roots
    return [one.size for one in Memory().recall(story.ORIGIN, root)]


def test_an_intact_ledger_is_remembered(tmp_path: Path) -> None:
    look_at(story.healthy(tmp_path / "payments.ledger"))
    assert remembered() == [34]


def test_a_tampered_one_is_not(tmp_path: Path) -> None:
    look_at(story.tampered(tmp_path / "tampered.ledger"))
    assert remembered() == []
