"""The rules of chains, by position and never by claimed time. Pure: entries go in, findings come out.

A chain is one writer's run: a genesis, then entries that each name the one before. This watches a log from its
first entry to its last and says of each what is wrong with its place. Work and memory are linear in the entries,
whatever they are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from custody.ledger.entry import Header
from custody.ledger.findings import Finding

NEVER = 2**63


@dataclass(slots=True)
class Chain:
    """What is known of one chain so far.

    `head` and `seq` name its furthest entry, `end` that entry's position, `time` the latest time claimed.
    From `faulty_from`, the position of its first fault, its entries count for nothing.
    """

    id: str
    key: str
    origin: str
    position: int
    head: str
    time: str
    end: int
    seq: int = 0
    count: int = 1
    closed: bool = False
    faulty_from: int = NEVER
    side_heads: dict[str, int] = field(default_factory=dict)  # other ends: of forks, and in front of gaps
    gaps: list[tuple[int, int, int]] = field(default_factory=list)  # first seq, last seq, position found at

    def fault(self, position: int) -> None:
        """From this position on, nothing of the chain counts."""
        self.faulty_from = min(self.faulty_from, position)


class ChainRules:
    """Feed it every entry of a log in order; `chains` holds what it learned of each chain."""

    def __init__(self) -> None:
        self.chains: dict[str, Chain] = {}
        self.origin = ""

    def admit(self, position: int, entry_id: str, header: Header) -> tuple[Chain | None, list[Finding]]:
        """The chain of the entry at `position` (None when there is none) and what is wrong with its place."""
        if header.kind == "genesis":
            return self._begin(position, entry_id, header)
        chain = self.chains.get(header.chain)
        if chain is None:
            message = f"chain {header.chain[:16]} has no genesis in front of this entry"
            return None, [Finding("chain-unknown", message, position, entry_id)]
        chain.count += 1
        findings: list[Finding] = []
        if chain.head == header.prev and chain.seq + 1 == header.seq:
            if chain.closed:
                findings.append(
                    _finding("after-last", "the chain was closed", chain, header, position, entry_id)
                )
            _advance(chain, position, entry_id, header)
        else:
            findings += _out_of_place(chain, position, entry_id, header)
        if header.time < chain.time:
            message = f"claims {header.time}, the entry before it in its chain {chain.time}"
            findings.append(Finding("time-regression", message, position, entry_id))
        else:
            chain.time = header.time
        if findings and any(finding.severity == "fault" for finding in findings):
            chain.fault(position)
        return chain, findings

    def unresolved(self) -> Iterator[Finding]:
        """At the end of the log: the entries that chains skip over."""
        for chain in self.chains.values():
            for first, last, position in chain.gaps:
                which = f"seq {first}" if first == last else f"seq {first} to {last}"
                yield Finding("chain-gap", f"chain {chain.id[:16]}: {which} not in the ledger", position)

    def _begin(self, position: int, entry_id: str, header: Header) -> tuple[Chain, list[Finding]]:
        chain = Chain(entry_id, header.key, header.origin, position, entry_id, header.time, position)
        self.chains[entry_id] = chain
        if position == 0:
            self.origin = header.origin
        if header.origin == self.origin:
            return chain, []
        chain.fault(position)
        message = f"a genesis of origin {header.origin} in a log of origin {self.origin or '(none)'}"
        return chain, [Finding("origin-differs", message, position, entry_id)]


def _advance(chain: Chain, position: int, entry_id: str, header: Header) -> None:
    chain.head = entry_id
    chain.seq = header.seq
    chain.end = position
    if header.last:
        chain.closed = True


def _out_of_place(chain: Chain, position: int, entry_id: str, header: Header) -> list[Finding]:
    """An entry that does not follow its chain's head: late, in front of others, on a fork, or of a broken link."""
    if header.seq > chain.seq:
        if chain.side_heads.get(header.prev) == header.seq - 1:
            # The other side of a fork has become the longer one: from here on it is the chain.
            del chain.side_heads[header.prev]
            chain.side_heads[chain.head] = chain.seq
            chain.closed = False
            text = "another entry stands in front of this place"
            findings = [_finding("fork", text, chain, header, position, entry_id)]
        elif header.seq > chain.seq + 1:
            chain.gaps.append((chain.seq + 1, header.seq - 1, position))
            chain.side_heads[chain.head] = chain.seq
            chain.fault(position)
            findings = []
        else:
            text = f"prev is {header.prev[:16]}, the entry before it is {chain.head[:16]}"
            findings = [_finding("chain-broken", text, chain, header, position, entry_id)]
        _advance(chain, position, entry_id, header)
        return findings
    if _fill_gap(chain, header.seq):
        chain.side_heads.pop(header.prev, None)
        chain.side_heads[entry_id] = header.seq
        return [_finding("chain-order", "stands behind its successor", chain, header, position, entry_id)]
    extends_side = chain.side_heads.get(header.prev) == header.seq - 1
    if extends_side:
        del chain.side_heads[header.prev]
    chain.side_heads[entry_id] = header.seq
    text = "another entry stands at this place"
    return [_finding("fork", text, chain, header, position, entry_id)]


def _fill_gap(chain: Chain, seq: int) -> bool:
    """Whether `seq` was missing; if so it no longer is."""
    index = bisect_right(chain.gaps, (seq, 2**63, 0)) - 1
    if index < 0:
        return False
    first, last, position = chain.gaps[index]
    if seq > last:
        return False
    rest = [(low, high, position) for low, high in ((first, seq - 1), (seq + 1, last)) if low <= high]
    chain.gaps[index : index + 1] = rest
    return True


def _finding(code: str, text: str, chain: Chain, header: Header, position: int, entry_id: str) -> Finding:
    return Finding(code, f"chain {chain.id[:16]} seq {header.seq}: {text}", position, entry_id)
