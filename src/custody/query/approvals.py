"""Approvals, one by one: whose word, for which artifact and environment, and whether it still stands."""

from __future__ import annotations

from typing import NamedTuple

from custody.query.index import Index
from custody.query.types import Proof


class ApprovalLine(NamedTuple):
    """An approval or rejection; `in_force` says that no later one by the same hand replaced it."""

    environment: str
    name: str
    sha256: str
    decision: str
    detail: str
    in_force: bool
    proof: Proof


def list_approvals(index: Index, *, text: str = "", limit: int | None = None) -> list[ApprovalLine]:
    """The newest first; with `text`, those whose artifact, environment, writer or reason contains it."""
    sql = "SELECT environment, name, sha256, decision, detail, in_force, position, entry, time, writer FROM approval"
    parameters: list[str] = []
    if text:
        columns = ("environment", "name", "sha256", "decision", "detail", "writer")
        sql += " WHERE " + " OR ".join(f"instr(lower({column}), ?)" for column in columns)
        parameters = [text.lower()] * len(columns)
    sql += " ORDER BY time DESC, position DESC LIMIT ?"
    lines = []
    for environment, name, sha256, decision, detail, in_force, *proof in index.rows(
        sql, *parameters, -1 if limit is None else max(limit, 0)
    ):
        told = (environment, name, sha256, decision, detail)
        lines.append(ApprovalLine(*told, bool(in_force), Proof(*proof)))
    return lines
