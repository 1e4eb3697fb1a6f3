"""Which policies a log has in force, and whether two of them would judge the same environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from custody.kinds import Policy as PolicyBody
from custody.kinds import read_body
from custody.ledger.canonical import MalformedError, decode_object
from custody.ledger.entry import MAX_BODY, entry_id, parse_header
from custody.ledger.reader import Snapshot
from custody.ledger.verify import Verified
from custody.policy.document import Policy
from custody.policy.globs import example, globs_overlap
from custody.trust.anchors import find_governing, signer_of
from custody.trust.judge import Judge

MAX_NAME = 200
"""Characters of an environment's name."""


class Recorded(NamedTuple):
    """A policy as an entry recorded it."""

    name: str
    position: int
    document: str


def policies_in_force(view: Snapshot, roots: Sequence[str]) -> dict[str, Recorded]:
    """By name the latest policy of a log that counts under these roots (fingerprints; without any: that is sound).

    Only the policies are verified, not the log: this is to warn somebody who records another, not to judge by.
    """
    judge = Judge(find_governing(view, roots))
    latest: dict[str, tuple[tuple[str, int, int], Recorded]] = {}
    for position in view.positions_with(b'"kind":"policy"'):
        row = view.row(position)
        if row is None:
            continue
        try:
            header = parse_header(row.header)
            signer = signer_of(view, row)
            data = view.blob(header.body)
            if header.kind != "policy" or signer is None or data is None:
                continue
            body = read_body("policy", decode_object(data, MAX_BODY))
        except MalformedError:
            continue  # it counts for nothing, and verification says so
        assert isinstance(body, PolicyBody)
        entry = Verified(position, entry_id(row.header), header, signer.hex, header.time, True, data)
        if judge.judge([entry], [])[0].counts:
            order = header.time, header.seq, position
            if body.name not in latest or latest[body.name][0] < order:
                latest[body.name] = order, Recorded(body.name, position, body.document)
    return {name: found for name, (_, found) in latest.items()}


def common_environment(one: Policy, other: Policy) -> str | None:
    """The name of an environment that both would judge, or None where there can be none."""
    for ours in one.environments:
        for theirs in other.environments:
            if globs_overlap(ours, theirs):
                found = (
                    example(ours, theirs) or "x"
                )  # what matches nothing matches anything: both are only stars
                if len(found) <= MAX_NAME:
                    return found
    return None
