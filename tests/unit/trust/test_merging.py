"""Merging exports into a custodian's ledger: what is taken, in which order, what is left out, and when nothing is."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from ledgers import (
    IDENTITIES,
    ORIGIN,
    World,
    back_to,
    checkpoint,
    document,
    edit,
    findings,
    judged_by,
    patch,
    put,
    sql,
    verify,
)

from custody.errors import NotVerifiedError, RefusedError, UsageError
from custody.kinds import Merge, Note, Redaction, read_body
from custody.ledger.canonical import decode_object
from custody.ledger.checkpoint import parse_checkpoint
from custody.ledger.entry import MAX_BODY, parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft, Signed
from custody.trust.merging import DETAIL_TYPE, ORDER_TYPE, MergeResult, merge

ADMIN = {**IDENTITIES, "admin": ("admin",)}


class Bench:
    """A target ledger with its first trust document, and exports to merge into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.world = World("merging")
        self.target = folder / "main.ledger"

    def begin(self, text: str | None = None, *more: list[Signed]) -> Bench:
        entries = [*self.world.start(text), *(entry for run in more for entry in run)]
        put(self.target, entries, [checkpoint(entries)])
        return self

    def export(self, name: str, *runs: Sequence[Signed], **how: object) -> Path:
        return put(self.folder / f"{name}.ledger", [entry for run in runs for entry in run], **how)  # type: ignore[arg-type]

    def merge(
        self, *sources: Path, who: str = "keeper", roots: Sequence[str] = ("root",), **how: bool
    ) -> MergeResult:
        return merge(self.target, sources, self.world.chain(who), judged_by(*roots), **how)

    def ids(self) -> list[str]:
        with open_ledger(self.target) as snapshot:
            return [row[1].hex() for rows in snapshot.rows() for row in rows]

    def body(self, position: int) -> object:
        with open_ledger(self.target) as snapshot:
            row = snapshot.row(position)
            assert row is not None
            header = parse_header(row.header)
            data = snapshot.blob(header.body)
            assert data is not None
            return read_body(header.kind, decode_object(data, MAX_BODY))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_merge_takes_what_is_new_and_signs_for_it(bench: Bench) -> None:
    bench.begin()
    one, two = bench.world.note("one"), bench.world.note("two")
    result = bench.merge(bench.export("one", one), bench.export("two", two))
    assert (result.taken, result.known, result.size) == (6, 0, 10)
    assert (result.left_out, result.bad, result.forks) == ([], [], [])
    report = verify(bench.target)
    assert report.counts == {}
    assert report.covered == 10
    assert report.checkpoint == result.checkpoint
    assert parse_checkpoint(result.checkpoint).size == 10


def test_the_rest_is_ordered_by_chain_seq_and_id(bench: Bench) -> None:
    bench.begin()
    runs = [bench.world.note(f"run {index}") for index in range(4)]
    bench.merge(*(bench.export(f"run{index}", run) for index, run in enumerate(runs)))
    chains = sorted(run[0].id for run in runs)
    expected = [entry.id for chain in chains for run in runs if run[0].id == chain for entry in run]
    assert bench.ids()[2:14] == expected


def test_new_trust_comes_first_by_version_with_what_is_in_front_of_it_in_its_chain(bench: Bench) -> None:
    v2 = document(2, document())
    v3 = document(3, v2)
    bench.begin()
    notes, third, second = bench.world.note(), bench.world.trust(v3), bench.world.trust(v2)
    bench.merge(bench.export("notes", notes), bench.export("third", third), bench.export("second", second))
    assert bench.ids()[2:9] == [entry.id for run in (second, third, notes) for entry in run]
    assert verify(bench.target).trust_version == 3


def test_sources_are_judged_by_the_documents_that_come_with_them(bench: Bench) -> None:
    v2 = document(2, document(), identities={**IDENTITIES, "newcomer": ("builder",)})
    bench.begin()
    newcomer = bench.export("newcomer", bench.world.note(who="newcomer"))
    assert bench.merge(newcomer).taken == 0
    result = bench.merge(newcomer, bench.export("trust", bench.world.trust(v2)))
    assert result.taken == 5
    assert findings(bench.target) == {}


def test_the_merge_entry_says_what_was_taken_from_which_file(bench: Bench) -> None:
    bench.begin()
    run, strange = bench.world.note(), bench.world.note(who="stranger")
    source = bench.export("job", run, strange, checkpoints=[checkpoint(run, who="builder")])
    bench.merge(source)
    body = bench.body(6)
    assert isinstance(body, Merge)
    (one,) = body.sources
    with open_ledger(source) as snapshot:
        assert one.sha256 == snapshot.sha256
        assert snapshot.checkpoints()[0][1] == one.checkpoint
    assert (one.file, one.size, one.taken) == ("job.ledger", 6, 3)
    with open_ledger(bench.target) as snapshot:
        row = snapshot.row(6)
        assert row is not None
        header = parse_header(row.header)
        assert [each.media_type for each in header.attachments] == [ORDER_TYPE, DETAIL_TYPE]
        assert [each.sha256 for each in header.attachments] == [one.order, one.detail]
        assert snapshot.blob(one.order) == b"".join(bytes.fromhex(entry.id) for entry in (*run, *strange))
        detail = json.loads(snapshot.blob(one.detail) or b"")
    assert detail["taken"] == [{"chain": run[0].id, "first": 0, "last": 2}]
    assert [left["chain"] for left in detail["leftOut"]] == [strange[0].id]
    assert "belongs to nobody" in detail["leftOut"][0]["why"]


def test_more_than_thirty_two_sources_take_more_than_one_merge_entry(bench: Bench) -> None:
    bench.begin()
    exports = [bench.export(f"job{index}", bench.world.note(f"job {index}")) for index in range(33)]
    assert bench.merge(*exports).taken == 99
    sources = [bench.body(position) for position in (102, 103)]
    assert [len(body.sources) for body in sources if isinstance(body, Merge)] == [32, 1]
    assert findings(bench.target) == {}


def test_large_checkpoints_of_many_sources_do_not_stop_a_merge(bench: Bench) -> None:
    """Witness lines cost a hostile source nothing; thirty-two notes of 64 KiB would be no body any more."""
    bench.begin()
    exports = []
    for index in range(20):
        run = bench.world.note(f"job {index}")
        size, note = checkpoint(run, who="builder")
        witnesses = "".join(f"— witness.example/{number} {'A' * 900}\n" for number in range(60))
        exports.append(bench.export(f"job{index}", run, checkpoints=[(size, note + witnesses)]))
    small = bench.world.note("small")
    exports.append(bench.export("small", small, checkpoints=[checkpoint(small, who="builder")]))
    assert bench.merge(*exports).taken == 63
    body = bench.body(66)
    assert isinstance(body, Merge)
    assert [bool(source.checkpoint) for source in body.sources] == [False] * 20 + [True]


def test_case_47_nothing_new_writes_nothing(bench: Bench) -> None:
    bench.begin()
    one, two = bench.export("one", bench.world.note()), bench.export("two", bench.world.note())
    bench.merge(one, two)
    before = bench.target.read_bytes()
    for sources in ([one, two], [two], [bench.target], [one, one], []):
        result = bench.merge(*sources)
        assert result.taken == 0
        assert bench.target.read_bytes() == before


def test_a_chain_that_grew_since_brings_its_rest(bench: Bench) -> None:
    bench.begin()
    run = bench.world.run("builder", Draft("note", Note("a").write()), Draft("note", Note("b").write()))
    bench.merge(bench.export("early", run[:2]))
    assert findings(bench.target) == {"open-chain-covered": 1}
    result = bench.merge(bench.export("late", run))
    assert (result.taken, result.known) == (2, 2)
    assert findings(bench.target) == {}


def test_unknown_writers_are_left_out_unless_they_are_accepted(bench: Bench) -> None:
    bench.begin()
    export = bench.export("both", bench.world.note(), bench.world.note(who="stranger"))
    result = bench.merge(export)
    assert result.taken == 3
    assert [(left.source, "nobody" in left.why) for left in result.left_out] == [("both.ledger", True)]
    assert findings(bench.target) == {}
    assert bench.merge(export, accept_unknown=True).taken == 3
    assert findings(bench.target) == {"unknown-writer": 1}


def test_without_a_root_there_is_nothing_to_judge_by(bench: Bench) -> None:
    bench.begin()
    export = bench.export("one", bench.world.note())
    with pytest.raises(UsageError) as caught:
        bench.merge(export, roots=())
    assert caught.value.code == "no-root"
    assert bench.merge(export, roots=(), accept_unknown=True).taken == 3


def test_only_a_custodian_merges(bench: Bench) -> None:
    bench.begin()
    export = bench.export("one", bench.world.note())
    for who in ("builder", "stranger"):
        with pytest.raises(UsageError) as caught:
            bench.merge(export, who=who)
        assert caught.value.code == "role"
    assert len(bench.ids()) == 2


def test_a_target_with_a_fault_is_not_signed_for(bench: Bench) -> None:
    bench.begin()
    edit(bench.target, sql("UPDATE entry SET signature = zeroblob(64) WHERE position = 1"))
    before = bench.target.read_bytes()
    with pytest.raises(NotVerifiedError) as caught:
        bench.merge(bench.export("one", bench.world.note()))
    assert caught.value.code == "signature-invalid"
    assert "position 1" in str(caught.value)
    assert bench.target.read_bytes() == before


def test_an_empty_target_has_no_trust_to_judge_by(bench: Bench) -> None:
    put(bench.target, [])
    with pytest.raises(UsageError) as caught:
        bench.merge(bench.export("one", bench.world.note()))
    assert caught.value.code == "empty"


def bad_sources(bench: Bench) -> dict[str, Path]:
    """One of each kind of source that is not merged, by the code that says why."""
    world = bench.world
    run = world.note()
    forged = [run[0], run[1]._replace(signature=bytes(64)), run[2]]
    garbage = bench.folder / "garbage.ledger"
    garbage.write_bytes(b"not a ledger at all")
    return {
        "not-a-ledger": garbage,
        "not-found": bench.folder / "nowhere.ledger",
        "signature-invalid": bench.export("forged", forged),
        "chain-gap": bench.export("gap", [run[0], run[2]]),
        "origin-differs": bench.export("other", world.run("builder", origin="acme.example/other")),
        "missing": bench.export("missing", run, without=[run[1].header.body]),
        "truncated": bench.export("cut", run[:2]),
    }


def test_case_49_one_bad_source_and_nothing_is_merged(bench: Bench) -> None:
    bench.begin()
    good = [bench.export(f"good{index}", bench.world.note(f"job {index}")) for index in range(3)]
    before = bench.target.read_bytes()
    bad = bad_sources(bench)
    del bad["truncated"]  # a chain that is not finished is not bad
    for code, path in bad.items():
        with pytest.raises((RefusedError, NotVerifiedError)) as caught:
            bench.merge(*good[:2], path, good[2])
        assert caught.value.code == code
        assert path.name in str(caught.value)
        assert bench.target.read_bytes() == before


def test_case_49_skip_bad_merges_the_others_whole_and_lists_what_it_skipped(bench: Bench) -> None:
    bench.begin()
    good = [bench.export(f"good{index}", bench.world.note(f"job {index}")) for index in range(3)]
    bad = bad_sources(bench)
    del bad["truncated"]
    result = bench.merge(*good, *bad.values(), skip_bad=True)
    assert result.taken == 9
    assert sorted(Path(one.source).name for one in result.bad) == sorted(path.name for path in bad.values())
    assert findings(bench.target) == {}


def forked(bench: Bench) -> tuple[list[Signed], list[Signed]]:
    """Two exports of one chain that part after its genesis; the second is the longer one."""
    chain = bench.world.chain("builder")
    first = chain.begin(ORIGIN, {})
    left = [chain.sign(Draft("note", Note("left").write()))]
    back_to(chain, first)
    right = [chain.sign(Draft("note", Note(f"right {index}").write())) for index in range(3)]
    return [first, *left], [first, *right]


def test_case_41_both_sides_of_a_fork_are_kept_and_told(bench: Bench) -> None:
    left, right = forked(bench)
    for index, order in enumerate(([left, right], [right, left])):
        bench.target = bench.folder / f"main{index}.ledger"
        bench.begin()
        bench.merge(bench.export(f"a{index}", order[0]))
        result = bench.merge(bench.export(f"b{index}", order[1]))
        assert [finding.code for finding in result.forks] == ["fork"]
        assert left[1].id in result.forks[0].message
        assert right[1].id in result.forks[0].message
        report = verify(bench.target)
        assert report.exit == 1
        assert set(report.counts) - {"time-regression", "open-chain-covered"} == {"fork"}
        assert {entry.id for entry in (*left, *right)} <= set(bench.ids())


def test_case_41_a_fork_stops_no_later_merge(bench: Bench) -> None:
    """Both sides come in one merge, in the order of ids, and the longer side goes on: still only a fork."""
    left, right = forked(bench)
    bench.begin()
    assert bench.merge(bench.export("left", left), bench.export("right", right)).taken == 5
    assert bench.merge(bench.export("next", bench.world.note())).taken == 3
    assert set(findings(bench.target)) - {"time-regression", "open-chain-covered"} == {"fork"}


def test_case_41_every_two_sides_of_a_fork_are_told_once(bench: Bench) -> None:
    """One side is in the target, and two come together: each is told with those in front of it, where it stands."""
    chain = bench.world.chain("builder")
    first = chain.begin(ORIGIN, {})
    sides = []
    for text in ("one", "two", "three"):
        back_to(chain, first)
        sides.append(chain.sign(Draft("note", Note(text).write(), last=True)))
    bench.begin()
    bench.merge(bench.export("one", [first, sides[0]]))
    result = bench.merge(*(bench.export(side.id, [first, side]) for side in sides[1:]))
    earlier, later = sorted(side.id for side in sides[1:])
    said = [(one.entry, re.findall("[0-9a-f]{64}", one.message)) for one in result.forks]
    assert said == [
        (earlier, [sides[0].id, earlier]),
        (later, [sides[0].id, later]),
        (later, [earlier, later]),
    ]
    assert [bench.ids()[one.position] for one in result.forks] == [earlier, later, later]


def test_a_merge_of_many_portions_leaves_nothing_behind(bench: Bench) -> None:
    """Entries of two sources alternate by chain; some have attachments, one of them in both, one a long one."""
    bench.begin()
    paths = []
    expected: dict[str, bytes] = {}
    for half in range(2):
        entries = []
        for number in range(40):
            chain = bench.world.chain("builder")
            text = "x" * 70_000 if number == 7 else f"note {number % 3}"
            kept = (
                (b"%d of %d" % (number, half) * (200_000 if number == 5 else 1), "text/plain"),
                (b"in both", "text/plain"),
            )
            drafts = [
                Draft("note", Note(text).write(), attachments=kept if number % 5 == 0 else ()),
                Draft("seal", {}, last=True),
            ]
            entries += [chain.begin(ORIGIN, {}), *map(chain.sign, drafts)]
        paths.append(bench.export(f"half{half}", entries))
        for entry in entries:
            expected.update(entry.blobs)
    assert bench.merge(*paths).taken == 240
    assert findings(bench.target) == {}
    with open_ledger(bench.target) as snapshot:
        assert {digest: snapshot.blob(digest) for digest in expected} == expected


def test_two_signatures_over_one_header_the_lower_of_the_sources_is_kept(bench: Bench) -> None:
    """Ed25519 as libsodium verifies it leaves an attacker no second signature, so this one is told by `choose`."""
    from custody.ledger.merge import Candidate, choose

    signatures = {0: b"\2" * 64, 1: b"\1" * 64, 2: b"\3" * 64}
    candidates = [Candidate("c", 0, "id", source, 0) for source in signatures]
    for order in (candidates, candidates[::-1]):
        assert choose(order, lambda one: signatures[one.source])["id"].source == 1


# --- trust documents in sources


def test_case_45_a_document_that_no_root_vouches_for_is_left_out_with_its_chain(bench: Bench) -> None:
    bench.begin()
    bogus = bench.export("bogus", bench.world.trust(document(identities={}), "stranger"))
    late = bench.export("late", bench.world.trust(document(2, document(), roots=["keeper"]), "keeper"))
    result = bench.merge(bogus, late, bench.export("good", bench.world.note()))
    assert result.taken == 3
    assert {left.source: left.why for left in result.left_out} == {
        "bogus.ledger": "it holds a trust document that no root key vouches for",
        "late.ledger": "it holds a trust document that no root key vouches for",
    }
    assert findings(bench.target) == {}


def test_two_documents_of_one_version_by_a_root_stop_the_merge(bench: Bench) -> None:
    bench.begin()
    twins = [
        bench.export(f"v2{mark}", bench.world.trust(document(2, document()) + mark)) for mark in ("", "# b\n")
    ]
    before = bench.target.read_bytes()
    with pytest.raises(NotVerifiedError) as caught:
        bench.merge(*twins)
    assert caught.value.code == "trust-version"
    assert bench.target.read_bytes() == before


# --- revocation


def revoke(bench: Bench, name: str, spared: Sequence[str] = (), **how: object) -> Path:
    text = document(2, document(**how), revoked=[(name, spared)], **how)  # type: ignore[arg-type]
    return bench.export("revocation", bench.world.trust(text))


def test_case_44_a_revoked_key_s_new_chains_are_left_out(bench: Bench) -> None:
    bench.begin()
    late, spared = bench.world.note("late"), bench.world.note("spared")
    bench.merge(revoke(bench, "builder", [spared[0].id]))
    result = bench.merge(bench.export("late", late), bench.export("spared", spared))
    assert result.taken == 3
    assert [left.chain for left in result.left_out] == [late[0].id]
    assert findings(bench.target) == {}


def test_case_44_nor_does_the_rest_of_a_chain_that_was_there_before(bench: Bench) -> None:
    """Were it taken, the ledger would hold a late entry, and nobody could sign for it any more."""
    run = bench.world.run("builder", Draft("note", Note("a").write()), Draft("note", Note("b").write()))
    bench.begin()
    bench.merge(bench.export("early", run[:2]))
    bench.merge(revoke(bench, "builder"))
    result = bench.merge(bench.export("rest", run), bench.export("other", bench.world.note(who="deployer")))
    assert result.taken == 3
    assert [(left.source, left.chain) for left in result.left_out] == [("rest.ledger", run[0].id)]
    assert findings(bench.target) == {"open-chain-covered": 1}


def test_a_chain_of_a_revoked_key_that_is_here_already_is_not_left_out(bench: Bench) -> None:
    run = bench.world.note()
    bench.begin()
    export = bench.export("early", run)
    bench.merge(export)
    bench.merge(revoke(bench, "builder"))
    assert bench.merge(export).left_out == []


# --- redaction


def redaction(bench: Bench, of: Signed, who: str = "keeper") -> list[Signed]:
    return bench.world.run(
        who, Draft("redaction", Redaction(of.id, of.header.blobs, "erasure request").write())
    )


def holds(path: Path, digest: str) -> bool:
    with open_ledger(path) as snapshot:
        return snapshot.measure_blob(digest) is not None


def test_redacted_bytes_never_return(bench: Bench) -> None:
    run = bench.world.note("a name")
    secret = run[1]
    bench.begin()
    full = bench.export("full", run)
    bench.merge(full)
    assert holds(bench.target, secret.header.body)
    result = bench.merge(
        bench.export("redaction", run, redaction(bench, secret), without=[secret.header.body])
    )
    assert result.taken == 3
    assert not holds(bench.target, secret.header.body)
    assert findings(bench.target) == {"redacted": 1}
    again = bench.world.run(
        "builder",
        Draft("note", Note("again").write(), attachments=((secret.blobs[secret.header.body], "text/plain"),)),
    )
    assert bench.merge(full, bench.export("again", again)).taken == 3
    assert not holds(bench.target, secret.header.body)
    assert findings(bench.target) == {"redacted": 2}


def test_a_source_that_lacks_redacted_bytes_is_merged_and_one_that_lacks_others_is_not(bench: Bench) -> None:
    run = bench.world.note("a name")
    bench.begin()
    lacking = bench.export("lacking", run, without=[run[1].header.body])
    with pytest.raises(NotVerifiedError) as caught:
        bench.merge(lacking)
    assert caught.value.code == "missing"
    told = bench.export("told", run, redaction(bench, run[1]), without=[run[1].header.body])
    assert bench.merge(told).taken == 6
    assert findings(bench.target) == {"redacted": 1}
    assert bench.merge(lacking).taken == 0


def test_the_target_may_hold_the_bytes_that_a_source_lacks(bench: Bench) -> None:
    run = bench.world.run("builder", Draft("note", Note("a").write()), Draft("note", Note("b").write()))
    bench.begin()
    bench.merge(bench.export("early", run[:2]))
    assert bench.merge(bench.export("late", run, without=[run[1].header.body])).taken == 2
    assert findings(bench.target) == {}


@pytest.mark.parametrize("why", ["not an admin", "revoked", "disowned", "unknown"])
def test_a_redaction_that_does_not_count_erases_nothing(bench: Bench, why: str) -> None:
    run = bench.world.note("keep me")
    who = {"not an admin": "builder", "unknown": "stranger"}.get(why, "admin")
    order = redaction(bench, run[1], who)
    first = document(identities=ADMIN)
    second = document(
        2,
        first,
        identities=ADMIN,
        revoked=[("admin", ())] if why == "revoked" else [],
        disowned=[((), (order[0].id,))] if why == "disowned" else [],
    )
    bench.begin(first, run, bench.world.trust(second))
    result = bench.merge(bench.export("order", run, order), bench.export("other", bench.world.note()))
    assert result.taken >= 3
    assert holds(bench.target, run[1].header.body)
    assert "missing" not in findings(bench.target)


def test_naming_redacted_bytes_as_a_policy_does_not_bring_them_back(bench: Bench) -> None:
    """Bytes of policies cannot be redacted; but a builder's policy is none, and protects nothing."""
    run = bench.world.note("a name")
    secret = run[1].header.body
    erased = redaction(bench, run[1])
    bench.begin(None, run, erased)
    edit(bench.target, sql("DELETE FROM blob WHERE sha256 = ?", bytes.fromhex(secret)))
    assert findings(bench.target) == {"redacted": 1}
    bytes_again = ((run[1].blobs[secret], "text/plain"),)
    policy = {"name": "p", "document": "x = 1"}
    trick = bench.world.run("builder", Draft("policy", policy, attachments=bytes_again))
    assert bench.merge(bench.export("trick", trick)).taken == 3
    assert not holds(bench.target, secret)
    assert findings(bench.target) == {"redacted": 2, "role": 1}


# --- odd things


def test_two_names_of_one_file_are_one_source(bench: Bench) -> None:
    bench.begin()
    export = bench.export("one", bench.world.note())
    copy = bench.folder / "copy.ledger"
    copy.write_bytes(export.read_bytes())
    bench.merge(export, copy)
    body = bench.body(6)
    assert isinstance(body, Merge)
    assert [source.file for source in body.sources] == ["one.ledger"]


def test_a_source_of_a_future_format_is_refused(bench: Bench) -> None:
    bench.begin()
    path = patch(bench.export("new", bench.world.note()), 60, (2).to_bytes(4, "big"))
    with pytest.raises(RefusedError) as caught:
        bench.merge(path)
    assert caught.value.code == "too-new"


def test_progress_is_told_of_every_file(bench: Bench) -> None:
    bench.begin()
    told: list[tuple[str, int, int]] = []
    export = bench.export("one", bench.world.note())
    merge(
        bench.target,
        [export],
        bench.world.chain("keeper"),
        judged_by("root"),
        progress=lambda name, done, total: told.append((name, done, total)),
    )
    assert {name for name, _, _ in told} == {"one.ledger", "main.ledger"}
    assert told[-1] == ("main.ledger", 2, 2)
