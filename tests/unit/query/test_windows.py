"""Blind windows, environments that vanish, and reports that contradict each other at one instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from facts import Log, about, at

from custody.errors import UsageError
from custody.query.fold import Report
from custody.query.index import Index
from custody.query.remarks import remarks
from custody.query.states import read_content
from custody.query.windows import last_moment, silent, windows

HOUR = timedelta(hours=1)


@pytest.fixture
def made() -> Log:
    log = Log()
    chain = log.chain()
    for minute in (0, 30, 90, 200, 260):
        log.snapshot(chain, minute, ("api", "one", 1))
    return log


def test_silences_longer_than_the_interval(made: Log) -> None:
    index = made.index()
    found = windows(index, "prod", HOUR)
    assert [(one.since, one.until, one.seconds) for one in found] == [(at(90), at(200), 6600.0)]
    assert (found[0].before.position, found[0].after and found[0].after.position) == (3, 4)
    assert len(windows(index, "prod", timedelta(minutes=59))) == 3
    assert windows(index, "prod", timedelta(hours=2)) == []


def test_the_last_one_ends_with_the_last_moment_that_the_ledger_knows_of(made: Log) -> None:
    made.approval(made.chain(minute=1), 400)
    index = made.index()
    assert last_moment(index) == at(400)
    last = windows(index, "prod", HOUR)[-1]
    assert (last.since, last.until, last.after) == (at(260), at(400), None)
    assert windows(index, "prod", HOUR, until=at(100)) == []
    assert [one.since for one in windows(index, "prod", HOUR, since=at(201))] == [at(260)]
    assert windows(index, "prod", HOUR, until=at(170))[0].until == at(170)


def test_without_reports_there_are_no_windows_and_asking_is_an_error(made: Log) -> None:
    made.deployment(made.chain(), 1, "one", environment="dev")
    index = made.index()
    with pytest.raises(UsageError, match="nobody reports what runs in dev"):
        windows(index, "dev", HOUR)
    with pytest.raises(UsageError, match="no environment prd"):
        windows(index, "prd", HOUR)
    assert windows(index, "prod", HOUR, until="2020-01-01T00:00:00.000Z") == []


@pytest.mark.parametrize(("minute", "vanished"), [(260, False), (480, False), (481, True)])
def test_an_environment_vanishes_after_twice_its_longest_silence(
    made: Log, minute: int, vanished: bool
) -> None:
    made.approval(made.chain(minute=1), minute)
    index = made.index()
    assert bool(silent(index)) == vanished
    found = [(one.code, one.position) for one in remarks(index)]
    assert found == ([("environment-silent", 5)] if vanished else [])


def test_one_report_alone_has_no_silence_to_compare_with() -> None:
    made = Log()
    made.snapshot(made.chain(), 1, ("api", "one", 1))
    made.approval(made.chain(), 600)
    assert silent(made.index()) == []


def test_two_reports_at_one_instant_that_contradict_each_other() -> None:
    made = Log()
    one, other = made.chain(), made.chain()
    made.snapshot(one, 10, ("api", "one", 1))
    made.snapshot(other, 10, ("api", "two", 1))
    made.snapshot(one, 20, ("api", "two", 1))
    made.snapshot(other, 20, ("api", "two", 1))
    index = made.index()
    assert [(one.code, one.position) for one in remarks(index)] == [("simultaneous-reports", 3)]
    (remark,) = remarks(index)
    assert "at position 2 too" in remark.message


def test_a_repeated_report_from_the_future_takes_effect_with_the_merge_that_covers_it() -> None:
    """Repetitions are not decoded again; their times are looked at all the same."""
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "one", 1))
    made.snapshot(chain, 500, ("api", "one", 1))
    made.merge(60, 3)
    index = made.index()
    assert index.row("SELECT max(time) FROM snapshot") == (at(60),)
    assert last_moment(index) == at(60)


def part(made: Log, chain: str, minute: int, pattern: str) -> None:
    running = {"list": [], "include": [pattern], "exclude": ["a/dev*"] if pattern == "a/*" else []}
    if not running["exclude"]:
        del running["exclude"]
    made.add(chain, "snapshot", minute, {"environment": "prod", "running": running})


def test_each_part_has_its_own_silences_and_a_report_of_the_whole_is_one_of_every_part() -> None:
    made = Log()
    chain = made.chain()
    for minute, pattern in ((0, "a/*"), (10, "b/*"), (50, "a/*"), (100, "a/*"), (150, "a/*"), (200, "b/*")):
        part(made, chain, minute, pattern)
    assert [(one.since, one.until, one.part) for one in windows(made.index(), "prod", HOUR)] == [
        (at(10), at(200), "b/*")
    ]
    made.snapshot(made.chain(), 65)
    found = windows(made.index(), "prod", HOUR)
    assert [(one.since, one.until, one.part) for one in found] == [(at(65), at(200), "b/*")]
    made.approval(made.chain(), 261)
    assert [(one.since, one.after, one.part) for one in windows(made.index(), "prod", HOUR)][-2:] == [
        (at(150), None, "a/* -a/dev*"), (at(200), None, "b/*"),
    ]  # fmt: skip


def test_of_too_many_parts_there_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Log()
    chain = made.chain()
    for number in range(4):
        part(made, chain, number, f"p{number}/*")
    monkeypatch.setattr("custody.query.windows.MOST_PARTS", 3)
    with pytest.raises(UsageError) as caught:
        windows(made.index(), "prod", HOUR)
    assert caught.value.code == "parts"


def test_nobody_looked_before_every_part_was_reported() -> None:
    made = Log()
    chain = made.chain()
    part(made, chain, 0, "a/*")
    part(made, chain, 0, "b/*")
    made.deployment(chain, 10, "one")
    part(made, chain, 100, "a/*")
    assert [one.code for one in remarks(made.index())] == []
    part(made, chain, 101, "b/*")
    assert [one.code for one in remarks(made.index())] == ["deployment-unseen"]


def test_a_report_of_the_whole_and_one_of_a_part_contradict_each_other_in_what_both_are_about() -> None:
    def said(*whole: tuple[str, str, int]) -> list[str]:
        made = Log()
        made.snapshot(made.chain(), 10, *whole)
        part(made, made.chain(), 10, "b/*")
        return [one.code for one in remarks(made.index())]

    assert said(("a/api", "one", 1)) == []
    assert said(("a/api", "one", 1), ("b/api", "one", 1)) == ["simultaneous-reports"]


def test_reports_that_name_the_same_bytes_otherwise_do_not_contradict_each_other() -> None:
    made = Log()
    for version in ("1", "2"):
        listed = [{"service": "api", "artifact": about("api"), "count": 1, "version": version}]
        made.add(made.chain(), "snapshot", 10, {"environment": "prod", "running": listed})
    assert list(remarks(made.index())) == []


def test_what_is_said_again_since_the_last_change_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where several report, each its own part and each as ever, only what changed something is looked at."""
    read: list[int] = []

    def counted(index: Index, content: int, time: str) -> Report:
        read.append(content)
        return read_content(index, content, time)

    monkeypatch.setattr("custody.query.states.read_content", counted)
    made = Log()
    chain = made.chain()
    for minute in range(0, 60, 2):
        part(made, chain, minute, "a/*")
        part(made, chain, minute + 1, "b/*")
    made.snapshot(chain, 100, ("a/api", "one", 1))
    part(made, chain, 101, "b/*")
    part(made, chain, 102, "a/*")
    index = made.index()
    assert read == [1, 2, 3, 2, 1]
    assert index.row("SELECT states, last_seen FROM environment") == (3, at(102))
