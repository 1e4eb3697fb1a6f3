"""A verdict on a terminal and for programs: each control with its state, a sentence, and the entries behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.cli import console
from custody.cli.console import Column
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.cli.times import Clock
    from custody.policy.verdict import ControlVerdict, Outcome, State, Verdict

MARKS: dict[State, str] = {
    "satisfied": "ok",
    "failed": "NO",
    "missing": "MISSING",
    "unknown": "UNKNOWN",
    "not-applicable": "n/a",
    "excepted": "excepted",
}
WORDS: dict[Outcome, tuple[str, str]] = {
    "passed": ("yes", "good"),
    "failed": ("NO", "bad"),
    "unknown": ("unknown: NO", "bad"),
}
_ENTRIES_SHOWN = 3


def print_verdict(verdict: Verdict, clock: Clock) -> None:
    """The policy it rests on, and a line for each control."""
    if verdict.policy:
        proof = verdict.policy_proof
        entry = f", entry {proof.entry[:12]}" if proof is not None else ""
        console.out(
            f"policy      {safe_text(verdict.policy, 60)} (sha256 {verdict.policy_sha256[:12]}{entry})"
        )
    console.out(f"judged at   {clock.text(verdict.moment)}")
    if verdict.controls:
        rows = [
            [
                MARKS[one.state],
                safe_text(one.name, 40),
                safe_text(one.sentence, 400),
                _entries(one),
            ]
            for one in verdict.controls
        ]
        columns = [
            Column(""),
            Column("control", least=12),
            Column("because", least=30, wraps=True),
            Column("entries", drop=1),
        ]
        console.table(rows, columns)
    if verdict.reason:
        console.out(f"            {safe_text(verdict.reason, 400)}")


def conclusion(verdict: Verdict) -> str:
    """One line: yes or no, and what stands in the way."""
    word, style = WORDS[verdict.outcome]
    stand = [one for one in verdict.controls if one.state in ("failed", "missing", "unknown")]
    why = ", ".join(f"{safe_text(one.name, 40)} {one.state}" for one in stand)
    about = f"{verdict.artifact[:12]} for {safe_text(verdict.environment, 60)}"
    reason = why or (safe_text(verdict.reason, 200) if verdict.outcome != "passed" else "")
    return f"{console.style(word, style)} · {about}" + (f" · {reason}" if reason else "")


def verdict_json(verdict: Verdict) -> dict[str, object]:
    """A verdict as plain values."""
    proof = verdict.policy_proof
    return {
        "outcome": verdict.outcome,
        "artifact": verdict.artifact,
        "environment": verdict.environment,
        "moment": verdict.moment,
        "policy": {"name": verdict.policy, "sha256": verdict.policy_sha256}
        | ({"proof": proof._asdict()} if proof is not None else {}),
        "reason": verdict.reason,
        "controls": [
            {"name": one.name, "kind": one.kind, "state": one.state, "sentence": one.sentence}
            | ({"instead": one.instead} if one.instead is not None else {})
            | {"proofs": [proof._asdict() for proof in one.proofs]}
            for one in verdict.controls
        ],
    }


def _entries(one: ControlVerdict) -> str:
    shown = " ".join(proof.entry[:12] for proof in one.proofs[:_ENTRIES_SHOWN] if proof.entry)
    more = len(one.proofs) - _ENTRIES_SHOWN
    return f"{shown} +{more}" if more > 0 else shown
