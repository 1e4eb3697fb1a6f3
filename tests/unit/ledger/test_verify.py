"""Verifying a log: each entry by itself, in its chain, and in the tree; in batches, and on several processes."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from ledgers import ORIGIN, World, checkpoint, edit, findings, put, root_at, signer, sql, verify

from custody.errors import RefusedError
from custody.kinds import Note
from custody.ledger import dsse, parallel
from custody.ledger import verify as module
from custody.ledger.entry import Subject
from custody.ledger.reader import open_ledger
from custody.ledger.verify import LogVerifier, Verified
from custody.ledger.writer import Draft, Signed

L = 2**252 + 27742317777372353535851937790883648493  # the order of the group (RFC 8032, section 5.1)


def run(path: Path, **how: object) -> tuple[LogVerifier, list[Verified], Counter[str]]:
    """The verifier after it ran, its entries, and how many findings of each code."""
    with open_ledger(path) as snapshot:
        log = LogVerifier(snapshot, workers=how.pop("workers", 1), **how)  # type: ignore[arg-type]
        batches = [*log.run()]
    entries = [entry for batch in batches for entry in batch.entries]
    assert [entry.position for entry in entries] == sorted(entry.position for entry in entries)
    assert all(batch.done <= batch.total for batch in batches)
    return log, entries, Counter(finding.code for batch in batches for finding in batch.findings)


def notes(world: World, count: int) -> list[Signed]:
    return world.run("builder", *(Draft("note", Note(f"note {index}").write()) for index in range(count)))


def test_what_is_learned_of_a_good_log(ledger: Path) -> None:
    log, entries, codes = run(ledger, roots_at=[0, 2, 5, 9])
    assert codes == {}
    assert (log.tree.size, log.missing) == (5, [])
    assert set(log.roots) == {0, 2, 5}
    with open_ledger(ledger) as snapshot:
        rows = [row for rows in snapshot.rows() for row in rows]
    for entry, (position, identifier, _, _, _, _) in zip(entries, rows, strict=True):
        assert (entry.position, entry.id) == (position, identifier.hex())
        assert entry.sound
        assert entry.body is not None
        assert hashlib.sha256(entry.body).hexdigest() == entry.header.body
    assert {entry.key for entry in entries} == {signer("root").public.hex, signer("builder").public.hex}


def test_the_roots_on_the_way_are_those_of_the_log_then(tmp_path: Path, world: World) -> None:
    entries = [*world.start(), *notes(world, 4)]
    log, _, _ = run(put(tmp_path / "x.ledger", entries), roots_at=range(9))
    assert log.roots == {size: root_at(entries, size) for size in range(9)}


def test_an_empty_log(tmp_path: Path) -> None:
    """Case 39."""
    log, entries, codes = run(put(tmp_path / "x.ledger", []), roots_at=[0])
    assert (entries, codes, log.tree.size) == ([], {}, 0)


# --- signatures


def spoiled(signature: bytes) -> dict[str, bytes]:
    s = int.from_bytes(signature[32:], "little")
    return {
        "s + L": signature[:32] + (s + L).to_bytes(32, "little"),
        "63 bytes": signature[:63],
        "65 bytes": signature + b"\0",
        "empty": b"",
        "zeros": bytes(64),
        "one bit": bytes([signature[0] ^ 1]) + signature[1:],
        "one bit of s": signature[:40] + bytes([signature[40] ^ 1]) + signature[41:],
        "twice": signature * 2,
    }


@pytest.mark.parametrize("how", spoiled(bytes(64)))
def test_case_31_a_signature_that_is_none(tmp_path: Path, world: World, how: str) -> None:
    entries = world.note()
    entries[1] = entries[1]._replace(signature=spoiled(entries[1].signature)[how])
    _, verified, codes = run(put(tmp_path / "x.ledger", entries))
    assert codes == {"signature-invalid": 1}
    assert [entry.sound for entry in verified] == [True, False, False]


def test_case_32_what_was_signed_as_another_type(tmp_path: Path, world: World) -> None:
    entries = world.note()
    data = entries[1].data
    for pae in (
        data,
        b"DSSEv1 16 application/json %d %b" % (len(data), data),
        b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(data) + 1, data),
        dsse.pae(data) + b"\n",
        dsse.pae(entries[2].data),
    ):
        path = tmp_path / f"{hashlib.sha256(pae).hexdigest()}.ledger"
        changed = entries[1]._replace(signature=signer("builder").sign(pae))
        assert run(put(path, [entries[0], changed, entries[2]]))[2] == {"signature-invalid": 1}


def test_case_37_a_checkpoint_s_signature_is_no_entry_s(tmp_path: Path, world: World) -> None:
    """The custodian signed both texts; neither can stand for the other, because a note never begins like a PAE."""
    from custody.ledger.checkpoint import parse_checkpoint

    entries = world.note(who="keeper")
    note = parse_checkpoint(checkpoint(entries)[1])
    changed = entries[1]._replace(signature=note.signatures[0].signature)
    assert run(put(tmp_path / "x.ledger", [entries[0], changed, entries[2]]))[2] == {"signature-invalid": 1}
    assert not note.text.startswith("DSSEv1")


def test_case_36_an_entry_of_another_ledger_does_not_fit(tmp_path: Path, world: World) -> None:
    """A whole chain of another origin, and one entry of another chain."""
    ours, theirs = world.note("ours"), World("other").run("builder", origin="acme.example/other")
    assert run(put(tmp_path / "a.ledger", [*ours, *theirs]))[2] == {"origin-differs": 1}
    other = World("other").note("theirs")
    assert run(put(tmp_path / "b.ledger", [ours[0], other[1], ours[1], ours[2]]))[2] == {"chain-unknown": 1}


def test_case_36_a_chain_cannot_be_renamed(tmp_path: Path, world: World) -> None:
    """The genesis is signed, and every other entry names it by digest: another name is another chain."""
    entries = world.note()
    renamed = entries[0].data.replace(ORIGIN.encode(), b"acme.example/invoices")
    forged = world.sign_raw("stranger", renamed, entries[0])
    codes = run(put(tmp_path / "x.ledger", [forged, *entries[1:]]))[2]
    assert codes == {"signature-invalid": 1, "chain-unknown": 2}


# --- what is committed to


def with_attachment(world: World) -> tuple[list[Signed], bytes]:
    data = b"two tests, no failures\n"
    return world.run("builder", Draft("note", Note("see").write(), (), ((data, "text/plain"),))), data


@pytest.mark.parametrize("change", ["another byte", "longer", "shorter", "empty"])
def test_case_46_an_attachment_that_was_changed(tmp_path: Path, world: World, change: str) -> None:
    entries, data = with_attachment(world)
    other = {"another byte": b"2" + data[1:], "longer": data + b"\n", "shorter": data[:-1], "empty": b""}[
        change
    ]
    path = put(tmp_path / "x.ledger", entries)
    edit(path, sql("UPDATE blob SET data = ? WHERE data = ?", other, data))
    assert run(path)[2] == {"attachment-differs": 1}


def test_case_46_two_digests_are_swapped(tmp_path: Path, world: World) -> None:
    one, two = with_attachment(world)[0], world.note("two")
    digests = [one[1].header.attachments[0].sha256, two[1].header.body]
    path = put(tmp_path / "x.ledger", [*one, *two])
    data = [one[1].blobs[digests[0]], two[1].blobs[digests[1]]]
    for digest, other in zip(digests, reversed(data), strict=True):
        edit(path, sql("UPDATE blob SET data = ? WHERE sha256 = ?", other, bytes.fromhex(digest)))
    assert run(path)[2] == {"attachment-differs": 1, "body-differs": 1}


def test_case_46_what_is_not_there_is_missing_each_time_that_it_is_named(
    tmp_path: Path, world: World
) -> None:
    first, data = with_attachment(world)
    second, _ = with_attachment(world)
    path = put(tmp_path / "x.ledger", [*first, *second], without=[hashlib.sha256(data).hexdigest()])
    log, _, codes = run(path)
    assert codes == {}
    assert [(one.position, one.digest) for one in log.missing] == [
        (position, hashlib.sha256(data).hexdigest()) for position in (1, 4)
    ]


def test_one_blob_of_two_entries_is_kept_once(tmp_path: Path, world: World) -> None:
    first, second = with_attachment(world)[0], with_attachment(world)[0]
    path = put(tmp_path / "x.ledger", [*first, *second])
    with open_ledger(path) as snapshot:
        assert snapshot.blob_count == 7
    assert run(path)[2] == {}


def test_a_body_of_the_right_digest_and_the_wrong_size(tmp_path: Path, world: World) -> None:
    entries = world.note()
    header = entries[1].header._replace(body_size=entries[1].header.body_size + 1)
    lying = world.sign_raw("builder", header.encode(), entries[1]._replace(header=header), entries[1].blobs)
    assert run(put(tmp_path / "x.ledger", [entries[0], lying]))[2] == {"body-differs": 1}


@pytest.mark.parametrize(
    "body",
    [b"[]", b'"text"', b'{"salt":"5a"}', b'{"salt":1}', b'{ "salt":"%b"}' % (b"5a" * 16), b"{", b"", b"\xff"],
    ids="list string short-salt number space open nothing bytes".split(),
)
def test_a_body_that_is_no_strict_object_with_a_salt(tmp_path: Path, world: World, body: bytes) -> None:
    entries = world.note()
    digest = hashlib.sha256(body).hexdigest()
    header = entries[1].header._replace(body=digest, body_size=len(body))
    odd = world.sign_raw("builder", header.encode(), entries[1]._replace(header=header), {digest: body})
    assert run(put(tmp_path / "x.ledger", [entries[0], odd]))[2] == {"body-malformed": 1}


@pytest.mark.parametrize("column", ["id", "chain", "seq"])
def test_a_convenience_column_that_lies(ledger: Path, column: str) -> None:
    value = {"id": b"\1" * 32, "chain": b"\1" * 32, "seq": 2**63 - 1}[column]
    edit(ledger, sql(f"UPDATE entry SET {column} = ? WHERE position = 3", value))
    assert run(ledger)[2] == {"column-differs": 1}
    assert findings(ledger) == {"column-differs": 1}


def test_orphans_are_told_wherever_they_lie(ledger: Path) -> None:
    for rowid in (-(2**63), -5, 100_000_000, 2**63 - 1):
        into = "INSERT INTO blob (rowid, sha256, data) VALUES (?, ?, x'00')"
        edit(ledger, sql(into, rowid, b"%020d" % rowid))
    assert run(ledger)[2] == {"orphan": 4}


def test_blobs_at_odd_rowids_are_found_all_the_same(ledger: Path) -> None:
    edit(ledger, sql("UPDATE blob SET rowid = rowid * -1000000000000"))
    assert run(ledger)[2] == {}


# --- the end of a log


def test_case_38_the_last_k_entries_are_cut_off(tmp_path: Path, world: World) -> None:
    """With a checkpoint of more, each cut is found; without one, a cut is a gap, and never a plain 0."""
    entries = [*world.start(), *world.note(), *world.note()]
    for kept in range(2, len(entries)):
        known = put(tmp_path / f"known{kept}.ledger", entries[:kept], [checkpoint(entries)])
        assert verify(known).counts["truncated"] == 1
        assert verify(known).exit == 1
        without = put(tmp_path / f"without{kept}.ledger", entries[:kept])
        assert verify(without).exit == 4


def test_case_39_a_log_of_nothing_but_a_genesis(tmp_path: Path, world: World) -> None:
    assert findings(put(tmp_path / "x.ledger", world.start()[:1])) == {
        "no-trust": 1,
        "no-checkpoint": 1,
        "open-chain": 1,
    }


def test_case_39_a_genesis_that_was_replaced(tmp_path: Path, world: World) -> None:
    entries = world.note()
    assert run(put(tmp_path / "x.ledger", [world.note()[0], *entries[1:]]))[2] == {"chain-unknown": 2}


# --- batches, processes, large files


def broken(world: World) -> list[Signed]:
    """Two chains of ten with a fault of its own in the middle of each."""
    one, two = notes(world, 8), notes(world, 8)
    one[4] = one[4]._replace(signature=bytes(64))
    del two[5]
    return [entry for pair in zip(one, two, strict=False) for entry in pair]


def test_batches_are_of_no_consequence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "x.ledger", broken(World("batches")))
    expected = run(path)
    for size in (1, 2, 7):
        monkeypatch.setattr(module, "BATCH", size)
        log, entries, codes = run(path)
        assert (entries, codes) == expected[1:]
        assert log.tree.root() == expected[0].tree.root()


@pytest.mark.parametrize("workers", [2, 3])
def test_several_processes_are_of_no_consequence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    path = put(tmp_path / "x.ledger", broken(World("workers")))
    expected = run(path)
    monkeypatch.setattr(parallel, "SMALL", 1)
    monkeypatch.setattr(module, "BATCH", 3)
    assert run(path, workers=workers)[1:] == expected[1:]
    assert run(path, trusted_below=4, workers=workers)[2] == expected[2]


def test_a_large_file_is_opened_in_place_and_says_the_same(ledger: Path, tmp_path: Path) -> None:
    assert verify(ledger, memory_cap=0) == verify(ledger)
    path = put(tmp_path / "x.ledger", broken(World("large")))
    small, large = verify(path), verify(path, memory_cap=0)
    assert (small.findings, small.root, small.file_sha256) == (large.findings, large.root, large.file_sha256)


def test_case_19_a_large_file_that_is_written_to_meanwhile_holds_nothing(ledger: Path) -> None:
    with open_ledger(ledger, 0) as snapshot:
        run_ = LogVerifier(snapshot, workers=1).run()
        next(run_)
        edit(ledger, sql("UPDATE entry SET seq = seq"))
        with pytest.raises(RefusedError) as refused:
            for _ in run_:
                pass
    assert refused.value.code == "changed"


def test_what_was_verified_before_is_hashed_and_its_signatures_are_not_checked(ledger: Path) -> None:
    edit(ledger, sql("UPDATE entry SET signature = zeroblob(64) WHERE position = 1"))
    assert run(ledger)[2] == {"signature-invalid": 1}
    log, entries, codes = run(ledger, trusted_below=5)
    assert codes == {}
    assert log.tree.root() != root_at(
        [*World("unit").start(), *World("unit").note()], 5
    )  # which is how it is found
    assert len(entries) == 5


def test_what_was_verified_before_is_still_hashed(ledger: Path) -> None:
    edit(ledger, sql("UPDATE blob SET data = CAST(replace(data, 'note', 'NOTE') AS BLOB)"))
    assert run(ledger, trusted_below=5)[2]["body-differs"] >= 1


def test_an_entry_about_several_artifacts(tmp_path: Path, world: World) -> None:
    subjects = tuple(Subject(f"api-{index}", f"{index:064x}") for index in range(16))
    entries = world.run("builder", Draft("note", Note("many").write(), subjects))
    _, verified, codes = run(put(tmp_path / "x.ledger", entries))
    assert codes == {}
    assert verified[1].header.subjects == subjects
