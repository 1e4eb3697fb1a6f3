"""A policy's words in a report: verdicts, and each of their controls with the entries that made it so."""

from __future__ import annotations

from collections.abc import Sequence

from custody.policy.verdict import ControlVerdict, Verdict
from custody.report.document import Digest, EntryRef, Instant, Mark, Row, Section, Tone, table
from custody.report.resting import ref

_OUTCOMES: dict[str, Tone] = {"passed": "good", "failed": "bad", "unknown": "warn"}
_STATES: dict[str, Tone] = {
    "satisfied": "good",
    "failed": "bad",
    "missing": "bad",
    "unknown": "warn",
    "excepted": "warn",
}


def verdict_mark(verdict: Verdict) -> Mark | None:
    """A verdict in one word; None where no policy judges."""
    return Mark(verdict.outcome, _OUTCOMES[verdict.outcome]) if verdict.policy else None


def verdict_entries(verdict: Verdict) -> list[EntryRef]:
    """The entries that made a verdict what it is, the policy's among them."""
    proofs = [proof for control in verdict.controls for proof in control.proofs]
    if verdict.policy_proof is not None:
        proofs.append(verdict.policy_proof)
    return [ref(proof) for proof in proofs if proof.entry]


def verdict_section(verdicts: Sequence[Verdict]) -> Section:
    """Verdicts, and behind them the controls of each."""
    summary = table(
        "verdicts",
        ("environment", "Environment"),
        ("moment", "As of"),
        ("outcome", "Verdict"),
        ("policy", "Policy"),
        ("policySha256", "Its SHA-256"),
        ("policyProof", "Its entry"),
        ("reason", "Why there is none"),
        empty="No policy governs an environment that this ledger tells of.",
    )
    controls = table(
        "controls",
        ("environment", "Environment"),
        ("moment", "As of"),
        ("name", "Control"),
        ("kind", "Kind"),
        ("state", "State"),
        ("instead", "Without the exception"),
        ("sentence", "Why"),
        ("proofs", "Entries"),
        empty="No control was judged.",
    )
    told = (
        summary(map(_verdict, verdicts)),
        controls(_control(one, control) for one in verdicts for control in one.controls),
    )
    return Section("verdict", "What the policy says", told)


def _verdict(one: Verdict) -> Row:
    return (
        one.environment,
        Instant(one.moment),
        Mark(one.outcome, _OUTCOMES[one.outcome]),
        one.policy,
        Digest(one.policy_sha256) if one.policy_sha256 else None,
        ref(one.policy_proof) if one.policy_proof is not None else None,
        one.reason,
    )


def _control(verdict: Verdict, one: ControlVerdict) -> Row:
    return (
        verdict.environment,
        Instant(verdict.moment),
        one.name,
        one.kind,
        Mark(one.state, _STATES.get(one.state, "none")),
        one.instead,
        one.sentence,
        [ref(proof) for proof in one.proofs if proof.entry],
    )
