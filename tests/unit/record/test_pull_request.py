"""Pull requests: custody's own JSON, what gh prints, what GitLab's API answers, and files that are none of them."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.kinds import Change, PullRequest, Review
from custody.kinds.fields import Fields
from custody.ledger.canonical import decode_object, encode
from custody.record.evidence import read_evidence
from custody.record.four_eyes import NO_COMMIT
from custody.record.pull_request import parse_change
from custody.record.report import Report, Wanted

FIRST, LAST, BASE, MERGED = "1a" * 20, "2b" * 20, "b0" * 20, "3c" * 20

OWN: dict[str, Any] = {
    "pullRequest": {
        "url": "https://git.example/api/pulls/7",
        "number": 7,
        "state": "merged",
        "author": "dev-1",
        "changes": [
            {"commit": FIRST, "authors": ["dev-1"], "time": "2026-11-19T02:00:00Z"},
            {"commit": LAST, "authors": ["dev-1", "dev-3"], "committer": "dev-1", "verified": True},
        ],
        "reviews": [
            {"by": "dev-2", "state": "approved", "time": "2026-11-19T04:00:00+01:00", "commit": LAST}
        ],
        "mergeCommit": MERGED,
        "base": "main",
    }
}


def person(login: str, **more: Any) -> dict[str, Any]:
    return {"id": "MDQ6", "login": login, "name": "", **more}


def gh_commit(oid: str, *logins: str, minute: int = 0) -> dict[str, Any]:
    """As gh 2.x prints it, with all that it prints of a commit."""
    return {
        "authoredDate": "2026-11-19T01:00:00Z",
        "authors": [
            {"email": f"{login}@acme.example", "id": "", "login": login, "name": ""} for login in logins
        ],
        "committedDate": f"2026-11-19T02:{minute:02d}:00Z",
        "messageBody": "",
        "messageHeadline": "Reviewed-by: everybody",
        "oid": oid,
    }


def gh_review(
    login: str, state: str = "APPROVED", oid: str | None = LAST, minute: int = 30
) -> dict[str, Any]:
    review: dict[str, Any] = {
        "id": "PRR_1",
        "author": {"login": login},
        "authorAssociation": "MEMBER",
        "body": "",
        "submittedAt": f"2026-11-19T02:{minute:02d}:00Z",
        "includesCreatedEdit": False,
        "reactionGroups": [],
        "state": state,
    }
    return review if oid is None else review | {"commit": {"oid": oid}}


GH: dict[str, Any] = {
    "author": person("dev-1", is_bot=False),
    "baseRefName": "main",
    "commits": [gh_commit(FIRST, "dev-1"), gh_commit(LAST, "dev-1", "dev-3", minute=10)],
    "headRefName": "topic",
    "headRefOid": LAST,
    "mergeCommit": {"oid": MERGED},
    "mergedAt": "2026-11-19T03:00:00Z",
    "mergedBy": person("dev-2"),
    "number": 7,
    "reviews": [gh_review("dev-2")],
    "state": "MERGED",
    "url": "https://github.example/acme/api/pull/7",
}

GITLAB: dict[str, Any] = {
    "mergeRequest": {
        "id": 900,
        "iid": 7,
        "project_id": 3,
        "state": "merged",
        "web_url": "https://gitlab.acme.example/acme/api/-/merge_requests/7",
        "author": {"id": 1, "username": "dev-1", "name": ""},
        "merge_user": {"id": 2, "username": "dev-2"},
        "merged_by": None,
        "merged_at": "2026-11-19T03:00:00.123Z",
        "merge_commit_sha": MERGED,
        "squash_commit_sha": None,
        "sha": LAST,
        "diff_refs": {"base_sha": BASE, "head_sha": LAST, "start_sha": BASE},
        "target_branch": "main",
        "source_branch": "topic",
    },
    "approvals": {
        "id": 900,
        "iid": 7,
        "state": "merged",
        "approvals_left": 0,
        "approved_by": [{"user": {"username": "dev-2"}, "approved_at": "2026-11-19T02:30:00.000Z"}],
    },
    "commits": [
        {
            "id": LAST,
            "short_id": LAST[:8],
            "parent_ids": [FIRST],
            "author_email": "1-dev-1@users.noreply.gitlab.acme.example",
            "author_name": "",
            "committer_email": "dev-1@users.noreply.gitlab.acme.example",
            "committed_date": "2026-11-19T03:10:00.000+01:00",
            "created_at": "2026-11-19T03:10:00.000+01:00",
            "message": "Change\n\nCo-Authored-By: D Three <d3@acme.example>\nApproved-by: the board\n",
        },
        {
            "id": FIRST,
            "short_id": FIRST[:8],
            "parent_ids": [BASE],
            "author_email": "D1@acme.example",
            "committer_email": "d1@acme.example",
            "committed_date": "2026-11-19T02:00:00.000Z",
            "message": "Begin",
        },
    ],
    "users": [
        {"id": 1, "username": "dev-1", "email": "d1@acme.example", "public_email": None},
        {"id": 4, "username": "dev-3", "commit_email": "d3@acme.example"},
    ],
}


def read(folder: Path, *values: Any) -> Report:
    paths = []
    for number, value in enumerate(values):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(json.dumps(value), encoding="utf-8")
    return read_evidence("pull-request", paths, Wanted(), {}, {}).report


def refused(folder: Path, *values: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(folder, *values)
    message = str(caught.value)
    assert str(folder) in message and "\n" not in message
    return message


def altered(value: dict[str, Any], path: str, to: Any) -> dict[str, Any]:
    """A copy with one member, named by keys and indices, set to something else, or with `...` left out."""
    value = copy.deepcopy(value)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inside: Any = value
    for step in way:
        inside = inside[step]
    if to is ...:
        del inside[last]
    else:
        inside[last] = to
    return value


def test_custodys_own_form(tmp_path: Path) -> None:
    report = read(tmp_path, OWN)
    assert report.pull_request == PullRequest(
        "https://git.example/api/pulls/7",
        "merged",
        "dev-1",
        (
            Change(FIRST, ("dev-1",), "", "2026-11-19T02:00:00.000Z"),
            Change(LAST, ("dev-1", "dev-3"), "dev-1", "", True),
        ),
        (Review("dev-2", "approved", "2026-11-19T03:00:00.000Z", LAST),),
        "7",
        MERGED,
        base="main",
    )
    assert (report.format, report.result, report.failed) == ("custody-pull-request", "pass", ())
    assert report.summary == {
        "commits": 2,
        "authors": 2,
        "approvals": 1,
        "stale": 0,
        "objections": 0,
        "merged": 1,
    }
    assert [(file.name, file.data) for file in report.files] == [("0.json", json.dumps(OWN).encode())]


def test_the_form_that_the_documentation_shows(tmp_path: Path) -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "evidence.md").read_text("utf-8")
    shown = page.partition('```json\n{"pullRequest"')[2].partition("```")[0]
    text = '{"pullRequest"' + shown.replace("1a1a…", FIRST).replace("2b2b…", LAST)
    report = read(tmp_path, json.loads(text))
    assert report.result == "pass"
    assert report.pull_request is not None and all(report.pull_request)


def test_what_gh_prints(tmp_path: Path) -> None:
    report = read(tmp_path, GH)
    assert report.pull_request == PullRequest(
        "https://github.example/acme/api/pull/7",
        "merged",
        "dev-1",
        (
            Change(FIRST, ("dev-1",), "", "2026-11-19T02:00:00.000Z"),
            Change(LAST, ("dev-1", "dev-3"), "", "2026-11-19T02:10:00.000Z"),
        ),
        (Review("dev-2", "approved", "2026-11-19T02:30:00.000Z", LAST),),
        "7",
        MERGED,
        "dev-2",
        "2026-11-19T03:00:00.000Z",
        "main",
        "topic",
    )
    assert (report.format, report.result) == ("github-pull-request", "pass")


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        ("reviews", [], "no approval that counts"),
        ("reviews.0", gh_review("dev-1"), "dev-1, who wrote some of it"),
        ("reviews.0", gh_review("dev-3"), "dev-3, who wrote some of it"),
        ("reviews.0", gh_review("dev-2", "DISMISSED"), "no approval that counts"),
        ("reviews.0", gh_review("dev-2", "PENDING"), "no approval that counts"),
        ("reviews.0", gh_review(""), "ghost, who is nobody known"),
        ("reviews.0", gh_review("dev-2", oid=FIRST), "an earlier commit than the last"),
        ("reviews.0", gh_review("dev-2", oid=""), "an earlier commit than the last"),
        ("reviews.0", gh_review("dev-2", oid=None, minute=5), "given before the last commit"),
        ("commits.1.authors.1.login", "", "dev-3@acme.example, who is nobody known"),
        ("commits.0.authors", [], "(nobody named), who is nobody known"),
        ("author.login", "", "opened by ghost"),
        ("author", None, "opened by ghost"),
    ],
)
def test_what_gh_prints_that_is_not_four_eyes(tmp_path: Path, path: str, to: Any, why: str) -> None:
    report = read(tmp_path, altered(GH, path, to))
    assert report.result == "fail"
    assert why in "; ".join(report.failed)


def test_gh_of_an_open_change_and_of_an_older_release(tmp_path: Path) -> None:
    value = GH | {"state": "OPEN", "mergeCommit": None, "mergedAt": None, "mergedBy": None}
    value["reviews"] = [gh_review("dev-2", oid=None)]
    del value["headRefOid"]
    report = read(tmp_path, value)
    assert report.result == "pass" and report.summary["merged"] == 0
    assert report.pull_request is not None and report.pull_request.reviews[0].commit == ""


def test_a_review_of_a_commit_that_a_push_did_away_with_names_none(tmp_path: Path) -> None:
    report = read(tmp_path, altered(GH, "reviews.0.commit.oid", ""))
    assert report.pull_request is not None and report.pull_request.reviews[0].commit == NO_COMMIT
    assert report.summary["stale"] == 1


def test_commits_that_gh_did_not_print_are_missed(tmp_path: Path) -> None:
    assert "is not among the 2 that gh printed" in refused(tmp_path, GH | {"headRefOid": MERGED})
    many = GH | {"commits": [gh_commit(f"{number:040x}", "dev-1") for number in range(100)]}
    del many["headRefOid"]
    assert "at most 100 commits: ask for headRefOid" in refused(tmp_path, many)


@pytest.mark.parametrize("together", [True, False])
def test_what_gitlab_answers(tmp_path: Path, together: bool) -> None:
    values = [GITLAB] if together else [*GITLAB.values()]
    report = read(tmp_path, *values)
    assert report.pull_request == PullRequest(
        "https://gitlab.acme.example/acme/api/-/merge_requests/7",
        "merged",
        "dev-1",
        (
            Change(FIRST, ("dev-1",), "dev-1", "2026-11-19T02:00:00.000Z"),
            Change(LAST, ("dev-1", "dev-3"), "dev-1", "2026-11-19T02:10:00.000Z"),
        ),
        (Review("dev-2", "approved", "2026-11-19T02:30:00.000Z"),),
        "7",
        MERGED,
        "dev-2",
        "2026-11-19T03:00:00.123Z",
        "main",
        "topic",
    )
    assert (report.format, report.result) == ("gitlab-merge-request", "pass")
    assert len(report.files) == (1 if together else 4)


def test_gitlabs_commits_are_kept_oldest_first_and_the_head_last(tmp_path: Path) -> None:
    middle = GITLAB["commits"][0] | {"id": MERGED, "parent_ids": [FIRST]}
    head = GITLAB["commits"][0] | {"parent_ids": [MERGED]}
    for commits in ([head, middle, GITLAB["commits"][1]], [middle, head, GITLAB["commits"][1]]):
        change = read(tmp_path, GITLAB | {"commits": commits}).pull_request
        assert change is not None
        assert [one.commit for one in change.changes] == [FIRST, MERGED, LAST]


def test_pages_of_gitlabs_commits_in_any_order(tmp_path: Path) -> None:
    parts = [
        GITLAB["commits"][:1],
        GITLAB["approvals"],
        GITLAB["users"],
        GITLAB["commits"][1:],
        GITLAB["mergeRequest"],
    ]
    assert read(tmp_path, *parts).result == "pass"


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        ("approvals.approved_by", [], "no approval that counts"),
        ("approvals.approved_by.0.approved_at", ..., "neither of which commit it is"),
        ("approvals.approved_by.0.approved_at", "2026-11-19T02:05:00Z", "given before the last commit"),
        ("approvals.approved_by.0.user.username", "dev-3", "dev-3, who wrote some of it"),
        ("users", [], "d3@acme.example, who is nobody known"),
        (
            "mergeRequest.web_url",
            "https://elsewhere.example/1",
            "users.noreply.gitlab.acme.example, who is nobody",
        ),
        (
            "versions",
            [{"id": 1, "head_commit_sha": LAST, "created_at": "2026-11-19T02:40:00Z"}],  # a backdated commit
            "given before the last commit",
        ),
    ],
)
def test_what_gitlab_answers_that_is_not_four_eyes(tmp_path: Path, path: str, to: Any, why: str) -> None:
    report = read(tmp_path, altered(GITLAB, path, to))
    assert report.result == "fail"
    assert why in "; ".join(report.failed)


@pytest.mark.parametrize(
    ("path", "to", "why"),
    [
        ("commits", GITLAB["commits"][:1], "not all there"),  # a page of them
        ("commits", GITLAB["commits"][1:], "not all there"),  # before the last push
        ("commits", GITLAB["commits"] * 2, "is there twice"),
        ("commits", ..., "GitLab's commits is missing"),
        ("approvals", None, "GitLab's approvals is missing"),
        ("other", 1, "the file has other"),
        ("mergeRequest.state", "merging", "none of opened"),
        ("versions", [], "do not say when 2b2b2b2b2b2b"),
        ("users.1.commit_email", "d1@acme.example", "another user's address too"),
    ],
)
def test_what_gitlab_answers_that_cannot_be_relied_on(tmp_path: Path, path: str, to: Any, why: str) -> None:
    assert why in refused(tmp_path, altered(GITLAB, path, to))


@pytest.mark.parametrize(
    ("value", "path", "to", "why"),
    [
        (OWN, "pullRequest.approved", True, "pullRequest has approved, which is none of"),
        (OWN, "pullRequest.changes.0.author", "dev-1", "pullRequest.changes[0] has author"),
        (OWN, "pullRequest.reviews.0.verdict", "yes", "pullRequest.reviews[0] has verdict"),
        (OWN, "more", 1, "the file has more"),
        (OWN, "pullRequest.state", "MERGED", "state must be one of closed, merged, open"),
        (OWN, "pullRequest.reviews.0.state", True, "reviews[0].state must be text"),
        (OWN, "pullRequest.reviews", ..., "pullRequest.reviews is missing"),
        (OWN, "pullRequest.changes", {}, "pullRequest.changes must be a list"),
        (OWN, "pullRequest.changes.0.commit", "1a2b", "must be a full commit"),
        (OWN, "pullRequest.changes.0.commit", ..., "changes[0].commit is missing"),
        (OWN, "pullRequest.changes.0.authors", ["a", 1], "authors must be a list of texts"),
        (OWN, "pullRequest.changes.0.time", "2026-02-30T00:00:00Z", "time must be a time such as"),
        (OWN, "pullRequest.changes.0.time", "9999-12-31T23:59:59-10:00", "time must be a time such as"),
        (OWN, "pullRequest.changes.0.time", "yesterday", "time must be a time such as"),
        (OWN, "pullRequest.changes.1.verified", "yes", "verified must be true or false"),
        (OWN, "pullRequest.author", "", "author must be text of 1 to"),
        (OWN, "pullRequest.number", 7.5, "number must be text"),
        (OWN, "pullRequest", [], "pullRequest must be an object"),
        (GH, "state", "DRAFT", "state is DRAFT, which is none of OPEN"),
        (GH, "reviews.0.state", "OK", "reviews[0].state is OK"),
        (GH, "url", ..., "no url in it: print it with `gh pr view --json"),
        (GH, "commits.0.oid", None, "commits[0].oid is missing"),
        (GH, "commits.0.authors", "dev-1", "authors must be a list"),
    ],
)
def test_a_form_that_is_not_kept(tmp_path: Path, value: Any, path: str, to: Any, why: str) -> None:
    assert why in refused(tmp_path, altered(value, path, to))


@pytest.mark.parametrize(
    "values", [[{}], [[]], [1], [OWN, OWN], [GH, GITLAB["approvals"]], [[[]]], [[1]], [[{}]]]
)
def test_what_is_nobodys_pull_request(tmp_path: Path, values: list[Any]) -> None:
    refused(tmp_path, *values)


def test_no_file_a_damaged_one_and_a_word_that_is_there_twice(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Name the JSON of the pull request"):
        read(tmp_path)
    path = tmp_path / "cut.json"
    for text, why in (
        (json.dumps(GH)[:-20], "cut.json: not JSON"),
        ('{"pullRequest":{},"pullRequest":{}}', "is there twice"),
        ("[" * 200, "nested deeper"),
        ('{"a":NaN}', "NaN is no JSON"),
        ('{"a":"\\ud800"}', "half a surrogate pair"),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=why):
            read_evidence("pull-request", [path], Wanted(), {}, {})


@pytest.mark.parametrize("value", [OWN, GH, GITLAB])
@pytest.mark.parametrize(
    "junk", [None, True, 7, 1.5, "", "x", [], {}, ["x"], [[]], {"a": 1}, "y" * 3000, 10**30]
)
def test_any_member_of_any_type_is_read_or_refused(value: dict[str, Any], junk: Any, tmp_path: Path) -> None:
    """And what is read can be recorded, and is read back as the same."""
    for path in paths_of(value):
        try:
            _, found = parse_change([altered(value, path, junk)])
        except InputError:
            continue
        body = decode_object(encode(found.write()), 1024 * 1024)
        assert PullRequest.read(Fields(body, "pullRequest")) == found


def paths_of(value: Any, prefix: str = "") -> list[str]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, item in inside:
        path = f"{prefix}.{key}" if prefix else str(key)
        found += [path, *paths_of(item, path)]
    return found
