"""Which policies are in force, and which of them governs an environment. Where it is in doubt, none does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from custody.errors import InputError
from custody.kinds import Policy as PolicyBody
from custody.ledger.reader import Snapshot
from custody.policy.asking import Asking, Known
from custody.policy.document import Policy
from custody.policy.globs import matches
from custody.policy.read import read_policy
from custody.query.index import Index
from custody.query.types import Proof

UNGOVERNED = "no policy in force governs it"
"""The sentence of an environment that no policy is for. Any other tells of one that cannot be judged by."""
_KEPT = 1000

_RECORDED = """
    SELECT position, entry, time, writer, chain, seq, name, body FROM policy WHERE position < ?2 AND time <= ?3
"""
_BLANK = """
    SELECT position, entry, time, writer FROM blank
    WHERE kind = 'policy' AND position < ?2 AND time <= ?3 ORDER BY position
"""


class PolicyEntry(NamedTuple):
    """A policy in force: the entry that recorded it, its text, and what it says, unless that cannot be told: then
    `problem` is a sentence that says why. The name of one whose entry cannot be read is ""."""

    proof: Proof
    name: str
    text: str
    policy: Policy | None
    problem: str


def policies(
    snapshot: Snapshot, index: Index, at: int | None = None, moment: str | None = None
) -> list[PolicyEntry]:
    """The policies in force at a moment (UTC text; None: all of them), by what stands in front of position `at`.

    Of each name the latest by time in effect counts, and of one chain the last. Where two chains recorded different
    texts at one time, it is not known which: as for one that cannot be read, there is an entry without a policy.
    """
    return Policies(Known(snapshot, index)).in_force(at, moment)


def governing(entries: Sequence[PolicyEntry], environment: str) -> PolicyEntry | str:
    """The one policy that governs an environment; or a sentence that says why there is none to judge by."""
    for entry in entries:
        if entry.policy is None:
            named = f"the policy {entry.name}" if entry.name else "a policy"
            return (
                f"{named} (position {entry.proof.position}) may govern it and cannot be told: {entry.problem}"
            )
    found = [
        entry
        for entry in entries
        if entry.policy is not None and any(matches(glob, environment) for glob in entry.policy.environments)
    ]
    if len(found) > 1:
        names = " and ".join(f"{entry.name} (position {entry.proof.position})" for entry in found)
        return f"more than one policy governs it: {names}"
    return found[0] if found else UNGOVERNED


class Policies:
    """Finds the policies in force again and again; each text is read once."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._read: dict[str, Policy | str] = {}

    def in_force(self, at: int | None, moment: str | None) -> list[PolicyEntry]:
        """As `policies`."""
        asking = Asking(self._known, at, moment)
        candidates: dict[str, list[tuple[Any, ...]]] = {}
        for row in _last_of_chains(asking.rows(_RECORDED, (), asking.until)):
            candidates.setdefault(row[6], []).append(row)
        found = [self._of_name(asking, name, rows) for name, rows in sorted(candidates.items())]
        gone = "its body is not there or cannot be read, so a root would have to disown it"
        found += [
            PolicyEntry(Proof(*row), "", "", None, gone) for row in asking.rows(_BLANK, (), asking.until)
        ]
        return found

    def _of_name(self, asking: Asking, name: str, rows: list[tuple[Any, ...]]) -> PolicyEntry:
        latest = max(row[2] for row in rows)
        rows = sorted((row for row in rows if row[2] == latest), key=lambda row: str(row[1]))
        texts = [
            body.document
            for body in asking.read({row[0]: row[7] for row in rows}, "policy", PolicyBody.read).values()
        ]
        proof = Proof(*rows[0][:4])
        if len(set(texts)) > 1:
            positions = " and ".join(str(row[0]) for row in sorted(rows))
            problem = f"positions {positions} recorded different texts of it at {latest}"
            return PolicyEntry(proof, name, "", None, problem)
        policy = self._policy(texts[0])
        if isinstance(policy, str):
            return PolicyEntry(proof, name, texts[0], None, policy)
        if policy.name != name:
            problem = f"its document names another policy, {policy.name}"
            return PolicyEntry(proof, name, texts[0], None, problem)
        return PolicyEntry(proof, name, texts[0], policy, "")

    def _policy(self, text: str) -> Policy | str:
        """A text read, or what is wrong with it."""
        digest = hashlib.sha256(text.encode("utf-8")).hexdigest()
        if digest not in self._read:
            if len(self._read) >= _KEPT:
                self._read.clear()
            try:
                self._read[digest] = read_policy(text)
            except InputError as error:
                self._read[digest] = str(error)
        return self._read[digest]


def _last_of_chains(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of each name in each chain its last row: what a chain took back does not come back at the same time."""
    last: dict[tuple[str, int], tuple[Any, ...]] = {}
    for row in sorted(rows, key=lambda row: row[5]):
        last[row[6], row[4]] = row
    return list(last.values())
