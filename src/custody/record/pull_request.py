"""Reviewed changes (`pull-request`): what GitHub and GitLab print of one, and custody's own form for any other host.

What it says is kept for a policy, which knows who is who; the result recorded here goes by the platform's logins.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from custody.errors import InputError
from custody.kinds.pull_request import (
    MAX_CHANGES,
    MAX_REVIEWS,
    REVIEWS,
    STATES,
    Change,
    PullRequest,
    Review,
)
from custody.record.four_eyes import four_eyes
from custody.record.inputs import named, read_reports
from custody.record.members import Members
from custody.record.report import KEPT, KEPT_NAME, Report, Result, Wanted
from custody.record.tool_json import parse_tool_json

OWN = "pullRequest"
MAX_AUTHORS = 100
"""Of one commit."""


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """A change and its reviews as evidence of four eyes."""
    values: list[Any] = []

    def parse(data: bytes) -> str:
        values.append(parse_tool_json(data))
        return "application/json"

    files = read_reports(paths, ".json", "the JSON of the pull request", parse)
    try:
        format, change = parse_change(values)
    except InputError as error:
        raise InputError(f"{named(paths)}: {error}", code=error.code) from None
    found = four_eyes(change)
    summary = {
        "commits": len(change.changes),
        "authors": len(found.authors),
        "approvals": len(found.approvers),
        "stale": found.stale,
        "objections": found.objections,
        "merged": int(change.state == "merged"),
    }
    failed = tuple(reason[:KEPT_NAME] for reason in found.reasons[:KEPT])
    result: Result = "pass" if found.ok else "fail"
    return Report(format, files, summary, failed, pull_request=change, result=result)


def parse_change(values: Sequence[Any]) -> tuple[str, PullRequest]:
    """The format, and the change, that the JSON values of one or more files tell of. Raises InputError."""
    first = values[0]
    if len(values) == 1 and isinstance(first, dict):
        if OWN in first:
            return "custody-pull-request", _own(first)
        if "reviews" in first and "commits" in first:
            from custody.record.github import read_pull_request

            return "github-pull-request", read_pull_request(first)
    from custody.record.gitlab import read_merge_request

    return "gitlab-merge-request", read_merge_request(values)


_FIELDS = frozenset("url state author changes reviews number mergeCommit mergedBy merged base head".split())
_CHANGE_FIELDS = frozenset("commit authors committer time verified".split())
_REVIEW_FIELDS = frozenset("by state time commit".split())


def _own(value: dict[str, Any]) -> PullRequest:
    """custody's own form, which is that of a ledger's body: a word that it does not know is an error."""
    Members(value, "the file").only({OWN})
    it = Members(value[OWN], OWN)
    it.only(_FIELDS)
    return PullRequest(
        it.required("url", 2000),
        _one_of(it, "state", STATES),
        it.required("author"),
        tuple(_own_change(one) for one in it.objects("changes", MAX_CHANGES)),
        tuple(_own_review(one) for one in it.objects("reviews", MAX_REVIEWS)),
        it.number_text("number"),
        it.commit("mergeCommit"),
        it.text("mergedBy"),
        it.instant("merged"),
        it.text("base"),
        it.text("head"),
    )


def _own_change(it: Members) -> Change:
    it.only(_CHANGE_FIELDS)
    authors = it.texts("authors", MAX_AUTHORS)
    return Change(
        it.required_commit("commit"), authors, it.text("committer"), it.instant("time"), it.flag("verified")
    )


def _own_review(it: Members) -> Review:
    it.only(_REVIEW_FIELDS)
    return Review(it.required("by"), _one_of(it, "state", REVIEWS), it.instant("time"), it.commit("commit"))


def _one_of(it: Members, name: str, allowed: frozenset[str]) -> str:
    found = it.text(name)
    if found not in allowed:
        raise InputError(f"{it.place}.{name} must be one of {', '.join(sorted(allowed))}")
    return found
