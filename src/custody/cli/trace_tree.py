"""A trace as a tree: from an artifact to its source on one side, to where it runs on the other."""

from __future__ import annotations

from typing import NamedTuple

from custody.cli import console
from custody.cli.env_diff import shown_commit
from custody.cli.times import Clock
from custody.query.types import TimelineItem, Trace
from custody.text import safe_text

_GROUPS = (
    ("evidence", ("evidence",)),
    ("approvals", ("approval",)),
    ("decisions", ("decision", "allow")),
    ("deployments", ("deployment",)),
)


class _Node(NamedTuple):
    text: str
    children: tuple[_Node, ...] = ()


def draw(found: list[Trace], clock: Clock) -> None:
    """Print each trace as a tree of its own."""
    for one in found:
        line = one.artifact
        console.out(
            console.style(f"{safe_text(line.name)} {safe_text(line.version)}".rstrip(), "bold")
            + f" {line.sha256[:12]}"
        )
        _draw(_branches(one, clock), "")


def _draw(nodes: tuple[_Node, ...], indent: str) -> None:
    for number, node in enumerate(nodes, 1):
        last = number == len(nodes)
        console.out(f"{indent}{'└─ ' if last else '├─ '}{node.text}")
        _draw(node.children, indent + ("   " if last else "│  "))


def _branches(found: Trace, clock: Clock) -> tuple[_Node, ...]:
    nodes = [_source(found), _build(found, clock)]
    nodes += [_group(found, clock, heading, kinds) for heading, kinds in _GROUPS]
    nodes.append(_running(found, clock))
    return tuple(node for node in nodes if node is not None)


def _source(found: Trace) -> _Node | None:
    if found.source is None:
        return None
    source = found.source
    where = (_Node(f"in {safe_text(found.artifact.repository)}"),) if found.artifact.repository else ()
    request = (_Node(f"pull request {safe_text(source.pull_request)}"),) if source.pull_request else ()
    parents = tuple(_Node(f"parent {parent[:12]}") for parent in source.parents[:4])
    return _Node(shown_commit(source._replace(pull_request="")), (*where, *request, *parents))


def _build(found: Trace, clock: Clock) -> _Node | None:
    from custody.cli.trace import shown_build

    recorded = tuple(_item(item, clock) for item in found.items if item.kind in ("genesis", "artifact"))
    if found.chain is None:
        return _Node("recorded", recorded) if recorded else None
    return _Node(f"build {shown_build(found.chain)}", recorded)


def _group(found: Trace, clock: Clock, heading: str, kinds: tuple[str, ...]) -> _Node | None:
    items = tuple(_item(item, clock) for item in found.items if item.kind in kinds)
    return _Node(heading, items) if items else None


def _running(found: Trace, clock: Clock) -> _Node | None:
    spans = []
    for span in found.running:
        until = f"until {clock.text(span.until)}" if span.until else "and still does, as far as is reported"
        where = f"{safe_text(span.environment)} as {safe_text(span.service)}"
        spans.append(_Node(f"{where} since {clock.text(span.since)}, {until}, entry {span.proof.entry[:12]}"))
    return _Node("runs in", tuple(spans)) if spans else None


def _item(item: TimelineItem, clock: Clock) -> _Node:
    from custody.cli.trace import said

    mark = {True: "ok ", False: "NO ", None: ""}[item.good]
    who = safe_text(item.proof.writer) or "unknown"
    return _Node(f"{mark}{said(item)} ({who}, {clock.text(item.proof.time)}, entry {item.proof.entry[:12]})")
