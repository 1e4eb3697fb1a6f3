"""Findings: conduct beside verification's, in the order of `custody findings`; what each means, and where it leads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import hostile
import pytest
import stage
import story
from exhibit import Same, hang
from textual.pilot import Pilot

from custody.ledger.findings import CODES
from custody.ledger.reader import open_ledger
from custody.policy import conduct
from custody.query.index import NOTICES
from custody.query.opening import Answers, open_answers
from custody.report import explaining, findings
from custody.report.explaining import ADVICE, explain_finding
from custody.report.findings import Line, finding_lines
from custody.text import safe_text
from custody.tui import looking
from custody.tui.app import CustodyApp
from custody.tui.looking import Looking
from custody.tui.screens.entries import EntriesScreen
from custody.tui.screens.environments import EnvironmentsScreen
from custody.tui.screens.findings import FindingsPane, FindingsScreen
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.table import Table

LARGE = (120, 40)
Play = Callable[[Pilot[None]], Awaitable[None]]
UNAPPROVED = 25  # the entry that deployed what nobody had approved


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def play(
    ledger: Path, scene: Play, size: tuple[int, int] = LARGE, worker: type[stage.Work] = stage.Full, at: str = "done"
) -> None:  # fmt: skip
    async def run() -> None:
        async with stage.playing(stage.app_on(ledger, worker=worker), size, at) as pilot:
            await stage.press(pilot, "6", stage=at)
            await scene(pilot)

    asyncio.run(run())


def screen(pilot: Pilot[None]) -> FindingsScreen:
    found = pilot.app.screen
    assert isinstance(found, FindingsScreen)
    return found


def app(pilot: Pilot[None]) -> CustodyApp:
    assert isinstance(pilot.app, CustodyApp)
    return pilot.app


async def until(pilot: Pilot[None], said: str) -> None:
    async with asyncio.timeout(10):
        while said not in stage.text(pilot):
            await pilot.pause(0.01)


def test_the_same_findings_in_the_same_order_as_on_the_command_line(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot, (told := open_answers(snapshot, story.EXPECTED)).index:
        listed = [(one.severity, one.code, one.position, one.message) for one in finding_lines(told)]
    assert {"conduct", "note"} <= {severity for severity, *_ in listed}

    async def scene(pilot: Pilot[None]) -> None:
        assert [(one.severity, one.code, one.position, one.message) for one in screen(pilot)._shown] == listed
        shown = stage.text(pilot)
        assert "0 faults · 0 gaps · 2 notes · 1 conduct" in shown and "12 acts" in shown

    play(ledger, scene)


def test_enter_explains_it_and_it_leads_on(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "end", "enter")
        assert isinstance(pilot.app.focused, FindingsPane)
        shown = stage.text(pilot)
        for said in (
            f"position {UNAPPROVED}",
            "without the approvals",
            "an approval in force",
            "custody gate",
        ):
            assert said in shown
        await stage.press(pilot, "e")
        there = pilot.app.screen
        assert isinstance(there, EnvironmentsScreen) and "prod" in there.link().environment.environment  # type: ignore[union-attr]
        await stage.press(pilot, "backspace", "t")
        assert app(pilot).tab == "artifacts" and story.artifact("payments-api", "1.5.0").sha256[
            :12
        ] in stage.text(pilot)
        await stage.press(pilot, "backspace", "o")
        entries = pilot.app.screen
        assert isinstance(entries, EntriesScreen) and entries.query_one(EntryTable).cursor == UNAPPROVED
        await stage.press(pilot, "backspace", "escape")
        assert pilot.app.focused is screen(pilot).query_one(Table)

    play(ledger, scene)


def test_what_is_about_the_whole_log_leads_nowhere(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "the whole log" in stage.text(pilot)
        await stage.press(pilot, "o", "t", "e")
        assert app(pilot).tab == "findings"

    play(story.healthy(tmp_path / "unsigned.ledger", signed=False), scene)


def test_only_one_weight(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        seen = []
        for _ in range(3):
            await stage.press(pilot, "w")
            seen.append({one.severity for one in screen(pilot)._shown})
            assert len(screen(pilot)._shown) == screen(pilot).query_one(Table).count
        assert seen == [{"note"}, {"conduct"}, {"note", "conduct"}]
        await stage.press(pilot, "ctrl+f", *"mailer")
        assert [one.code for one in screen(pilot)._shown] == ["change-undeclared"]
        await stage.press(pilot, "w", "w")  # which is typed
        assert "Nothing is of that kind." in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert len(screen(pilot)._shown) == 3

    play(ledger, scene)


def test_the_command(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied: list[str] = []
    monkeypatch.setattr(CustodyApp, "copy_to_clipboard", lambda self, text: copied.append(text))

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "y")
        screen(pilot).find_here("deployed-unapproved")
        await stage.press(pilot, "y")
        assert [one.split(" --ledger")[0] for one in copied] == [
            "custody findings", "custody findings --code deployed-unapproved",
        ]  # fmt: skip

    play(ledger, scene)


def test_a_ledger_with_a_fault_shows_only_what_verification_found(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        shown = stage.text(pilot)
        assert "Only what verification found. No answers: body-differs" in shown and "conduct" not in shown
        assert screen(pilot)._shown and app(pilot).session._looking is None  # type: ignore[union-attr]

    play(story.tampered(tmp_path / "tampered.ledger"), scene)


def test_before_it_is_verified_it_says_so(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        shown = stage.text(pilot)
        assert "Only what verification found. The answers come when the log is verified." in shown
        assert "Nothing so far." in shown

    play(ledger, scene, worker=stage.Half, at="entries")


# --- what takes long


class Slow:
    """Conduct that finds one thing, and then looks and looks until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.going, self.ended, self.begun = threading.Event(), threading.Event(), 0
        monkeypatch.setattr(findings, "finding_lines", self.lines)

    def lines(self, answers: Answers, looked: Callable[[], object]) -> Iterator[Line]:
        self.begun += 1
        try:
            yield Line("conduct", "late-evidence", 3, "", "the first of them")
            while not self.going.is_set():
                looked()
                time.sleep(0.001)
            yield Line("conduct", "late-evidence", 4, "", "the last of them")
        finally:
            self.ended.set()


def test_it_says_that_it_still_looks_and_shows_what_it_found_so_far(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)

    async def run() -> None:
        async with stage.app_on(ledger).run_test(size=LARGE) as pilot:
            await until(pilot, "INTACT AND ANCHORED")
            await pilot.press("6")
            await until(pilot, "Still looking at what was done")
            await until(pilot, "the first of them")
            await pilot.press("5", "end", "6")  # nobody waits for it
            assert "the last of them" not in stage.text(pilot)
            slow.going.set()
            await until(pilot, "the last of them")
            await until(pilot, "What was done was looked at")
            assert slow.begun == 1

    asyncio.run(run())


def test_who_leaves_the_ledger_gives_it_up(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(monkeypatch)
    other = story.healthy(tmp_path / "other.ledger")

    async def run() -> None:
        async with stage.app_on(ledger).run_test(size=LARGE) as pilot:
            await until(pilot, "INTACT AND ANCHORED")
            await pilot.press("6")
            await until(pilot, "the first of them")
            first = app(pilot).session
            app(pilot).show_opened(open_ledger(other), story.EXPECTED)
            assert await asyncio.to_thread(slow.ended.wait, 10)
            slow.ended.clear()
            assert first is not None
            app(pilot).switch_to(first)
            await pilot.press("6")
            await until(pilot, "the first of them")
            assert slow.begun == 2  # from the start
        assert await asyncio.to_thread(slow.ended.wait, 10)  # and by who quits

    asyncio.run(run())


def test_findings_without_end_are_counted_and_not_kept(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "KEPT", 5)
    from custody.tui.screens import findings as findings_screen

    monkeypatch.setattr(findings_screen, "KEPT", 5)
    many = [Line("conduct", "late-evidence", number, "", f"number {number}") for number in range(50)]
    monkeypatch.setattr(findings, "finding_lines", lambda answers, looked: iter(many))

    async def scene(pilot: Pilot[None]) -> None:
        assert len(screen(pilot)._shown) == 5
        shown = stage.text(pilot)
        assert "50 conduct" in shown and "45 more than the first 5 of a code are not listed" in shown

    play(ledger, scene)


def test_what_cannot_be_looked_at_is_said(ledger: Path) -> None:
    posted: list[object] = []
    with open_ledger(ledger) as snapshot:
        told = open_answers(snapshot, story.EXPECTED)
        told.index.close()
        failing = Looking(told, posted.append)
        failing.begin()
        deadline = time.monotonic() + 10
        while failing.stage == "looking" and time.monotonic() < deadline:
            time.sleep(0.01)
    assert failing.stage == "failed" and "the index cannot be used" in failing.why and len(posted) == 1


# --- what each means


@pytest.mark.parametrize("code", [*CODES, *NOTICES, *conduct.CODES, *explaining._REMARKS])
def test_every_finding_says_what_to_do(code: str, ledger: Path) -> None:
    from custody.ledger.findings import Finding

    with open_ledger(ledger) as snapshot:
        told = explain_finding(snapshot, Finding(code, "its own words", -1))
    assert told.check and told.expected and told.found == "its own words" and told.advice.endswith(".")


def test_no_advice_is_on_what_is_never_found() -> None:
    assert set(ADVICE) == {*CODES, *NOTICES, *conduct.CODES, *explaining._REMARKS}


def test_what_a_stranger_wrote_only_stands_there(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    payloads = list(hostile.PAYLOADS.values())
    evil = [hostile.wrapped("LIVE EVIL".join(payloads[start::5])) for start in range(5)]
    found = [Line("conduct", "late-evidence", 3, "", one, one, one, one) for one in evil]
    monkeypatch.setattr(findings, "finding_lines", lambda answers, looked: iter(found))

    async def scene(pilot: Pilot[None]) -> None:
        shown = []
        for one in evil:
            shown.append(stage.text(pilot))
            assert f"Found     {safe_text(one)[:60]}" in shown[-1]
            await stage.press(pilot, "down")
        assert "\n".join(shown).replace("\n", "").isprintable()
        await stage.press(pilot, "e")  # to an environment of no name that there is
        assert pilot.app.is_running

    play(ledger, scene, (300, 60))


def test_pictures(same: Same, ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "6", "end")

    hang(stage.app_on(ledger), scene, same, {"120x40": LARGE})
