"""Merging (case 47): the same entries in the same order whatever the order of sources; the same set however grouped;
nothing twice; nothing of strangers; nothing that was erased; and all of it or nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledgers import IDENTITIES, ORIGIN, World, back_to, checkpoint, document, findings, judged_by, put

from custody.errors import NotVerifiedError
from custody.kinds import Note, Redaction
from custody.ledger.entry import parse_header
from custody.ledger.reader import open_ledger
from custody.ledger.writer import Draft, Signed
from custody.trust.merging import MergeResult, merge

# Each example writes several files to the disk.
FEWER = settings(max_examples=max(10, settings.default.max_examples // 3))  # type: ignore[union-attr]

WORLD = World("properties")
V1 = document()
START = WORLD.start(V1)


def run(who: str, length: int) -> list[Signed]:
    return WORLD.run(who, *(Draft("note", Note(f"{who} {index}").write()) for index in range(length)))


KNOWN = {f"{who}{number}": run(who, number + 1) for who in ("builder", "deployer") for number in range(3)}
STRANGERS = {"stranger": run("stranger", 1), "newcomer": run("newcomer", 1)}
SECRET = KNOWN["builder1"][1]
ERASED = SECRET.header.body
ERASING = WORLD.run("keeper", Draft("redaction", Redaction(SECRET.id, (ERASED,), "erasure request").write()))
V2 = WORLD.trust(document(2, V1, identities={**IDENTITIES, "newcomer": ("builder",)}))


def fork() -> tuple[list[Signed], list[Signed]]:
    chain = WORLD.chain("builder")
    trunk = [chain.begin(ORIGIN, {})]
    left = [chain.sign(Draft("note", Note("left").write())) for _ in range(2)]
    back_to(chain, trunk[0])
    right = [chain.sign(Draft("note", Note("right").write())) for _ in range(3)]
    return [*trunk, *left], [*trunk, *right]


LEFT, RIGHT = fork()
Export = tuple[Signed, ...]
MEMORY = Path("/dev/shm")


def exports(pool: dict[str, list[Signed]], *, prefixes: bool = True) -> st.SearchStrategy[Export]:
    """What one file holds: beginnings of some chains of the pool, in some order."""

    @st.composite
    def build(draw: st.DrawFn) -> Export:
        names = draw(st.lists(st.sampled_from(sorted(pool)), min_size=1, max_size=4, unique=True))
        entries: list[Signed] = []
        for name in names:
            chain = pool[name]
            entries += chain[: draw(st.integers(1, len(chain)))] if prefixes else chain
        return tuple(entries)

    return build()


HONEST = {**KNOWN, "erasing": ERASING}
ALL = {**HONEST, **STRANGERS, "v2": V2, "left": LEFT, "right": RIGHT}


class Place:
    """A folder with a target and files to merge into it; in memory where it can be, because there are many."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.folder = Path(self._directory.name)
        self.count = 0

    def __enter__(self) -> Place:
        return self

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()

    def target(self) -> Path:
        self.count += 1
        return put(self.folder / f"main{self.count}.ledger", START, [checkpoint(START)])

    def files(self, contents: Sequence[Export]) -> list[Path]:
        found = []
        for entries in contents:
            self.count += 1
            found.append(put(self.folder / f"export{self.count}.ledger", sound(entries)))
        return found


def sound(entries: Export) -> list[Signed]:
    """An export with both sides of a fork holds their common beginning once."""
    return list({entry.id: entry for entry in entries}.values())


CUSTODIAN = World("custodian", start=7200)  # whose clock is behind everybody's


def merge_into(target: Path, sources: Sequence[Path]) -> MergeResult:
    return merge(target, sources, CUSTODIAN.chain("keeper"), judged_by("root"))


def entries_of(target: Path) -> list[str]:
    """The ids in the log's order, without the custodian's own merges."""
    found, own = [], set()
    with open_ledger(target) as snapshot:
        for rows in snapshot.rows():
            for _, identifier, data, *_ in rows:
                header = parse_header(data)
                chain = header.chain or identifier.hex()
                if header.kind == "genesis" and snapshot.positions_with(
                    b'"chain":"%b","kind":"merge"' % chain.encode()
                ):
                    own.add(chain)
                if chain not in own:
                    found.append(identifier.hex())
    return found


def holds(target: Path, digest: str) -> bool:
    with open_ledger(target) as snapshot:
        return snapshot.measure_blob(digest) is not None


@FEWER
@given(st.lists(exports(ALL), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_sources_changes_nothing(contents: list[Export], random: object) -> None:
    with Place() as place:
        files = place.files(contents)
        one, two = place.target(), place.target()
        merge_into(one, files)
        random.shuffle(files)  # type: ignore[attr-defined]
        merge_into(two, files)
        assert entries_of(one) == entries_of(two)
        assert findings(one) == findings(two)


@FEWER
@given(st.lists(exports({**HONEST, "stranger": STRANGERS["stranger"]}), min_size=2, max_size=4), st.data())
def test_however_they_are_grouped_the_set_is_the_same(contents: list[Export], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(contents) - 1))
    with Place() as place:
        files = place.files(contents)
        at_once, one_by_one, through_another = place.target(), place.target(), place.target()
        merge_into(at_once, files)
        for path in files:
            merge_into(one_by_one, [path])
        other = place.target()
        merge_into(other, files[:cut])
        merge_into(through_another, [other, *files[cut:]])
        expected = set(entries_of(at_once))
        assert expected == set(entries_of(one_by_one)) == set(entries_of(through_another))
        taken = {
            entry.id
            for entries in contents
            for entry in entries
            if entry.chain != STRANGERS["stranger"][0].id
        }
        assert expected == taken | {entry.id for entry in START}


@FEWER
@given(st.lists(exports(ALL), min_size=1, max_size=3), st.data())
def test_what_is_known_is_not_merged_again(contents: list[Export], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(range(len(contents))), max_size=3))
    with Place() as place:
        files = place.files(contents)
        target = place.target()
        merge_into(target, files)
        before = target.read_bytes()
        for again in (files, [files[index] for index in some], [target], []):
            assert merge_into(target, again).taken == 0
            assert target.read_bytes() == before


@FEWER
@given(st.lists(exports(ALL), min_size=1, max_size=4))
def test_what_is_merged_verifies_and_can_be_merged_into_again(contents: list[Export]) -> None:
    with Place() as place:
        target = place.target()
        result = merge_into(target, place.files(contents))
        found = findings(target)
        assert set(found) <= {"open-chain-covered", "fork", "time-regression", "redacted"}
        merged = set(entries_of(target))
        sides = [{entry.id for entry in side[1:]} & merged for side in (LEFT, RIGHT)]
        assert ("fork" in found) == all(sides)
        assert STRANGERS["stranger"][1].id not in merged
        assert (STRANGERS["newcomer"][0].id in merged) <= (V2[1].id in merged)
        if result.taken:
            assert "uncovered-tail" not in found
        extra = place.files([tuple(WORLD.note("later"))])
        assert merge_into(target, extra).taken == 3


@FEWER
@given(st.lists(exports(HONEST, prefixes=False), min_size=1, max_size=4))
def test_what_was_erased_never_returns(contents: list[Export]) -> None:
    """Each file brings the erased bytes again, if it has their entry at all."""
    with Place() as place:
        target = place.target()
        erased = False
        for path, entries in zip(place.files(contents), contents, strict=True):
            merge_into(target, [path])
            erased = erased or ERASING[1] in entries
            known = SECRET.id in entries_of(target)
            assert holds(target, ERASED) == (known and not erased)
            assert findings(target) == ({"redacted": 1} if known and erased else {})


@FEWER
@given(st.lists(exports(HONEST), min_size=1, max_size=3), st.integers(0, 3))
def test_a_bad_source_anywhere_and_nothing_is_merged(contents: list[Export], place_of_bad: int) -> None:
    forged = (KNOWN["deployer0"][0], KNOWN["deployer0"][1]._replace(signature=b"\1" * 64))
    with Place() as place:
        target = place.target()
        before = target.read_bytes()
        files = place.files(contents)
        files[place_of_bad:place_of_bad] = place.files([forged])
        with pytest.raises(NotVerifiedError):
            merge_into(target, files)
        assert target.read_bytes() == before
