"""An environment that is reported in parts: the time machine says which, and when each was last."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stage
import story
from harness import world
from harness.process import invoke
from story import KEEPER, REPORTER, ROOT, Book
from textual.pilot import Pilot

from custody.kinds import Genesis, Policy, Running, Scope, Snapshot, Trust
from custody.ledger.writer import Draft
from custody.query.moments import parse_reference
from custody.query.parts import OUTSIDE, lost_words
from custody.tui.app import Start
from custody.tui.links import Link

Play = Callable[[Pilot[None]], Awaitable[None]]
SMALL, TINY = (80, 24), (20, 5)
POLICY = """version = 1
name = "production"
environments = ["prod", "prod-*", "whole"]
[groups]
prod = ["prod-eu", "whole"]
[intervals]
"prod-eu" = "6h"
[controls.approval]
kind = "approvals"
"""


def part(book: Book, pattern: str, version: str, hours: float) -> None:
    service = pattern.replace("*", "api")
    running = (Running(service, story.artifact("api", version), 1, ""),)
    told = Snapshot("prod-eu", running, scope=Scope((pattern,)))
    book.write(REPORTER, Genesis("observe", "prod-eu"), [Draft("snapshot", told.write())])
    book.pass_time(hours=hours)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts, of which one falls silent, and a report that nobody can read."""
    book = Book(tmp_path_factory.mktemp("parts") / "parts.ledger")
    book.write(ROOT, Genesis(), [Draft("trust", Trust(story.TRUST).write())])
    book.write(KEEPER, Genesis(), [Draft("policy", Policy("production", POLICY).write())])
    part(book, "pay/*", "1", 1)
    part(book, "shop/*", "1", 10)
    part(book, "pay/*", "2", 1)
    unreadable = {"environment": "prod-eu", "running": "nobody knows"}
    book.write(REPORTER, Genesis(), [Draft("snapshot", unreadable)])
    part(book, "pay/*", "3", 1)
    whole = Snapshot("whole", (Running("api", story.artifact("api", "1"), 1, ""),))
    book.write(REPORTER, Genesis(), [Draft("snapshot", whole.write())])
    book.sign()
    return book.path


def play(ledger: Path, scene: Play, where: str, size: tuple[int, int] = SMALL) -> None:
    async def run() -> None:
        start = Start(Link("environments", environment=parse_reference(where)))
        async with stage.playing(stage.app_on(ledger, start=start), size) as pilot:
            await stage.settle(pilot)
            await scene(pilot)

    asyncio.run(run())


def test_the_parts_are_those_of_the_command_line_in_its_words(ledger: Path, tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for number in (1, 2, 3, 4):
            words = pilot.app.screen.command()  # type: ignore[attr-defined]
            given = [*words, "--ledger", str(ledger), "--root", ROOT.public.fingerprint]
            env = world.environment(tmp_path, TZ="UTC")
            told = json.loads(invoke(tmp_path, [*given, "--json"], env).out)["answer"]
            assert told["parts"] and told["partReports"], told
            expected = ", ".join(
                f"{one['part']} last {one['last'][:16].replace('T', ' ')}" for one in told["partReports"]
            )
            shown = stage.text(pilot)
            assert f"parts {expected}" in shown, (number, shown)
            said = invoke(tmp_path, given, env).out.decode()
            assert OUTSIDE in said and f"      {OUTSIDE}" in shown
            assert (lost_words(1, "snapshot") in said) == bool(told["lost"]) == ("lost  1 snapshot" in shown)
            await stage.press(pilot, "right")

    play(ledger, scene, "prod-eu#1")


def test_who_is_silent_stands_first(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        text = stage.text(pilot)
        assert text.index("shop/* last") < text.index("pay/* last")
        assert "without a report of shop/*" in text

    play(ledger, scene, "prod-eu", (120, 40))


def test_of_a_whole_that_nothing_was_lost_of_there_is_nothing_to_say(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "state 1 of 1" in stage.text(pilot) and "parts " not in stage.text(pilot)
        assert "lost " not in stage.text(pilot)

    play(ledger, scene, "whole")


def test_of_a_group_each_member_has_its_own(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "parts prod-eu: shop/* last" in stage.text(pilot)

    play(ledger, scene, "prod", (120, 40))


def test_the_services_stay_where_they_are_while_it_is_looked_up(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        before = stage.text(pilot).split("\n")
        screen = pilot.app.screen
        pane = screen._panes[0]  # type: ignore[attr-defined]
        pane._is_late = True
        pane.draw_moment()
        await pilot.pause()
        after = stage.text(pilot).split("\n")
        assert [n for n, one in enumerate(before) if "Service" in one] == [
            n for n, one in enumerate(after) if "Service" in one
        ]
        assert "parts ·" in stage.text(pilot) and "last 2026" not in stage.text(pilot)

    play(ledger, scene, "prod-eu#2")


def test_a_tiny_terminal_has_no_room_for_it(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "prod-eu 2/4" in stage.text(pilot)

    play(ledger, scene, "prod-eu#2", TINY)
