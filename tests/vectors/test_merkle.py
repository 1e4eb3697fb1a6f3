"""The tree, against roots and proofs that others published."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest
from ledgers import VECTORS

from custody.ledger import merkle

TREE: dict[str, Any] = json.loads((VECTORS / "merkle.json").read_text("ascii"))
LEAVES = [sha256(b"\0" + bytes.fromhex(data)).digest() for data in TREE["leaves"]]
ROOTS = [bytes.fromhex(root) for root in TREE["roots"]]


def raw(proof: list[str]) -> list[bytes]:
    return [bytes.fromhex(node) for node in proof]


@pytest.mark.parametrize("size", range(9))
def test_a_published_root(size: int) -> None:
    assert merkle.root_of(LEAVES[:size]) == ROOTS[size]


def test_the_root_of_nothing() -> None:
    assert merkle.EMPTY_ROOT == ROOTS[0] == sha256().digest()


@pytest.mark.parametrize("case", TREE["inclusion"], ids=lambda case: f"{case['index']} of {case['size']}")
def test_a_published_inclusion_proof(case: dict[str, Any]) -> None:
    index, size, proof = case["index"], case["size"], raw(case["proof"])
    assert merkle.inclusion_proof(LEAVES[:size], index) == proof
    assert merkle.verify_inclusion(LEAVES[index], index, size, proof, ROOTS[size])


@pytest.mark.parametrize("case", TREE["consistency"], ids=lambda case: f"{case['first']} to {case['second']}")
def test_a_published_consistency_proof(case: dict[str, Any]) -> None:
    first, second, proof = case["first"], case["second"], raw(case["proof"])
    assert merkle.consistency_proof(LEAVES[:second], first) == proof
    assert merkle.verify_consistency(first, second, ROOTS[first], ROOTS[second], proof)
