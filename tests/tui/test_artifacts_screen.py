"""Artifacts: the list with its verdicts, one artifact's page, files on disk."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
import release
import stage
import story
from textual.pilot import Pilot
from textual.widgets import Input

from custody.kinds import Evidence, Genesis
from custody.kinds.extras import Extras, File
from custody.ledger.writer import Draft
from custody.query.artifacts import Order
from custody.record.preview import MAX_SIZE
from custody.tui.app import CustodyApp, Start
from custody.tui.judging import Judging
from custody.tui.links import Link
from custody.tui.screens import artifacts
from custody.tui.screens.artifacts_page import ArtifactPage
from custody.tui.screens.artifacts_reading import Listed
from custody.tui.screens.artifacts_table import ArtifactTable
from custody.tui.widgets.prompt import Prompt
from custody.tui.widgets.sections import Sections
from custody.tui.widgets.table import Table

Play = Callable[[Pilot[None]], Awaitable[None]]
FIRST = Start(Link("artifacts"))
DISK = b"the bytes of a wheel"


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release.ledger(tmp_path_factory.mktemp("release") / "release.ledger")


def play(ledger: Path, scene: Play, size: tuple[int, int] = (120, 40), start: Start = FIRST) -> None:
    async def run() -> None:
        async with stage.playing(stage.app_on(ledger, start=start), size) as pilot:
            await scene(pilot)

    asyncio.run(run())


def names(pilot: Pilot[None]) -> list[str]:
    return [f"{one.name} {one.version}" for one in pilot.app.screen.query_one(ArtifactTable).lines]


def cells(table: Table) -> list[Sequence[object]]:
    return [
        [cell if isinstance(cell, str) else cell[0] for cell in table.row(at) or ()]
        for at in range(table.count)
    ]


def page(pilot: Pilot[None]) -> ArtifactPage:
    return pilot.app.screen.query_one(ArtifactPage)


async def type_in(pilot: Pilot[None], text: str) -> None:
    pilot.app.screen.query_one(Prompt).query_one(Input).value = text
    await stage.press(pilot, "enter")


def test_the_list_has_verdicts_and_is_sorted_and_filtered_as_one_types(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest = ["payments-api 1.5.0", "checkout-web 3.1.0", "payments-api 1.4.0"]
    asked: list[str] = []
    read = artifacts.read_list

    def told(judging: Judging, text: str, order: Order) -> Listed:
        asked.append(text)
        return read(judging, text, order)

    monkeypatch.setattr(artifacts, "read_list", told)

    async def scene(pilot: Pilot[None]) -> None:
        table = pilot.app.screen.query_one(ArtifactTable)
        assert [column.title for column in table.columns][5:] == ["prod", "Runs in"]
        assert [row[5] for row in cells(table)] == ["✗ release", "✗ unit-tests +2", "✓ yes"]
        assert [row[6] for row in cells(table)] == ["", "", "prod"]
        assert [row[4] for row in cells(table)] == ["✓3", "✓2 ✗2", "✓3"]
        assert names(pilot) == newest
        for order in (
            newest[::-1],
            [newest[1], newest[0], newest[2]],
            [newest[2], newest[0], newest[1]],
            newest,
        ):
            await stage.press(pilot, "s")
            assert names(pilot) == order
        await stage.press(pilot, "ctrl+f", *"1.4")
        assert names(pilot) == newest[2:] and "1 of 3 artifacts" in stage.text(pilot)
        await stage.press(pilot, "enter", "escape")
        assert names(pilot) == newest
        # Letters that come faster than answers are answered once.
        asked.clear()
        screen = pilot.app.screen
        assert isinstance(screen, artifacts.ArtifactsScreen)
        for end in range(1, 9):
            screen.find_here("checkout"[:end])
        await stage.settle(pilot)
        assert asked == ["c", "checkout"] and names(pilot) == ["checkout-web 3.1.0"]

    play(ledger, scene)


def test_its_page(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await shows_its_source_and_signed_bytes(pilot)
        await shows_attachments_as_tables(pilot)
        await shows_controls_then_and_now(pilot)

    play(ledger, scene, size=(120, 50))


async def shows_its_source_and_signed_bytes(pilot: Pilot[None]) -> None:
    await stage.press(pilot, "enter", "right_square_bracket", "right_square_bracket")
    shown = stage.text(pilot)
    for told in (
        "48.3 MB", "dev-1@acme.example", "2 since c9e33a8c0116", "urn:acme:runner",
        "target = release", "requirements.txt", "never reported to run",
    ):  # fmt: skip
        assert told in shown, told
    await stage.press(pilot, "left_square_bracket", "left_square_bracket", "left_square_bracket")
    shown = "".join(stage.text(pilot).split())
    assert "✓bythiskeyoverthesebytes" in shown and '"kind":"artifact"' in shown
    await stage.press(pilot, "y")
    assert "custody show position:22" in pilot.app.clipboard


async def shows_attachments_as_tables(pilot: Pilot[None]) -> None:
    await stage.press(pilot, "escape", "down", "enter", "left_square_bracket")
    assert page(pilot).section == "files"
    table, preview = (page(pilot).query_one(f"#{name}", Table) for name in ("files-list", "preview"))
    assert [row[0] for row in cells(table)] == ["static-analysis", "bill-of-materials", "unit-tests"]
    assert cells(preview) == [
        ["error", "injection", "src/cart.py:41", "a query is built of text"],
        ["note", "style", "", "a name is long"],
    ]
    await stage.press(pilot, "down")
    assert cells(preview) == [["requests", "2.32.0", "Apache-2.0"], ["homegrown", "", "no licence"]]
    await stage.press(pilot, "down")
    assert [row[:2] for row in cells(preview)] == [
        ["failure", "capture.retries_after_a_timeout"],
        ["passed", "capture.refuses_a_negative_amount"],
        ["passed", "capture.keeps_minor_units"],
    ]
    assert "3 test cases" in stage.text(pilot)
    await stage.press(pilot, "enter")
    assert pilot.app.focused is preview


async def shows_controls_then_and_now(pilot: Pilot[None]) -> None:
    await stage.press(pilot, "escape", "end", "enter", "left_square_bracket", "left_square_bracket")
    shown = stage.text(pilot)
    assert "prod  then ✓ yes  now ✓ yes" in shown and "came there 2026-11-16 08:2" in shown
    table = page(pilot).query_one("#controls-list", Table)
    assert [row[1:4] for row in cells(table)] == [
        ["unit-tests", "✓ satisfied", "✓ satisfied"],
        ["static-analysis", "· not asked", "· not asked"],
        ["release", "✓ satisfied", "✓ satisfied"],
    ]
    await stage.press(pilot, "end")
    assert "risk-officer, 2026-11-16 08:21:17 UTC" in " ".join(stage.text(pilot).split())
    await stage.press(pilot, "y")
    assert f"custody gate {release.APPROVED.sha256} --env prod" in pilot.app.clipboard
    await stage.press(pilot, "enter")
    assert isinstance(pilot.app, CustodyApp) and pilot.app.tab == "entries"
    assert "approval #10" in stage.text(pilot)


def test_what_changed_since_is_marked_and_odd_attachments_are_told_of(tmp_path: Path) -> None:
    """Deployed with a yes; a test that came later says no. What is no report is text, and too much is only said."""
    path = release.ledger(tmp_path / "odd.ledger")
    files = {
        "bomb.xml": (b"<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite>&a;</testsuite>", "application/xml"),
        "bytes.bin": (b"\x00\x01\x02", "application/octet-stream"),
        "huge.json": (b" " * (MAX_SIZE + 1), "application/json"),
        "evil.txt": (b"\x1b[2J[@click=app.quit]x[/]\n" * 3 + b"a" * 100_000, "text/plain"),
    }
    named = Extras(
        files=tuple(File(name, hashlib.sha256(data).hexdigest()) for name, (data, _) in files.items())
    )
    odd = Evidence("odd", "junit", "pass", release.WAITS, release.WAITS.name, extras=named).write()
    later = Evidence("unit-tests", "junit", "fail", release.APPROVED, release.APPROVED.name).write()
    _append(
        path,
        Draft("evidence", odd, (release.WAITS,), tuple(files.values())),
        Draft("evidence", later, (release.APPROVED,)),
    )

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "end", "enter", "right_square_bracket")
        assert "then ✓ yes  now ✗ unit-tests" in stage.text(pilot)
        row = cells(page(pilot).query_one("#controls-list", Table))[0]
        assert row[:4] == ["≠", "unit-tests", "✓ satisfied", "✗ failed"]
        await stage.press(pilot, "escape", "home")
        await stage.press(pilot, "enter", "right_square_bracket", "right_square_bracket")
        told = []
        for _ in files:
            told.append(" ".join(stage.text(pilot).split()))
            await stage.press(pilot, "down")
        assert "cannot be read as junit" in told[0] and "<!DOCTYPE x" in told[0]
        assert "cannot be read as junit" in told[1] and "\x00" not in told[1]
        assert f"at most {MAX_SIZE:,} are looked into here" in told[2]
        assert "\\x1b[2J[@click=app.quit]x[/]" in told[3] and "\x1b" not in told[3]

    play(path, scene, size=(160, 50))


def test_a_file_on_disk_is_known_or_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = _with_bytes(tmp_path / "known.ledger")
    (tmp_path / "api.whl").write_bytes(DISK)
    (tmp_path / "other.whl").write_bytes(b"other")

    ended = threading.Event()

    def endless(path: str, *, progress: Callable[[int, int], None]) -> None:
        try:
            while True:
                progress(1, 3)
                threading.Event().wait(0.01)
        finally:
            ended.set()

    async def scene(pilot: Pilot[None]) -> None:
        digest = hashlib.sha256(DISK).hexdigest()
        await stage.press(pilot, "f")
        await type_in(pilot, str(tmp_path / "other.whl"))
        assert "Not known to this ledger  other.whl" in stage.text(pilot)
        assert hashlib.sha256(b"other").hexdigest() in stage.text(pilot)
        await stage.press(pilot, "f")
        await type_in(pilot, str(tmp_path / "none.whl"))
        assert "none.whl" in stage.text(pilot) and pilot.app.screen.query_one(Prompt).is_open
        await type_in(pilot, " ")
        assert "which file?" in stage.text(pilot)
        await type_in(pilot, str(tmp_path / "api.whl"))
        assert "✓ Known  api.whl" in stage.text(pilot)
        found = page(pilot).page
        assert found is not None and found.trace.artifact.sha256 == digest
        assert not pilot.app.screen.query_one(Prompt).is_open
        # What nobody waits for any more is read no further.
        monkeypatch.setattr("custody.record.fingerprint.fingerprint", endless)
        await pilot.press("f")
        pilot.app.screen.query_one(Prompt).query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await pilot.pause(0.4)
        assert "reading, 33 %" in stage.text(pilot)
        await pilot.press("escape")
        assert await asyncio.to_thread(ended.wait, 5)
        await stage.settle(pilot)

    play(known, scene, size=(200, 40))


def test_links_and_the_mouse_lead_to_pages(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        assert "2 artifacts are meant" in stage.text(pilot) and "1.5.0" in stage.text(pilot)
        assert pilot.app.screen.has_class("-page")
        await stage.press(pilot, "escape")
        assert pilot.app.focused is pilot.app.screen.query_one(ArtifactTable)
        assert isinstance(pilot.app, CustodyApp)
        pilot.app.go(Link("artifacts", artifact="ff" * 32))
        await stage.settle(pilot)
        assert "no entry that counts is about ffffffffffff" in stage.text(pilot)
        await stage.press(pilot, "escape")
        await pilot.click(Sections, offset=(8, 0))
        assert page(pilot).section == "controls"
        await pilot.click(ArtifactTable, offset=(5, 3))
        await stage.settle(pilot)
        found = page(pilot).page
        assert found is not None and found.trace.artifact.sha256 == release.APPROVED.sha256
        await pilot.click(ArtifactTable, offset=(5, 2), times=2)
        await stage.settle(pilot)
        assert pilot.app.screen.has_class("-page")

    play(ledger, scene, start=Start(Link("artifacts", artifact="payments-api")))


def test_it_is_usable_in_five_lines(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        for _ in range(5):
            await stage.press(pilot, "enter", "right_square_bracket", "escape")
        assert pilot.app.focused is pilot.app.screen.query_one(ArtifactTable)

    play(ledger, scene, (20, 5))


def _append(path: Path, *drafts: Draft) -> None:
    """One more run of the builder's, a day later."""
    book = story.Book(path.with_name("unused.ledger"))
    book.path = path
    book.now = book.now.replace(day=18)
    book.write(story.BUILDER, Genesis(), drafts)
    book.sign()


def _with_bytes(path: Path) -> Path:
    from custody.kinds import Artifact
    from custody.ledger.entry import Subject

    release.ledger(path)
    subject = Subject("api.whl", hashlib.sha256(DISK).hexdigest())
    _append(path, Draft("artifact", Artifact(subject, len(DISK)).write(), (subject,)))
    return path
