"""Opening a ledger again: only the very same bytes, judged in the very same way, are not verified anew."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.workload import ORIGIN, ROOT, World, make_ledger
from custody import system
from custody.ledger import schema
from custody.ledger.reader import open_ledger
from custody.ledger.store import Store
from custody.ledger.writer import insert
from custody.query import opening
from custody.query.opening import Answers, open_answers, passed
from custody.trust.expectations import expect
from custody.trust.memory import Memory
from custody.trust.verification import Expectations


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SMALL", 0)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return make_ledger(tmp_path / "a.ledger", 102)


def opened(path: Path, expectations: Expectations | None = None) -> Answers:
    """One opening from gate to answer; the index is closed."""
    with open_ledger(path, passed=passed) as snapshot:
        answers = open_answers(snapshot, expectations or expect(ORIGIN, (ROOT,)))
        with answers.index as index:
            chains = index.rows("SELECT count(*) FROM chain")[0][0]
            assert (chains == 0) is (answers.report.exit == 1), (
                "what is asked is answered, unless there is a fault"
            )
        return answers


def cached_files() -> list[Path]:
    return sorted((system.cache_dir() / "ledgers").glob("*"))


def test_the_second_opening_says_the_same_and_verifies_nothing(ledger: Path) -> None:
    first, second = opened(ledger), opened(ledger)
    assert (first.cached, second.cached) == (False, True)
    assert first.report == second.report and second.report.exit == 0
    assert second.report.roots == (ROOT,)


def test_the_integrity_check_is_not_asked_twice_about_the_same_bytes(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(ledger)
    asked: list[object] = []
    monkeypatch.setattr(schema, "check_integrity", asked.append)
    open_ledger(ledger, passed=passed).close()
    assert asked == []
    ledger.write_bytes(ledger.read_bytes().replace(b"payments-api", b"payments-apj", 1))
    open_ledger(ledger, passed=passed).close()
    assert len(asked) == 1


def test_what_was_appended_is_verified(ledger: Path) -> None:
    opened(ledger)
    with Store(ledger) as store, store.transaction() as transaction:
        log = World(1).log()
        for _ in range(5):
            insert(transaction, next(log))
    assert not opened(ledger).cached


def test_another_root_judges_anew(ledger: Path) -> None:
    opened(ledger)
    assert not opened(ledger, Expectations()).cached
    assert opened(ledger, Expectations()).report.exit == 4
    assert opened(ledger, Expectations()).cached


def test_what_this_machine_forgot_it_learns_again(ledger: Path) -> None:
    opened(ledger)
    Memory().forget(ORIGIN)
    assert not opened(ledger).cached
    assert opened(ledger).cached


def test_a_ledger_with_a_fault_is_never_kept(ledger: Path) -> None:
    connection = sqlite3.connect(ledger)
    with connection:
        connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE position = 50")
    connection.close()
    for _ in range(2):
        answers = opened(ledger)
        assert answers.report.exit == 1 and not answers.cached
    assert cached_files() == []


def test_a_rollback_is_a_fault_and_not_an_answer(ledger: Path, tmp_path: Path) -> None:
    opened(ledger)
    answers = opened(make_ledger(tmp_path / "older.ledger", 60))
    assert answers.report.exit == 1 and "rollback" in answers.report.counts


@pytest.mark.parametrize(
    "document",
    ["", "{}", "[]", '{"remembered": [], "report": {}}', '{"remembered": [], "report": []}', "nonsense"],
)
def test_a_damaged_report_is_made_again(ledger: Path, document: str) -> None:
    opened(ledger, Expectations())
    (path,) = cached_files()
    connection = sqlite3.connect(path)
    with connection:
        connection.execute("UPDATE report SET document = ?", (document,))
    connection.close()
    assert not opened(ledger, Expectations()).cached


def test_an_index_of_another_file_is_not_believed(ledger: Path, tmp_path: Path) -> None:
    other = make_ledger(tmp_path / "other.ledger", 101)
    opened(ledger, Expectations())
    (path,) = cached_files()
    opened(other, Expectations())
    (wanted,) = set(cached_files()) - {path}
    os.replace(path, wanted)
    assert not opened(other, Expectations()).cached


@pytest.mark.skipif(os.name == "nt", reason="a file has no mode there")
def test_the_cache_is_private_and_what_others_could_have_written_is_not_used(ledger: Path) -> None:
    opened(ledger)
    (path,) = cached_files()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    assert not opened(ledger).cached


def test_without_a_cache_folder_all_goes_on(ledger: Path) -> None:
    folder = system.cache_dir()
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file stands here")
    assert opened(ledger).report.exit == 0
    assert not opened(ledger).cached


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Path]:
    return (make_ledger(tmp_path / f"{number}.ledger", number) for number in range(60, 80))


def test_the_cache_is_bounded_and_keeps_what_was_used_last(
    ledgers: Iterator[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "FILES_KEPT", 3)
    made = [next(ledgers) for _ in range(5)]
    for number, ledger in enumerate(made[:3]):
        before = set(cached_files())
        opened(ledger, Expectations())
        (new,) = set(cached_files()) - before
        os.utime(new, (1000 + number, 1000 + number))
    assert opened(made[0], Expectations()).cached
    opened(made[3], Expectations())
    assert len(cached_files()) == 3
    assert opened(made[0], Expectations()).cached
    assert not opened(made[1], Expectations()).cached


def test_a_small_ledger_is_not_worth_a_file(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SMALL", 103)
    opened(ledger)
    assert cached_files() == []
