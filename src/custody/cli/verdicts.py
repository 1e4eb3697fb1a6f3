"""A verdict on a terminal and for programs: each control with its state, a sentence, and the entries behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from custody.cli import console
from custody.cli.console import Column
from custody.policy.verdict import NOTHING_APPLIES
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.cli.times import Clock
    from custody.policy.standing import Standing
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


def print_verdict(verdict: Verdict) -> None:
    """The policy it rests on, and a line for each control."""
    if verdict.policy:
        proof = verdict.policy_proof
        entry = f", entry {proof.entry[:12]}" if proof is not None else ", not recorded"
        console.out(
            f"policy      {safe_text(verdict.policy, 60)} (sha256 {verdict.policy_sha256[:12]}{entry})"
        )
    if verdict.controls:
        rows = [
            [MARKS[one.state], safe_text(one.name, 40), f"{safe_text(one.sentence, 600)}{_entries(one)}"]
            for one in verdict.controls
        ]
        columns = [Column(""), Column("control"), Column("because", least=30, wraps=True)]
        console.table(rows, columns)
    if verdict.reason:
        console.out(f"            {safe_text(verdict.reason, 400)}")


def conclusion(verdict: Verdict) -> str:
    """One line: yes or no, and what stands in the way."""
    word, style = WORDS[verdict.outcome]
    stand = [one for one in verdict.controls if one.state in ("failed", "missing", "unknown")]
    why = ", ".join(f"{safe_text(one.name, 40)} {one.state}" for one in stand)
    about = f"{verdict.artifact[:12]} for {safe_text(verdict.environment, 60)}"
    reason = why or (safe_text(verdict.reason or NOTHING_APPLIES, 200) if verdict.outcome != "passed" else "")
    return f"{console.style(word, style)} · {about}" + (f" · {reason}" if reason else "")


def word(verdict: Verdict) -> str:
    """A verdict in a cell of a table: yes, NO, or that nothing judges."""
    return WORDS[verdict.outcome][0] if verdict.policy else ""


def then_and_now(standing: Standing) -> str:
    """The same for two moments."""
    then, now = word(standing.then) or "no policy", word(standing.now) or "no policy"
    if not standing.then.policy and not standing.now.policy:
        return ""
    return then if then == now else f"{then}, now {now}"


def print_standing(standing: Standing, clock: Clock) -> None:
    """What a verdict was at a moment, what it is now, and why they differ."""
    then, now = standing
    console.out(f"then        {clock.text(then.moment)}: {conclusion(then)}")
    print_verdict(then)
    console.out(f"now         {clock.text(now.moment)}: {conclusion(now)}")
    if standing.new_policy and now.policy:
        console.out(
            f"policy      {safe_text(now.policy, 60)} is another now (sha256 {now.policy_sha256[:12]})"
        )
    rows = [
        [
            safe_text(one.name, 40),
            MARKS[one.then.state] if one.then is not None else "not demanded",
            MARKS[one.now.state] if one.now is not None else "not demanded",
            safe_text(one.now.sentence, 600) if one.now is not None else "",
        ]
        for one in standing.differences
    ]
    if rows:
        columns = [Column("control"), Column("then"), Column("now"), Column("because", least=30, wraps=True)]
        console.table(rows, columns)
    if then.outcome == now.outcome and not standing.differences:
        console.out("            the same as then")


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


def standing_json(standing: Standing) -> dict[str, object]:
    """The verdict then and now, and the controls whose state is another."""
    return {
        "then": verdict_json(standing.then),
        "now": verdict_json(standing.now),
        "differences": [
            {
                "control": one.name,
                "then": one.then.state if one.then is not None else None,
                "now": one.now.state if one.now is not None else None,
            }
            for one in standing.differences
        ],
    }


def _entries(one: ControlVerdict) -> str:
    """The entries that made it so, behind the sentence."""
    shown = [proof.entry[:12] for proof in one.proofs[:_ENTRIES_SHOWN] if proof.entry]
    more = len(one.proofs) - _ENTRIES_SHOWN
    if more > 0:
        shown.append(f"{more} more")
    return f" [{', '.join(shown)}]" if shown else ""
