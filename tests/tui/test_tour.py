"""The tour is walked as it is written: the keys that it names are pressed, and its pictures are what is drawn then."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import NamedTuple

import pytest
import stage
from test_pictures import PICTURES, ROOT, without_ids
from textual.pilot import Pilot

from custody.keys.ed25519 import PublicKey
from custody.ledger.reader import open_ledger
from custody.trust.verification import Expectations
from custody.tui.app import CustodyApp
from custody.tui.screens import environments_asked

TOUR = (ROOT / "docs" / "tour.md").read_text(encoding="utf-8")
OPENING = re.compile(r"^custody tui (?P<ledger>\S+) --root (?P<root>\S+)$|^Press (?P<keys>.+)\.$", re.M)
KEY = re.compile(r"(?P<typed>type )?`(?P<key>[^`]+)`(?: ×(?P<times>[0-9]+))?")
PICTURE = re.compile(r"!\[[^\]]+\]\(pictures/(?P<name>tour-[a-z-]+)\.svg\)")
NAMES = {"[": "left_square_bracket", "]": "right_square_bracket", "/": "slash", ":": "colon", " ": "space"}
MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Monday(datetime):
    """The clock of the tour."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return MONDAY.astimezone(tz)


class Step(NamedTuple):
    """Keys pressed, and the picture that follows; or the ledger that is opened first."""

    keys: tuple[str, ...]
    picture: str


class Walk(NamedTuple):
    """What is done with one ledger."""

    ledger: Path
    root: str
    steps: list[Step]


def keys_of(line: str) -> Iterator[str]:
    for found in KEY.finditer(line):
        pressed = list(found["key"]) if found["typed"] else [found["key"]]
        for key in pressed * int(found["times"] or 1):
            yield NAMES.get(key, key)


def walks() -> list[Walk]:
    found: list[Walk] = []
    keys: tuple[str, ...] = ()
    for line in TOUR.splitlines():
        opened, shown = OPENING.match(line), PICTURE.match(line)
        if opened and opened["ledger"]:
            root = PublicKey.from_text((ROOT / opened["root"]).read_text(encoding="ascii"))
            found.append(Walk(ROOT / opened["ledger"], root.fingerprint, []))
        elif opened:
            keys += tuple(keys_of(opened["keys"]))
        elif shown:
            found[-1].steps.append(Step(keys, shown["name"]))
            keys = ()
    return found


async def walk(one: Walk) -> Iterator[tuple[str, str]]:
    app = CustodyApp(open_ledger(one.ledger), Expectations((one.root,)), stage.Full)
    drawn: list[tuple[str, str]] = []

    async def step(pilot: Pilot[None]) -> None:
        for keys, picture in one.steps:
            await stage.press(pilot, *keys)
            drawn.append((picture, without_ids(app.export_screenshot())))

    async with stage.playing(app, size=(112, 30)) as pilot:
        await step(pilot)
    return iter(drawn)


@pytest.mark.parametrize("one", walks(), ids=lambda one: one.ledger.stem)
def test_the_tour_shows_what_its_keys_lead_to(
    one: Walk, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    monkeypatch.setattr(environments_asked, "datetime", Monday)
    monkeypatch.setattr(Path, "cwd", classmethod(lambda cls: cls("/evidence")))
    for name, drawn in asyncio.run(walk(one)):
        path = PICTURES / f"{name}.svg"
        if request.config.getoption("update_snapshots", default=False):
            path.write_text(drawn, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == drawn, name


def test_every_picture_of_the_tour_is_walked_to() -> None:
    shown = [step.picture for one in walks() for step in one.steps]
    assert sorted(shown) == sorted(path.stem for path in PICTURES.glob("tour-*.svg"))
