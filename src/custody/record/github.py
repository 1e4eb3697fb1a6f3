"""What `gh pr view --json …` prints of a pull request. Source: the fields of gh's manual, and GitHub's GraphQL types
PullRequest, PullRequestReview and Commit that they come from."""

from __future__ import annotations

from typing import Any

from custody.errors import InputError
from custody.kinds.pull_request import MAX_CHANGES, MAX_REVIEWS, Change, PullRequest, Review
from custody.record.four_eyes import NO_COMMIT, NOBODY
from custody.record.members import Members
from custody.text import safe_text

FIELDS = (
    "number,url,state,author,commits,reviews,mergeCommit,mergedAt,mergedBy,baseRefName,headRefName,headRefOid"
)
"""What to ask of gh."""

# gh asks for the first so many commits of a change, and does not say that there were more.
_PAGE = 100
_MAX_AUTHORS = 100
_STATES = {"OPEN": "open", "MERGED": "merged", "CLOSED": "closed"}
_PENDING = "PENDING"  # begun and not submitted: only its writer sees it
_REVIEWS = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes-requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}


def read_pull_request(value: dict[str, Any]) -> PullRequest:
    """The change that it tells of. Raises InputError."""
    it = Members(value, "the pull request")
    missing = [name for name in ("url", "state", "author") if name not in value]
    if missing:
        raise InputError(f"no {', '.join(missing)} in it: print it with `gh pr view --json {FIELDS}`")
    merge_commit = it.object("mergeCommit")
    return PullRequest(
        it.required("url", 2000),
        _known(it, _STATES),
        _login(it.object("author")) or NOBODY,
        _changes(it),
        tuple(_review(one) for one in it.objects("reviews", MAX_REVIEWS) if one.text("state") != _PENDING),
        it.number_text("number"),
        merge_commit.commit("oid") if merge_commit else "",
        _login(it.object("mergedBy")),
        it.instant("mergedAt"),
        it.text("baseRefName"),
        it.text("headRefName"),
    )


def _changes(it: Members) -> tuple[Change, ...]:
    """The commits, the last of the change at the end."""
    found = [_change(one) for one in it.objects("commits", MAX_CHANGES)]
    head = it.commit("headRefOid")
    if not head and len(found) >= _PAGE:
        raise InputError(
            f"gh prints at most {_PAGE} commits: ask for headRefOid too, to see that these are all"
        )
    if head and head not in {one.commit for one in found}:
        raise InputError(f"its last commit {head[:12]} is not among the {len(found)} that gh printed")
    return tuple(sorted(found, key=lambda one: one.commit == head))


def _change(it: Members) -> Change:
    authors = [_login(one) or one.text("email") for one in it.objects("authors", _MAX_AUTHORS)]
    return Change(it.required_commit("oid"), tuple(authors), "", it.instant("committedDate"))


def _review(it: Members) -> Review:
    reviewed = it.object("commit")
    # Where a push did away with the commit, gh prints an empty one; older releases of it print none at all.
    commit = (reviewed.commit("oid") or NO_COMMIT) if reviewed else ""
    return Review(
        _login(it.object("author")) or NOBODY, _known(it, _REVIEWS), it.instant("submittedAt"), commit
    )


def _login(it: Members | None) -> str:
    return it.text("login") if it else ""


def _known(it: Members, words: dict[str, str]) -> str:
    word = it.text("state")
    if word not in words:
        raise InputError(f"{it.place}.state is {safe_text(word, 40)}, which is none of {', '.join(words)}")
    return words[word]
