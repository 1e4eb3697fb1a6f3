"""What stands between an acknowledgement and its loss: power, other processes, full disks, closed pipes."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from harness import limits, powerloss, replay, world
from harness.process import invoke, limit_file_size, run
from harness.strace import custody as custody_command

from custody.errors import CustodyError, NotAcknowledgedError
from custody.ledger import store as stores
from custody.ledger.store import Store
from custody.ledger.writer import ChainWriter, Writer

NOTE = ("append", "note", "hello", "--ledger", "main.ledger", "--key", "ci.key", "--once", "a")


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return world.make_world(tmp_path)


def _unchanged(path: Path, before: list[str]) -> None:
    """The ledger holds what it held, whole, and can be appended to."""
    assert world.entries(path) == before
    assert world.faults(world.verify(path)) == []
    world.append(path, [world.note("goes on", last=True)])


# --- power


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    folder = powerloss.scratch(tmp_path)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.needs_strace
def test_loss_of_power_loses_nothing_acknowledged(base: Path) -> None:
    story = replay.tell(base, appends=0)
    found = list(replay.states(story, each=1))
    print(f"{len(found)} states")
    assert len(found) > 200
    for where, state, said in found:
        assert replay.judge(story, state, said) == [], where


@pytest.mark.needs_strace
def test_the_replay_finds_out_a_weaker_setting(base: Path) -> None:
    story = replay.tell(base, appends=0, synchronous="FULL")
    states = [(state, said) for where, state, said in replay.states(story, each=1) if "drop" in where]
    wrong = [one for state, said in states for one in replay.judge(story, state, said)]
    assert any("acknowledged and lost" in one for one in wrong)


# --- the file is replaced


@pytest.mark.parametrize("moment", ["opened", "before-begin", "after-begin", "after-insert"])
def test_a_ledger_replaced_while_it_is_written(
    moment: str, ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = world.entries(ledger)
    other = ledger.with_name("other")
    shutil.copy(ledger, other)

    def replace() -> None:
        os.replace(other, ledger)

    if moment == "opened":  # between the look at the file and SQLite's opening of it
        real = sqlite3.connect

        def connect(*arguments: object, **options: object) -> sqlite3.Connection:
            if other.exists():
                replace()
            return real(*arguments, **options)  # type: ignore[call-overload, no-any-return]

        monkeypatch.setattr(stores.sqlite3, "connect", connect)

    def clock() -> str:
        if moment == "after-begin" and other.exists():
            replace()
        return "2026-03-02T08:00:00.000Z"

    chain = ChainWriter(world.signer("ci"), clock=clock)
    with pytest.raises(NotAcknowledgedError) as caught:  # noqa: PT012 - each moment has its own place
        if moment == "after-insert":
            with Store(ledger) as store, store.transaction() as transaction:
                transaction.add_blob("00" * 32, b"x")
                replace()
        else:
            with Writer(ledger, chain, world.ORIGIN, {}) as writer:
                if moment == "before-begin":
                    replace()
                writer.append([world.note(last=True)])
    # After BEGIN, SQLite itself notices, where it is about to make the journal.
    assert caught.value.code == ("write-failed" if moment == "after-begin" else "replaced")
    monkeypatch.undo()
    _unchanged(ledger, before)


@pytest.mark.needs_strace
@pytest.mark.parametrize(
    "command",
    [
        NOTE,
        (
            "merge",
            "main.ledger",
            "export.ledger",
            "main.ledger",
            "--key",
            "keeper.key",
            "--root",
            "root.key.pub",
        ),
        ("checkpoint", "--ledger", "main.ledger", "--key", "keeper.key", "--root", "root.key.pub"),
    ],
    ids=lambda command: command[0],
)
def test_no_second_descriptor_is_closed_in_a_transaction(command: tuple[str, ...], ledger: Path) -> None:
    """POSIX drops all of a process's locks on a file when it closes any descriptor of it."""
    log = ledger.with_name("calls")
    strace = ["strace", "-f", "-qq", "-y", "-e", "trace=close,fcntl", "-o", str(log)]
    folder = ledger.parent
    done = subprocess.run(
        [*strace, *custody_command(*command)], cwd=folder, env=world.environment(folder), check=False
    )
    assert done.returncode in (0, 4)
    locked = False
    transactions = 0
    for line in log.read_text().splitlines():
        if "main.ledger>" not in line:
            continue
        if "close(" in line:
            assert not locked, line
        elif "F_WRLCK" in line:
            transactions += not locked
            locked = True
        elif "F_UNLCK" in line and re.search(r"l_len=0\b|l_start=0\b", line):
            locked = False
    assert transactions >= 1


# --- no room


def test_a_limit_on_the_size_of_files(ledger: Path) -> None:
    folder, before = ledger.parent, world.entries(ledger)
    (folder / "big.bin").write_bytes(os.urandom(300_000))
    command = (*NOTE, "--attach", "big.bin")
    done = run(folder, *command, preexec_fn=partial(limit_file_size, ledger.stat().st_size + 50_000))
    assert (done.code, done.out) == (5, b"")
    assert done.err.startswith(b"custody: write-failed: not recorded: ")
    assert world.entries(ledger) == before
    assert run(folder, *command).code == 0
    assert len(world.entries(ledger)) == len(before) + 2


def test_a_full_disk(ledger: Path) -> None:
    if not limits.can_mount():
        pytest.skip("unshare -rm cannot mount here")
    before = world.entries(ledger)
    runs = limits.apart("full_disk", ledger.parent)
    assert runs["full"][:2] == [5, ""]
    assert "full" in runs["full"][2]
    assert runs["left"] == ["filler", "main.ledger"]
    _unchanged(ledger.with_name("after.ledger"), before)
    assert (runs["retried"][0], runs["verified"][0]) == (0, 4)
    assert "note recorded at position" in runs["retried"][1]


def test_sqlite_says_that_it_is_full(ledger: Path) -> None:
    before = world.entries(ledger)
    with Store(ledger) as store:
        store._connection.execute(f"PRAGMA max_page_count={ledger.stat().st_size // 4096 + 1}").close()
        with pytest.raises(NotAcknowledgedError) as caught, store.transaction() as transaction:
            transaction.add_blob("00" * 32, bytes(100_000))
        assert caught.value.code == "write-failed"
    _unchanged(ledger, before)


def test_a_read_only_file_system(ledger: Path) -> None:
    if not limits.can_mount():
        pytest.skip("unshare -rm cannot mount here")
    runs = limits.apart("read_only", ledger.parent)
    assert runs["verify"][0] == 4
    for step in ("append", "init", "merge"):
        code, out, err = runs[step]
        assert (code in (3, 5), out, err.count("\n")) == (True, "", 1), runs[step]


@pytest.mark.parametrize("what", ["file", "folder"])
def test_modes_that_forbid_writing(what: str, ledger: Path) -> None:
    folder, before = ledger.parent, world.entries(ledger)
    closed = ledger if what == "file" else folder
    mode = closed.stat().st_mode
    closed.chmod(0o444 if what == "file" else 0o555)
    try:
        done = run(folder, *NOTE, preexec_fn=limits.obey_modes)
        assert (done.code in (3, 5), done.out, done.err.count(b"\n")) == (True, b"", 1), done.text
        assert run(folder, "verify", "main.ledger", preexec_fn=limits.obey_modes).code == 4
    finally:
        closed.chmod(mode)
    _unchanged(ledger, before)


# --- nobody hears the acknowledgement


@pytest.mark.parametrize("stdout", ["/dev/full", "closed pipe", "closed"])
def test_an_acknowledgement_that_cannot_be_written(stdout: str, ledger: Path) -> None:
    folder, before = ledger.parent, world.entries(ledger)
    if stdout == "/dev/full":
        with open(stdout, "wb") as full:
            done = run(folder, *NOTE, stdout=full)
    elif stdout == "closed pipe":
        reading, writing = os.pipe()
        os.close(reading)
        done = run(folder, *NOTE, stdout=writing)
        os.close(writing)
    else:
        done = run(folder, *NOTE, preexec_fn=partial(os.close, 1), stdout=None)
    assert done.code == 5, done.text
    assert len(world.entries(ledger)) == len(before) + 2
    again = run(folder, *NOTE)
    assert (again.code, b"recorded already" in again.out) == (0, True)
    assert len(world.entries(ledger)) == len(before) + 2


@pytest.mark.parametrize("command", [("verify", "main.ledger"), ("log", "-l", "main.ledger"), ("--help",)])
def test_answers_that_cannot_be_written(command: tuple[str, ...], ledger: Path) -> None:
    folder = ledger.parent
    with open("/dev/full", "wb") as full:
        assert run(folder, *command, stdout=full).code == 5
    assert run(folder, *command, preexec_fn=partial(os.close, 1), stdout=None).code == 5
    silent = run(folder, *command, preexec_fn=partial(os.close, 2), stderr=None)
    assert silent.code == run(folder, *command).code
    assert silent.out


def test_what_is_unforeseen_in_a_transaction_leaves_nothing_behind(ledger: Path) -> None:
    before = world.entries(ledger)

    def entropy(size: int) -> bytes:
        raise KeyboardInterrupt

    with (
        pytest.raises(KeyboardInterrupt),
        Writer(ledger, ChainWriter(world.signer("ci"), entropy=entropy), world.ORIGIN, {}) as writer,
    ):
        writer.append([world.note(last=True)])
    _unchanged(ledger, before)


def test_the_runner_in_this_process_is_the_command_line(ledger: Path) -> None:
    """What many tests use instead of a process: the same answers."""
    for command in (("verify", "main.ledger"), ("show", "99", "-l", "main.ledger"), ("nope",)):
        one, other = run(ledger.parent, *command), invoke(ledger.parent, command)
        assert (one.code, one.out, one.err) == (other.code, other.out, other.err)
    with pytest.raises(CustodyError):
        world.verify(ledger.with_name("root.key"))
