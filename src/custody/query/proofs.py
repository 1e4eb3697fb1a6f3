"""Entries as they were signed, and the proofs that they are in the log: what an answer rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from custody.errors import UsageError
from custody.keys.ed25519 import PublicKey
from custody.ledger import dsse
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import Header, entry_id, parse_header
from custody.ledger.merkle import leaf_hash, node_hash
from custody.ledger.reader import Row, Snapshot

_BATCH = 500
_Range = tuple[int, int]


class Signed(NamedTuple):
    """A stored entry with its header read; `genesis` is the position of the one that names its `key` (hex)."""

    row: Row
    id: str
    header: Header
    key: str
    genesis: int

    @property
    def envelope(self) -> bytes:
        """The entry as a DSSE envelope."""
        keyid = PublicKey.from_hex(self.key).fingerprint
        return dsse.encode_envelope(dsse.Envelope(self.row.header, self.row.signature, keyid))


def signed_entries(snapshot: Snapshot, positions: Iterable[int]) -> list[Signed]:
    """The entries at some positions of a verified ledger, by position; those that there are.

    Raises MalformedError for one without a genesis, which verification would have called a fault.
    """
    wanted = sorted(set(positions))
    keys: dict[str, tuple[str, int]] = {}
    found = []
    for start in range(0, len(wanted), _BATCH):
        rows = snapshot.rows_at(wanted[start : start + _BATCH])
        for position in sorted(rows):
            row = rows[position]
            identity, header = entry_id(row.header), parse_header(row.header)
            chain = header.chain or identity
            if chain not in keys:
                keys[chain] = _genesis(snapshot, chain)
            found.append(Signed(row, identity, header, *keys[chain]))
    return found


def inclusions(snapshot: Snapshot, positions: Iterable[int], size: int) -> dict[int, list[bytes]]:
    """RFC 6962 §2.1.1: the audit path of each position in the tree of the first `size` entries, its sibling first.

    Hashes every entry once, however many paths are asked for. Raises UsageError out of range, and where positions do
    not count without a gap.
    """
    wanted = sorted(set(positions))
    if not wanted:
        return {}
    if wanted[0] < 0 or wanted[-1] >= size or size > snapshot.count:
        position = wanted[0] if wanted[0] < 0 else wanted[-1]
        message = (
            f"no proof of position {position} in a log of {size}: this ledger has {snapshot.count} entries"
        )
        raise UsageError(message, code="no-entry")
    paths = {position: _audit_ranges(position, size) for position in wanted}
    roots = _roots(snapshot, {one for ranges in paths.values() for one in ranges}, size)
    return {position: [roots[one] for one in ranges] for position, ranges in paths.items()}


class Census(NamedTuple):
    """How many entries there are by kind, and by the key (hex) that signed them and kind."""

    kinds: Counter[str]
    writers: dict[str, Counter[str]]


def census(snapshot: Snapshot) -> Census:
    """Count the entries of a verified ledger."""
    by_chain: Counter[tuple[bytes, bytes]] = Counter()
    keys: dict[bytes, str] = {}
    for rows in snapshot.rows():
        for _, _, header, _, chain, seq in rows:
            if seq == 0:
                keys[chain] = parse_header(header).key
            # Nothing in a header can hold an escape, so these bytes stand in it once, and only for its kind.
            by_chain[chain, header.partition(b'"kind":"')[2].partition(b'"')[0]] += 1
    found = Census(Counter(), {})
    for (chain, kind), count in by_chain.items():
        name = kind.decode("ascii")
        found.kinds[name] += count
        found.writers.setdefault(keys[chain], Counter())[name] += count
    return found


def _genesis(snapshot: Snapshot, chain: str) -> tuple[str, int]:
    """The key that a chain's genesis names, and where that stands; by its bytes, and not by what a column says."""
    for position in snapshot.find(chain):
        row = snapshot.row(position)
        if row is not None and entry_id(row.header) == chain and (key := parse_header(row.header).key):
            return key, position
    raise MalformedError(f"chain {chain[:16]} has no genesis")


def _audit_ranges(position: int, size: int) -> list[_Range]:
    """The stretches of the log whose roots are the audit path, the shortest first."""
    ranges = []
    low, high = 0, size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if position < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    ranges.reverse()
    return ranges


def _roots(snapshot: Snapshot, wanted: set[_Range], size: int) -> dict[_Range, bytes]:
    """The roots of stretches that the recursion of RFC 6962 makes of a log of `size`, in one pass.

    Each is either a complete subtree, which the pass makes anyhow, or reaches to the end, where it is joined of the
    complete subtrees that lie in it.
    """
    found: dict[_Range, bytes] = {}
    stack: list[tuple[int, bytes]] = []  # complete subtrees: where each begins, and its root
    for position, leaf in enumerate(_leaves(snapshot, size)):
        low, node, end = position, leaf, position + 1
        while True:
            if (low, end) in wanted:
                found[low, end] = node
            if not stack or end - stack[-1][0] != 2 * (end - low):
                break
            low, left = stack.pop()
            node = node_hash(left, node)
        stack.append((low, node))
    node = b""
    for low, left in reversed(stack):
        node = node_hash(left, node) if node else left
        if (low, size) in wanted:
            found[low, size] = node
    return found


def _leaves(snapshot: Snapshot, size: int) -> Iterator[bytes]:
    expected = 0
    for rows in snapshot.rows(0, size):
        for at, _, header, signature, *_ in rows:
            if at != expected:
                raise UsageError(f"no proof: the log has no entry at position {expected}", code="no-entry")
            expected += 1
            yield leaf_hash(header, signature)
