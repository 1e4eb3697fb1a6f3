"""The rules of chains, entry by entry, without a file."""

from __future__ import annotations

import itertools

import pytest
from ledgers import ORIGIN, World, back_to

from custody.kinds import Note
from custody.ledger.chain import ChainRules
from custody.ledger.entry import Header
from custody.ledger.writer import Draft, Signed


def admit(entries: list[Signed]) -> tuple[ChainRules, list[str]]:
    """The rules after all of the entries, and the codes of what they found, in order."""
    rules = ChainRules()
    codes = []
    for position, entry in enumerate(entries):
        codes += [finding.code for finding in rules.admit(position, entry.id, entry.header)[1]]
    return rules, [*codes, *(finding.code for finding in rules.unresolved())]


def chain_of(length: int, *, seal: bool = True) -> list[Signed]:
    notes = [Draft("note", Note(f"note {index}").write()) for index in range(length - 1 - seal)]
    return World().run("builder", *notes, seal=seal)


def forked(left: int, right: int, *, seal: bool = True) -> tuple[list[Signed], list[Signed], list[Signed]]:
    """A genesis and a note, and two continuations of so many entries each."""
    world = World()
    chain = world.chain("builder")
    trunk = [chain.begin(ORIGIN, {}), chain.sign(Draft("note", Note("trunk").write()))]

    def branch(length: int, name: str) -> list[Signed]:
        back_to(chain, trunk[-1])
        drafts = [Draft("note", Note(f"{name} {index}").write()) for index in range(length - 1)]
        last = Draft("seal", {}, last=True) if seal else Draft("note", Note("end").write())
        return [chain.sign(draft) for draft in (*drafts, last)]

    return trunk, branch(left, "left"), branch(right, "right")


def only_time(codes: list[str]) -> set[str]:
    return set(codes) - {"time-regression"}  # two branches have two clocks


def test_an_honest_chain_has_nothing_wrong_with_it() -> None:
    rules, codes = admit(chain_of(5))
    chain = next(iter(rules.chains.values()))
    assert codes == []
    assert (chain.seq, chain.count, chain.closed, chain.end) == (4, 5, True, 4)


def test_chains_may_be_interleaved_as_they_like() -> None:
    one, two = chain_of(4), World("other").note(seal=True)
    assert admit([one[0], two[0], one[1], two[1], two[2], one[2], one[3]])[1] == []


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([0, 2, 3], ["chain-gap"]),
        ([0, 2, 1, 3], ["chain-order"]),
        ([0, 3, 1, 2], ["chain-order", "chain-order"]),
        ([1, 2, 3], ["chain-unknown"] * 3),
        ([1, 0, 2, 3], ["chain-unknown", "origin-differs", "chain-gap"]),
        ([0, 1, 2, 1, 3], ["fork", "time-regression"]),
        ([0, 3, 2], ["chain-order", "chain-gap"]),
    ],
    ids=["dropped", "swapped", "moved", "no genesis", "genesis late", "repeated", "backwards"],
)
def test_case_42_out_of_order(order: list[int], expected: list[str]) -> None:
    entries = chain_of(4)
    found = admit([entries[index] for index in order])[1]
    assert sorted(code for code in found if code != "time-regression" or code in expected) == sorted(expected)


def test_a_prev_that_is_another_entry_is_a_broken_link() -> None:
    entries = chain_of(4)
    header = entries[2].header._replace(prev="ab" * 32)
    assert admit([entries[0], entries[1], entries[2]._replace(header=header)])[1] == ["chain-broken"]


def test_nothing_follows_an_entry_that_is_the_last() -> None:
    world = World()
    chain = world.chain("builder")
    entries = [
        chain.begin(ORIGIN, {}),
        chain.sign(Draft("seal", {}, last=True)),
        chain.sign(Draft("seal", {})),
    ]
    rules, codes = admit(entries)
    assert codes == ["after-last"]
    assert next(iter(rules.chains.values())).faulty_from == 2


def test_a_genesis_of_another_origin() -> None:
    entries = [*World().note(), *World("b").run("builder", origin="acme.example/other")]
    rules, codes = admit(entries)
    assert codes == ["origin-differs"]
    assert [chain.faulty_from for chain in rules.chains.values()][1] == 3


@pytest.mark.parametrize(("left", "right"), [*itertools.product((1, 2, 3), repeat=2)])
@pytest.mark.parametrize("seal", [True, False])
def test_case_41_a_fork_is_called_a_fork_however_its_sides_lie(left: int, right: int, seal: bool) -> None:
    """Whichever side comes first, and whichever is longer: it is proof of guilt, and nothing else is."""
    trunk, one, two = forked(left, right, seal=seal)
    for sides in ([*one, *two], [*two, *one]):
        assert only_time(admit([*trunk, *sides])[1]) == {"fork"}
    by_place = sorted([*one, *two], key=lambda entry: (entry.header.seq, entry.id))
    assert only_time(admit([*trunk, *by_place])[1]) == {"fork"}


def test_from_a_fork_on_a_chain_counts_for_nothing() -> None:
    trunk, one, two = forked(1, 1)
    rules, _ = admit([*trunk, *one, *two])
    assert next(iter(rules.chains.values())).faulty_from == 3


def test_case_43_time_that_runs_backwards_is_told_and_order_is_by_chain() -> None:
    entries = chain_of(3, seal=False)
    late = [
        entries[0],
        entries[1]._replace(header=entries[1].header._replace(time="1970-01-01T00:00:00.000Z")),
        entries[2],
    ]
    rules, codes = admit(late)
    assert codes == ["time-regression"]
    chain = next(iter(rules.chains.values()))
    assert (chain.time, chain.faulty_from) == (entries[2].header.time, 2**63)


def test_case_42_a_chain_of_nothing_but_gaps_is_bounded_work() -> None:
    """Every second entry is missing, then all of those come, backwards. Quadratic work would not end."""
    genesis = chain_of(1, seal=False)[0]
    like = Header("note", 1, genesis.header.time, "00" * 32, 0, chain=genesis.id, prev="00" * 32)
    rules = ChainRules()
    rules.admit(0, genesis.id, genesis.header)
    seqs = [*range(2, 80_001, 2), *range(79_999, 0, -2)]
    codes = set()
    for position, seq in enumerate(seqs, 1):
        header = like._replace(seq=seq, prev=f"{seq - 1:064x}")
        codes |= {finding.code for finding in rules.admit(position, f"{seq:064x}", header)[1]}
    assert codes == {"chain-order"}
    assert [*rules.unresolved()] == []
