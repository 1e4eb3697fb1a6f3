"""What there is to say of environments that no single entry says: for `custody findings`.

They are notes. Nothing is wrong with the ledger; something may be wrong with what it tells of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from typing import NamedTuple

from custody.query.deployments import undeclared, unseen
from custody.query.index import Index
from custody.query.types import Proof
from custody.query.windows import silent

MOST = 1000
"""Remarks of each code."""

_SIMULTANEOUS = """
    SELECT environment, time FROM snapshot GROUP BY environment, time HAVING count(DISTINCT content) > 1
    ORDER BY time, environment
"""
_AT_ONCE = """
    SELECT s.position, s.entry, s.time, s.writer, c.running, c.scope FROM snapshot s JOIN content c ON c.id = s.content
    WHERE s.environment = ? AND s.time = ? ORDER BY s.position
"""


class Remark(NamedTuple):
    """A note; `proof` is the entry that it is about."""

    code: str
    position: int
    entry: str
    message: str


def remarks(index: Index, due: Callable[[str], timedelta | None] = lambda _: None) -> Iterator[Remark]:
    """All of them, by code; of each code the first thousand. `due` is as for `windows.silent`."""
    for proof, message in islice(unseen(index), MOST):
        yield _remark("deployment-unseen", proof, message)
    for proof, message in islice(undeclared(index), MOST):
        yield _remark("change-undeclared", proof, message)
    for name, proof, seconds in silent(index, due)[:MOST]:
        silence = timedelta(seconds=int(seconds))
        declared = due(name)
        longer = "longer than ever before" if declared is None else f"and reports are due every {declared}"
        message = f"{name} was last reported here, and then not for {silence}, {longer}"
        yield _remark("environment-silent", proof, message)
    for environment, proof, other in islice(_simultaneous(index), MOST):
        also = (
            f"{environment} was reported at {proof.time} at position {other} too, with something else running"
        )
        yield _remark("simultaneous-reports", proof, f"{also}; the later position counts")


def _simultaneous(index: Index) -> Iterator[tuple[str, Proof, int]]:
    """Reports of one environment at one instant that contradict the one in front of them."""
    for environment, time in index.rows(_SIMULTANEOUS):
        last: dict[str, tuple[str, int]] = {}  # by the part that it is about: another part is another matter
        for *proof, running, scope in index.rows(_AT_ONCE, environment, time):
            before, at = last.get(scope, (running, -1))
            if before != running:
                yield environment, Proof(*proof), at
            last[scope] = running, proof[0]


def _remark(code: str, proof: Proof, message: str) -> Remark:
    return Remark(code, proof.position, proof.entry, message)
