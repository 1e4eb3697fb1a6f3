"""The rules of chains over any order of any entries: nothing crashes, nothing is missed, and what counts is a chain."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from custody.ledger.chain import NEVER, ChainRules
from custody.ledger.entry import Header
from custody.ledger.findings import CODES

TIME = "2026-01-01T00:00:00.000Z"


def entry(chain: str, seq: int, prev: str, *, last: bool = False, name: str = "") -> tuple[str, Header]:
    """An entry whose id says what it is."""
    identifier = f"{chain}{seq:03d}{name}".ljust(64, "0")
    if seq == 0:
        return identifier, Header("genesis", 0, TIME, "0" * 64, 0, origin="o", key="k", nonce="n")
    parent = chain + "000"
    return identifier, Header(
        "note", seq, TIME, "0" * 64, 0, chain=parent.ljust(64, "0"), prev=prev, last=last
    )


@st.composite
def trees(draw: st.DrawFn, forks: bool = True) -> list[tuple[str, Header]]:
    """Entries of a few chains, each behind its prev; where forks are allowed, some have several followers."""
    found = []
    for chain in "abc"[: draw(st.integers(1, 3))]:
        nodes = [entry(chain, 0, "")]
        for number in range(draw(st.integers(0, 7))):
            parent = draw(st.sampled_from(nodes)) if forks else nodes[-1]
            seq = parent[1].seq + 1
            nodes.append(entry(chain, seq, parent[0], name=f"-{number}"))
        found += nodes
    return found


def judge(entries: list[tuple[str, Header]]) -> tuple[ChainRules, Counter[str]]:
    rules, codes = ChainRules(), Counter[str]()
    for position, (identifier, header) in enumerate(entries):
        codes.update(finding.code for finding in rules.admit(position, identifier, header)[1])
    codes.update(finding.code for finding in rules.unresolved())
    return rules, codes


@st.composite
def interleaved(draw: st.DrawFn, forks: bool) -> list[tuple[str, Header]]:
    """The same in any order in which every entry still stands behind its prev."""
    left = draw(trees(forks=forks))
    found: list[tuple[str, Header]] = []
    placed = {""}
    while left:
        ready = [one for one in left if one[1].prev in placed]
        chosen = draw(st.sampled_from(ready))
        left.remove(chosen)
        placed.add(chosen[0])
        found.append(chosen)
    return found


@given(interleaved(forks=False))
def test_honest_chains_have_nothing_wrong_however_they_interleave(entries: list[tuple[str, Header]]) -> None:
    rules, codes = judge(entries)
    assert codes == {}
    assert all(chain.faulty_from == NEVER for chain in rules.chains.values())


@given(interleaved(forks=True))
def test_case_41_forked_chains_are_found_and_are_only_forks(entries: list[tuple[str, Header]]) -> None:
    """Behind their prev, entries of a forked chain are a fork and never a broken chain, in any order."""
    _, codes = judge(entries)
    places = Counter((header.chain, header.seq) for _, header in entries if header.seq)
    forked = any(count > 1 for count in places.values())
    assert set(codes) == ({"fork"} if forked else set())


@given(interleaved(forks=False), st.data())
def test_case_42_what_is_dropped_moved_or_doubled_is_found(
    entries: list[tuple[str, Header]], data: st.DataObject
) -> None:
    """Anything but the honest order of an honest chain is a fault, and the chain counts only in front of it."""
    act = data.draw(st.sampled_from(["drop", "move", "double"]))
    place = data.draw(st.integers(0, len(entries) - 1))
    changed = [*entries]
    moved = changed.pop(place)
    if act == "move":
        changed.insert(data.draw(st.integers(0, len(changed))), moved)
    elif act == "double":
        changed.insert(place, moved)
        changed.insert(data.draw(st.integers(place + 1, len(changed))), moved)
    rules, codes = judge(changed)
    orders = {
        chain: [header.seq for identifier, header in changed if (header.chain or identifier) == chain]
        for chain in {header.chain or identifier for identifier, header in changed}
    }
    honest = all(seqs == [*range(len(seqs))] for seqs in orders.values())
    if act == "double" and moved[1].seq == 0:
        return  # two rows of one id are no log: the container does not hold them
    assert bool(codes) == (not honest)
    assert all(CODES[code].severity == "fault" for code in codes)
    for chain in rules.chains.values():
        seqs = orders[chain.id]
        if seqs[0] == 0 and seqs != [*range(len(seqs))]:
            assert chain.faulty_from < NEVER


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.integers(0, 5),
            st.sampled_from(["a000", "a001", "a002", "b000", ""]),
        ),
        max_size=20,
    )
)
def test_any_entries_at_all_have_a_verdict(parts: list[tuple[str, int, str]]) -> None:
    entries = [
        entry(chain, seq, prev.ljust(64, "0"), last=seq == 4, name=f"-{number}" if seq else "")
        for number, (chain, seq, prev) in enumerate(parts)
    ]
    rules, codes = judge(entries)
    assert set(codes) <= set(CODES)
    assert sum(chain.count for chain in rules.chains.values()) <= len(entries)
