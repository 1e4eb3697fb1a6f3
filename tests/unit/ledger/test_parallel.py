"""Checking on several processes: the same answers as on one, whatever becomes of the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from hashlib import sha256

import pytest

from bench.workload import World
from custody.ledger import parallel
from custody.ledger.body import BodyChecker, front
from custody.ledger.parallel import Checkers, Jobs, Wrong
from custody.ledger.writer import Signed

BATCHES = 24


@pytest.fixture(scope="module")
def entries() -> list[Signed]:
    log = World().log()
    return [next(log) for _ in range(BATCHES * 10)]


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkers]:
    monkeypatch.setattr(parallel, "SMALL", 0)
    with Checkers(1, workers=3) as checkers:
        assert len(checkers._workers) == 2
        yield checkers


def batches(entries: list[Signed]) -> list[Jobs]:
    """Ten entries each; in each batch the signature of the third and the body of the fifth are wrong."""
    keys = {entry.chain: bytes.fromhex(entry.header.key) for entry in entries if entry.header.key}
    made = []
    for start in range(0, len(entries), 10):
        jobs = Jobs()
        for number, entry in enumerate(entries[start : start + 10]):
            jobs.headers.append(entry.data)
            jobs.signatures.append(bytes(64) if number == 3 else entry.signature)
            jobs.keys.append(keys[entry.chain])
            body = entry.blobs[entry.header.body]
            jobs.bodies.append(body + b" " if number == 5 else body)
            jobs.digests.append(bytes.fromhex(entry.header.body))
        made.append(jobs)
    return made


def run(checkers: Checkers, entries: list[Signed]) -> list[list[Wrong]]:
    results = [checkers.submit(jobs) for jobs in batches(entries)]
    return [result() for result in results]


def codes(found: list[list[Wrong]]) -> list[list[tuple[int, str]]]:
    return [[(index, code) for index, code, _ in wrong] for wrong in found]


EXPECTED = [[(3, "signature-invalid"), (5, "body-differs")]] * BATCHES


def test_processes_say_what_one_process_says(pool: Checkers, entries: list[Signed]) -> None:
    assert codes(run(pool, entries)) == EXPECTED
    with Checkers(1, workers=1) as alone:
        assert codes(run(alone, entries)) == EXPECTED


def test_work_is_handed_to_every_worker(pool: Checkers, entries: list[Signed]) -> None:
    run(pool, entries)
    assert all(worker._given > 0 for worker in pool._workers)


def test_a_worker_that_is_killed_leaves_its_work_to_this_process(
    pool: Checkers, entries: list[Signed]
) -> None:
    waiting = [pool.submit(jobs) for jobs in batches(entries)]
    for worker in pool._workers:
        worker._process.kill()
        worker._process.wait()
    assert codes([result() for result in waiting]) == EXPECTED
    assert codes(run(pool, entries)) == EXPECTED


def test_where_no_process_can_be_started_this_one_does_it(
    monkeypatch: pytest.MonkeyPatch, entries: list[Signed]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(parallel, "SMALL", 0)
    monkeypatch.setattr(parallel.subprocess, "Popen", refuse)
    with Checkers(1, workers=4) as checkers:
        assert codes(run(checkers, entries)) == EXPECTED


def test_what_is_abandoned_leaves_no_process_behind(
    monkeypatch: pytest.MonkeyPatch, entries: list[Signed]
) -> None:
    monkeypatch.setattr(parallel, "SMALL", 0)
    with Checkers(1, workers=2) as checkers:
        (worker,) = checkers._workers
        for jobs in batches(entries):
            checkers.submit(jobs)
    assert worker._process.returncode is not None
    assert not any(thread.is_alive() for thread in worker._threads)
    with pytest.raises(ProcessLookupError if os.name != "nt" else OSError):
        os.kill(worker._process.pid, 0)


def test_below_a_few_thousand_entries_nothing_is_started() -> None:
    with Checkers(parallel.SMALL - 1, workers=8) as checkers:
        assert checkers._workers == []


# --- bodies that differ in their salt alone

SALT = b'"salt":"' + b"ab" * 16 + b'"}'
OTHER = b'"salt":"' + b"01" * 16 + b'"}'


def check(*bodies: bytes) -> list[str]:
    """The codes that one checker gives to some bodies, each stored under its right digest; "" for a sound one."""
    checker = BodyChecker()
    return [(checker.check(body, sha256(body).digest()) or ("", ""))[0] for body in bodies]


def test_a_repeated_body_is_sound_by_its_front_and_still_hashed() -> None:
    checker = BodyChecker()
    assert check(b'{"a":1,' + SALT, b'{"a":1,' + OTHER) == ["", ""]
    body = b'{"a":1,' + SALT
    assert checker.check(body, sha256(body).digest()) is None
    wrong = checker.check(b'{"a":1,' + OTHER, sha256(body).digest())
    assert wrong is not None and wrong[0] == "body-differs"


@pytest.mark.parametrize(
    "tail",
    [
        b'"salt":"' + b"AB" * 16 + b'"}',
        b'"salt":"' + b"ab" * 15 + b'"}',
        b'"salt": "' + b"ab" * 16 + b'"}',
        b'"salt":"' + b"ab" * 16 + b'"} ',
        b'"salt":"' + b"ab" * 16 + b'"}\n',
        b'"salu":"' + b"ab" * 16 + b'"}',
    ],
)
def test_a_known_front_excuses_no_other_tail(tail: bytes) -> None:
    assert check(b'{"a":1,' + SALT, b'{"a":1,' + tail) == ["", "body-malformed"]


@pytest.mark.parametrize(
    "before",
    [
        b'{"a":1.5,',
        b'{"a":1,"a":1,',
        b'{ "a":1,',
        b'{"b":1,"a":1,',
        b'{"x":{"a":1,',
        b'{"x\\',
        b"[",
        b"",
        b'{"z":1,',
    ],
)
def test_a_front_that_was_unsound_once_stays_so(before: bytes) -> None:
    assert check(before + SALT, before + OTHER, before + SALT) == ["body-malformed"] * 3


def test_a_front_is_what_stands_before_a_salt_at_the_end() -> None:
    assert front(b'{"a":1,' + SALT) == b'{"a":1,'
    assert front(b'{"a":1,' + SALT + b"}") is None
    assert front(b"") is None
    assert front(SALT) == b""
