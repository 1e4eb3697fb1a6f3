"""The Merkle tree of RFC 6962 §2.1 / RFC 9162 §2.1: roots, inclusion proofs, consistency proofs.

Pure values. A leaf's data is an entry's header followed by its signature.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(header: bytes, signature: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x00 ‖ leaf), the leaf being header ‖ signature."""
    return sha256(b"\0" + header + signature).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962 §2.1: SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """A growing tree that keeps only the roots of its complete subtrees, largest first: O(log n) memory."""

    __slots__ = ("size", "_roots")

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        roots = self._roots
        size = self.size
        while size & 1:
            leaf = sha256(b"\1" + roots.pop() + leaf).digest()
            size >>= 1
        roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self._roots:
            return EMPTY_ROOT
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> Frontier:
        """An independent tree of the same leaves."""
        other = Frontier()
        other.size = self.size
        other._roots = self._roots.copy()
        return other


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root of a list of leaf hashes."""
    tree = Frontier()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """RFC 6962 §2.1.1: the audit path of leaf `index`, its sibling first. Raises IndexError out of range."""
    if not 0 <= index < len(leaves):
        raise IndexError(f"no leaf {index} in a tree of {len(leaves)}")
    path: list[bytes] = []
    low, high = 0, len(leaves)
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(root_of(leaves[middle:high]))
            high = middle
        else:
            path.append(root_of(leaves[low:middle]))
            low = middle
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162 §2.1.3.2: whether the proof shows the leaf hash at `index` of the tree of `size` with `root`."""
    if not 0 <= index < size:
        return False
    position, last, computed = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if position & 1 or position == last:
            computed = node_hash(sibling, computed)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and computed == root


def consistency_proof(leaves: Sequence[bytes], first: int) -> list[bytes]:
    """RFC 6962 §2.1.2: that the tree of the first `first` leaves is a prefix of the tree of all of them."""
    if not 0 < first <= len(leaves):
        raise IndexError(f"no consistency proof from {first} to {len(leaves)} leaves")
    return _subproof(leaves, first, 0, len(leaves), True)


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """RFC 9162 §2.1.4.2: whether the proof shows the tree of `first` leaves to be a prefix of that of `second`."""
    if not 0 < first <= second:
        return False
    if first == second:
        return not proof and first_root == second_root
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    position, last = first - 1, second - 1
    while position & 1:
        position >>= 1
        last >>= 1
    older = newer = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            older = node_hash(sibling, older)
            newer = node_hash(sibling, newer)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            newer = node_hash(newer, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and older == first_root and newer == second_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (which is at least 2)."""
    return 1 << (size - 1).bit_length() - 1


def _subproof(leaves: Sequence[bytes], first: int, low: int, high: int, complete: bool) -> list[bytes]:
    if first == high - low:
        return [] if complete else [root_of(leaves[low:high])]
    middle = low + _split(high - low)
    if first <= middle - low:
        return [*_subproof(leaves, first, low, middle, complete), root_of(leaves[middle:high])]
    return [*_subproof(leaves, first - (middle - low), middle, high, False), root_of(leaves[low:middle])]
