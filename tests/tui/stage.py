"""The application on a stage: a ledger opened, pictures that are the same on every machine, waiting for quiet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import story
import textual.app
import textual.pilot
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input

from custody.ledger.reader import Snapshot, open_ledger
from custody.trust.verification import Expectations, Verification
from custody.tui import app as application
from custody.tui.app import CustodyApp, Start
from custody.tui.widgets.prompt import Prompt
from custody.tui.work import Began, Indexed, Post, Progressed, Work

ELAPSED = 0.8
application.LOOK_EVERY = 3600.0  # a steady snapshot's file is nowhere, and tests look when they mean to
Input.cursor_blink._default = False  # or a picture would be another one every half second

_GLANCE = 0.02  # seconds given to short timers, and to those who work in another thread


async def _wait_for_idle(min_sleep: float = 0, max_sleep: float = 1) -> None:
    """Wait until nothing is left to do, in place of Textual's own wait behind each key and pause.

    That one looks every 20 ms whether the processor rests, and most of a test's time went there. Here the loop says
    whether anything is ready to run or soon will be, and the app whether somebody works in another thread.
    """
    loop: Any = asyncio.get_running_loop()
    workers = textual.app.active_app.get().workers
    began, quiet = loop.time(), 0
    while quiet < 3 and (now := loop.time()) < began + max_sleep:
        if quiet == 2 and now < began + _GLANCE:
            soon = [
                one.when() for one in loop._scheduled if not one.cancelled() and one.when() < began + _GLANCE
            ]
            if soon or not all(one.is_finished for one in workers):
                await asyncio.sleep(max(0.001, min(soon, default=0) - now))
                quiet = 0
        await asyncio.sleep(0)
        quiet = 0 if loop._ready else quiet + 1


Input._toggle_cursor = lambda self: None  # type: ignore[method-assign]  # a picture has a cursor, whenever it is taken
textual.app.wait_for_idle = _wait_for_idle
textual.pilot.wait_for_idle = _wait_for_idle


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
            await asyncio.sleep(0.002)
        quiet = 0
        while quiet < 2:
            while is_busy(app):
                await asyncio.sleep(0.002)
                quiet = 0
            await pilot.pause()
            quiet += 1


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


async def type_in(pilot: Pilot[None], line: str) -> None:
    """Type a line into the prompt, all at once, and enter it."""
    prompt = pilot.app.screen.query_one(Prompt)
    assert prompt.is_open
    prompt.query_one(Input).value = line
    await press(pilot, "enter")


def text(pilot: Pilot[None]) -> str:
    """What the screen shows, line by line."""
    screen = pilot.app.screen
    width, height = screen.size
    strips = screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip)[:width] for strip in strips[:height])


# --- many looks at one ledger


class _Repeated:
    """A worker that says again what the real one said."""

    full = False

    def __init__(self, post: Post, said: Sequence[Message]) -> None:
        self._post, self._said = post, said

    def start(self) -> None:
        for message in self._said:
            self._post(message)

    def pause(self, paused: bool) -> None:
        pass

    def stop(self) -> None:
        pass


class Known:
    """A ledger that is read and verified once, for as many apps as there are pictures to take."""

    def __init__(self, path: Path, expectations: Expectations = story.EXPECTED) -> None:
        self._expectations = expectations
        self._snapshot = open_ledger(path)
        self._snapshot.path = Path("/evidence") / path.name
        self._said: list[Message] = []
        work = Full(self._said.append, self._snapshot, expectations)
        work.start()
        work._thread.join()
        self._lasting = [self._snapshot, *(one.index for one in self._said if isinstance(one, Indexed))]
        self._close = [one.close for one in self._lasting]
        for one in self._lasting:
            one.close = lambda: None  # type: ignore[method-assign]

    def app(self, start: Start = Start()) -> CustodyApp:  # noqa: B008 - a constant
        return CustodyApp(
            self._snapshot, self._expectations, lambda post, *_: _Repeated(post, self._said), start=start
        )

    def close(self) -> None:
        for close in self._close:
            close()
