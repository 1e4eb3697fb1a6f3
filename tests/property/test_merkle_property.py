"""The tree, against the recursive definitions of RFC 6962 written out again, at every size to 70 and every index."""

from __future__ import annotations

import functools
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.ledger import merkle
from custody.ledger.merkle import Frontier

SIZES = 70
DATA = [b"leaf %d" % index for index in range(SIZES)]
LEAVES = [sha256(b"\0" + data).digest() for data in DATA]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


@functools.cache
def mth(low: int, high: int) -> bytes:
    """RFC 6962 §2.1, MTH(D[low:high])."""
    n = high - low
    if n == 0:
        return sha256().digest()
    if n == 1:
        return sha256(b"\0" + DATA[low]).digest()
    k = split(n)
    return sha256(b"\1" + mth(low, low + k) + mth(low + k, high)).digest()


def path(m: int, low: int, high: int) -> list[bytes]:
    """RFC 6962 §2.1.1, PATH(m, D[low:high])."""
    n = high - low
    if n == 1:
        return []
    k = split(n)
    if m < k:
        return [*path(m, low, low + k), mth(low + k, high)]
    return [*path(m - k, low + k, high), mth(low, low + k)]


def subproof(m: int, low: int, high: int, b: bool) -> list[bytes]:
    """RFC 6962 §2.1.2, SUBPROOF(m, D[low:high], b)."""
    n = high - low
    if m == n:
        return [] if b else [mth(low, high)]
    k = split(n)
    if m <= k:
        return [*subproof(m, low, low + k, b), mth(low + k, high)]
    return [*subproof(m - k, low + k, high, False), mth(low, low + k)]


def test_every_root() -> None:
    for size in range(SIZES + 1):
        assert merkle.root_of(LEAVES[:size]) == mth(0, size)


def test_a_growing_tree_has_every_root_on_its_way_and_a_copy_is_its_own() -> None:
    tree = Frontier()
    for size, leaf in enumerate(LEAVES):
        assert (tree.size, tree.root()) == (size, mth(0, size))
        other = tree.copy()
        tree.append(leaf)
        assert other.root() == mth(0, size)
        other.append(b"x" * 32)
        assert tree.root() == mth(0, size + 1)


@pytest.mark.parametrize("size", range(1, SIZES + 1))
def test_every_inclusion_proof(size: int) -> None:
    leaves, root = LEAVES[:size], mth(0, size)
    for index in range(size):
        proof = merkle.inclusion_proof(leaves, index)
        assert proof == path(index, 0, size)
        assert merkle.verify_inclusion(LEAVES[index], index, size, proof, root)


@pytest.mark.parametrize("size", range(1, SIZES + 1))
def test_every_consistency_proof(size: int) -> None:
    leaves, root = LEAVES[:size], mth(0, size)
    for first in range(1, size + 1):
        proof = merkle.consistency_proof(leaves, first)
        assert proof == subproof(first, 0, size, True)
        assert merkle.verify_consistency(first, size, mth(0, first), root, proof)


def test_a_header_and_its_signature_are_a_leaf() -> None:
    assert merkle.leaf_hash(b"header", b"signature") == sha256(b"\0headersignature").digest()
    assert merkle.node_hash(b"l", b"r") == sha256(b"\1lr").digest()


SIZE = st.integers(1, SIZES)


def mutated(data: st.DataObject, proof: list[bytes]) -> list[bytes]:
    """Another proof than this one."""
    acts = ["longer", *(["shorter", "flipped", "swapped"] if proof else [])]
    act = data.draw(st.sampled_from(acts))
    place = data.draw(st.integers(0, max(0, len(proof) - 1)))
    if act == "longer":
        return [
            *proof[:place],
            data.draw(st.sampled_from([b"x" * 32, *LEAVES[:3], mth(0, 2)])),
            *proof[place:],
        ]
    if act == "shorter":
        return [*proof[:place], *proof[place + 1 :]]
    if act == "flipped":
        node = bytearray(proof[place])
        node[data.draw(st.integers(0, 31))] ^= 1 << data.draw(st.integers(0, 7))
        return [*proof[:place], bytes(node), *proof[place + 1 :]]
    return [*proof[1:], proof[0]]


@given(SIZE, st.data())
def test_no_other_inclusion_proof_will_do(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, root = path(index, 0, size), mth(0, size)
    other = mutated(data, proof)
    assert merkle.verify_inclusion(LEAVES[index], index, size, other, root) == (other == proof)
    assert not merkle.verify_inclusion(sha256(b"\0" + b"other").digest(), index, size, proof, root)
    assert not merkle.verify_inclusion(LEAVES[index], index, size, proof, b"x" * 32)
    elsewhere = data.draw(st.integers(-1, SIZES))
    if elsewhere != index:
        assert not merkle.verify_inclusion(LEAVES[index], elsewhere, size, proof, root)


@given(SIZE, st.data())
def test_no_other_consistency_proof_will_do(second: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, second))
    proof = subproof(first, 0, second, True)
    older, newer = mth(0, first), mth(0, second)
    other = mutated(data, proof)
    assert merkle.verify_consistency(first, second, older, newer, other) == (other == proof)
    assert not merkle.verify_consistency(first, second, b"x" * 32, newer, proof)
    assert not merkle.verify_consistency(first, second, older, b"x" * 32, proof)


def test_a_proof_that_ends_below_the_root_proves_nothing() -> None:
    """What is shown is the root of a part of the tree, and the size says that there is more above it."""
    for size in range(2, SIZES + 1):
        k = split(size)
        for index in (0, k - 1):
            assert not merkle.verify_inclusion(LEAVES[index], index, size, path(index, 0, k), mth(0, k))
        assert not merkle.verify_consistency(1, size, mth(0, 1), mth(0, k), subproof(1, 0, k, True))


@given(st.integers(-2, 5), st.integers(-2, 5))
def test_sizes_that_cannot_be(first: int, second: int) -> None:
    if not 0 < first <= second:
        assert not merkle.verify_consistency(first, second, mth(0, 1), mth(0, 1), [])
    if not 0 <= first < second:
        assert not merkle.verify_inclusion(LEAVES[0], first, second, [], mth(0, 1))


@pytest.mark.parametrize("index", [-1, 3])
def test_there_is_no_proof_of_what_is_not_there(index: int) -> None:
    with pytest.raises(IndexError):
        merkle.inclusion_proof(LEAVES[:3], index)


@pytest.mark.parametrize("first", [-1, 0, 4])
def test_there_is_no_consistency_with_what_was_not(first: int) -> None:
    with pytest.raises(IndexError):
        merkle.consistency_proof(LEAVES[:3], first)
