"""What there is to say of environments that no single entry says: for `custody findings`.

They are notes. Nothing is wrong with the ledger; something may be wrong with what it tells of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from custody.kinds.scope import Scope
from custody.query.deployments import undeclared, unseen
from custody.query.fold import Report
from custody.query.index import Index
from custody.query.states import read_content
from custody.query.types import Proof
from custody.query.windows import silent

MOST = 1000
"""Remarks of each code."""

_AT_ONCE_HELD = 100  # reports of one instant that are held against each other
_CONTENTS_HELD = 32
_PAIRS_HELD = 1024

_SIMULTANEOUS = """
    SELECT environment, time FROM snapshot GROUP BY environment, time HAVING count(DISTINCT content) > 1
    ORDER BY time, environment
"""
_AT_ONCE = """
    SELECT s.position, s.entry, s.time, s.writer, s.content FROM snapshot s
    WHERE s.environment = ? AND s.time = ? ORDER BY s.tie, s.position LIMIT ?
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
        yield _remark("simultaneous-reports", proof, f"{also}; this one counts")


def _simultaneous(index: Index) -> Iterator[tuple[str, Proof, int]]:
    """Reports of one environment at one instant that contradict another, and count in its stead."""

    @lru_cache(_CONTENTS_HELD)
    def read(content: int) -> Report:
        return read_content(index, content, "")

    @lru_cache(_PAIRS_HELD)  # the same reporters say the same again and again
    def contradict(one: int, other: int) -> bool:
        # They do not say the same of what both are about.
        return _said(read(one), read(other).scope) != _said(read(other), read(one).scope)

    for environment, time in index.rows(_SIMULTANEOUS):
        told: dict[Scope, tuple[int, int]] = {}  # the last one of each part
        for *proof, content in index.rows(_AT_ONCE, environment, time, _AT_ONCE_HELD):
            other = next((at for said, at in told.values() if contradict(content, said)), None)
            if other is not None:
                yield environment, Proof(*proof), other
            told[read(content).scope] = content, proof[0]


def _said(report: Report, scope: Scope) -> Counter[tuple[str, str]]:
    said: Counter[tuple[str, str]] = Counter()
    for item in report.items:
        if scope.covers(item.service):
            said[item.service, item.sha256] += item.instances
    return said


def _remark(code: str, proof: Proof, message: str) -> Remark:
    return Remark(code, proof.position, proof.entry, message)
