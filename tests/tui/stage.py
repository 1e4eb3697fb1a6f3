"""The application on a stage: a ledger opened, pictures that are the same on every machine, waiting for quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import story
from textual.pilot import Pilot

from custody.ledger.reader import Snapshot, open_ledger
from custody.trust.verification import Expectations, Verification
from custody.tui import app as application
from custody.tui.app import CustodyApp, Start
from custody.tui.work import Began, Post, Progressed, Work

ELAPSED = 0.8
application.LOOK_EVERY = 3600.0  # a steady snapshot's file is nowhere, and tests look when they mean to


def steady(snapshot: Snapshot) -> Snapshot:
    """A snapshot whose file has the same digest, size and folder wherever SQLite wrote it."""
    snapshot._sha256 = "5eed" * 16
    snapshot.file_size = 69_632
    snapshot.path = Path("/evidence") / snapshot.path.name
    return snapshot


class Full(Work):
    """The real worker, under a clock that stands still."""

    def __init__(self, post: Post, snapshot: Snapshot, expectations: Expectations) -> None:
        super().__init__(post, snapshot, expectations, story.ticking(ELAPSED))


class Half(Work):
    """A worker that stops half-way and leaves it at that."""

    UNTIL = 12

    def start(self) -> None:
        self._post(Began(False))
        step = next(iter(Verification(self._snapshot, self._expectations).run()))
        judged = [(one.position, one.id, one.writer, one.counts) for one in step.entries[: self.UNTIL]]
        chains = sum(one.header.kind == "genesis" for one in step.entries[: self.UNTIL])
        findings = [finding for finding in step.findings if finding.position < self.UNTIL]
        self._post(Progressed(judged, findings, self.UNTIL, chains, ELAPSED / 2))

    def stop(self) -> None:
        pass


def app_on(
    path: Path,
    expectations: Expectations = story.EXPECTED,
    worker: type[Work] = Full,
    start: Start = Start(),  # noqa: B008 - a constant
) -> CustodyApp:
    return CustodyApp(steady(open_ledger(path)), expectations, worker, start=start)


async def settle(pilot: Pilot[None], stage: str = "done") -> None:
    """Wait until verification has come so far, and nobody waits for an answer any more."""
    app = pilot.app
    assert isinstance(app, CustodyApp)
    async with asyncio.timeout(30):
        while app.state.stage not in (stage, "stopped"):
            await pilot.pause(0.01)
        quiet = 0
        while quiet < 2:
            await pilot.pause()
            quiet = 0 if is_busy(app) else quiet + 1


def is_busy(app: CustodyApp) -> bool:
    """Whether anything is still being looked for behind the screen."""
    session = app.session
    searching, looking = (session._searching, session._looking) if session is not None else (None, None)
    return (
        any(not one.is_finished for one in app.workers)
        or (searching is not None and searching.stage == "reading")
        or (looking is not None and looking.stage == "looking")
    )


@asynccontextmanager
async def playing(
    app: CustodyApp, size: tuple[int, int] = (80, 24), stage: str = "done"
) -> AsyncIterator[Pilot[None]]:
    """The application, verified and quiet, with a hand on its keys."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot, stage)
        yield pilot
    app.state.snapshot.close()


async def press(pilot: Pilot[None], *keys: str, stage: str = "done") -> None:
    """Press keys, and wait until all that they ask for is there; also after each change of the screen."""
    for key in keys:
        await pilot.press(key)
        if key.isdigit():
            await settle(pilot, stage)
    await settle(pilot, stage)


def text(pilot: Pilot[None]) -> str:
    """What the screen shows, line by line."""
    screen = pilot.app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip)[:width] for strip in strips[:height])
