"""What holds the tabs together: links, commands to copy, the palette, pausing, several ledgers, files that change."""

from __future__ import annotations

import asyncio
import itertools
import os
import shlex
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stage
import story
from hypothesis import given
from hypothesis import strategies as st
from textual.pilot import Pilot

from custody.cli.times import Clock
from custody.cli.tui import Named, _link
from custody.errors import UsageError
from custody.ledger.reader import open_ledger
from custody.query.moments import EnvironmentReference, parse_reference
from custody.trust.memory import Memory
from custody.trust.verification import Verification
from custody.tui import links
from custody.tui.app import CustodyApp, Start
from custody.tui.links import Link, command, merge_command
from custody.tui.recent import KEPT, add_recent, recent_ledgers
from custody.tui.screens.opening import OpeningScreen
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.prompt import Line, Prompt
from custody.tui.widgets.table import Table
from custody.tui.widgets.words import Words

Scene = Callable[[Pilot[None], CustodyApp], Awaitable[None]]
ROOT = story.ROOT.public.fingerprint


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def play(
    path: Path, scene: Scene, start: Start = Start(), size: tuple[int, int] = (120, 40)  # noqa: B008
) -> None:  # fmt: skip
    async def run() -> None:
        app = stage.app_on(path, start=start)
        async with stage.playing(app, size) as pilot:
            await scene(pilot, app)

    asyncio.run(run())


# --- links


@pytest.mark.parametrize(
    ("link", "tab", "said"),
    [
        (Link("findings"), "findings", "0 faults"),
        (Link("entries", entry=17), "entries", "snapshot #17"),
        (Link("artifacts", artifact="checkout-web"), "artifacts", story.artifact("checkout-web", "3.0.1").sha256),
        (Link("environments", environment=parse_reference("prod#2")), "environments", "prod  state 2 of 4"),
        (Link("environments", environment=parse_reference("staging~1")), "environments", "staging  state 1 of 2"),
        (Link("environments", environment=parse_reference("nowhere")), "environments", "Nothing is known of that"),
    ],
)  # fmt: skip
def test_a_link_leads_to_its_place(ledger: Path, link: Link, tab: str, said: str) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.settle(pilot)
        assert app.tab == tab
        assert said in stage.text(pilot)

    play(ledger, scene, Start(link))


def test_backspace_leads_back_over_the_tabs(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "2", "enter", "down", "enter")
        assert app.tab == "entries"
        await stage.press(pilot, "backspace")
        assert app.tab == "artifacts"
        await stage.press(pilot, "backspace", "backspace")
        assert app.tab == "overview"

    play(ledger, scene)


# --- commands


def test_what_is_on_screen_can_be_asked_on_the_command_line(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copied: list[str] = []
    monkeypatch.setattr(CustodyApp, "copy_to_clipboard", lambda self, text: copied.append(text))
    rest = f" --ledger /evidence/payments.ledger --root {ROOT}"

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        for keys, expected in [
            (["1"], "custody verify"),
            (["2"], "custody artifacts"),
            (["3", "home"], "custody env show 'prod@{2026-11-16T13:55:06.000Z}'"),
            (["4"], "custody log --kind approval"),
            (["5", "end"], "custody show position:33"),
            (["6"], "custody findings"),
        ]:
            await stage.press(pilot, *keys, "y")
            assert copied[-1] == expected + rest
            assert expected in stage.text(pilot)

    play(ledger, scene)


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_no_text_of_a_strangers_gets_into_a_copied_command(name: str, file: str) -> None:
    made = [
        command(("trace", name), Path("/x.ledger"), (ROOT,)),
        command(("verify",), Path("/", file.replace("\0", "")), (ROOT,)),
        merge_command(Path("/x.ledger"), [Path("/", file.replace("\0", ""))], (ROOT,)),
    ]
    for one in filter(None, made):
        assert one.isascii() and one.isprintable()
        assert links._WORD(name) or one != made[0]
        words = shlex.split(one)
        assert words[0] == "custody" and words[-2:] == ["--root", ROOT]
        assert not any(word.startswith("-") for word in words if word not in ("--ledger", "--root"))


@pytest.mark.parametrize(
    "evil", ["$(reboot)", "a b", "-x", "--key", "a;b", "`x`", "a\nb", "\x1b]52;c;eA==\x07", "é", ""]
)
def test_a_word_that_a_shell_or_a_command_acts_on_makes_no_command(evil: str) -> None:
    assert command(("trace", evil), Path("/x.ledger")) == ""


def test_a_path_that_is_not_safe_to_paste_is_left_to_the_person() -> None:
    assert command(("verify",), Path("/tmp/$(x).ledger")) == "custody verify --ledger LEDGER"
    assert command(("verify",), Path("/tmp/a b.ledger")) == "custody verify --ledger '/tmp/a b.ledger'"
    assert merge_command(Path("/x.ledger"), [Path("/tmp/`x`")]) == ""


def meant(copied: str, app: CustodyApp) -> Link:
    """The link that the command line makes of what was copied."""
    words = iter(shlex.split(copied)[2:])
    given = dict(zip(words, words, strict=True))
    assert given.pop("--root") == ROOT and given.pop("--ledger") == str(app.state.snapshot.path)
    named = {name.removeprefix("--"): value for name, value in given.items()}
    nothing = dict.fromkeys(Named._fields)
    return _link(app.state.snapshot, Clock(None), Named(**{**nothing, **named}))


LINKED = {
    "overview": ("1",),
    "list": ("2", "down"),
    "page": ("2", "down", "enter", "right_square_bracket"),
    "environment": ("3", "left", "down"),
    "latest": ("3", "end"),
    "entry": ("5", "down", "down"),
    "findings": ("6",),
}


@pytest.mark.parametrize("keys", LINKED.values(), ids=LINKED)
def test_a_copied_link_leads_back_to_the_same_view(ledger: Path, keys: tuple[str, ...]) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        copied: list[str] = []
        app.copy_to_clipboard = copied.append  # type: ignore[method-assign]
        await stage.press(pilot, *keys, "Y")
        there, screen = app.screen.link(), app.screen  # type: ignore[attr-defined]
        link = meant(copied[-1], app)
        await stage.press(
            pilot, "4" if there.tab == "overview" else "1", "3", "home", "up", "2", "escape", "end"
        )
        app.go(link)
        await stage.settle(pilot)
        assert app.screen is screen
        assert screen.link()._replace(moment=None) == there._replace(moment=None)

    play(ledger, scene)


def test_begin_where_a_link_says(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:

        def begin(**named: str) -> Link:
            return _link(snapshot, Clock(None), Named(**{**dict.fromkeys(Named._fields), **named}))

        assert begin(find="x").tab == begin(artifact="x").tab == "artifacts"
        assert begin(at="prod", artifact="x").tab == "environments" and begin(entry="3").entry == 3
        assert begin(tab="approvals", at="prod", artifact="x").environment == EnvironmentReference("prod")
        for wrong in (
            {"entry": "3", "at": "prod"},
            {"entry": "3", "tab": "findings"},
            {"part": "path"},
            {"part": "path", "artifact": "x", "at": "prod"},
        ):
            with pytest.raises(UsageError):
                begin(**wrong)


@pytest.mark.parametrize("text", ["prod", "prod#12", "prod~1", "prod@{2 hours ago}"])
def test_a_state_is_written_as_it_is_read(text: str) -> None:
    assert str(parse_reference(text)) == text


# --- palette


def test_the_palette_offers_what_works_here(ledger: Path) -> None:
    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await pilot.press("ctrl+p", *"signed log")
        await pilot.pause(0.3)
        assert "Prove that the entry" not in stage.text(pilot)
        await pilot.press("escape")
        await stage.press(pilot, "5")
        await pilot.press("colon", *"signed log")
        await pilot.pause(0.3)
        assert "Prove that the entry" in stage.text(pilot)
        await pilot.press("escape", "ctrl+p", *"21")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await stage.settle(pilot)
        assert app.screen.query_one(EntryTable).cursor == 21

    play(ledger, scene)


# --- verification


class Waiting(stage.Full):
    """A worker that a test lets go on step by step."""

    gate = threading.Event()

    def start(self) -> None:
        self.pause(True)
        super().start()


def test_verification_can_be_paused_and_goes_on(ledger: Path) -> None:
    async def run() -> None:
        app = stage.app_on(ledger, worker=Waiting)
        async with app.run_test(size=(120, 40)) as pilot:
            await pilot.pause(0.2)
            assert "NOT VERIFIED YET  paused at 0 %" in stage.text(pilot)
            assert "p Pause" in stage.text(pilot)
            await pilot.press("p")
            await stage.settle(pilot)
            shown = stage.text(pilot)
            assert "INTACT AND ANCHORED" in shown and "Pause" not in shown

    asyncio.run(run())


def test_verified_again_means_every_signature(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    run = Verification.run

    def watched(self: Verification, *, full: bool = False):  # type: ignore[no-untyped-def]
        asked.append(full)
        return run(self, full=full)

    monkeypatch.setattr(Verification, "run", watched)

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "3", "R")
        await stage.settle(pilot)
        assert asked == [False, True]
        assert "INTACT AND ANCHORED" in stage.text(pilot) and "prod" in stage.text(pilot)

    play(ledger, scene)


def test_a_full_verification_finds_what_a_remembered_checkpoint_hid(tmp_path: Path) -> None:
    """Signatures below a remembered root are not checked again, because the root says that they are the same."""
    from custody.ledger.reader import open_ledger
    from custody.trust.expectations import expect, remember

    path = story.healthy(tmp_path / "payments.ledger")
    with open_ledger(path) as snapshot:
        first = Verification(snapshot, story.EXPECTED)
        list(first.run())
        remember(first)
    assert Memory().recall(story.ORIGIN, ROOT)
    with open_ledger(path) as snapshot:
        again = Verification(snapshot, expect(story.ORIGIN, (ROOT,)))
        assert again.expectations.remembered
        checked: list[int] = []
        again_run = again._run

        def watched(remembered, trusted_below):  # type: ignore[no-untyped-def]
            checked.append(trusted_below)
            return again_run(remembered, trusted_below)

        again._run = watched  # type: ignore[method-assign]
        list(again.run(full=True))
        assert checked == [0] and again.report.exit == 0


# --- files that change, and several ledgers


def test_a_file_that_changed_is_said_and_can_be_opened_again(tmp_path: Path) -> None:
    path = story.healthy(tmp_path / "payments.ledger")

    async def run() -> None:
        app = CustodyApp(stage.open_ledger(path), story.EXPECTED, stage.Full, start=Start(roots=(ROOT,)))
        async with stage.playing(app, (120, 40)) as pilot:
            await stage.press(pilot, "5", "end")
            more = story.healthy(tmp_path / "more.ledger", signed=False)
            os.replace(more, path)
            await app._look()
            await pilot.pause()
            assert "changed on disk" in stage.text(pilot) and "INTACT AND ANCHORED" in stage.text(pilot)
            await stage.press(pilot, "ctrl+r")
            await stage.settle(pilot)
            shown = stage.text(pilot)
            assert "changed on disk" not in shown and "INTACT, WITH A GAP" in shown
            assert len(app.sessions) == 1 and app.tab == "entries"

    asyncio.run(run())


def test_a_refused_file_leaves_everything_as_it_was(tmp_path: Path, ledger: Path) -> None:
    bad = tmp_path / "bad.ledger"
    bad.write_text("hello")

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "ctrl+o", "slash")
        app.screen.query_one(Line).value = str(bad)
        await stage.press(pilot, "enter")
        shown = stage.text(pilot)
        assert "Not opened" in shown and isinstance(app.screen, OpeningScreen)
        assert not app.screen.query_one(Prompt).is_open
        await stage.press(pilot, "escape")
        assert len(app.sessions) == 1 and "INTACT AND ANCHORED" in stage.text(pilot)

    play(ledger, scene)


def test_several_ledgers_are_open_and_each_is_verified_by_itself(tmp_path: Path, ledger: Path) -> None:
    other = story.tampered(tmp_path / "other.ledger")

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        await stage.press(pilot, "6", "ctrl+o", "slash")
        app.screen.query_one(Line).value = str(other)
        await stage.press(pilot, "enter")
        await stage.settle(pilot)
        shown = stage.text(pilot)
        assert "TAMPERED" in shown and "other.ledger (2 of 2)" in shown
        await stage.press(pilot, "ctrl+o", "enter")
        shown = stage.text(pilot)
        assert "payments.ledger (1 of 2)" in shown and "INTACT AND ANCHORED" in shown
        assert recent_ledgers()[0] == other

    play(ledger, scene, Start(roots=(ROOT,)))


def test_without_a_ledger_there_is_a_choice(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ledger.parent)

    async def run() -> None:
        app = CustodyApp(None, story.EXPECTED, stage.Full, start=Start(roots=(ROOT,)))
        async with app.run_test(size=(100, 30)) as pilot:
            await pilot.pause(0.2)
            shown = stage.text(pilot)
            assert "Open a ledger" in shown and "payments.ledger" in shown
            table = app.screen.query_one(Table)
            table.go(table.count - 1)
            await pilot.press("enter")
            async with asyncio.timeout(20):
                while app.session is None or app.state.stage != "done":
                    await pilot.pause(0.02)
            await stage.settle(pilot)
            assert app.tab == "overview" and "INTACT AND ANCHORED" in stage.text(pilot)

    asyncio.run(run())


def test_recent_ledgers_are_private_and_few(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        add_recent(tmp_path / f"{number}\udcff.ledger")
    add_recent(tmp_path / "5\udcff.ledger")
    listed = recent_ledgers()
    assert len(listed) == KEPT and listed[0].name == "5\udcff.ledger" and len(set(listed)) == KEPT
    (kept,) = Path(os.environ["CUSTODY_HOME"]).rglob("recent.json")
    assert kept.stat().st_mode & 0o777 == 0o600
    for damaged in (b"{", b"[1, null]", b"\xff", b"[" * 5000, b'["a\\u0000b"]'):
        kept.write_bytes(damaged)
        assert recent_ledgers() == []


# --- merge preview


def test_a_merge_is_shown_before_it_is_done(tmp_path: Path) -> None:
    target, copy = story.healthy(tmp_path / "target.ledger"), tmp_path / "copy.ledger"
    copy.write_bytes(target.read_bytes())
    new = story.Book(tmp_path / "new.ledger")
    new._numbers = itertools.count(5000)
    story.build(new, "new-api", "9")
    stranger = story.Book(tmp_path / "stranger.ledger")
    stranger._numbers = itertools.count(7000)
    stranger.write(
        story.SeedSigner(b"\x77" * 32), story.Genesis(), [story.Draft("note", story.Note("x").write())]
    )
    (tmp_path / "bad.ledger").write_text("hello")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}

    async def scene(pilot: Pilot[None], app: CustodyApp) -> None:
        app.preview_merge(app.sessions[0], [copy, new.path, stranger.path, tmp_path / "bad.ledger"])
        await stage.settle(pilot)
        rows = [" ".join(row.split()) for row in stage.text(pilot).split("\n")]
        assert any(row.startswith("· copy.ledger 34 0 34 0") for row in rows), rows
        assert any(row.startswith("✓ new.ledger 4 4 0 0") for row in rows), rows
        assert any(row.startswith("· stranger.ledger 2 0 0 1") for row in rows), rows
        assert any(row.startswith("✗ bad.ledger") for row in rows), rows
        assert any("4 new, 34 known" in row for row in rows) and any(
            "belongs to nobody" in row for row in rows
        )
        await stage.press(pilot, "y")
        said = str(app.screen.query_one("#remark", Words).render())
        assert said.startswith("Copied  custody merge") and "bad.ledger" not in said

    play(target, scene, size=(160, 40))
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
