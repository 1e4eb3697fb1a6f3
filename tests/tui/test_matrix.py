"""Every screen, at three sizes, in the dark and in the light, of a healthy ledger and of tampered ones: pictures, and
what can be found wrong with each by rule. `--snapshot-update` takes them again; look at them when they change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import release
import stage
from exhibit import Same, Scene, hang
from textual.pilot import Pilot

from custody.keys.ed25519 import PublicKey
from custody.ledger import timestamps
from custody.query.moments import parse_reference
from custody.trust.verification import Expectations
from custody.tui.app import CustodyApp, Start
from custody.tui.links import Link
from custody.tui.places import Place
from custody.tui.screens import opening
from custody.tui.screens.opening import Choice

SAMPLES = Path(__file__).resolve().parents[2] / "sample_ledgers"
OSLO = "Europe/Oslo"
HOTFIX = "51d5ae6aa8b0"


@pytest.fixture(autouse=True)
def _far_from_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    if not hasattr(time, "tzset"):
        pytest.skip("this system's time zone cannot be set for one process")
    time.tzset()


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], stage.Known]]:
    """Sample ledgers by name, each verified once; `release` is one under a policy, with keys to sign with."""
    found: dict[str, stage.Known] = {}
    expected = Expectations((PublicKey.from_text((SAMPLES / "root.pub").read_text("ascii")).fingerprint,))

    def open_once(name: str) -> stage.Known:
        if name not in found:
            if name == "release":
                made = release.ledger(tmp_path_factory.mktemp("release") / "release.ledger")
                found[name] = stage.Known(made, release.EXPECTED)
            else:
                found[name] = stage.Known(SAMPLES / f"{name}.ledger", expected)
        return found[name]

    yield open_once
    for one in found.values():
        one.close()


def keys(*pressed: str) -> Scene:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, *pressed)

    return scene


async def merging(pilot: Pilot[None]) -> None:
    app = pilot.app
    assert isinstance(app, CustodyApp)
    app.preview_merge(app.sessions[0], sorted((SAMPLES / "ci").iterdir()))
    await stage.settle(pilot)


async def palette(pilot: Pilot[None]) -> None:
    """Opened anew: Textual's palette gathers what it offers in its own time, and keeps the theme it was opened in."""
    await stage.press(pilot, "escape", "ctrl+p")
    await pilot.pause(0.3)


def page(turns: int) -> tuple[Scene, Link]:
    """The page of the hotfix of the night of 19 November, in one of its parts."""
    link = Link("artifacts", artifact=HOTFIX, environment=parse_reference("prod"))
    return keys(*["right_square_bracket"] * turns), link


# What leads to it, and where to begin.
HEALTHY: dict[str, tuple[Scene, Link]] = {
    "overview": (keys("1"), Link()),
    "artifacts": (keys("2", "down"), Link()),
    "artifact-path": page(0),
    "artifact-controls": page(1),
    "artifact-source": page(2),
    "artifact-attachments": page(3),
    "artifact-signed": page(4),
    "environments": (keys(*["left"] * 5), Link("environments", environment=parse_reference("prod"))),
    "environments-list": (keys("e", "down"), Link("environments", environment=parse_reference("prod"))),
    "environments-difference": (keys("d", *["left"] * 5), Link("environments", environment=parse_reference("prod"))),
    "environments-beside": (keys("b", "enter"), Link("environments", environment=parse_reference("prod~3"))),
    "environments-known": (
        keys("K", *"2026-11-12", "enter"), Link("environments", environment=parse_reference("prod"))
    ),
    "approvals": (keys("4"), Link()),
    "approvals-given": (keys("4", "w"), Link()),
    "entries": (keys("end"), Link("entries")),
    "entry": (keys("enter", "i", "end"), Link("entries", entry=2000)),
    "entries-find": (keys("ctrl+f", *"hotfix", "enter"), Link("entries")),
    "findings": (keys("6"), Link()),
    "help": (keys("3", "question_mark"), Link()),
    "palette": (palette, Link("entries")),
    "prompt": (keys("g"), Link("environments")),
    "merge": (merging, Link()),
    "opening": (keys("ctrl+o", "end", "space"), Link()),
    "report": (keys("r"), Link("artifacts", artifact=HOTFIX)),
}  # fmt: skip
TAMPERED: dict[str, tuple[str, Scene, Link]] = {
    **{name: ("header-edited", keys(), Link(name)) for name in ("overview", "artifacts", "environments", "approvals")},
    "entry": ("header-edited", keys("down", "down", "enter"), Link()),
    "entries": ("body-edited", keys("enter"), Link()),
    "findings": ("header-edited", keys(), Link("findings")),
    "findings-body": ("body-edited", keys(), Link("findings")),
    "fork": ("fork", keys("1", "enter"), Link()),
    "fork-findings": ("fork", keys("down"), Link("findings")),
    "cut-off": ("tail-cut-off", keys(), Link()),
    "gap": ("unknown-writer", keys(), Link()),
    "gap-entry": ("unknown-writer", keys("1", "enter"), Link()),
}  # fmt: skip


@pytest.fixture
def _a_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    """What there is to open, on every machine."""
    found = [
        Choice("recent", Place(Path("/evidence/2025/payments.ledger"))),
        Choice("up", Place(Path("/"), True)),
        Choice("folder", Place(Path("/evidence/exports"), True)),
        Choice("file", Place(Path("/evidence/ci-4711.ledger"), False, 24_576, "2026-11-19T02:41:00.000Z")),
    ]
    monkeypatch.setattr(opening, "_choices", lambda folder: found)
    monkeypatch.setattr(Path, "cwd", lambda: Path("/evidence"))


@pytest.mark.usefixtures("_a_folder")
@pytest.mark.parametrize("name", HEALTHY)
def test_healthy(name: str, known: Callable[[str], stage.Known], same: Same) -> None:
    scene, link = HEALTHY[name]
    hang(
        known("payments").app(Start(link, zone=OSLO)),
        scene,
        same,
        again=palette if scene is palette else None,
    )


@pytest.mark.parametrize("name", TAMPERED)
def test_tampered(name: str, known: Callable[[str], stage.Known], same: Same) -> None:
    ledger, scene, link = TAMPERED[name]
    hang(known(f"tampered/{ledger}").app(Start(link, zone=OSLO)), scene, same)


def test_signing(
    known: Callable[[str], stage.Known],
    same: Same,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last look before a word is given."""
    monkeypatch.setattr(timestamps, "now", lambda: "2026-11-17T09:00:00.000Z")
    monkeypatch.setattr("custody.tui.screens.approvals.why_read_only", lambda *_: "")
    key = release.keys(tmp_path)["risk-officer"]

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "4", "a")
        await stage.type_in(pilot, "change 4712")
        await stage.press(pilot, "end", "enter")
        await stage.type_in(pilot, str(key))

    hang(known("release").app(Start(zone=OSLO)), scene, same)
