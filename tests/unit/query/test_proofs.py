"""Proofs and counts over a whole log, against the plain recursion of the specification."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from harness import world

from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey
from custody.ledger import merkle
from custody.ledger.entry import parse_header
from custody.ledger.reader import Snapshot, open_ledger
from custody.query import proofs


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("proofs") / "main.ledger"
    world.make_main(path)
    world.make_export(path.with_name("a.ledger"), "a")
    world.make_export(path.with_name("b.ledger"), "b")
    world.merge_into(path, [path.with_name("a.ledger"), path.with_name("b.ledger")])
    world.acts(path)
    return path


def leaves(snapshot: Snapshot) -> list[bytes]:
    return [merkle.leaf_hash(row[2], row[3]) for rows in snapshot.rows() for row in rows]


def test_many_paths_at_once_are_those_of_the_specification(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        every = leaves(snapshot)
        assert len(every) > 16
        for size in range(1, len(every) + 1):
            wanted = {at: merkle.inclusion_proof(every[:size], at) for at in range(size)}
            assert proofs.inclusions(snapshot, range(size), size) == wanted
        assert proofs.inclusions(snapshot, [5, 2, 5], 9).keys() == {2, 5}
        assert proofs.inclusions(snapshot, [], 9) == {}


@pytest.mark.parametrize(("positions", "size"), [([3], 3), ([-1, 0], 3), ([0, 99], 3), ([0], 10_000)])
def test_what_is_not_in_the_log_has_no_path(ledger: Path, positions: list[int], size: int) -> None:
    with open_ledger(ledger) as snapshot, pytest.raises(UsageError) as caught:
        proofs.inclusions(snapshot, positions, size)
    assert caught.value.code == "no-entry"


def test_signed_entries_name_the_genesis_and_the_key_of_their_chain(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        found = proofs.signed_entries(snapshot, [*range(snapshot.count), 10_000])
        assert [one.row.position for one in found] == list(range(snapshot.count))
        for one in found:
            genesis = found[one.genesis]
            assert genesis.header.kind == "genesis" and genesis.id == (one.header.chain or one.id)
            assert one.key == genesis.header.key
            assert (
                json.loads(one.envelope)["signatures"][0]["keyid"] == PublicKey.from_hex(one.key).fingerprint
            )


def test_a_census_counts_every_entry_once(ledger: Path) -> None:
    with open_ledger(ledger) as snapshot:
        counted = proofs.census(snapshot)
        headers = [parse_header(row[2]) for rows in snapshot.rows() for row in rows]
        assert counted.kinds == Counter(header.kind for header in headers)
        signed = proofs.signed_entries(snapshot, range(snapshot.count))
        by_key: dict[str, Counter[str]] = {}
        for one in signed:
            by_key.setdefault(one.key, Counter())[one.header.kind] += 1
        assert counted.writers == by_key
