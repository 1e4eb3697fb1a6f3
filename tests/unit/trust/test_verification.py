"""One verdict: checkpoints, memory, what others saw, what is missing, and the exit that follows."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from ledgers import (
    IDENTITIES,
    ORIGIN,
    VECTORS,
    World,
    checkpoint,
    document,
    edit,
    findings,
    fingerprint,
    judged_by,
    patch,
    put,
    root_at,
    signer,
    sql,
    verify,
)

from custody.errors import RefusedError
from custody.kinds import Note, Redaction
from custody.ledger.checkpoint import parse_checkpoint, sign_checkpoint
from custody.ledger.entry import Seen
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft, Signed
from custody.trust.memory import Remembered
from custody.trust.verification import FINDINGS_KEPT, Expectations, Verification


@pytest.fixture
def world() -> World:
    return World("verification")


@pytest.fixture
def entries(world: World) -> list[Signed]:
    return [*world.start(), *world.note(), *world.note()]


def remembered(entries: list[Signed], size: int, first: str = "") -> Remembered:
    note = checkpoint(entries, size)[1]
    return Remembered(size, root_at(entries, size).hex(), first or entries[0].id, note)


def given(entries: list[Signed], size: int) -> object:
    return parse_checkpoint(checkpoint(entries, size)[1])


# --- checkpoints


def test_a_report_names_origin_root_and_file(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    report = verify(path)
    assert (report.origin, report.roots, report.exit) == (ORIGIN, (fingerprint("root"),), 0)
    assert (report.size, report.covered, report.trust_version) == (8, 8, 1)
    assert report.root == root_at(entries, 8).hex()
    with open_ledger(path) as snapshot:
        assert report.file_sha256 == snapshot.sha256
    assert report.checkpoint == checkpoint(entries)[1]


def test_the_largest_checkpoint_that_agrees_covers_the_log(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries, size) for size in (8, 2, 5)])
    assert verify(path).covered == 8
    path = put(
        tmp_path / "b.ledger", entries, [checkpoint(entries, 5), checkpoint(entries, 8, root=bytes(32))]
    )
    report = verify(path)
    assert (report.covered, report.counts) == (5, {"checkpoint-differs": 1, "uncovered-tail": 1})
    tail = next(finding for finding in report.findings if finding.code == "uncovered-tail")
    assert tail.position == 5


def test_a_checkpoint_of_nothing_covers_nothing(tmp_path: Path, entries: list[Signed]) -> None:
    assert findings(put(tmp_path / "a.ledger", entries, [checkpoint(entries, 0)])) == {"no-checkpoint": 1}


def test_a_checkpoint_filed_under_another_size(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries), (7, checkpoint(entries)[1])])
    assert findings(path) == {"checkpoint-malformed": 1}


@pytest.mark.parametrize("who", ["builder", "stranger", "root"])
def test_a_checkpoint_of_anyone_else_proves_nothing(tmp_path: Path, entries: list[Signed], who: str) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries, who=who)])
    assert findings(path) == {"checkpoint-unverified": 1, "no-checkpoint": 1}
    lying = put(tmp_path / "b.ledger", entries, [checkpoint(entries, who=who, root=bytes(32))])
    report = verify(lying)
    assert "not this log's" in report.findings[-1].message + report.findings[0].message


def test_case_37_an_entry_s_signature_is_no_checkpoint_s(
    tmp_path: Path, entries: list[Signed], world: World
) -> None:
    """The custodian signed an entry; that signature, put under a note, signs no log."""
    run = world.note(who="keeper")
    size, note = checkpoint(entries)

    class Replay:
        public = signer("keeper").public

        def sign(self, message: bytes) -> bytes:
            return run[1].signature

    forged = sign_checkpoint(ORIGIN, size, root_at(entries, size), Replay())
    assert forged != note
    path = put(tmp_path / "a.ledger", entries, [(size, forged)])
    assert findings(path) == {"checkpoint-unverified": 1, "no-checkpoint": 1}


def test_a_split_is_proof_even_where_both_are_of_another_log(tmp_path: Path, entries: list[Signed]) -> None:
    notes = [checkpoint(entries), *(checkpoint(entries, root=bytes([byte]) * 32) for byte in (1, 2))]
    assert findings(put(tmp_path / "a.ledger", entries, notes)) == {"split": 2, "checkpoint-differs": 2}


# --- memory and what was given


def test_case_38_a_truncated_copy_with_a_checkpoint_that_was_given(
    tmp_path: Path, entries: list[Signed]
) -> None:
    for kept in range(2, 8):
        path = put(tmp_path / f"{kept}.ledger", entries[:kept], [checkpoint(entries, kept)])
        assert "rollback" not in findings(path)
        report = verify(path, given=[given(entries, 8)])  # type: ignore[list-item]
        assert (report.counts["rollback"], report.exit) == (1, 1)


def test_case_40_an_older_copy_is_a_rollback_to_who_remembers(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "old.ledger", entries[:5], [checkpoint(entries, 5)])
    assert findings(path) == {}
    report = verify(path, remembered=[remembered(entries, 8)])
    assert (report.counts, report.exit) == ({"rollback": 1}, 1)
    assert "8 entries, the log holds 5" in report.findings[0].message


def test_case_41_another_history_of_one_log_is_a_rollback_too(tmp_path: Path, world: World) -> None:
    start = world.start()
    one, two = [*start, *world.note("one")], [*start, *world.note("two")]
    path = put(tmp_path / "two.ledger", two, [checkpoint(two)])
    assert findings(path, remembered=[remembered(one, 5)]) == {"rollback": 1}
    assert findings(path, given=[given(one, 5)]) == {"rollback": 1}
    assert findings(path, remembered=[remembered(one, 2)], given=[given(two, 5)]) == {}


def test_another_log_of_the_origin_is_no_rollback(tmp_path: Path, entries: list[Signed]) -> None:
    export = put(tmp_path / "export.ledger", World("job").note())
    assert findings(export, remembered=[remembered(entries, 8)]) == {
        "other-log": 1,
        "no-trust": 1,
        "no-checkpoint": 1,
    }
    assert findings(export, remembered=[remembered(entries, 8)], roots=[])["other-log"] == 1


def test_the_memory_of_this_log_is_found_among_others(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    other = remembered(entries, 8, "ab" * 32)
    assert findings(path, remembered=[other, remembered(entries, 5)]) == {}
    assert findings(path, remembered=[other]) == {"other-log": 1}


def count_signatures(path: Path, monkeypatch: pytest.MonkeyPatch, **how: object) -> int:
    """How many signatures of entries are checked by a verification."""
    from custody.ledger import parallel

    counted = 0
    check = parallel.verify_signature

    def counting(*args: bytes) -> bool:
        nonlocal counted
        counted += 1
        return check(*args)

    monkeypatch.setattr(parallel, "verify_signature", counting)
    assert verify(path, **how).exit == 0  # type: ignore[arg-type]
    monkeypatch.setattr(parallel, "verify_signature", check)
    return counted


def test_what_is_remembered_saves_the_signatures_below_it(
    tmp_path: Path, entries: list[Signed], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    assert count_signatures(path, monkeypatch) == 8
    assert count_signatures(path, monkeypatch, remembered=[remembered(entries, 5)]) == 3
    assert count_signatures(path, monkeypatch, remembered=[remembered(entries, 8)]) == 0


CHANGES = {
    "a signature": ("UPDATE entry SET signature = zeroblob(64) WHERE position = 3", "signature-invalid"),
    "a header": (
        "UPDATE entry SET header = CAST(replace(header, 'note', 'seal') AS BLOB) WHERE position = 3",
        None,
    ),
    "a body": ("UPDATE blob SET data = CAST(replace(data, 'a note', 'a NOTE') AS BLOB)", "body-differs"),
    "a column": ("UPDATE entry SET seq = 9 WHERE position = 3", "column-differs"),
    "an entry": ("DELETE FROM entry WHERE position = 3", "position-gap"),
}


@pytest.mark.parametrize(("statement", "code"), CHANGES.values(), ids=CHANGES)
def test_a_changed_byte_below_what_is_remembered_is_found_all_the_same(
    tmp_path: Path, entries: list[Signed], statement: str, code: str | None
) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    edit(path, sql(statement))
    fresh, known = verify(path), verify(path, remembered=[remembered(entries, 5)])
    assert (fresh.exit, known.exit) == (1, 1)
    if code is not None:
        assert known.counts[code] == fresh.counts[code] >= 1
    # What the tree does not hold, the digests do; what it holds makes the root another, and all is verified again.
    another_tree = {"checkpoint-differs", "truncated"} & set(fresh.counts)
    assert known.counts - fresh.counts == ({"rollback": 1} if another_tree else {})


def test_a_root_that_was_given_and_another_that_is_pinned(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    assert findings(path, pinned=fingerprint("root")) == {}
    assert findings(path, pinned=fingerprint("other")) == {"root-differs": 1}
    assert findings(path, roots=["root", "other"], pinned=fingerprint("other")) == {}
    assert findings(path, roots=[], pinned=fingerprint("root")) == {}


# --- what writers saw


def test_a_writer_is_a_witness_of_the_custodian(tmp_path: Path, world: World) -> None:
    start = world.start()
    honest = world.run("builder", seen=Seen(2, root_at(start, 2).hex()))
    path = put(tmp_path / "a.ledger", [*start, *honest], [checkpoint([*start, *honest])])
    assert findings(path) == {}
    for seen in (Seen(2, "ab" * 32), Seen(9, root_at(start, 2).hex()), Seen(0, "ab" * 32)):
        other = [*start, *world.run("builder", seen=seen)]
        path = put(tmp_path / f"{seen.size}{seen.root[:3]}.ledger", other, [checkpoint(other)])
        report = verify(path)
        assert report.counts == {"seen-differs": 1}
        assert report.findings[0].position == 2


def test_what_was_seen_of_nothing_is_the_root_of_nothing(tmp_path: Path, world: World) -> None:
    entries = [*world.start(), *world.run("builder", seen=Seen(0, root_at([], 0).hex()))]
    assert findings(put(tmp_path / "a.ledger", entries, [checkpoint(entries)])) == {}


def test_an_export_cannot_check_what_its_writer_saw(tmp_path: Path, world: World) -> None:
    export = put(tmp_path / "a.ledger", world.run("builder", seen=Seen(2, "ab" * 32)))
    assert findings(export)["seen-unchecked"] == 1
    assert "seen-differs" not in findings(export)


# --- redaction


def redacting(world: World, *digests: str, who: str = "keeper", of: str = "ab" * 32) -> list[Signed]:
    return world.run(who, Draft("redaction", Redaction(of, digests, "erasure request 17").write()))


def test_what_an_admin_redacted_is_a_note_with_the_reason(tmp_path: Path, world: World) -> None:
    run = world.run("builder", Draft("note", Note("x").write(), (), ((b"a name", "text/plain"),)))
    digests = (run[1].header.body, run[1].header.attachments[0].sha256)
    entries = [*world.start(), *run, *redacting(world, *digests)]
    report = verify(put(tmp_path / "a.ledger", entries, [checkpoint(entries)], without=digests))
    assert (report.counts, report.exit) == ({"redacted": 2}, 0)
    assert "erasure request 17" in report.findings[0].message


def test_what_is_gone_without_a_record_is_missing(tmp_path: Path, world: World) -> None:
    run = world.note()
    entries = [*world.start(), *run, *redacting(world, "cd" * 32)]
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)], without=[run[1].header.body])
    assert findings(path) == {"missing": 1}


@pytest.mark.parametrize(
    "why", ["role", "unknown-writer", "late-after-revocation", "disowned", "signature-invalid"]
)
def test_a_redaction_that_does_not_count_accounts_for_nothing(tmp_path: Path, world: World, why: str) -> None:
    run = world.note()
    who = {"role": "builder", "unknown-writer": "stranger"}.get(why, "admin")
    order = redacting(world, run[1].header.body, who=who)
    if why == "signature-invalid":
        order[1] = order[1]._replace(signature=bytes(64))
    identities = {**IDENTITIES, "admin": ("admin",)}
    first = document(identities=identities)
    revoked = [("admin", ())] if why == "late-after-revocation" else []
    disowned = [((), (order[0].id,))] if why == "disowned" else []
    second = document(2, first, identities=identities, revoked=revoked, disowned=disowned)
    entries = [*world.start(first), *run, *world.trust(second), *order]
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)], without=[run[1].header.body])
    found = findings(path)
    assert found["missing"] == 1
    assert found[why] >= 1


@pytest.mark.parametrize("kind", ["trust", "policy", "merge", "redaction"])
def test_what_the_ledger_itself_stands_on_cannot_be_redacted(tmp_path: Path, world: World, kind: str) -> None:
    start = world.start()
    protected = start
    if kind == "policy":
        protected = world.run("keeper", Draft("policy", {"name": "p", "document": "x = 1"}))
    elif kind == "merge":
        protected = world.run("keeper", Draft("merge", {"sources": []}))
    elif kind == "redaction":
        protected = redacting(world, "cd" * 32)
    order = redacting(world, protected[1].header.body)
    entries = [*start, *(protected if protected is not start else []), *order]
    kept = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    assert findings(kept) == {"redaction-invalid": 1}
    erased = put(tmp_path / "b.ledger", entries, [checkpoint(entries)], without=[protected[1].header.body])
    assert verify(erased).exit == 1


def test_a_policy_of_a_writer_without_that_role_protects_nothing(tmp_path: Path, world: World) -> None:
    run = world.note()
    secret = run[1].header.body
    order = redacting(world, secret)
    body = {"name": "p", "document": "x = 1"}
    trick = world.run("builder", Draft("policy", body, attachments=((run[1].blobs[secret], "text/plain"),)))
    entries = [*world.start(), *run, *order, *trick]
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)], without=[secret])
    assert findings(path) == {"redacted": 2, "role": 1}


def test_a_redaction_of_an_odd_form_accounts_for_nothing(tmp_path: Path, world: World) -> None:
    run = world.note()
    order = world.run(
        "keeper", Draft("redaction", {"entry": run[1].id, "blobs": run[1].header.body, "reason": "x"})
    )
    entries = [*world.start(), *run, *order]
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)], without=[run[1].header.body])
    assert findings(path) == {"missing": 1}


# --- streams and exits


def test_a_verification_is_a_stream_that_ends_with_all_of_the_log(
    tmp_path: Path, entries: list[Signed]
) -> None:
    path = put(tmp_path / "a.ledger", entries, [checkpoint(entries)])
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, judged_by("root")(ORIGIN), workers=1)
        steps = [*verification.run()]
        assert verification.done
        assert verification.trust is not None
    assert [entry.position for step in steps for entry in step.entries] == [*range(8)]
    assert (steps[-1].done, steps[-1].total) == (8, 8)


def test_findings_are_counted_beyond_those_that_are_kept(
    tmp_path: Path, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("custody.trust.verification.FINDINGS_KEPT", 3)
    entries = [*world.start(), *(entry for _ in range(5) for entry in world.note(who="stranger"))]
    report = verify(put(tmp_path / "a.ledger", entries, [checkpoint(entries)]))
    assert report.counts["unknown-writer"] == 5
    assert len([finding for finding in report.findings if finding.code == "unknown-writer"]) == 3
    assert FINDINGS_KEPT == 1000


def test_findings_are_in_the_order_of_the_log(tmp_path: Path, world: World) -> None:
    entries = [
        *world.start(),
        *world.note(who="stranger"),
        *world.note(seal=False),
        *world.note(who="stranger"),
    ]
    positions = [finding.position for finding in verify(put(tmp_path / "a.ledger", entries)).findings]
    assert positions == sorted(positions)


@pytest.mark.parametrize("cap", [2**28, 0])
def test_a_corrupt_page_is_a_refusal_and_never_a_verdict(cap: int) -> None:
    path = VECTORS / "refused" / "page-zeroed.ledger"
    with pytest.raises(RefusedError) as refused:
        verify(path, memory_cap=cap)
    assert refused.value.code in ("integrity", "corrupt")


@pytest.mark.parametrize("cap", [2**28, 0])
def test_case_18_a_changed_byte_is_refused_or_found_or_says_the_same(tmp_path: Path, cap: int) -> None:
    """A sample of a small ledger's bytes; `make faults` takes each byte of a larger one."""
    source = VECTORS / "note" / "spared.ledger"
    good = verify(source)
    path = tmp_path / "flipped.ledger"
    for offset in range(7, source.stat().st_size, 211 if cap else 977):
        shutil.copyfile(source, path)
        patch(path, offset, bytes([source.read_bytes()[offset] ^ 0xFF]))
        try:
            report = verify(path, memory_cap=cap)
        except RefusedError:
            continue
        assert report.exit == 1 or (report.root, report.counts) == (good.root, good.counts), offset


def test_an_expectation_without_anything_judges_nobody(tmp_path: Path, entries: list[Signed]) -> None:
    path = put(tmp_path / "a.ledger", entries)
    with open_ledger(path) as snapshot:
        verification = Verification(snapshot, Expectations(), workers=1)
        judged = [entry for step in verification.run() for entry in step.entries]
    assert {entry.writer for entry in judged} == {""}
    assert verification.report.exit == 4
