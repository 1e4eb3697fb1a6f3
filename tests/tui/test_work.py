"""The worker: what it says, in which order, and that it stops."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest
import stage
import story
from textual.message import Message

from custody.errors import RefusedError
from custody.ledger.reader import Snapshot, open_ledger
from custody.trust.memory import Remembered
from custody.trust.verification import Expectations
from custody.tui.work import Began, Concluded, Crashed, Failed, Indexed, Progressed, Work


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return story.healthy(tmp_path_factory.mktemp("healthy") / "payments.ledger")


def messages(
    path: Path, expectations: Expectations = story.EXPECTED, memory_cap: int = 10**9
) -> list[Message]:
    said: list[Message] = []
    with open_ledger(path, memory_cap) as snapshot:
        work = Work(said.append, snapshot, expectations)
        work.start()
        work._thread.join(30)
        assert not work._thread.is_alive()
    return said


def test_it_tells_all_and_in_order(ledger: Path) -> None:
    began, *progressed, concluded, indexed = messages(ledger)
    assert isinstance(began, Began) and not began.container
    assert isinstance(concluded, Concluded) and concluded.report.exit == 0
    assert isinstance(indexed, Indexed)
    judged = [one for message in progressed if isinstance(message, Progressed) for one in message.judged]
    assert [position for position, *_ in judged] == list(range(34))
    assert sum(message.chains for message in progressed if isinstance(message, Progressed)) == 14


def test_a_large_file_is_checked_first_through_a_connection_of_its_own(ledger: Path) -> None:
    said = messages(ledger, memory_cap=0)
    assert isinstance(said[0], Began) and said[0].container
    assert isinstance(said[-1], Indexed)


def test_a_file_that_changed_under_the_screen_is_refused(tmp_path: Path) -> None:
    path = story.healthy(tmp_path / "payments.ledger")
    said: list[Message] = []
    with open_ledger(path, 0) as snapshot:
        data = path.read_bytes()
        path.unlink()
        path.write_bytes(data)
        work = Work(said.append, snapshot, story.EXPECTED)
        work.start()
        work._thread.join(30)
    failed = said[-1]
    assert isinstance(failed, Failed) and failed.error.code == "changed"


def test_what_was_remembered_and_does_not_hold_starts_it_over(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        first = snapshot.row(0)
    assert first is not None
    wrong = Remembered(20, "00" * 32, first.id.hex(), "")
    said = messages(ledger, story.EXPECTED._replace(remembered=(wrong,)))
    starts = [place for place, one in enumerate(said) if isinstance(one, Began)]
    assert len(starts) == 2
    judged = [
        one for message in said[starts[1] :] if isinstance(message, Progressed) for one in message.judged
    ]
    assert [position for position, *_ in judged] == list(range(34))


def test_it_stops_at_the_next_step(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()
    rows = Snapshot.rows

    def slow_rows(self: Snapshot, start: int = 0, stop: int | None = None, batch: int = 500):  # type: ignore[no-untyped-def]
        for found in rows(self, start, stop, 1):
            yield found
            reached.set()
            go_on.wait(10)

    monkeypatch.setattr(Snapshot, "rows", slow_rows)
    said: list[Message] = []
    with open_ledger(ledger) as snapshot:
        work = Work(said.append, snapshot, story.EXPECTED)
        work.start()
        assert reached.wait(10)
        work._stopping.set()
        go_on.set()
        work.stop()
        assert not work._thread.is_alive()
    assert not any(isinstance(one, Concluded | Indexed) for one in said)


def test_stopping_before_it_began_is_nothing(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        Work(lambda message: None, snapshot, story.EXPECTED).stop()


def test_a_refusal_and_the_unforeseen_are_told(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupt(self: Snapshot) -> None:
        raise RefusedError("the container is corrupt", code="integrity")

    monkeypatch.setattr(Snapshot, "check_integrity", corrupt)
    said = messages(ledger)
    assert isinstance(said[-1], Failed) and said[-1].error.code == "integrity"

    def broken(self: Snapshot) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Snapshot, "check_integrity", broken)
    said = messages(ledger)
    assert isinstance(said[-1], Crashed) and isinstance(said[-1].error, ZeroDivisionError)


def test_a_refusal_is_in_the_seal(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def corrupt(self: Snapshot) -> None:
        raise RefusedError("the container is corrupt", code="integrity")

    monkeypatch.setattr(Snapshot, "check_integrity", corrupt)

    async def run() -> str:
        async with stage.playing(stage.app_on(ledger), stage="stopped") as pilot:
            await stage.press(pilot, "3")
            return stage.text(pilot)

    shown = asyncio.run(run())
    assert "✗ REFUSED  the container is corrupt" in shown and "No answers: the file was refused." in shown
