"""The report on an artifact: its whole path, from its source to where it runs."""

from __future__ import annotations

from custody.policy.judgement import Judgement
from custody.policy.standing import governed
from custody.policy.verdict import Verdict
from custody.query.opening import Answers
from custody.query.trace import trace
from custody.query.types import ChainLine, RunningSpan, TimelineItem, Trace
from custody.report.asked import Asked
from custody.report.document import (
    Block,
    Digest,
    Document,
    Instant,
    Mark,
    Row,
    Section,
    facts,
    table,
)
from custody.report.head import compose, refuses
from custody.report.resting import ref, with_entries
from custody.report.verdicts import verdict_section

GOOD = {True: Mark("ok", "good"), False: Mark("not ok", "bad"), None: None}


def artifact_report(answers: Answers, asked: Asked, sha256: str) -> Document:
    """Everything that counts and is about an artifact. Raises UsageError where the ledger says nothing of it."""
    if refuses(answers):
        return compose(answers, asked, "artifact", "", ())
    found = trace(answers.index, sha256)
    name = f"{found.artifact.name} {found.artifact.version}".strip() or sha256[:12]
    sections = [_artifact(found), verdict_section(_verdicts(answers, found)), _path(found), _running(found)]
    return compose(answers, asked, "artifact", f"Artifact: {name}", with_entries(answers, sections))


def _verdicts(answers: Answers, found: Trace) -> list[Verdict]:
    """The verdict for each environment that a policy governs: when it first ran there, if it did, and now."""
    judgement = Judgement(answers.snapshot, answers.index, answers.trust)
    sha256 = found.artifact.sha256
    verdicts = []
    for environment in governed(judgement):
        since = [one.since for one in found.running if one.environment == environment]
        if since:
            verdicts.append(judgement.verdict(sha256, environment, moment=min(since)))
        verdicts.append(judgement.verdict(sha256, environment))
    return verdicts


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
