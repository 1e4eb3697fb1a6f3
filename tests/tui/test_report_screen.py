"""`r`: what is on each tab as a file, the same as the command line makes it; and what is in the way of that."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shlex
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hostile
import pytest
import seasons
import stage
import story
from exhibit import Same, hang
from harness import world
from harness.process import invoke
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot
from textual.widgets import Input

from custody import system
from custody.errors import UsageError
from custody.ledger.reader import open_ledger
from custody.query.moments import Moment, parse_reference
from custody.report.subject import LEDGER, PACK, Subject, Way, words
from custody.tui import reporting
from custody.tui.app import CustodyApp, Start
from custody.tui.links import Link, command
from custody.tui.screens.reports import ReportScreen

Play = Callable[[Pilot[None]], Awaitable[None]]
SMALL, TINY = (80, 24), (20, 5)
ROOT = story.ROOT.public.fingerprint


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return seasons.ledger(tmp_path_factory.mktemp("seasons") / "payments.ledger")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where reports go that say nothing else."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def app_on(ledger: Path, link: Link = Link()) -> CustodyApp:  # noqa: B008 - a constant
    """Of the file as it is, and not as the stage has it for pictures."""
    return CustodyApp(
        open_ledger(ledger), story.EXPECTED, stage.Full, start=Start(link, (ROOT,), "Europe/Oslo")
    )


def play(ledger: Path, scene: Play, link: Link = Link(), size: tuple[int, int] = SMALL) -> None:  # noqa: B008
    async def run() -> None:
        async with stage.playing(app_on(ledger, link), size) as pilot:
            await stage.settle(pilot)
            await scene(pilot)

    asyncio.run(run())


def panel(pilot: Pilot[None]) -> ReportScreen:
    found = pilot.app.screen
    assert isinstance(found, ReportScreen), stage.text(pilot)
    return found


def named(pilot: Pilot[None]) -> str:
    return panel(pilot).query_one(Input).value


async def write_to(pilot: Pilot[None], name: str) -> None:
    panel(pilot).query_one(Input).value = name
    await pilot.pause()
    await stage.press(pilot, "enter")


def on_the_command_line(folder: Path, arguments: list[str], exit: int = 0) -> Any:
    """What a command says there, by another clock."""
    ran = invoke(folder, arguments, world.environment(folder, TZ="Asia/Tokyo"), seconds=60)
    assert ran.code == exit, ran.err
    return json.loads(ran.out) if b"{" in ran.out[:1] else None


def without_moment(report: Any) -> Any:
    assert report["basis"].pop("asked")
    return report


# --- the same from both doors

AT_3 = Link("environments", environment=parse_reference("prod-eu#3"))
LATEST = Link("environments", environment=parse_reference("prod-eu"))
TABS: dict[str, tuple[Link, tuple[str, ...], tuple[str, ...]]] = {
    "overview": (Link(), (), ("ledger",)),
    "artifacts": (Link("artifacts"), ("down", "enter"), ("artifact", "@")),
    "environment": (LATEST, (), ("environment", "prod-eu")),
    "since": (AT_3, ("d", "end"), ("environment", "prod-eu", "--since", "@")),
    "between": (AT_3, ("d", "left"), ("environment", "prod-eu", "--at", "@", "--since", "@", "--until", "@")),
    "approvals": (Link("approvals"), ("down",), ("artifact", "@")),
    "entries": (Link("entries", entry=7), (), ("entry", "position:7")),
    "findings": (Link("findings"), (), ("findings",)),
}


def test_each_tab_gives_the_report_that_the_command_line_gives(ledger: Path, folder: Path) -> None:
    seen: dict[str, reporting.Made] = {}

    async def scene(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, CustodyApp)
        for which, (link, keys, _) in TABS.items():
            app.go(link)
            await stage.settle(pilot)
            await stage.press(pilot, *keys, "r", "tab", "tab")
            assert re.fullmatch(r"[A-Za-z0-9-]+\.json", named(pilot)), which
            assert str(folder) in re.sub(r"\s+", "", stage.text(pilot)), which
            await stage.press(pilot, "enter")
            made = panel(pilot)._made
            assert made is not None and made.path.parent == folder, which
            seen[which] = made._replace(path=made.path.rename(folder / f"{which}.json"))
            await stage.press(pilot, "y")
            assert pilot.app.clipboard == made.command
            await stage.press(pilot, "escape")
            assert not isinstance(pilot.app.screen, ReportScreen)
            if "d" in keys:
                await stage.press(pilot, "d")

    play(ledger, scene)
    for which, (_, _, expected) in TABS.items():
        made = seen[which]
        data = made.path.read_bytes()
        assert made.size == len(data) and made.sha256 == hashlib.sha256(data).hexdigest()
        custody, *arguments = shlex.split(made.command)
        told = arguments[1 : arguments.index("--tz")]
        assert custody == "custody" and arguments[0] == "report"
        assert [word for word in told if not word.startswith("20") and len(word) < 64] == [
            word for word in expected if word != "@"
        ], which
        said = on_the_command_line(folder, arguments)
        assert without_moment(json.loads(data)) == without_moment(said), which
        assert json.loads(data)["subject"] == expected[0]
    # From the mark back to the cursor: told from the earlier to the later, of which both are included.
    between = json.loads(seen["between"].path.read_bytes())["answer"]
    log = between["log"]
    assert log["since"] == between["state"]["at"] < log["until"] and between["state"]["number"] == 2
    assert {one["state"] for one in log["log"]} == {2, 3}


def test_the_artifact_is_the_one_under_the_cursor(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        seen = []
        for _ in range(2):
            await stage.press(pilot, "r")
            seen.append(panel(pilot)._subject.query)
            line = stage.text(pilot)
            assert f"Report on artifact {seen[-1][:12]}" in line
            await stage.press(pilot, "escape", "down")
            # Before what it is about could be read: the report is of where the cursor is.
            await pilot.press("r")
            seen.append(panel(pilot)._subject.query)
            await stage.press(pilot, "escape")
        assert len(set(seen)) == 3 and seen[1] == seen[2]

    play(ledger, scene, Link("artifacts"))


def test_what_a_report_cannot_be_on_is_said_with_what_to_do(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        async def said(*keys: str) -> str:
            await stage.press(pilot, *keys, "r")
            assert not isinstance(pilot.app.screen, ReportScreen)
            return stage.text(pilot)

        assert "not on a group" in await said()
        await stage.press(pilot, "right_square_bracket", "d", "right_square_bracket")
        assert "the mark is in another" in await said()
        await stage.press(pilot, "d", "K")
        pilot.app.screen.query_one(Input).value = "2026-11-18T00:00"
        assert "what is known now" in await said("enter")
        await stage.press(pilot, "2", "ctrl+f", *"zzz", "enter")
        assert "escape shows all again" in await said()
        await stage.press(pilot, "escape", "r")
        assert panel(pilot)._subject.kind == "artifact"

    play(ledger, scene, Link("environments", environment=parse_reference("prod")))


def test_a_ledger_with_a_fault_is_reported_as_that(folder: Path) -> None:
    path = story.tampered(folder / "tampered.ledger")

    async def scene(pilot: Pilot[None]) -> None:
        for number, (key, kind) in enumerate((("2", "ledger"), ("5", "entry"))):
            await stage.press(pilot, key, "r", "tab", "tab")
            await write_to(pilot, f"{number}.json")
            made = panel(pilot)._made
            assert made is not None
            report = json.loads(made.path.read_bytes())
            assert report["exit"] == 1 and report["answer"] == {} and report["subject"] == kind
            assert report["title"] == "NOT VERIFIED: tampered.ledger"
            said = on_the_command_line(folder, shlex.split(made.command)[1:], exit=1)
            assert without_moment(report) == without_moment(said)
            await stage.press(pilot, "enter")

    play(path, scene)


def test_it_is_of_what_was_verified_whatever_the_file_holds_by_now(ledger: Path, folder: Path) -> None:
    path = folder / "mine.ledger"
    path.write_bytes(ledger.read_bytes())
    digest = hashlib.sha256(path.read_bytes()).hexdigest()

    async def scene(pilot: Pilot[None]) -> None:
        other = story.healthy(folder / "other.ledger")
        os.replace(other, path)
        await stage.press(pilot, "r")
        await write_to(pilot, "r.json")
        report = json.loads((folder / "r.json").read_bytes())
        assert report["basis"]["sha256"] == digest and report["basis"]["result"] == "verified"
        assert report["answer"]["environments"]["environments"][0]["name"] == "prod-eu"

    play(path, scene)


def test_nothing_is_reported_before_it_is_verified(ledger: Path) -> None:
    async def run() -> None:
        app = CustodyApp(open_ledger(ledger), story.EXPECTED, stage.Half)
        async with stage.playing(app, stage="entries") as pilot:
            for tab in "135":
                await stage.press(pilot, tab, "r", stage="entries")
                assert not isinstance(app.screen, ReportScreen)
                assert "No report yet" in stage.text(pilot)

    asyncio.run(run())


# --- where it goes


def test_the_ending_says_the_form_and_the_keys_change_the_ending(ledger: Path, folder: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "r")
        stem = named(pilot).removesuffix(".md")
        digest = hashlib.sha256(ledger.read_bytes()).hexdigest()
        assert stem == f"ledger-{digest[:8]}"
        for ending in (".html", ".json", "", ".md"):
            await stage.press(pilot, "tab")
            assert named(pilot) == stem + ending
        await stage.press(pilot, "shift+tab")
        assert panel(pilot)._form == PACK
        await stage.press(pilot, "shift+tab", "shift+tab")
        for name, form in (
            ("a.HTML", "html"),
            ("b.json", "json"),
            ("c", "json"),
            ("d.txt", "json"),
            (".md", "md"),
        ):
            panel(pilot).query_one(Input).value = name
            await pilot.pause()
            assert panel(pilot)._form == form, name
        await write_to(pilot, "x.html")
        assert (folder / "x.html").read_bytes().startswith(b"<!DOCTYPE html>")
        await stage.press(pilot, "escape", "r")
        await write_to(pilot, "x.md")
        assert (folder / "x.md").read_bytes().startswith(b"# ")

    play(ledger, scene)


def test_a_pack_is_a_folder_and_replaces_nothing(ledger: Path, folder: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "r", "shift+tab")
        name = named(pilot)
        await stage.press(pilot, "enter")
        text = stage.text(pilot)
        assert f"✓ Written  {folder / name}" in text.replace("\n", " ") or "✓ Written" in text
        made = panel(pilot)._made
        assert made is not None and made.files == len(list((folder / name).rglob("*.*"))) + 2
        assert f"--out {folder / name} --ledger" in made.command and "--of entry" in made.command
        again = made.command.replace(str(folder / name), str(folder / "again"))
        on_the_command_line(folder, shlex.split(again)[1:])
        ours, theirs = (
            without_moment(json.loads((folder / one / "report.json").read_bytes())) for one in (name, "again")
        )
        ours["basis"].pop("command"), theirs["basis"].pop("command")
        assert ours == theirs
        await stage.press(pilot, "enter", "r", "shift+tab")
        assert named(pilot) == name
        before = sorted(one.name for one in (folder / name).rglob("*"))
        await stage.press(pilot, "enter", "enter")
        assert "exists and is left" in stage.text(pilot).replace("\n", "")
        assert sorted(one.name for one in (folder / name).rglob("*")) == before

    play(ledger, scene, Link("entries", entry=7))


def test_a_file_is_replaced_when_that_is_said_by_another_key(ledger: Path, folder: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        (folder / "r.md").write_text("mine")
        await stage.press(pilot, "r")
        await write_to(pilot, "r.md")
        assert "r.md is there already. o overwrites it" in stage.text(pilot)
        assert "o Overwrite" in stage.text(pilot) and "y Copy" not in stage.text(pilot)
        # A finger that rests on enter says nothing.
        await stage.press(pilot, "enter", "enter")
        assert (folder / "r.md").read_text() == "mine" and panel(pilot)._made is None
        await stage.press(pilot, "escape")
        assert named(pilot) == "r.md" and panel(pilot).query_one(Input).has_focus
        await stage.press(pilot, "enter", "o")
        assert (folder / "r.md").read_text().startswith("# ") and panel(pilot)._made is not None
        assert "y Copy" in stage.text(pilot) and "o Overwrite" not in stage.text(pilot)

    play(ledger, scene)


def test_neither_a_ledger_nor_a_folder_is_ever_replaced(ledger: Path, folder: Path) -> None:
    before = ledger.read_bytes()

    async def scene(pilot: Pilot[None]) -> None:
        (folder / "sub.md").mkdir()
        (folder / "link.md").symlink_to(ledger)
        await stage.press(pilot, "r")
        for name, why in (
            (str(ledger), "is a ledger"),
            ("link.md", "is a ledger"),
            ("sub.md", "is a folder"),
        ):
            await write_to(pilot, name)
            assert why in re.sub(r"\s+", " ", stage.text(pilot))
            await stage.press(pilot, "o")
            assert panel(pilot)._made is None
            panel(pilot).query_one(Input).value = ""
        assert ledger.read_bytes() == before and (folder / "link.md").is_symlink()

    play(ledger, scene)


def test_what_cannot_be_written_leaves_nothing_behind(
    ledger: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "r")
        for name in ("nowhere/r.md", "file/r.md", "nowhere/", "~nobody-here/r.md", "  ", "x" * 300 + ".md"):
            await write_to(pilot, name)
            assert panel(pilot)._made is None and panel(pilot).query_one(Input).has_focus, name
            text = re.sub(r"\s+", " ", stage.text(pilot))
            assert re.search("Nothing was written. Type another folder|which file|no such home", text), name
        await write_to(pilot, "nowhere\u202e/[red]x[/].md")
        assert "\\u202e/[red]x[/].md:cannotbewritten" in re.sub(r"\s+", "", stage.text(pilot))
        write = os.fdopen

        def full(descriptor: int, mode: str) -> Any:
            file = write(descriptor, mode)
            file.close()
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(system.os, "fdopen", full)
        await write_to(pilot, "r.md")
        monkeypatch.undo()
        assert "No space left on device" in re.sub(r"\s+", " ", stage.text(pilot))
        assert os.listdir(folder) == ["file"]

    (folder / "file").write_text("")
    play(ledger, scene)


def test_escape_leaves_before_anything_is_written(
    ledger: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from custody.report import answer

    asked, may_go_on = threading.Event(), threading.Event()
    make = answer.answer

    def slowly(*given: Any) -> Any:
        asked.set()
        assert may_go_on.wait(10)
        return make(*given)

    monkeypatch.setattr(answer, "answer", slowly)

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "r", "escape")
        assert not isinstance(pilot.app.screen, ReportScreen)
        await pilot.press("r", "enter")
        assert await asyncio.to_thread(asked.wait, 10)
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, ReportScreen)
        may_go_on.set()
        await stage.settle(pilot)

    play(ledger, scene)
    assert os.listdir(folder) == []


def test_what_is_being_written_cannot_be_called_back() -> None:
    going = reporting.Going()
    going.begin()
    assert not going.call_back()
    going = reporting.Going()
    assert going.call_back() and going.call_back()
    with pytest.raises(UsageError):
        going.begin()


# --- hostile text


ANYTHING = st.text(max_size=60) | st.sampled_from([hostile.wrapped(one) for one in hostile.PAYLOADS.values()])
FORM = st.sampled_from(list(reporting.FORMS))
KIND = st.sampled_from(["ledger", "artifact", "environment", "findings", "entry"])


@given(KIND, ANYTHING, ANYTHING, FORM)
def test_a_name_is_custodys_own_whatever_is_reported(kind: str, query: str, when: str, form: str) -> None:
    moment = Moment(when, "", "", "")
    name = reporting.suggest(Subject(kind, query, moment), form, "5eed" * 16)
    ending = "" if form == PACK else re.escape(f".{form}")
    assert re.fullmatch(rf"[a-z]+(-[A-Za-z0-9]+)*{ending}", name) and len(name) < 100


@given(KIND, ANYTHING, FORM)
def test_a_command_is_safe_or_there_is_none(kind: str, query: str, form: str) -> None:
    told = command(
        words(Subject(kind, query), Way(form, ZoneInfo("UTC"))), Path("/evidence/it's $(x).ledger")
    )
    assert not told or re.fullmatch(r"[A-Za-z0-9 ._/@:+~#{}='-]+", told)
    assert not told or shlex.split(told)[-1] == "LEDGER"


def test_a_folder_that_is_not_safe_to_paste_is_left_to_be_filled_in() -> None:
    told = [
        command(("report", "pack", "--out", Path(one)), Path("/e.ledger")) for one in ("/a b/c", "/$(x)/c")
    ]
    assert told == [
        "custody report pack --out '/a b/c' --ledger /e.ledger",
        "custody report pack --out FILE --ledger /e.ledger",
    ]


@given(st.text(max_size=80), FORM, FORM)
def test_the_ending_follows_the_form(name: str, form: str, other: str) -> None:
    made = reporting.with_ending(name, form)
    if form != PACK:
        assert reporting.form_of(made, other if other != PACK else "md") == form
    assert reporting.with_ending(made, form) == made


def test_a_hostile_ledger_puts_nothing_on_the_screen(folder: Path) -> None:
    path = hostile.ledger(folder / "evil.ledger", hostile.every)

    async def scene(pilot: Pilot[None]) -> None:
        for tab in "25":
            await stage.press(pilot, tab, "r")
            assert re.fullmatch(r"[a-z]+-[A-Za-z0-9-]+\.md", named(pilot))
            await write_to(pilot, f"{tab}.md")
            made = panel(pilot)._made
            assert made is not None and re.fullmatch(r"[A-Za-z0-9 ._/@:+=-]+", made.command)
            await stage.press(pilot, "y")
            text = stage.text(pilot)
            assert all(one.isprintable() or one == "\n" for one in text)
            await stage.press(pilot, "enter")

    play(path, scene)


# --- pictures


def test_the_whole_ledger_is_what_is_reported_where_nothing_else_is_said() -> None:
    assert Subject("ledger") == LEDGER and reporting.about(LEDGER) == "the whole ledger"


async def _typed(pilot: Pilot[None]) -> None:
    await stage.settle(pilot)
    await stage.press(pilot, "r", "tab")
    report = panel(pilot)
    report._folder = Path("/evidence/audit")
    report._draw()
    await pilot.pause()


async def _written(pilot: Pilot[None]) -> None:
    await _typed(pilot)
    made = reporting.Made(Path("/evidence/audit/x.html"), 12_345, "5eed" * 16, 0, "custody report")
    panel(pilot).query_one("Prompt").close()  # type: ignore[attr-defined]
    panel(pilot)._step = "making"
    panel(pilot)._tell(made)
    await pilot.pause()


@pytest.mark.parametrize("scene", [_typed, _written], ids=["typed", "written"])
def test_pictures(same: Same, ledger: Path, scene: Play) -> None:
    app = stage.app_on(ledger, start=Start(AT_3, (), "UTC"))
    hang(app, scene, same, {"80x24": SMALL, "20x5": TINY})
