"""Work in several threads: in order, no more ahead than is held, and nothing lost when something goes wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from custody.errors import InputError
from custody.record import pool
from custody.record.pool import in_order

Advance = Callable[[int], None]


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_order(workers: int) -> None:
    def work(number: int, advance: Advance) -> int:
        time.sleep(0.002 if number % 7 == 0 else 0)
        return number * 2

    assert list(in_order(range(300), work, workers=workers)) == [number * 2 for number in range(300)]
    assert list(in_order([], work, workers=workers)) == []


def test_only_so_many_are_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_AHEAD", 10)
    taken = 0

    def things() -> Iterator[int]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield number

    for number, _ in enumerate(in_order(things(), lambda thing, advance: thing + 1, workers=3)):
        assert taken <= number + 10


@pytest.mark.parametrize("workers", [1, 3])
def test_an_error_is_raised_when_its_turn_comes(workers: int) -> None:
    def work(number: int, advance: Advance) -> int:
        if number in (5, 3):
            raise InputError(f"number {number}")
        return number

    seen = []
    with pytest.raises(InputError, match="number 3"):
        seen.extend(in_order(range(10), work, workers=workers))
    results = in_order(range(10), work, workers=workers)
    assert [next(results) for _ in range(3)] == [0, 1, 2]


def test_the_unforeseen_in_a_thread_happens_to_the_one_who_asked() -> None:
    begun = threading.Event()

    def work(number: int, advance: Advance) -> int:
        if threading.current_thread() is not threading.main_thread():
            begun.set()
            raise MemoryError
        assert begun.wait(10)
        if number == 3:
            raise ZeroDivisionError
        return number

    with pytest.raises(ZeroDivisionError):
        list(in_order(range(4), work, workers=2))


def test_amounts_are_added_up() -> None:
    seen: list[tuple[int, int]] = []

    def work(number: int, advance: Advance) -> bool:
        advance(number)
        advance(1)
        return True

    list(in_order(range(100), work, lambda done, total: seen.append((done, total)), 5050, workers=4))
    assert seen[-1] == (5050, 5050) and seen == sorted(seen) and len(seen) == 200


def test_nobody_goes_on_working_for_nobody() -> None:
    held, stopped = threading.Event(), threading.Event()

    def work(number: int, advance: Advance) -> int:
        if threading.current_thread() is threading.main_thread():
            return number
        held.set()
        try:
            while True:
                advance(1)
                time.sleep(0.001)
        finally:
            stopped.set()

    results = in_order(range(10_000), work, workers=2)
    for number in results:
        if held.is_set() or number > 1000:
            break
    results.close()  # type: ignore[attr-defined]
    assert not held.is_set() or stopped.wait(10)


def test_workers_are_one_more_than_cores_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for cores in (1, 2, 64):
        monkeypatch.setattr(pool, "available_cores", lambda cores=cores: cores)
        found[cores] = pool._usual_workers()
    assert found == {1: 1, 2: 3, 64: pool._MOST_WORKERS}
