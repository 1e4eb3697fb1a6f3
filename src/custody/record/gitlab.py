"""What GitLab's API prints of a merge request: the merge request, its approvals and its commits, in one file or in
several that are told apart by their form. Source: GitLab's REST API v4, merge requests, approvals, users.

Of commits GitLab tells e-mail addresses and no logins. An address is a login's where it is GitLab's own for commits
(`…@users.noreply.HOST`), or where a list of users says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from custody.errors import InputError
from custody.kinds.pull_request import MAX_CHANGES, MAX_REVIEWS, Change, PullRequest, Review
from custody.record.four_eyes import NOBODY
from custody.record.members import Members, objects
from custody.text import safe_text

REQUEST, APPROVALS, COMMITS, VERSIONS, USERS = "mergeRequest", "approvals", "commits", "versions", "users"

_STATES = {"opened": "open", "locked": "open", "merged": "merged", "closed": "closed"}
_MAX_USERS = 100_000
_MAX_MESSAGE = 1024 * 1024
_MAX_AUTHORS = 100
_CO_AUTHOR = re.compile(r"^co-authored-by:[^<>\n]*<([^<>\n]{1,500})>[ \t\r]*$", re.IGNORECASE | re.MULTILINE)
_HOST = re.compile(r"https?://([^/:@]+)(?::[0-9]+)?/.*", re.DOTALL)
_UNREADABLE = (
    "not a pull request in a form that custody reads: its own, what `gh pr view --json …` prints, or GitLab's"
    " merge request with its approvals and its commits"
)


def read_merge_request(values: Sequence[Any]) -> PullRequest:
    """The change that the JSON of one or several files tells of. Raises InputError."""
    parts = _parts(values)
    it = Members(parts[REQUEST], REQUEST)
    host = _HOST.fullmatch(it.required("web_url", 2000))
    logins = _logins(parts.get(USERS, []), host[1].casefold() if host else "")
    state = it.text("state")
    if state not in _STATES:
        raise InputError(f"{REQUEST}.state is {safe_text(state, 40)}, which is none of {', '.join(_STATES)}")
    merged_by = it.object("merge_user") or it.object("merged_by")
    return PullRequest(
        it.required("web_url", 2000),
        _STATES[state],
        _username(it.object("author")) or NOBODY,
        _changes(it, objects(parts[COMMITS], COMMITS), parts.get(VERSIONS), logins),
        _reviews(Members(parts[APPROVALS], APPROVALS)),
        it.number_text("iid"),
        it.commit("merge_commit_sha") or it.commit("squash_commit_sha"),
        _username(merged_by),
        it.instant("merged_at"),
        it.text("target_branch"),
        it.text("source_branch"),
    )


def _parts(values: Sequence[Any]) -> dict[str, Any]:
    """The answers of GitLab's API by what each is. Commits may come in several pages."""
    if len(values) == 1 and isinstance(values[0], dict) and REQUEST in values[0]:
        parts = values[0]
        Members(parts, "the file").only({REQUEST, APPROVALS, COMMITS, VERSIONS, USERS})
    else:
        parts = {}
        for value in values:
            name = _what(value)
            if name == COMMITS and COMMITS in parts:
                parts[COMMITS] = parts[COMMITS] + value
            elif name in parts:
                raise InputError(f"two files with its {name}: name one")
            else:
                parts[name] = value
    for name in (REQUEST, APPROVALS, COMMITS):
        if parts.get(name) is None:
            raise InputError(
                f"GitLab's {name} is missing: it takes the merge request, its approvals and its commits"
            )
    if not isinstance(parts[COMMITS], list):
        raise InputError(f"{COMMITS} must be a list")
    if len(parts[COMMITS]) > MAX_CHANGES:
        raise InputError(f"{len(parts[COMMITS])} commits, more than the {MAX_CHANGES} that can be recorded")
    return parts


def _what(value: Any) -> str:
    if isinstance(value, dict):
        if "approved_by" in value:
            return APPROVALS
        if "iid" in value and "web_url" in value:
            return REQUEST
    elif isinstance(value, list):
        names = value[0].keys() if value and isinstance(value[0], dict) else set()
        if "head_commit_sha" in names:
            return VERSIONS
        if "username" in names:
            return USERS
        if not value or "author_email" in names:
            return COMMITS
    raise InputError(_UNREADABLE)


def _logins(users: Any, host: str) -> dict[str, str]:
    """Logins by e-mail address in lower case; under "" the ending of GitLab's own addresses."""
    if not isinstance(users, list) or len(users) > _MAX_USERS:
        raise InputError(f"{USERS} must be a list of at most {_MAX_USERS}")
    found: dict[str, str] = {}
    for it in objects(users, USERS):
        login = it.required("username")
        for name in ("email", "public_email", "commit_email"):
            address = it.text(name).casefold()
            if address and found.setdefault(address, login) != login:
                raise InputError(f"{it.place}.{name} is another user's address too")
    return found | ({"": f"@users.noreply.{host}"} if host else {})


def _login(address: str, logins: dict[str, str]) -> str:
    """The login that an address is of, or the address itself."""
    folded = address.casefold()
    if not folded or folded in logins:
        return logins[folded] if folded else ""
    ending = logins.get("")
    if ending and folded.endswith(ending):
        return re.sub(r"^[0-9]+-", "", folded.removesuffix(ending))
    return address


def _changes(
    request: Members, commits: list[Members], versions: Any, logins: dict[str, str]
) -> tuple[Change, ...]:
    """The commits, the last of the change at the end. GitLab prints the newest first, and a page at a time."""
    head = request.required_commit("sha")
    found: dict[str, Change] = {}
    parents: set[str] = set()
    for it in reversed(commits):
        commit = it.required_commit("id")
        if commit in found:
            raise InputError(f"{it.place}: the commit {commit[:12]} is there twice")
        authors = [it.text("author_email"), *_CO_AUTHOR.findall(it.text("message", _MAX_MESSAGE))]
        if len(authors) > _MAX_AUTHORS:
            raise InputError(f"{it.place}: more than {_MAX_AUTHORS} authors")
        found[commit] = Change(
            commit,
            tuple(dict.fromkeys(_login(address, logins) for address in authors)),
            _login(it.text("committer_email"), logins),
            it.instant("committed_date") or it.instant("created_at"),
        )
        parents.update(it.texts("parent_ids", 1000) if it.has("parent_ids") else ())
    refs = request.object("diff_refs")
    base = refs.commit("base_sha") if refs else ""
    # A commit of the change follows on the base, whatever was merged in between; a page does not have it.
    if head not in found or (parents and base and base not in parents):
        message = "its commits are not all there: take every page of them (per_page=100), as they are now"
        raise InputError(message, code="commits")
    last = found.pop(head)
    return (*found.values(), last._replace(time=_pushed(last, versions)))


def _pushed(head: Change, versions: Any) -> str:
    """When the last commit came to be there. A commit's own date is its writer's; a version's is GitLab's."""
    if versions is None:
        return head.time
    if not isinstance(versions, list) or len(versions) > MAX_CHANGES:
        raise InputError(f"{VERSIONS} must be a list of at most {MAX_CHANGES}")
    times = [
        it.instant("created_at")
        for it in objects(versions, VERSIONS)
        if it.commit("head_commit_sha") == head.commit
    ]
    if not times or not all(times):
        raise InputError(f"{VERSIONS} do not say when {head.commit[:12]}, the last commit, came")
    return max(head.time, *times)


def _reviews(it: Members) -> tuple[Review, ...]:
    return tuple(
        Review(_username(one.object("user")) or NOBODY, "approved", one.instant("approved_at"))
        for one in it.objects("approved_by", MAX_REVIEWS)
    )


def _username(it: Members | None) -> str:
    return it.text("username") if it else ""
