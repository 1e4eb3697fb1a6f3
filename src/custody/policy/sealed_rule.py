"""Controls over trails: each that made the artifact must be closed, and nothing of it left out."""

from __future__ import annotations

from custody.policy.case import Case, Weighed
from custody.policy.document import SealedControl
from custody.policy.verdict import State
from custody.policy.words import counted, entries, quoted, several, short
from custody.query.types import Proof

_WORST_FIRST: tuple[State, ...] = ("failed", "missing", "unknown", "satisfied")


def judge_sealed(control: SealedControl, case: Case) -> Weighed:
    if not case.trail_names:
        if case.unread:
            said = f"the record of the artifact cannot be read: {entries(case.unread)}"
            return Weighed("unknown", said, tuple(case.unread))
        return Weighed("missing", "the artifact is not recorded, and so no trail of it is known")
    parts = [_trail(control, case, trail, name) for trail, name in case.trail_names.items()]
    state = next(state for state in _WORST_FIRST if any(part.state == state for part in parts))
    decisive = [part for part in parts if part.state == state]
    proofs = tuple(dict.fromkeys(proof for part in decisive for proof in part.proofs))
    return Weighed(state, several((part.sentence for part in decisive), "; "), proofs)


def _trail(control: SealedControl, case: Case, trail: int, name: str) -> Weighed:
    """One trail as it was at the moment. Chains and lists of unknown writers are as if they were not there."""
    words = f"trail {quoted(name)}" if name else "its trail"
    fact = case.trails.get(trail)
    if fact is None:
        return Weighed("unknown", f"nothing is known of the chains of {words}")
    begun = {chain: proof for chain, proof in fact.chains.items() if _counts(case, proof)}
    closed = {chain: proof for chain, proof in fact.closed.items() if chain in begun and _counts(case, proof)}
    lists = [(proof, chains) for proof, chains in fact.listed if _counts(case, proof)]
    opened = [chain for chain in begun if chain not in closed]
    if opened or not begun:
        said = f"{words} is not closed: {counted(len(opened), 'chain')} of {len(begun)} may go on"
        return Weighed(
            "failed", f"{said} ({several(_chains(begun, opened))})", tuple(begun[one] for one in opened)
        )
    gone = sorted({chain for _, chains in lists for chain in chains if chain not in begun})
    if gone:
        said = f"{words} lacks {counted(len(gone), 'chain')} that its seal lists: {several(map(short, gone))}"
        return Weighed("failed", said, tuple(proof for proof, chains in lists if not chains.isdisjoint(gone)))
    if not fact.readable:
        return Weighed("unknown", f"an entry cannot be read that may be of {words}", tuple(closed.values()))
    ends = tuple(closed.values())
    if control.listed:
        complete = [proof for proof, chains in lists if _is_all(proof, chains, closed)]
        if not complete:
            said = (
                f"no seal lists {words}'s {counted(len(begun), 'chain')}"
                if not lists
                else (f"no seal lists all of {words}'s {counted(len(begun), 'chain')}")
            )
            return Weighed("missing", said, tuple(proof for proof, _ in lists) or ends)
        ends = tuple(dict.fromkeys((*complete, *ends)))
    return Weighed("satisfied", f"{words} is closed, all {counted(len(begun), 'chain')} of it", ends)


def _is_all(seal: Proof, listed: frozenset[str], closed: dict[str, Proof]) -> bool:
    """Whether a seal lists every chain; the one that it closes itself need not be among them."""
    return all(chain in listed or proof.entry == seal.entry for chain, proof in closed.items())


def _chains(begun: dict[str, Proof], chains: list[str]) -> list[str]:
    return [f"{short(chain)} by {begun[chain].writer}" for chain in sorted(chains)]


def _counts(case: Case, proof: Proof) -> bool:
    return proof.time <= case.moment and bool(case.identities.may_write("seal", proof.writer))
