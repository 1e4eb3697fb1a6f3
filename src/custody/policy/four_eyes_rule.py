"""Four eyes: each commit that a release brings was seen by somebody who wrote none of its change.

`record.four_eyes` judges each change, here with the identities of the trust document.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from custody.policy.case import Case, Weighed
from custody.policy.changes import ChangeFact, changes_about, new_commits, unmerged
from custody.policy.document import FourEyesControl
from custody.policy.facts import EvidenceFact
from custody.policy.superseding import later, unclear
from custody.policy.verdict import State
from custody.policy.words import MAX_NAMED, counted, entries, several, short
from custody.record.four_eyes import FourEyes, four_eyes

_WORST_FIRST: tuple[State, ...] = ("failed", "missing", "unknown", "satisfied")
_BEST_FIRST: tuple[State, ...] = ("satisfied", "unknown", "failed")


def judge_four_eyes(control: FourEyesControl, case: Case) -> Weighed:
    """Every new commit by itself; the worst of them decides."""
    new = new_commits(case)
    if new.doubt is not None:
        return new.doubt
    about = changes_about(case, control.control, control.roles)
    hidden = [
        one for one in case.hidden_of(control.control) if case.has_role(one.proof.writer, control.roles)
    ]
    judged: dict[str, FourEyes] = {}
    parts = [_commit(control, case, commit, about.get(commit, ()), hidden, judged) for commit in new.commits]
    state = next(state for state in _WORST_FIRST if any(part.state == state for part in parts))
    decisive = [part for part in parts if part.state == state]
    proofs = tuple(dict.fromkeys(proof for part in decisive for proof in part.proofs))
    if state == "satisfied":
        said = f"seen by somebody who wrote none of it: {counted(len(parts), 'commit')} ({new.note}): "
    else:
        said = f"{len(decisive)} of {counted(len(parts), 'commit')} ({new.note}) not shown to be seen by another: "
    return Weighed(state, said + several((part.sentence for part in decisive), "; "), proofs)


def _commit(
    control: FourEyesControl,
    case: Case,
    commit: str,
    groups: Sequence[tuple[ChangeFact, ...]],
    hidden: Sequence[EvidenceFact],
    judged: dict[str, FourEyes],
) -> Weighed:
    """One commit: any of the changes about it will do; of those recorded at one time, each must."""
    found: list[Weighed] = []
    for group in groups:
        each = [_change(control, one, commit, judged) for one in group]
        worst = next(part for state in _WORST_FIRST for part in each if part.state == state)
        after: Sequence[EvidenceFact] = ()
        if worst.state == "satisfied" and hidden:
            after = tuple(islice(later(hidden, [change.fact for change in group]), MAX_NAMED))
        found.append(_unreadable(commit, after) if after else worst)
    if found:
        return next(part for state in _BEST_FIRST for part in found if part.state == state)
    if hidden:
        return _unreadable(commit, hidden[:MAX_NAMED])
    other = unmerged(case, control.control).get(commit)
    if other is not None:
        said = f"commit {short(commit)}: {other.words} holds it and is not in force, or not merged"
        return Weighed("missing", said, (other.fact.proof,))
    return Weighed("missing", f"commit {short(commit)}: no {control.control} is about it")


def _unreadable(commit: str, hidden: Sequence[EvidenceFact]) -> Weighed:
    proofs = tuple(one.proof for one in hidden)
    said = f"commit {short(commit)}: {unclear(hidden)} may be the last word on it: {entries(proofs)}"
    return Weighed("unknown", said, proofs)


def _change(control: FourEyesControl, one: ChangeFact, commit: str, judged: dict[str, FourEyes]) -> Weighed:
    """What a change comes to for one of its commits; by itself it is judged once."""
    proofs = (one.fact.proof,)
    found = judged.get(one.fact.proof.entry)
    if found is None:
        found = judged[one.fact.proof.entry] = four_eyes(one.change, one.person)
    if control.objections and found.objections:
        people = "1 person" if found.objections == 1 else f"{found.objections} people"
        return Weighed("failed", f"{one.words}: {people} asked for changes", proofs)
    approvers = sorted(set(found.approvers) - control.services)
    if found.ok and approvers:
        return Weighed("satisfied", f"{several(approvers)} approved {one.words}", proofs)
    services = _services(control, one, commit)
    if services:
        return Weighed("satisfied", f"{several(sorted(services))} alone wrote {one.words}", proofs)
    if found.approvers and not approvers:
        said = f"{one.words}: only {several(sorted(found.approvers))} approved it, which is a service"
        return Weighed("failed", said, proofs)
    if found.approvers and one.change.changes:
        names = several(one.named(name) for name in found.unknown)
        said = (
            f"{one.words}: who wrote it cannot be said, since {names} is nobody that trust.toml names, "
            "or an address that no checked signature proves"
        )
        return Weighed("unknown", said, proofs)
    return Weighed("failed", f"{one.words}: {several(found.reasons, ', ')}", proofs)


def _services(control: FourEyesControl, one: ChangeFact, commit: str) -> set[str]:
    """The services that alone wrote a commit, if only such did. A merge is of all that the change holds."""
    if not control.services:
        return set()
    change = one.change
    own = [part for part in change.changes if part.commit == commit]
    parts = own or change.changes
    names = [name for part in parts for name in part.authors or ("",)]
    names += [part.committer for part in parts if part.committer]
    if not own:
        names.append(change.author)
    people = {one.person(name) for name in names}
    return {who for who in people if who} if people <= control.services else set()
