"""`custody env diff`: what differs between two moments, and the commits between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from custody.cli import answers, console, env_groups, options
from custody.cli.beliefs import Belief, KnownAt
from custody.cli.references import Point, print_change
from custody.cli.times import Clock
from custody.text import safe_text

if TYPE_CHECKING:
    from custody.query.diffs import DiffLine
    from custody.query.types import Between, CommitLine

_SHOWN = 20


def diff(
    one: Annotated[str, options.argument("A", "From: prod~1, prod#12, staging, prod@{yesterday 14:00}.")],
    other: Annotated[str, options.argument("B", "To: a moment of the same or of another environment.")],
    known_at: KnownAt = None,
    tz: options.Zone = None,
    ledger: options.Ledger = None,
    root: options.Root = None,
    json: options.Json = False,
) -> int:
    """Show what differs between two moments, of one environment, of two, or of a group, with the commits between.

    Examples: custody env diff prod~1 prod

    custody env diff staging prod
    """
    from custody.query.diffs import differences

    clock = Clock(tz)
    points = Point(one, None, clock), Point(other, None, clock)
    belief = Belief(known_at, clock)
    with answers.answering(ledger, root, json) as answer:
        groups = answer.judgement().groups()
        if any(point.name in groups for point in points):
            return env_groups.diff_groups(answer, points, belief, clock)
        belief.settle(answer.index, answer.snapshot.count)
        for point in points:
            point.find(answer.index, belief)
        before, after = points
        found = differences((before.history, before.state), (after.history, after.state))
        later = len(before.later()[0] | after.later()[0])
        if not json:
            belief.print_understood()
            before.print_head(clock, "from")
            console.out()
            after.print_head(clock, "to")
            console.out()
            print_lines(found.lines if found.known else None)
            belief.print_later(later)
        return answer.finish(
            {
                "from": before.json(),
                "to": after.json(),
                "known": found.known,
                "changes": [line_json(line) for line in found.lines],
                "knownAt": belief.json(later),
            }
        )


def print_commits(between: Between, indent: str = "    ") -> None:
    """The commits that came, and with a minus those that went."""
    for sign, lines in (("+", between.came), ("-", between.went)):
        for line in lines[:_SHOWN]:
            console.out(f"{indent}{sign} {shown_commit(line)}")
        if len(lines) > _SHOWN:
            console.out(f"{indent}{sign} … and {len(lines) - _SHOWN} more (--json has them)")
    if (between.came or between.went) and not between.complete:
        console.out(f"{indent}  there may be more: the ledger does not know the whole way between the two")


def shown_commit(line: CommitLine) -> str:
    """A commit in a line: its digits, author, time and pull request, as far as they are known."""
    author = f" by {safe_text(line.author, 60)}" if line.author else ""
    time = f", {line.time[:16].replace('T', ' ')} UTC" if line.time else ""
    request = f", {safe_text(line.pull_request, 120)}" if line.pull_request else ""
    return f"commit {line.commit[:12]}{author}{time}{request}"


def commits_json(between: Between) -> dict[str, Any]:
    """Commits as plain values."""
    return {
        "came": [commit_json(line) for line in between.came],
        "went": [commit_json(line) for line in between.went],
        "complete": between.complete,
    }


def commit_json(line: CommitLine) -> dict[str, Any]:
    """A commit as plain values."""
    return line._asdict() | {"proof": line.proof._asdict() if line.proof is not None else None}


def print_lines(lines: Sequence[DiffLine] | None) -> None:
    """What differs; None where it is not known."""
    if lines is None:
        console.out("not known: of one of the two moments there is no report, so nothing can be compared")
        return
    if not lines:
        console.out("no difference: the same artifacts run in the same services, as often")
    for line in lines:
        print_change(line.change)
        if line.change.previous_sha256:
            old, new = line.previous_commit[:12] or "unrecorded", line.commit[:12] or "unrecorded"
            console.out(f"    from {line.change.previous_sha256[:12]} (commit {old}) to commit {new}")
        print_commits(line.commits)


def line_json(line: DiffLine) -> dict[str, Any]:
    """A difference as plain values."""
    return line._asdict() | {"change": line.change._asdict(), "commits": commits_json(line.commits)}
