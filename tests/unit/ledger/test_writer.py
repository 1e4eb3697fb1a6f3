"""Appending: one run is one chain; copies, crashes and parallel jobs begin another and never fork."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from pathlib import Path

import pytest
from ledgers import ORIGIN, World, findings, signer, verify

from custody.errors import NotAcknowledgedError, UsageError
from custody.kinds import Note
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_ATTACHMENT, MAX_BODY, Header, Seen, Subject, once_digest, parse_header
from custody.ledger.heads import Head, HeadStore
from custody.ledger.reader import open_ledger
from custody.ledger.store import create_ledger
from custody.ledger.writer import ChainWriter, Draft, Receipt, Writer

posix = pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be replaced there")
CONTEXT = {"flow": "api", "trail": "1"}
API = Subject("api", "1a" * 32)


def note(text: str = "a note", **how: object) -> Draft:
    return Draft("note", Note(text).write(), **how)  # type: ignore[arg-type]


class Machine:
    """One machine's writers on one ledger: what it remembers lies in a folder of its own."""

    def __init__(self, folder: Path, name: str = "machine") -> None:
        self.world = World(name)
        self.heads = HeadStore(folder / name)
        self.path = folder / "job.ledger"
        create_ledger(self.path, exist_ok=True)

    def writer(self, who: str = "builder", **how: object) -> Writer:
        how = {"context": CONTEXT, "origin": ORIGIN, "heads": self.heads, "wait": 5.0, **how}
        context, origin = how.pop("context"), how.pop("origin")
        return Writer(self.path, self.world.chain(who), origin, context, **how)  # type: ignore[arg-type]

    def append(self, *drafts: Draft, **how: object) -> list[Receipt]:
        with self.writer(**how) as writer:  # type: ignore[arg-type]
            return writer.append(drafts)

    def headers(self) -> list[Header]:
        with open_ledger(self.path) as snapshot:
            return [parse_header(row[2]) for rows in snapshot.rows() for row in rows]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def sound(path: Path) -> bool:
    """Nothing is wrong with a job's ledger but what no export can have."""
    return set(findings(path, roots=[])) <= {"no-root", "no-checkpoint", "open-chain"}


def test_a_run_is_a_chain(machine: Machine) -> None:
    receipts = machine.append(note("one"), note("two"), Draft("seal", {}, last=True))
    assert [(one.position, one.seq, one.kind) for one in receipts] == [
        (1, 1, "note"),
        (2, 2, "note"),
        (3, 3, "seal"),
    ]
    headers = machine.headers()
    assert [header.kind for header in headers] == ["genesis", "note", "note", "seal"]
    assert {header.chain for header in headers[1:]} == {receipts[0].chain}
    assert headers[0].key == signer("builder").public.hex
    assert findings(machine.path, roots=[]) == {"no-root": 1, "no-checkpoint": 1}


def test_a_run_goes_on_where_this_machine_left_it(machine: Machine) -> None:
    first, second, third = (machine.append(note(text))[0] for text in ("one", "two", "three"))
    assert first.chain == second.chain == third.chain
    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert sound(machine.path)


@pytest.mark.parametrize(
    "other",
    [{"who": "deployer"}, {"context": {"flow": "api", "trail": "2"}}],
    ids=["another key", "another run"],
)
def test_another_run_is_another_chain(machine: Machine, other: dict[str, object]) -> None:
    first, second = machine.append(note())[0], machine.append(note(), **other)[0]
    assert first.chain != second.chain
    assert machine.append(note())[0].chain == first.chain


def test_without_a_memory_each_opening_is_another_chain(machine: Machine) -> None:
    assert machine.append(note(), heads=None)[0].chain != machine.append(note(), heads=None)[0].chain


def test_two_appends_of_one_writer_are_one_chain(machine: Machine) -> None:
    with machine.writer(heads=None) as writer:
        first, second = writer.append([note()])[0], writer.append([note()])[0]
    assert first.chain == second.chain


def test_after_its_last_a_run_begins_anew(machine: Machine) -> None:
    with machine.writer() as writer:
        first = writer.append([note(), Draft("seal", {}, last=True)])[0]
        second = writer.append([note()])[0]
    third = machine.append(Draft("note", {"text": "x"}, last=True), note())
    assert second.chain != first.chain
    assert third[0].chain == second.chain
    assert third[1].chain not in (first.chain, second.chain)
    assert sound(machine.path)


def test_case_41_a_copy_never_forks(machine: Machine, tmp_path: Path) -> None:
    """Two machines with one key, and each with a copy of the file: each goes on with a chain of its own."""
    first = machine.append(note())[0]
    other = Machine(tmp_path, "other")
    other.path = tmp_path / "copy.ledger"
    shutil.copy(machine.path, other.path)
    theirs = other.append(note())[0]
    ours = machine.append(note())[0]
    assert ours.chain == first.chain != theirs.chain
    assert sound(machine.path)
    assert sound(other.path)


def test_case_41_a_machine_whose_memory_was_copied_forks_no_more_than_its_file_allows(
    machine: Machine, tmp_path: Path
) -> None:
    """A virtual machine, cloned: the file is the other's now, and its head is not the one that is remembered."""
    machine.append(note())
    clone = HeadStore(tmp_path / "clone")
    shutil.copytree(tmp_path / "machine", tmp_path / "clone")
    ours = machine.append(note())[0]
    theirs = machine.append(note(), heads=clone)[0]
    assert theirs.chain != ours.chain
    assert sound(machine.path)


def test_case_41_another_clone_s_file_in_the_place_of_this_one_s(machine: Machine, tmp_path: Path) -> None:
    """The furthest entry of the chain has the seq that this machine remembers, and is not the one it wrote."""
    first = machine.append(note())[0]
    shutil.copytree(tmp_path / "machine", tmp_path / "clone")
    kept = machine.path.read_bytes()
    ours = machine.append(note("ours"))[0]
    memory = [(path, path.read_bytes()) for path in (tmp_path / "machine").iterdir()]
    machine.path.write_bytes(kept)
    theirs = machine.append(note("theirs"), heads=HeadStore(tmp_path / "clone"))[0]
    assert (theirs.chain, theirs.seq) == (ours.chain, ours.seq) == (first.chain, 2)
    for path, content in memory:
        path.write_bytes(content)
    assert machine.append(note())[0].chain != first.chain
    assert sound(machine.path)


def test_a_file_that_was_put_back_is_not_continued(machine: Machine) -> None:
    machine.append(note())
    kept = machine.path.read_bytes()
    second = machine.append(note())[0]
    machine.path.write_bytes(kept)
    third = machine.append(note())[0]
    assert third.chain != second.chain
    assert sound(machine.path)


def test_a_memory_that_is_damaged_only_costs_a_chain(machine: Machine, tmp_path: Path) -> None:
    first = machine.append(note())[0]
    (record,) = (tmp_path / "machine").iterdir()
    record.write_text("not a head")
    assert machine.append(note())[0].chain != first.chain
    assert sound(machine.path)


def test_two_writers_of_one_run_at_once_are_two_chains(machine: Machine) -> None:
    with machine.writer() as one, machine.writer() as two:
        receipts = [writer.append([note()])[0] for writer in (one, two, one, two)]
    assert receipts[0].chain == receipts[2].chain != receipts[1].chain == receipts[3].chain
    assert sound(machine.path)


def test_a_genesis_that_contradicts_this_run_is_not_continued(machine: Machine) -> None:
    run = {"flow": "api"}
    first = machine.append(note(), context={"commit": "ab" * 20}, run=run)[0]
    assert machine.append(note(), context={"commit": "ab" * 20, "job": "x"}, run=run)[0].chain == first.chain
    assert machine.append(note(), context={"commit": "cd" * 20}, run=run)[0].chain != first.chain


# --- failures


def test_all_of_the_drafts_or_none(machine: Machine) -> None:
    machine.append(note())
    before = machine.path.read_bytes()
    with pytest.raises(UsageError):
        machine.append(note("one"), note("two", attachments=((bytes(MAX_ATTACHMENT + 1), "text/plain"),)))
    assert machine.path.read_bytes() == before


def test_a_failed_transaction_is_never_continued(machine: Machine) -> None:
    """The failed entry may be on a disk somewhere: another successor of its prev would be a fork with it."""
    with machine.writer() as writer:
        first = writer.append([note()])[0]
        with pytest.raises(UsageError):
            writer.append([note("one"), note("x" * (MAX_BODY + 1))])
        second = writer.append([note()])[0]
    assert second.chain != first.chain
    assert machine.append(note())[0].chain == second.chain
    assert sound(machine.path)


def test_a_commit_that_fails_is_never_continued(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    from custody.ledger.store import Store

    commit = Store._commit

    def lost(self: Store) -> None:
        commit(self)
        raise NotAcknowledgedError("the answer was lost", code="write-failed")

    with machine.writer() as writer:
        first = writer.append([note()])[0]
        monkeypatch.setattr(Store, "_commit", lost)
        with pytest.raises(NotAcknowledgedError):
            writer.append([note("perhaps")])
        monkeypatch.setattr(Store, "_commit", commit)
        second = writer.append([note()])[0]
    assert second.chain != first.chain
    assert sound(machine.path)


@posix
def test_case_68_a_replaced_file_gets_no_acknowledgement(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other.ledger"
    create_ledger(other, exist_ok=False)
    with machine.writer() as writer:
        writer.append([note()])
        os.replace(other, machine.path)
        with pytest.raises(NotAcknowledgedError):
            writer.append([note()])
    assert machine.headers() == []


# --- once


def test_once_records_an_act_once(machine: Machine) -> None:
    first = machine.append(note("job 7", once="job 7"))[0]
    for how in ({}, {"heads": None}, {"context": {"flow": "other"}}):
        again = machine.append(note("job 7", once="job 7"), **how)[0]
        assert again == first._replace(repeated=True)
    assert Counter(header.kind for header in machine.headers()) == {"genesis": 1, "note": 1}
    assert machine.headers()[1].once == once_digest("job 7")


def test_once_is_each_writer_s_own(machine: Machine) -> None:
    first = machine.append(note(once="x"))[0]
    second = machine.append(note(once="x"), who="deployer")[0]
    assert not second.repeated
    assert first.id != second.id


@pytest.mark.parametrize(
    "other", [Draft("seal", {}, once="x"), note(once="x", subjects=(API,))], ids=["kind", "subject"]
)
def test_once_taken_by_another_act_is_an_error(machine: Machine, other: Draft) -> None:
    machine.append(note(once="x"))
    before = machine.path.read_bytes()
    with pytest.raises(UsageError) as caught:
        machine.append(other)
    assert caught.value.code == "once-taken"
    assert machine.path.read_bytes() == before


def test_once_twice_in_one_batch(machine: Machine) -> None:
    first, second = machine.append(note(once="x"), note(once="x"))
    assert (first.id, second.repeated) == (second.id, True)


def test_the_digest_of_a_once_key_is_what_the_specification_says() -> None:
    import hashlib

    assert once_digest("job ä") == hashlib.sha256(b"custody once\0" + "job ä".encode()).hexdigest()
    assert once_digest("\udcff") == hashlib.sha256(b"custody once\0\xff").hexdigest()


# --- origin, seen, limits


def test_a_ledger_has_one_origin(machine: Machine) -> None:
    machine.append(note())
    with pytest.raises(UsageError) as caught:
        machine.append(note(), origin="acme.example/other", heads=None)
    assert caught.value.code == "origin"
    assert machine.append(note(), origin=None, heads=None)[0].seq == 1


def test_the_first_entry_of_a_ledger_needs_an_origin(machine: Machine) -> None:
    with pytest.raises(UsageError) as caught:
        machine.append(note(), origin=None)
    assert caught.value.code == "origin"


def test_a_new_chain_says_which_checkpoint_its_writer_knows(machine: Machine) -> None:
    asked: list[tuple[str, str]] = []

    def seen(origin: str, first: str) -> Seen:
        asked.append((origin, first))
        return Seen(7, "ab" * 32)

    machine.append(note(), seen=seen)
    machine.append(note(), seen=seen)
    assert machine.headers()[0].seen == Seen(7, "ab" * 32)
    assert asked == [(ORIGIN, "")]


def test_attachments_lie_beside_the_entry(machine: Machine) -> None:
    data = b"<testsuite/>"
    machine.append(note(attachments=((data, "application/xml"), (data, "text/plain"))))
    header = machine.headers()[1]
    assert [(one.size, one.media_type) for one in header.attachments] == [
        (12, "application/xml"),
        (12, "text/plain"),
    ]
    with open_ledger(machine.path) as snapshot:
        assert snapshot.blob(header.attachments[0].sha256) == data
        assert snapshot.blob_count == 3


def test_what_is_redacted_goes_in_the_same_transaction(machine: Machine) -> None:
    machine.append(note("a name"))
    digest = machine.headers()[1].body
    with machine.writer() as writer:
        writer.append([note("it is gone")], redact=[digest])
    with open_ledger(machine.path) as snapshot:
        assert snapshot.blob(digest) is None
    assert b"a name" not in machine.path.read_bytes()


def test_every_body_has_a_salt_and_no_two_are_alike(machine: Machine) -> None:
    machine.append(note("same"), note("same"))
    headers = machine.headers()
    assert headers[1].body != headers[2].body


@pytest.mark.parametrize(
    "draft",
    [
        note("x" * MAX_BODY),
        Draft("note", {"number": 1.5}),  # type: ignore[dict-item]
        Draft("note", {"text": "\ud800"}),
        Draft("memo", {}),
        Draft("note", {}, (Subject("a name", "1a" * 32),)),
        Draft("note", {}, (Subject("api", "1A" * 32),)),
        Draft("note", {}, (API,) * 17),
        Draft("note", {}, (), ((b"", "TEXT/plain"),)),
        Draft("note", {}, (), ((b"x", "text/plain"),) * 65),
    ],
    ids="body float surrogate kind name digest subjects media attachments".split(),
)
def test_what_cannot_be_recorded_is_an_error_and_nothing_is_written(machine: Machine, draft: Draft) -> None:
    before = machine.path.read_bytes()
    with pytest.raises((UsageError, MalformedError)):
        machine.append(draft)
    assert machine.path.read_bytes() == before


def test_a_chain_that_has_not_begun_signs_nothing() -> None:
    with pytest.raises(ValueError, match="not begun"):
        ChainWriter(signer("builder")).sign(note())


# --- seal


def test_a_run_is_sealed(machine: Machine) -> None:
    first = machine.append(note())[0]
    with machine.writer() as writer:
        receipt = writer.seal({})
    assert (receipt.chain, receipt.seq, receipt.kind) == (first.chain, 2, "seal")
    assert machine.headers()[-1].last
    assert machine.append(note())[0].chain != first.chain
    assert "open-chain" in verify(machine.path, roots=[]).counts


def test_a_run_that_is_not_open_is_not_sealed(machine: Machine) -> None:
    before = machine.path.read_bytes()
    with pytest.raises(UsageError) as caught, machine.writer() as writer:
        writer.seal({})
    assert caught.value.code == "no-chain"
    assert machine.path.read_bytes() == before
    machine.append(Draft("note", {"text": "x"}, last=True))
    with pytest.raises(UsageError), machine.writer() as writer:
        writer.seal({})


# --- what a machine remembers


def test_a_head_is_claimed_by_one(tmp_path: Path) -> None:
    slot = HeadStore(tmp_path / "heads").slot(tmp_path / "x.ledger", "ab" * 32, {"flow": "f"})
    head = Head("12" * 32, "34" * 32, 7)
    assert slot.claim() is None
    slot.release(head)
    assert slot.claim() == head
    assert slot.claim() is None
    assert os.listdir(tmp_path / "heads") == []


def test_heads_are_kept_by_ledger_key_and_run(tmp_path: Path) -> None:
    heads = HeadStore(tmp_path / "heads")
    heads.slot(tmp_path / "x", "ab", {"flow": "f"}).release(Head("12" * 32, "34" * 32, 7))
    for path, key, context in (
        ("y", "ab", {"flow": "f"}),
        ("x", "cd", {"flow": "f"}),
        ("x", "ab", {"flow": "g"}),
    ):
        assert heads.slot(tmp_path / path, key, context).claim() is None
    assert heads.slot(tmp_path / "x", "ab", {"flow": "f"}).claim() is not None


def test_a_memory_without_a_place_only_costs_a_chain(tmp_path: Path) -> None:
    (tmp_path / "heads").write_text("a file where a folder should be")
    slot = HeadStore(tmp_path / "heads").slot(tmp_path / "x", "ab", {})
    slot.release(Head("12" * 32, "34" * 32, 7))
    assert slot.claim() is None
