"""Entries: the chain as a strip, forks, exports, searching the log."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import stage
import story
from textual.pilot import Pilot

from custody.ledger import dsse
from custody.ledger.reader import open_ledger
from custody.query.entries import chain_places
from custody.tui.screens.entries import look_through
from custody.tui.widgets.chain import ChainStrip
from custody.tui.widgets.entry_table import EntryTable
from custody.tui.widgets.prompt import Line, Prompt

Play = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def play(path: Path, scene: Play, size: tuple[int, int] = (120, 40)) -> None:
    async def run() -> None:
        async with stage.playing(stage.app_on(path), size) as pilot:
            await stage.press(pilot, "5")
            await scene(pilot)

    asyncio.run(run())


def cursor(pilot: Pilot[None]) -> int:
    return pilot.app.screen.query_one(EntryTable).cursor


def forked(path: Path) -> Path:
    """A chain whose writer signed two entries behind its genesis."""
    from custody.kinds import Note
    from custody.ledger.store import Store
    from custody.ledger.writer import ChainWriter, Draft, insert

    book = story.Book(path)
    book.write(story.ROOT, story.Genesis(), [Draft("trust", story.Trust(story.TRUST).write())])
    entropy = book._entropy
    one = ChainWriter(story.BUILDER, clock=book._clock, entropy=lambda size: b"\x01" * size)
    other = ChainWriter(
        story.BUILDER, clock=lambda: "2026-11-16T09:00:00.000Z", entropy=lambda size: b"\x01" * size
    )
    one._clock = other._clock  # type: ignore[attr-defined]
    with Store(path) as store, store.transaction() as transaction:
        insert(transaction, one.begin(story.ORIGIN, {}))
        other.begin(story.ORIGIN, {})
        insert(transaction, one.sign(Draft("note", Note("one side").write())))
        insert(transaction, other.sign(Draft("note", Note("the other side").write())))
        insert(transaction, one.sign(Draft("seal", {}, last=True)))
    assert entropy
    return path


def test_a_chain_is_a_strip_and_its_nodes_lead_along_it(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "down", "down", "down")
        assert "chain    ●──●──●──●]" in stage.text(pilot)
        await stage.press(pilot, "greater_than_sign")
        assert cursor(pilot) == 4
        await stage.press(pilot, "less_than_sign", "less_than_sign", "less_than_sign")
        assert cursor(pilot) == 2
        await pilot.click(ChainStrip, offset=(9 + 3 * 3, 0))
        await stage.settle(pilot)
        assert cursor(pilot) == 5

    play(ledger, scene)


def test_a_fork_is_drawn_and_told(tmp_path: Path) -> None:
    path = forked(tmp_path / "forked.ledger")
    with open_ledger(path) as snapshot:
        from custody.query.entries import page

        (chain,) = {one.chain for one in page(snapshot, 2, 1)}
        assert [len(place.positions) for place in chain_places(snapshot, chain, 0, 9)] == [1, 2, 1]

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "end", "up")
        shown = stage.text(pilot)
        assert "FORKED" in shown and "╪" in shown
        row = next(
            number for number, text in enumerate(shown.split("\n")) if text.strip().startswith("chain    ")
        )
        above, below = shown.split("\n")[row : row + 2]
        assert above.count("✗") + below.count("✗") >= 1 and below.strip()
        await stage.press(pilot, "6")
        shown = stage.text(pilot)
        assert "one entry at seq 1 of chain" in shown and "2 signed entries, at positions 3, 4" in shown

    play(path, scene)


def test_finding_goes_from_one_to_the_next(ledger: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "ctrl+f", *"image-scan", "enter")
        assert cursor(pilot) == 5
        assert "Found here image-scan" in stage.text(pilot)
        await stage.press(pilot, "n")
        second = cursor(pilot)
        assert second > 5
        await stage.press(pilot, "N")
        assert cursor(pilot) == 5
        await stage.press(pilot, "end", "n")
        assert "Not in the" in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert "Found here" not in stage.text(pilot)

    play(ledger, scene)


def test_looking_through_a_log_has_an_end(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        assert look_through(snapshot, 0, 1, 34, "trust document") == 1
        assert look_through(snapshot, 33, -1, 34, "trust document") == 1
        assert look_through(snapshot, 0, 1, 34, "nothing such") is None
        assert look_through(snapshot, -1, -1, 34, "trust") is None
        assert look_through(snapshot, 34, 1, 34, "trust") is None


def test_an_entry_and_its_proof_go_to_new_files(
    ledger: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there").write_text("mine")

    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "down", "down", "x")
        line = pilot.app.screen.query_one(Line)
        assert line.value == "entry-2.dsse.json"
        line.value = "there"
        await stage.press(pilot, "enter")
        assert "exists and is left as it is" in stage.text(pilot)
        assert pilot.app.screen.query_one(Prompt).is_open
        line.value = "entry.json"
        await stage.press(pilot, "enter")
        assert "Written  entry.json" in stage.text(pilot)
        await stage.press(pilot, "X", "enter")
        assert "Written  entry-2.tlog-proof" in stage.text(pilot)

    play(ledger, scene)
    assert (tmp_path / "there").read_text() == "mine"
    envelope = json.loads((tmp_path / "entry.json").read_bytes())
    assert envelope["payloadType"] == dsse.PAYLOAD_TYPE
    assert (
        (tmp_path / "entry-2.tlog-proof").read_text("utf-8").startswith("c2sp.org/tlog-proof@v1\nindex 2\n")
    )


def test_what_is_not_sound_is_not_exported(tmp_path: Path) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "g", *"13", "enter", "x")
        assert not pilot.app.screen.query_one(Prompt).is_open
        await stage.press(pilot, "up", "x")
        assert pilot.app.screen.query_one(Prompt).is_open

    play(story.tampered(tmp_path / "tampered.ledger"), scene)


def test_an_entry_that_changed_since_is_not_exported(ledger: Path) -> None:
    from custody.errors import UsageError
    from custody.query.exports import envelope

    with open_ledger(ledger) as snapshot, pytest.raises(UsageError) as caught:
        envelope(snapshot, 2, "00" * 32)
    assert caught.value.code == "changed"


@pytest.mark.parametrize("size", [(20, 5), (30, 9)])
def test_a_small_terminal_shows_the_list_and_enter_the_detail(ledger: Path, size: tuple[int, int]) -> None:
    async def scene(pilot: Pilot[None]) -> None:
        await stage.press(pilot, "down")
        assert "Standing" not in stage.text(pilot) and "INTACT" in stage.text(pilot)
        await stage.press(pilot, "enter")
        await stage.settle(pilot)
        assert "trust #1" in stage.text(pilot)
        await stage.press(pilot, "escape")
        assert "Position" in stage.text(pilot)

    play(ledger, scene, size)
