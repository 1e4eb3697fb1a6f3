"""`custody trace`: the whole path of an artifact, forwards from its source and back from where it ran."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer

from custody.cli import answers, console, options
from custody.cli.beliefs import Belief
from custody.cli.console import Column
from custody.cli.env_diff import commit_json, commits_json, print_commits, shown_commit
from custody.cli.references import Point, print_change
from custody.cli.times import Clock
from custody.errors import UsageError
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.incidents import Lead
    from custody.query.index import Index
    from custody.query.types import ChainLine, TimelineItem, Trace

_MARKS = {True: "ok", False: "NO", None: ""}


def register(app: typer.Typer) -> None:
    app.command("trace")(trace)


def trace(
    query: Annotated[
        str,
        options.argument(
            "QUERY",
            "A file, or a fingerprint, commit, pull request (URL or #42), name, entry id, or prod@{moment}.",
        ),
    ],
    before: Annotated[
        str | None,
        options.option(
            "--before",
            metavar="LENGTH",
            help="Of an environment's moment: what changed in so long before it, and the commits.",
        ),
    ] = None,
    tree: Annotated[bool, typer.Option("--tree", help="Draw it as a tree.")] = False,
    ledger: options.Ledger = None,
    root: options.Root = None,
    tz: options.Zone = None,
    json: options.Json = False,
) -> int:
    """Tell an artifact's whole path: source, build, evidence, approvals, deployments, where it runs.

    Examples: custody trace dist/payments-api.whl

    custody trace "prod@{2026-11-19T02:30}" --before 1h
    """
    clock = Clock(tz)
    point = Point(query, None, clock) if _is_moment(query) else None
    if before is not None:
        from custody.query.durations import parse_duration

        if point is None or point.moment is None:
            raise UsageError(
                "--before goes back from a moment: write one, such as prod@{2026-11-19T02:30}", code="moment"
            )
        length = parse_duration(before)
    with answers.answering(ledger, root, json) as answer:
        if point is None:
            return _of_artifacts(answer, subjects_of(answer.index, query), clock, tree)
        point.find(answer.index, Belief(None, clock))
        if before is None:
            return _of_moment(answer, point, clock, tree)
        from custody.query.incidents import leads
        from custody.query.slack import moved

        assert point.moment is not None
        since = moved(point.moment.utc, -length)
        found = leads(point.history, since, point.moment.utc)
        if not json:
            point.print_head(clock)
            console.out()
            _print_leads(found, since, point, clock)
        return answer.finish(
            point.json() | {"since": since, "leads": [_lead_json(lead) for lead in found]},
        )


def _is_moment(query: str) -> bool:
    """Whether a query is a point in an environment's life, which no artifact's name can look like."""
    if query.startswith(("http://", "https://")) or os.path.exists(query):
        return False
    return re.fullmatch(r"[^#~{]+(?:#[0-9]+|~[0-9]+|@\{.*\})", query) is not None


def subjects_of(index: Index, query: str) -> list[str]:
    """The fingerprints that a query means, which may be a file. Raises UsageError."""
    from custody.query.artifacts import find_artifacts
    from custody.query.lookups import find_subjects

    if os.path.exists(query) and not re.fullmatch(r"[0-9a-f]{6,64}", query):
        from custody.cli.fingerprint import measured

        digest = measured(query).sha256
        if not find_artifacts(index, digest):
            raise UsageError(f"{query} is sha256 {digest}, which this ledger does not know", code="unknown")
        return [digest]
    return find_subjects(index, query)


def _of_artifacts(answer: answers.Answer, fingerprints: list[str], clock: Clock, tree: bool) -> int:
    from custody.query.trace import trace

    found = [trace(answer.index, sha256) for sha256 in fingerprints]
    if not answer.json:
        _print_all(found, clock, tree)
    # Of one artifact it is that artifact's path itself; of a commit with several, each of theirs.
    return answer.finish(trace_json(found[0]) if len(found) == 1 else [trace_json(one) for one in found])


def _of_moment(answer: answers.Answer, point: Point, clock: Clock, tree: bool) -> int:
    from custody.query.trace import trace

    services = point.state.services if point.state is not None else ()
    found = [trace(answer.index, sha256) for sha256 in dict.fromkeys(one.sha256 for one in services)]
    if not answer.json:
        point.print_head(clock)
        console.out()
        _print_all(found, clock, tree)
    return answer.finish(point.json() | {"artifacts": [trace_json(one) for one in found]})


def _print_all(found: list[Trace], clock: Clock, tree: bool) -> None:
    if tree:
        from custody.cli.trace_tree import draw

        draw(found, clock)
        return
    for number, one in enumerate(found):
        if number:
            console.out()
        _print(one, clock)


def _print(found: Trace, clock: Clock) -> None:
    line, chain = found.artifact, found.chain
    console.out(console.style(f"{safe_text(line.name)} {safe_text(line.version)}".rstrip(), "bold"))
    console.out(f"sha256      {line.sha256}")
    if line.repository or line.commit:
        console.out(f"source      {' '.join(filter(None, (safe_text(line.repository), line.commit)))}")
    if found.source is not None and found.source.proof is not None:
        console.out(f"            {shown_commit(found.source)}")
    if chain is not None and (chain.flow or chain.trail):
        console.out(f"built by    {shown_build(chain)}")
    console.out()
    rows = [
        [
            *clock.cells(item.proof.time),
            _MARKS[item.good],
            item.kind,
            said(item),
            safe_text(item.proof.writer) or "unknown",
            item.proof.entry[:12],
        ]
        for item in found.items
    ]
    console.table(
        rows,
        [
            *(column._replace(drop=column.drop * 3) for column in clock.columns("when")),
            Column("ok", drop=1),
            Column("kind", drop=1),
            Column("what", least=20, wraps=True),
            Column("who", least=8),
            Column("entry"),
        ],
    )
    for span in found.running:
        until = f"until {clock.text(span.until)}" if span.until else "and still does, as far as is reported"
        where = f"{safe_text(span.environment)} as {safe_text(span.service)}"
        console.out(f"runs in     {where} since {clock.text(span.since)}, {until}")


def _print_leads(found: list[Lead], since: str, point: Point, clock: Clock) -> None:
    assert point.moment is not None
    stretch = f"between {clock.text(since)} and {clock.text(point.moment.utc)}"
    if not found:
        console.out(f"nothing was seen to change {stretch}")
        return
    console.out(f"changed {stretch}:")
    for lead in found:
        line = lead.line
        console.out()
        console.out(f"{clock.text(line.time)}, state {line.number}, entry {line.proof.entry[:12]}")
        print_change(line.change)
        console.out(f"    sha256 {line.change.sha256}")
        if line.commit:
            console.out(f"    commit {line.commit}")
        if lead.build is not None:
            console.out(f"    built by {shown_build(lead.build)}")
        console.out(f"    approved by {safe_text(line.approved_by, 60) or 'nobody'}")
        if lead.commits.came or lead.commits.went:
            console.out(f"    since commit {lead.previous_commit[:12]}:")
            print_commits(lead.commits, "      ")


def shown_build(chain: ChainLine) -> str:
    """A build in a line: its flow, trail, job, writer, and where its run can be seen."""
    where = " / ".join(safe_text(part) for part in (chain.flow, chain.trail, chain.job) if part)
    run = f", {safe_text(chain.run_url)}" if chain.run_url else ""
    return f"{where or 'a chain without a trail'} (writer {safe_text(chain.writer) or 'unknown'}){run}"


def said(item: TimelineItem) -> str:
    """What happened to an artifact, in words."""
    superseded = " (superseded)" if item.superseded else ""
    detail = f" · {safe_text(item.detail, 160)}" if item.detail else ""
    return f"{safe_text(item.title, 120)}{superseded}{detail}"


def trace_json(found: Trace) -> dict[str, Any]:
    """A trace as plain values."""
    return {
        "artifact": found.artifact._asdict() | {"proof": found.artifact.proof._asdict()},
        "chain": found.chain._asdict() if found.chain is not None else None,
        "source": commit_json(found.source) if found.source is not None else None,
        "items": [item._asdict() | {"proof": item.proof._asdict()} for item in found.items],
        "running": [span._asdict() | {"proof": span.proof._asdict()} for span in found.running],
    }


def _lead_json(lead: Lead) -> dict[str, Any]:
    line = lead.line
    return {
        "change": line._asdict() | {"change": line.change._asdict(), "proof": line.proof._asdict()},
        "build": lead.build._asdict() if lead.build is not None else None,
        "previousCommit": lead.previous_commit,
        "commits": commits_json(lead.commits),
    }
