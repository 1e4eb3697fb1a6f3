"""The report on an artifact: its whole path, from its source to where it runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from custody.policy.verdict import ControlVerdict, Verdict
from custody.query.opening import Answers
from custody.query.trace import trace
from custody.query.types import ChainLine, Proof, RunningSpan, TimelineItem, Trace
from custody.report.asked import Asked
from custody.report.document import (
    Block,
    Digest,
    Document,
    EntryRef,
    Instant,
    Mark,
    Row,
    Section,
    Tone,
    facts,
    table,
)
from custody.report.head import compose, refuses
from custody.report.resting import with_entries

GOOD = {True: Mark("pass", "good"), False: Mark("fail", "bad"), None: None}
_CONTROLS: dict[str, Tone] = {
    "satisfied": "good",
    "failed": "bad",
    "missing": "bad",
    "unknown": "warn",
    "excepted": "warn",
}
_OUTCOMES: dict[str, Tone] = {"passed": "good", "failed": "bad", "unknown": "warn"}


def artifact_report(
    answers: Answers, asked: Asked, sha256: str, verdicts: Sequence[Verdict] = ()
) -> Document:
    """Everything that counts and is about an artifact; `verdicts` are a policy's words on it, to be told with it.

    Raises UsageError where the ledger says nothing of it.
    """
    if refuses(answers):
        return compose(answers, asked, "artifact", "", ())
    found = trace(answers.index, sha256)
    name = f"{found.artifact.name} {found.artifact.version}".strip() or sha256[:12]
    sections = [_artifact(found), *_verdicts(verdicts), _path(found), _running(found)]
    return compose(answers, asked, "artifact", f"Artifact: {name}", with_entries(answers, sections))


def ref(proof: Proof) -> EntryRef:
    return EntryRef(proof.position, proof.entry)


def mark_of(verdict: Verdict) -> Mark:
    """A verdict in one word."""
    return Mark(verdict.outcome, _OUTCOMES[verdict.outcome])


def _artifact(found: Trace) -> Section:
    line = found.artifact
    blocks: list[Block] = [
        facts(
            ("name", "Name", line.name),
            ("version", "Version", line.version),
            ("sha256", "SHA-256", Digest(line.sha256)),
            ("size", "Bytes", line.size or None),
            ("repository", "Repository", line.repository),
            ("commit", "Commit", Digest(line.commit) if line.commit else None),
            ("recorded", "Recorded by", ref(line.proof)),
            ("passed", "Checks that pass", line.passed),
            ("failed", "Checks that fail", line.failed),
            ("approved", "Approved for", list(line.approved)),
            ("rejected", "Rejected for", list(line.rejected)),
            ("runningIn", "Runs in, as far as is reported", list(line.running_in)),
        )
    ]
    if found.chain is not None:
        blocks.append(_build(found.chain))
    return Section("artifact", "The artifact", tuple(blocks))


def _build(chain: ChainLine) -> Block:
    return facts(
        ("flow", "Pipeline", chain.flow),
        ("trail", "Run", chain.trail),
        ("job", "Job", chain.job),
        ("branch", "Branch", chain.branch),
        ("url", "Page of the run", chain.run_url),
        ("writer", "Recorded by the writer", chain.writer),
        ("chain", "Chain", Digest(chain.id)),
        key="build",
    )


def _path(found: Trace) -> Section:
    make = table(
        "path",
        ("time", "When, as claimed"),
        ("kind", "Kind"),
        ("title", "What"),
        ("detail", "More"),
        ("result", "Result"),
        ("superseded", "Superseded"),
        ("writer", "Writer"),
        ("proof", "Entry"),
    )
    return Section("path", "Its path", (make(map(_item, found.items)),))


def _item(item: TimelineItem) -> Row:
    return (
        Instant(item.proof.time),
        item.kind,
        item.title,
        item.detail,
        GOOD[item.good],
        item.superseded,
        item.proof.writer,
        ref(item.proof),
    )


def _running(found: Trace) -> Section:
    make = table(
        "running",
        ("environment", "Environment"),
        ("service", "Service"),
        ("since", "Since"),
        ("until", "Until"),
        ("proof", "Entry"),
        empty="It was never reported to run.",
    )
    return Section("running", "Where it ran", (make(map(_span, found.running)),))


def _span(span: RunningSpan) -> Row:
    until = Instant(span.until) if span.until else None
    return span.environment, span.service, Instant(span.since), until, ref(span.proof)


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[Section]:
    if not verdicts:
        return
    summary = table(
        "verdicts",
        ("environment", "Environment"),
        ("outcome", "Verdict"),
        ("moment", "As of"),
        ("policy", "Policy"),
        ("policySha256", "Its SHA-256"),
        ("policyProof", "Its entry"),
        ("reason", "Why there is none"),
    )
    controls = table(
        "controls",
        ("environment", "Environment"),
        ("name", "Control"),
        ("kind", "Kind"),
        ("state", "State"),
        ("instead", "Without the exception"),
        ("sentence", "Why"),
        ("proofs", "Entries"),
    )
    yield Section(
        "verdict",
        "What the policy says",
        (
            summary(
                [
                    (
                        one.environment,
                        mark_of(one),
                        Instant(one.moment),
                        one.policy,
                        Digest(one.policy_sha256) if one.policy_sha256 else None,
                        ref(one.policy_proof) if one.policy_proof is not None else None,
                        one.reason,
                    )
                    for one in verdicts
                ]
            ),
            controls([_control(one.environment, control) for one in verdicts for control in one.controls]),
        ),
    )


def _control(environment: str, control: ControlVerdict) -> Row:
    return (
        environment,
        control.name,
        control.kind,
        Mark(control.state, _CONTROLS.get(control.state, "none")),
        control.instead,
        control.sentence,
        [ref(proof) for proof in control.proofs],
    )
