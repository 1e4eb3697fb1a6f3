"""What this machine remembers: pinned roots, and checkpoints that were verified to the end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from ledgers import ORIGIN, World, checkpoint, fingerprint, put

from custody.errors import UsageError
from custody.ledger.reader import open_ledger
from custody.trust.expectations import expect, remember
from custody.trust.memory import Memory, Pins, Remembered, last_seen
from custody.trust.verification import Verification

FIRST, ROOT = "12" * 32, fingerprint("root")
ONE = Remembered(5, "ab" * 32, FIRST, "a note")


def test_a_root_is_pinned_shown_and_forgotten(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins.json")
    assert (pins.all(), pins.get(ORIGIN)) == ({}, None)
    pins.pin(ORIGIN, ROOT)
    pins.pin(ORIGIN, ROOT)
    assert Pins(tmp_path / "pins.json").get(ORIGIN) == ROOT
    pins.forget(ORIGIN)
    assert pins.all() == {}
    with pytest.raises(UsageError) as caught:
        pins.forget(ORIGIN)
    assert caught.value.code == "not-pinned"


def test_another_root_is_not_pinned_over_the_first(tmp_path: Path) -> None:
    pins = Pins(tmp_path / "pins.json")
    pins.pin(ORIGIN, ROOT)
    with pytest.raises(UsageError, match="custody trust forget") as caught:
        pins.pin(ORIGIN, fingerprint("other"))
    assert caught.value.code == "pinned"
    assert pins.get(ORIGIN) == ROOT


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a b":"SHA256:x"}', '{"a":1}', '{"a":"SHA256:x"}', "\xff"])
def test_pins_that_are_damaged_are_an_error_and_not_an_empty_memory(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pins.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(UsageError, match="damaged"):
        Pins(path).get(ORIGIN)


def test_a_checkpoint_is_remembered_by_origin_root_and_log(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    memory.remember(ORIGIN, ROOT, ONE)
    memory.remember(ORIGIN, ROOT, ONE._replace(first="34" * 32))
    assert set(Memory(tmp_path).recall(ORIGIN, ROOT)) == {ONE, ONE._replace(first="34" * 32)}
    assert memory.recall(ORIGIN, fingerprint("other")) == []
    assert memory.recall("acme.example/other", ROOT) == []


def test_a_smaller_checkpoint_never_replaces_a_larger_one(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for size in (5, 9, 7):
        memory.remember(ORIGIN, ROOT, ONE._replace(size=size))
    assert [one.size for one in memory.recall(ORIGIN, ROOT)] == [9]


def test_forgetting_is_of_one_origin_under_every_root(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    for origin in (ORIGIN, "acme.example/other"):
        for root in (ROOT, fingerprint("other")):
            memory.remember(origin, root, ONE)
    memory.forget(ORIGIN)
    assert memory.recall(ORIGIN, ROOT) == memory.recall(ORIGIN, fingerprint("other")) == []
    assert memory.recall("acme.example/other", ROOT) == [ONE]


DAMAGED = [
    '{"x":{}}',
    '{"%s":{"size":0,"root":"%s","note":""}}',
    '{"%s":[]}',
    "nothing",
    '{"%s":{"size":"5"}}',
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_memory_that_is_damaged_is_an_error_and_not_an_empty_memory(tmp_path: Path, text: str) -> None:
    """To forget silently would be to accept a rollback."""
    memory = Memory(tmp_path)
    memory.remember(ORIGIN, ROOT, ONE)
    (path,) = tmp_path.iterdir()
    path.write_text(text.replace("%s", FIRST))
    with pytest.raises(UsageError, match="damaged"):
        memory.recall(ORIGIN, ROOT)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such modes there")
def test_what_is_remembered_is_nobody_else_s_to_read(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    Memory(folder).remember(ORIGIN, ROOT, ONE)
    Pins(folder / "pins.json").pin(ORIGIN, ROOT)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def verified(path: Path, *, pinned: bool = True) -> Verification:
    roots = () if pinned else (ROOT,)
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, expect(ORIGIN, roots), workers=1)
        for _ in verification.run():
            pass
        remember(verification)
        return verification


def test_only_an_exit_0_is_remembered(tmp_path: Path) -> None:
    world = World("memory")
    entries = [*world.start(), *world.note()]
    assert (
        verified(put(tmp_path / "a.ledger", entries, [checkpoint(entries, 2)]), pinned=False).report.exit == 4
    )
    assert Memory().recall(ORIGIN, ROOT) == []
    good = put(tmp_path / "b.ledger", entries, [checkpoint(entries)])
    assert verified(good, pinned=False).report.exit == 0
    (one,) = Memory().recall(ORIGIN, ROOT)
    assert (one.size, one.first) == (5, entries[0].id)


def test_a_verification_that_was_broken_off_is_not_remembered(tmp_path: Path) -> None:
    entries = World("memory").start()
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, expect(ORIGIN, [ROOT]), workers=1)
        next(verification.run())
        remember(verification)
    assert Memory().recall(ORIGIN, ROOT) == []


def test_a_pinned_root_is_judged_by_where_none_is_given_and_both_are_held_against_each_other() -> None:
    Pins().pin(ORIGIN, ROOT)
    assert expect(ORIGIN).judged_by == (ROOT,)
    assert expect("acme.example/other").judged_by == ()
    assert expect("").judged_by == ()
    given = expect(ORIGIN, [fingerprint("other")])
    assert (given.judged_by, given.pinned) == ((fingerprint("other"),), ROOT)


def test_a_writer_names_only_a_checkpoint_of_the_very_log(tmp_path: Path) -> None:
    entries = World("memory").start()
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    assert last_seen(ORIGIN, entries[0].id) is None
    Pins().pin(ORIGIN, ROOT)
    assert verified(path).report.exit == 0
    seen = last_seen(ORIGIN, entries[0].id)
    assert seen is not None
    assert seen.size == 2
    assert last_seen(ORIGIN, "ab" * 32) is None
    assert last_seen(ORIGIN, "") is None
    assert last_seen("", entries[0].id) is None


def test_memory_lies_in_the_user_s_own_folders(home: Path) -> None:
    Pins().pin(ORIGIN, ROOT)
    Memory().remember(ORIGIN, ROOT, ONE)
    found = {path.relative_to(home).parts[:2] for path in home.rglob("*.json")}
    assert found == {("custody", "config"), ("custody", "state")}
    assert os.environ["CUSTODY_HOME"] == str(home / "custody")
