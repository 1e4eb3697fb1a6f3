"""The time machine: what its keys and the mouse do, and what it says."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import seasons
import stage
import story
from exhibit import Same, hang
from harness import world
from harness.process import invoke
from textual.pilot import Pilot
from textual.widgets import Input

from custody.query.moments import EnvironmentReference, parse_reference
from custody.query.types import ChangeLine
from custody.tui.app import CustodyApp, Start
from custody.tui.links import Link
from custody.tui.registry import every_binding
from custody.tui.screens.environments import EnvironmentsScreen
from custody.tui.widgets.days import DayChart
from custody.tui.widgets.states import StatesStrip
from custody.tui.widgets.table import Table

Play = Callable[[Pilot[None]], Awaitable[None]]
SMALL, LARGE, VAST, TINY = (80, 24), (120, 40), (200, 60), (20, 5)
OSLO = "Europe/Oslo"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seasons.ledger(tmp_path_factory.mktemp("seasons") / "payments.ledger")


def app_at(ledger: Path, where: str = "", zone: str = "UTC") -> CustodyApp:
    """The application, begun at a state such as `prod-eu#3`, or else with what is first."""
    reference = parse_reference(where) if where else None
    return stage.app_on(ledger, start=Start(Link("environments", environment=reference), (), zone))


def play(
    ledger: Path, scene: Play, where: str = "prod-eu#1", size: tuple[int, int] = SMALL, zone: str = "UTC"
) -> None:
    async def run() -> None:
        async with stage.playing(app_at(ledger, where, zone), size) as pilot:
            await stage.settle(pilot)
            await scene(pilot)

    asyncio.run(run())


def screen(pilot: Pilot[None]) -> EnvironmentsScreen:
    found = pilot.app.screen
    assert isinstance(found, EnvironmentsScreen)
    return found


def command(pilot: Pilot[None]) -> str:
    return " ".join(screen(pilot).command())


def place(pilot: Pilot[None]) -> str:
    """The states that both sides are in."""
    reading = screen(pilot)._reading
    assert reading is not None
    return " ".join(f"{side.about.name}#{side.place.number}" for side in reading.cursor.sides)


async def type_in(pilot: Pilot[None], key: str, text: str) -> str:
    """Answer a prompt; what is on the screen then."""
    await stage.press(pilot, key)
    pilot.app.screen.query_one(Input).value = text
    await stage.press(pilot, "enter")
    return stage.text(pilot)


# --- moving in time


def test_every_step_leads_one_state_on(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for key, expected in [
            ("left", 1), ("right", 2), ("right", 3), ("right", 4), ("right", 5), ("right", 6), ("right", 7),
            ("right", 7), ("left", 6), ("end", 7), ("home", 1), ("left", 1),
        ]:  # fmt: skip
            await stage.press(pilot, key)
            assert place(pilot) == f"prod-eu#{expected}", key
            assert f"state {expected} of 7" in stage.text(pilot)

    play(ledger, scene)


def test_behind_the_last_state_comes_what_is_latest(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, *["right"] * 6)
        assert command(pilot).startswith("env show prod-eu@{2026-11-18T")
        await stage.press(pilot, "right")
        assert command(pilot) == "env show prod-eu"

    play(ledger, scene)


def test_no_step_is_lost_when_keys_are_faster_than_answers(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for _ in range(4):
            screen(pilot).action_step(1)
        screen(pilot).action_step(-1)
        await stage.settle(pilot)
        assert place(pilot) == "prod-eu#4"

    play(ledger, scene)


def test_a_day_is_24_hours_and_ends_at_both_ends(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for key, said in [
            ("shift+right", "prod-eu@{2026-11-17T08:04:12"), ("shift+right", "prod-eu@{2026-11-18T08:04:12"),
            ("shift+left", "prod-eu@{2026-11-17T08:04:12"), ("shift+left", "prod-eu@{2026-11-16T08:04:12"),
            ("shift+left", "prod-eu@{2026-11-16T08:04:12"),
        ]:  # fmt: skip
            await stage.press(pilot, key)
            assert said in command(pilot), key
        await stage.press(pilot, *["shift+right"] * 3)
        assert command(pilot) == "env show prod-eu"

    play(ledger, scene)


def test_within_a_state_it_is_said_where(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "shift+right")
        shown = stage.text(pilot)
        assert "state 4 of 7" in shown
        assert "from  2026-11-17 03:05:36 UTC  2026-11-17 04:05:36 CET" in shown
        assert "until 2026-11-17 12:05:36 UTC  2026-11-17 13:05:36 CET  for 9 h 0 min" in shown
        assert "at    2026-11-17 08:04:12 UTC  2026-11-17 09:04:12 CET  you are here" in shown
        assert "known 1 d 21 h later, 2026-11-19" in shown

    play(ledger, scene, zone=OSLO)


GONE_TO = {
    "2026-11-16 13:05": ("prod-eu#2", "= 2026-11-16T12:05:00.000Z"),
    "#5": ("prod-eu#5", ""),
    "~1": ("prod-eu#6", ""),
    "#99": ("prod-eu#1", "there is no prod-eu#99"),
    "#0": ("prod-eu#1", "states count from 1"),
    "sometime": ("prod-eu#1", "sometime"),
}


def test_going_to_a_moment_in_words(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for typed, (expected, said) in GONE_TO.items():
            await stage.press(pilot, "home")
            shown = await type_in(pilot, "g", typed)
            assert place(pilot) == expected and said in shown, typed
            await stage.press(pilot, "escape")

    play(ledger, scene, zone=OSLO)


def test_before_the_first_report_nothing_is_known(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        shown = await type_in(pilot, "g", "2026-11-01")
        assert place(pilot) == "prod-eu#0" and "prod-eu  not known" in shown
        assert "Nothing had been reported of it by then" in shown and "Nothing ran" not in shown
        await stage.press(pilot, "o", "enter", "n", "d")
        assert "nothing is known" in stage.text(pilot)
        await stage.press(pilot, "d", "right")
        assert place(pilot) == "prod-eu#1"

    play(ledger, scene)


def test_the_next_change_of_the_service_under_the_cursor(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for key, expected in [("n", 2), ("n", 6), ("n", 7), ("n", 7), ("N", 6), ("N", 2), ("N", 1), ("N", 1)]:
            await stage.press(pilot, key)
            assert place(pilot) == f"prod-eu#{expected}", key
        assert "api has no earlier change here" in stage.text(pilot)
        await stage.press(pilot, "down", "n")
        assert place(pilot) == "prod-eu#3"  # of web

    play(ledger, scene)


def test_the_cursor_stays_on_its_service(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "down")
        for key in ("right", "right", "right", "right", "left"):
            await stage.press(pilot, key)
            chosen = screen(pilot)._active().chosen
            assert chosen is not None and chosen.about.service == "web"

    play(ledger, scene)


def test_a_click_on_a_bar_leads_to_its_state(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await pilot.click(StatesStrip, offset=(2 + 5 * 3, 0))
        await stage.settle(pilot)
        assert place(pilot) == "prod-eu#4"

    play(ledger, scene)


# --- what is said


def test_what_changed_stands_out_without_colours(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        rows = stage.text(pilot).split("\n")
        assert any(row.lstrip().startswith("~ api") for row in rows)
        assert "new   ~ api" in stage.text(pilot)
        await stage.press(pilot, "right", "right")
        assert any(row.lstrip().startswith("+ mailer") for row in stage.text(pilot).split("\n"))
        assert "mailer (not" in stage.text(pilot)
        await stage.press(pilot, "right")
        assert any(row.lstrip().startswith("× mailer") for row in stage.text(pilot).split("\n"))

    play(ledger, scene, "prod-eu#2")


def test_verdicts_are_those_of_the_moment(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "Verdict   yes by policy production" in stage.text(pilot)  # though it fails by now
        await stage.press(pilot, "n")
        assert "Verdict   NO by policy production: tests failed" in stage.text(pilot)
        await stage.press(pilot, "end", *["down"] * screen(pilot)._panes[0].table.count)
        await stage.press(pilot, "up", "up")
        chosen = screen(pilot)._active().chosen
        assert chosen is not None and chosen.service is not None and chosen.service.version == "1.2.0"
        shown = stage.text(pilot)
        assert "NO by policy production: tests failed  but yes when it began" in shown

    play(ledger, scene, "prod-eu#2")


def test_blind_windows_stand_in_the_timeline(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        shown = stage.text(pilot)
        assert "! 1 d 8 h without a report: 2026-11-17 12:05:36 to 2026-11-18 20:06:04 UTC" in shown
        await stage.press(pilot, "left")
        shown = stage.text(pilot)
        assert "without a report" not in shown and "? nobody looked for too long" in shown

    play(ledger, scene, "prod-eu#5")


def test_nobody_reports_staging_so_it_is_never_blind(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "as deployments left it" in stage.text(pilot) and "too long" not in stage.text(pilot)

    play(ledger, scene, "staging")


# --- what was known


def test_what_was_known_at_a_moment(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []

    async def scene(pilot: Pilot[None]) -> None:
        shown = await type_in(pilot, "K", "2026-11-18 12:00")
        assert place(pilot) == "prod-eu#3" and "state 3 of 3" in shown
        assert "known as of 2026-11-18 12:00:00 UTC" in shown
        assert "! 1 later report made it state 4" in shown
        monkeypatch.setattr(CustodyApp, "copy_to_clipboard", lambda self, text: copied.append(text))
        await stage.press(pilot, "y")
        assert "show 'prod-eu@{2026-11-17T03:05:36.000Z}' --known-at 2026-11-18T12:00:00.000Z" in copied[-1]
        await stage.press(pilot, "left")
        assert "no later report changed this" in stage.text(pilot)
        shown = await type_in(pilot, "K", "")
        assert "known as of" not in shown and place(pilot) == "prod-eu#2"

    play(ledger, scene, "prod-eu#4")


def test_what_cannot_be_known_is_said(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for typed, said in {
            "position:9999": "no entry at position 9999", "position:x": "written position:42", "?": '"?"',
        }.items():  # fmt: skip
            shown = await type_in(pilot, "K", typed)
            assert said in shown and "known as of" not in shown
            await stage.press(pilot, "escape")
            assert place(pilot) == "prod-eu#1"
        shown = await type_in(pilot, "K", "position:0")
        assert "not known" in shown and place(pilot) == "prod-eu#0"

    play(ledger, scene)


# --- what differs


def test_the_difference_from_a_mark(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "d")
        assert "No difference" in stage.text(pilot)
        await stage.press(pilot, "end")
        shown = stage.text(pilot)
        assert "difference prod-eu#1 2026-11-16 08:04:12 to prod-eu#7 latest" in shown
        assert "2 of it" in shown and "4 of it" in shown  # web was scaled
        assert command(pilot) == "env diff prod-eu@{2026-11-16T08:04:12.000Z} prod-eu"
        await stage.press(pilot, "left")
        shown = stage.text(pilot)
        assert "+2" in shown and "+ 6dd9f8420cec  dev-3" in shown and "+ 48ee7acd" in shown
        await stage.press(pilot, "d")
        assert "difference" not in stage.text(pilot) and command(pilot).startswith("env show")

    play(ledger, scene)


def test_a_difference_with_another_environment_and_with_the_unknown(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "d", "right_square_bracket")
        shown = stage.text(pilot)
        assert "difference prod-eu#1" in shown and "to prod-us#" in shown
        await type_in(pilot, "g", "2026-11-01")
        assert "nothing is known" in stage.text(pilot)

    play(ledger, scene)


# --- two environments


def test_two_environments_are_locked_in_time(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await type_in(pilot, "b", "prod-us")
        assert place(pilot) == "prod-eu#2 prod-us#1"
        await stage.press(pilot, "right")
        assert place(pilot) == "prod-eu#3 prod-us#2"
        assert "prod-eu  state 3 of 7   ← → step here" in stage.text(pilot)
        await stage.press(pilot, "tab", "right")  # now prod-us steps, and prod-eu follows
        assert "prod-us  state 3 of 3   ← → step here" in stage.text(pilot)
        assert place(pilot) == "prod-eu#5 prod-us#3"
        assert command(pilot).startswith("env show prod-us@{")
        await stage.press(pilot, "home")
        assert place(pilot) == "prod-eu#1 prod-us#1"
        await stage.press(pilot, "b")
        assert place(pilot) == "prod-us#1"

    play(ledger, scene, "prod-eu#2")


def test_beside_it_may_be_unknown(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await type_in(pilot, "b", "")  # the next of the list
        assert place(pilot) == "prod-eu#1 prod-us#0"
        assert "prod-us  not known" in stage.text(pilot)

    play(ledger, scene)


def test_only_an_environment_stands_beside(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for typed, said in {"x": "no environment begins with", "prod-": "could be prod-eu"}.items():
            assert said in await type_in(pilot, "b", typed)
            await stage.press(pilot, "escape")
            assert place(pilot) == "prod-eu#1"

    play(ledger, scene)


def test_another_environment_at_the_same_moment(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "right_square_bracket")
        assert place(pilot) == "prod-us#2"
        await stage.press(pilot, "right_square_bracket")
        assert place(pilot) == "staging#1"
        await stage.press(pilot, "left_square_bracket", "left_square_bracket")
        assert place(pilot) == "prod-eu#5"

    play(ledger, scene, "prod-eu#5")


def test_the_list_comes_where_there_is_no_room(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        table = pilot.app.screen.query_one("#list", Table)
        assert not table.display and "2 of 4: e lists them" in stage.text(pilot)
        await stage.press(pilot, "e")
        assert table.display and table.has_focus
        await stage.press(pilot, "down", "enter")
        assert not table.display and place(pilot) == "prod-us#1"
        await stage.press(pilot, "e", "e")
        assert not table.display and pilot.app.screen.query_one("#one Table", Table).has_focus

    play(ledger, scene, "prod-eu#2")


def test_a_group_of_the_policy_is_an_environment_too(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        shown = stage.text(pilot)
        assert "prod (group)" in shown and "group of prod-eu, prod-us" in shown
        assert "prod-eu/api" in shown and "! nothing was known of prod-us" in shown
        for number in range(2, 11):
            await stage.press(pilot, "right")
            assert f"state {number} of 10" in stage.text(pilot)
        assert "prod-us/web" in stage.text(pilot)
        await stage.press(pilot, "right")
        assert command(pilot) == "env show prod"
        await stage.press(pilot, "d")
        assert command(pilot) == "env diff prod prod"

    play(ledger, scene, "prod#1", LARGE)


def test_the_difference_of_a_group_is_that_of_its_command(ledger: Path, tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "d", "right", "right", "right", "right", "right")
        compared = screen(pilot)._reading.compared  # type: ignore[union-attr]
        assert compared is not None and len(compared.difference.lines) > 2
        words = screen(pilot).command()
        assert (
            words[:2] == ("env", "diff") and words[2].startswith("prod@{") and words[3].startswith("prod@{")
        )
        given = [*words, "--ledger", str(ledger), "--root", story.ROOT.public.fingerprint, "--json"]
        ran = invoke(tmp_path, given, world.environment(tmp_path, TZ="UTC"))
        answer = json.loads(ran.out)["answer"]
        shown = [
            (one.change.service, one.change.event, one.change.sha256) for one in compared.difference.lines
        ]
        changes = [one["change"] for one in answer["changes"]]
        assert [(one["service"], one["event"], one["sha256"]) for one in changes] == shown
        assert answer["unknown"] == list(compared.difference.unknown) == ["prod-us"]

    play(ledger, scene, "prod#1", LARGE)


def test_a_group_and_an_environment_have_no_command_between_them(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "d", "right_square_bracket")
        assert "with itself alone" in stage.text(pilot) and command(pilot) == ""

    play(ledger, scene, "prod", LARGE)


def test_the_cursor_stays_on_what_stopped_when_it_is_drawn_again(ledger: Path) -> None:
    """It is another row than what runs in the same service, and whether it is read twice is up to the room there is."""

    async def scene(pilot: Pilot[None]) -> None:
        pane = screen(pilot)._panes[0]
        for number in range(2, 8):
            await stage.press(pilot, "right")
            rows = [(one.about.service, one.about.sha256) for one in pane.shown]
            for at in range(len(rows)):
                pane.table.go(at)
                await stage.settle(pilot)
                screen(pilot)._go()
                await stage.settle(pilot)
                assert pane.table.cursor == at, (number, at)

    play(ledger, scene, "prod-eu#1")


def test_it_begins_with_what_runs_in_the_service_that_changed(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        pane = screen(pilot)._panes[0]
        stopped = [one.about.service for one in pane.shown if one.service is None]
        assert stopped == ["mailer"] and pane.chosen is not None and pane.chosen.service is None

    play(ledger, scene, "prod-eu#5")

    async def beside(pilot: Pilot[None]) -> None:
        pane = screen(pilot)._panes[0]
        view = pane._view
        assert view is not None and view.standing.state is not None
        state = view.standing.state
        gone = ChangeLine("stopped", "web", "old", "0" * 64, 1, 0, "", "")
        standing = view.standing._replace(state=state._replace(changes=(gone,)))
        pane._service = ""
        pane.show(view._replace(standing=standing), pane._cursor, pane._clocks, "", 0)  # type: ignore[arg-type]
        assert [one.about.sha256 == "0" * 64 for one in pane.shown if one.about.service == "web"] == [
            False,
            True,
        ]
        assert (
            pane.chosen is not None and pane.chosen.service is not None and pane.chosen.about.service == "web"
        )

    play(ledger, beside, "prod-eu#1")


# --- the rest


def test_deployments_by_day(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        chart = pilot.app.screen.query_one(DayChart)
        assert not chart.display
        await stage.press(pilot, "c")
        rows = [row.split() for row in stage.text(pilot).split("\n")]
        seen, declared = (next(row for row in rows if row[:1] == [name]) for name in ("seen", "declared"))
        assert seen[-4:] == ["1", "1", "2", "·"]
        assert declared[-4:] == ["1", "·", "·", "·"]
        await stage.press(pilot, "c")
        assert not chart.display

    play(ledger, scene, "prod-eu")


def test_enter_leads_to_the_artifact_and_o_to_the_proof(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        app = screen(pilot).ledger
        chosen, reading = screen(pilot)._active().chosen, screen(pilot)._reading
        assert chosen is not None and chosen.about.service == "mailer" and reading is not None
        state = reading.views[0].standing.state
        assert state is not None
        await stage.press(pilot, "enter")
        shown = stage.text(pilot)
        assert app.tab == "artifacts" and chosen.about.sha256[:12] in shown
        await stage.press(pilot, "backspace")
        assert app.tab == "environments" and place(pilot) == "prod-eu#4"
        await stage.press(pilot, "o")
        assert app.tab == "entries" and f"snapshot #{state.proof.position}" in stage.text(pilot)

    play(ledger, scene, "prod-eu#4", (120, 24))


def test_finding_here_shows_what_it_finds(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await type_in(pilot, "ctrl+f", "CHECK")
        shown = screen(pilot)._panes[0].shown
        assert [one.about.service for one in shown] == ["web"]
        await stage.press(pilot, "escape")
        assert len(screen(pilot)._panes[0].shown) == 2

    play(ledger, scene)


def test_a_link_leads_back_to_the_very_moment(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await type_in(pilot, "g", "2026-11-17 05:00")
        here, link = place(pilot), screen(pilot).link()
        assert link.environment == EnvironmentReference("prod-eu", moment_text="2026-11-17T05:00:00.000Z")
        await stage.press(pilot, "end")
        screen(pilot).follow(link)
        await stage.settle(pilot)
        assert place(pilot) == here == "prod-eu#4"
        screen(pilot).follow(Link("environments", environment=parse_reference("prod-us~1")))
        await stage.settle(pilot)
        assert place(pilot) == "prod-us#2"
        screen(pilot).follow(Link("environments", environment=parse_reference("nowhere")))
        await stage.settle(pilot)
        assert place(pilot) == "prod-us#2" and "Nothing is known of that environment" in stage.text(pilot)

    play(ledger, scene)


def test_verified_again_it_is_the_same_moment(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await type_in(pilot, "g", "2026-11-17 05:00")
        await stage.press(pilot, "R")
        assert command(pilot) == "env show prod-eu@{2026-11-17T05:00:00.000Z}"
        await stage.press(pilot, "right")
        assert place(pilot) == "prod-eu#5"

    play(ledger, scene)


def test_what_is_typed_moves_nothing(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "g", "2", "left", "home", "end", "shift+left", "n", "d", "b", "escape")
        assert place(pilot) == "prod-eu#3" and len(screen(pilot)._panes[0].shown) == 2
        assert not screen(pilot).has_class("-marked")

    play(ledger, scene, "prod-eu#3")


def test_a_ledger_without_environments_says_so(tmp_path: Path) -> None:
    book = story.Book(tmp_path / "none.ledger")
    book.write(story.ROOT, story.Genesis(), [story.Draft("trust", story.Trust(story.TRUST).write())])

    async def scene(pilot: Pilot[None]) -> None:
        assert "No snapshot and no deployment is recorded" in stage.text(pilot)
        await stage.press(pilot, "right", "n", "d", "b", "K", "g", "c", "o", "e", "enter")
        assert pilot.app.is_running

    play(book.path, scene, "")


def test_every_key_has_an_id_and_says_what_it_does() -> None:
    own = [binding for owner, binding in every_binding() if owner is EnvironmentsScreen]
    assert len(own) == 17
    assert all(binding.id and binding.id.startswith("environments.") and binding.tooltip for binding in own)


# --- room


def test_the_smallest_terminal_will_do(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "prod-eu 2/7 11-16" in stage.text(pilot) and "api" in stage.text(pilot)
        for key in (
            "right",
            "shift+right",
            "n",
            "d",
            "d",
            "c",
            "e",
            "down",
            "enter",
            "home",
            "end",
            "K",
            "escape",
        ):
            await stage.press(pilot, key)
        await type_in(pilot, "b", "")
        await pilot.resize_terminal(*LARGE)
        await stage.settle(pilot)
        assert "Deployments by day" in stage.text(pilot)
        await pilot.resize_terminal(*TINY)
        await stage.settle(pilot)
        assert pilot.app.is_running

    play(ledger, scene, "prod-eu#2", TINY)


def test_there_is_room_for_services_wherever_there_is_any(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for size, key in (
            (SMALL, "c"),
            (SMALL, "c"),
            ((40, 12), ""),
            ((40, 12), "d"),
            (SMALL, ""),
            (TINY, "d"),
        ):
            await pilot.resize_terminal(*size)
            await stage.press(pilot, *filter(None, [key]))
            rows = [one for one in pilot.app.screen.query(Table) if one.id != "list" and one.size.height > 1]
            # That nothing differs is a row too.
            assert any(one.count or one.empty for one in rows), (size, key)

    play(ledger, scene, "prod-eu#7")


PICTURES = {
    "late": ("prod-eu#4", SMALL, ()),
    "blind": ("prod-eu#5", SMALL, ("c",)),
    "group": ("prod#9", LARGE, ()),
    "commits": ("prod-eu#1", LARGE, ("d", *["right"] * 5)),
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures(same: Same, ledger: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """What happens in the samples' environments is in the matrix; this happens in none of them."""
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    where, size, keys = PICTURES[name]

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, *keys)

    hang(app_at(ledger, where, OSLO), scene, same, {"x".join(map(str, size)): size})
