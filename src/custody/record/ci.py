"""Which CI system this runs under, and what its variables say of the run.

A table holds, for each system, the variable by which it is known and where each field is found; nothing else of the
environment is read. What a field's variables hold is a claim of whoever runs the job: it is bounded, URLs lose
whatever could open something, and what does not have its form is left out with a note that names the variable and
never its value. An empty variable counts as unset.

The variables are those of each system's own reference of predefined variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple


class CI(NamedTuple):
    """What a CI system says of the run; "" where it says nothing.

    `run` and `attempt` are its own numbers; `url` and `commit_url` pages to look at; `source` the repository's page;
    `flow` the pipeline; `ref` what is built, in full (`refs/heads/main`), and `branch` where that is one; `change` the
    pull request's number; `builder` a URI of what builds. `variables` are those that each field came from, and `notes`
    say what was left out and why.
    """

    provider: str
    commit: str = ""
    repository: str = ""
    url: str = ""
    commit_url: str = ""
    repository_id: str = ""
    run: str = ""
    attempt: str = ""
    actor: str = ""
    flow: str = ""
    job: str = ""
    runner: str = ""
    branch: str = ""
    ref: str = ""
    change: str = ""
    source: str = ""
    builder: str = ""
    variables: Mapping[str, tuple[str, ...]] = {}
    notes: tuple[str, ...] = ()


FIELDS = CI._fields[1:-2]


class System(NamedTuple):
    """How a CI system is known, and where its fields are: templates of `{VARIABLE}`, the first that is complete counts.

    `{page:VARIABLE}` is a URL without what could open something and without a slash at its end, `{remote:VARIABLE}`
    the page of a git remote, `{local:VARIABLE}` a branch without its remote's name. A template that begins with a
    condition (`VARIABLE=VALUE`) and a space counts only where that holds.
    """

    probe: str
    fields: Mapping[str, tuple[str, ...]]


SYSTEMS = {
    "bitbucket": System(
        "BITBUCKET_BUILD_NUMBER",
        {
            "commit": ("{BITBUCKET_COMMIT}",),
            "repository": ("{BITBUCKET_REPO_SLUG}",),
            "url": (
                "https://bitbucket.org/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}"
                "/addon/pipelines/home#!/results/{BITBUCKET_BUILD_NUMBER}",
            ),
            "commit_url": (
                "https://bitbucket.org/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}/commits/{BITBUCKET_COMMIT}",
            ),
            "repository_id": ("{BITBUCKET_REPO_UUID}",),
            "run": ("{BITBUCKET_BUILD_NUMBER}",),
            "attempt": ("{BITBUCKET_STEP_RUN_NUMBER}",),
            "actor": ("{BITBUCKET_STEP_TRIGGERER_UUID}",),
            "flow": ("{BITBUCKET_REPO_FULL_NAME}", "{BITBUCKET_REPO_SLUG}"),
            "job": ("{BITBUCKET_STEP_UUID}",),
            "ref": ("refs/heads/{BITBUCKET_BRANCH}", "refs/tags/{BITBUCKET_TAG}"),
            "change": ("{BITBUCKET_PR_ID}",),
            "source": ("https://bitbucket.org/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}",),
            "builder": ("https://bitbucket.org/{BITBUCKET_WORKSPACE}/{BITBUCKET_REPO_SLUG}/pipelines",),
        },
    ),
    "github": System(
        "GITHUB_RUN_NUMBER",
        {
            "commit": ("{GITHUB_SHA}",),
            "repository": ("{GITHUB_REPOSITORY}",),
            "url": ("{page:GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",),
            "commit_url": ("{page:GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/commit/{GITHUB_SHA}",),
            "repository_id": ("{GITHUB_REPOSITORY_ID}",),
            "run": ("{GITHUB_RUN_ID}",),
            "attempt": ("{GITHUB_RUN_ATTEMPT}",),
            "actor": ("{GITHUB_ACTOR}",),
            "flow": ("{GITHUB_WORKFLOW}",),
            "job": ("{GITHUB_JOB}",),
            "runner": ("{RUNNER_NAME}",),
            "ref": ("refs/heads/{GITHUB_HEAD_REF}", "{GITHUB_REF}"),
            "change": ("{GITHUB_REF}",),
            "source": ("{page:GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}",),
            "builder": ("{page:GITHUB_SERVER_URL}/{GITHUB_WORKFLOW_REF}",),
        },
    ),
    "teamcity": System(
        "TEAMCITY_VERSION",
        {
            "commit": ("{BUILD_VCS_NUMBER}",),
            "run": ("{BUILD_NUMBER}",),
            "flow": ("{TEAMCITY_PROJECT_NAME}/{TEAMCITY_BUILDCONF_NAME}", "{TEAMCITY_BUILDCONF_NAME}"),
            "job": ("{TEAMCITY_BUILDCONF_NAME}",),
        },
    ),
    "gitlab": System(
        "GITLAB_CI",
        {
            "commit": ("{CI_COMMIT_SHA}",),
            "repository": ("{CI_PROJECT_PATH}",),
            "url": ("{CI_JOB_URL}",),
            "commit_url": ("{page:CI_PROJECT_URL}/-/commit/{CI_COMMIT_SHA}",),
            "repository_id": ("{CI_PROJECT_ID}",),
            "run": ("{CI_PIPELINE_ID}",),
            "attempt": ("{CI_JOB_ID}",),
            "actor": ("{GITLAB_USER_LOGIN}",),
            "flow": ("{CI_PROJECT_PATH}",),
            "job": ("{CI_JOB_NAME}",),
            "runner": ("{CI_RUNNER_DESCRIPTION}", "{CI_RUNNER_ID}"),
            "ref": (
                "refs/heads/{CI_COMMIT_BRANCH}", "refs/heads/{CI_MERGE_REQUEST_SOURCE_BRANCH_NAME}",
                "refs/tags/{CI_COMMIT_TAG}",
            ),
            "change": ("{CI_MERGE_REQUEST_IID}",),
            "source": ("{CI_PROJECT_URL}",),
            "builder": ("{page:CI_PROJECT_URL}/-/runners/{CI_RUNNER_ID}",),
        },
    ),
    "azure": System(
        "TF_BUILD",
        {
            "commit": ("{BUILD_SOURCEVERSION}",),
            "repository": ("{BUILD_REPOSITORY_NAME}",),
            "url": ("{page:SYSTEM_COLLECTIONURI}/{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",),
            "commit_url": (
                # Azure also builds what other hosts keep, and then its own page of the commit does not exist.
                "BUILD_REPOSITORY_PROVIDER=GitHub {remote:BUILD_REPOSITORY_URI}/commit/{BUILD_SOURCEVERSION}",
                "{page:SYSTEM_COLLECTIONURI}/{SYSTEM_TEAMPROJECT}"
                "/_git/{BUILD_REPOSITORY_NAME}/commit/{BUILD_SOURCEVERSION}",
            ),
            "repository_id": ("{BUILD_REPOSITORY_ID}",),
            "run": ("{BUILD_BUILDID}",),
            "attempt": ("{SYSTEM_JOBATTEMPT}",),
            "actor": ("{BUILD_REQUESTEDFOR}",),
            "flow": ("{BUILD_DEFINITIONNAME}",),
            "job": ("{SYSTEM_JOBNAME}", "{SYSTEM_JOBDISPLAYNAME}", "{AGENT_JOBNAME}"),
            "runner": ("{AGENT_NAME}",),
            "ref": ("{SYSTEM_PULLREQUEST_SOURCEBRANCH}", "{BUILD_SOURCEBRANCH}"),
            "change": ("{SYSTEM_PULLREQUEST_PULLREQUESTNUMBER}", "{SYSTEM_PULLREQUEST_PULLREQUESTID}"),
            "source": ("{remote:BUILD_REPOSITORY_URI}",),
            "builder": (
                "{page:SYSTEM_COLLECTIONURI}/{SYSTEM_TEAMPROJECT}/_build?definitionId={SYSTEM_DEFINITIONID}",
            ),
        },
    ),
    "circleci": System(
        "CIRCLECI",
        {
            "commit": ("{CIRCLE_SHA1}",),
            "repository": ("{CIRCLE_PROJECT_REPONAME}",),
            "url": ("{CIRCLE_BUILD_URL}",),
            "commit_url": ("{remote:CIRCLE_REPOSITORY_URL}/commit/{CIRCLE_SHA1}",),
            "run": ("{CIRCLE_WORKFLOW_ID}",),
            "actor": ("{CIRCLE_USERNAME}",),
            "flow": ("{CIRCLE_PROJECT_USERNAME}/{CIRCLE_PROJECT_REPONAME}", "{CIRCLE_PROJECT_REPONAME}"),
            "job": ("{CIRCLE_JOB}",),
            "ref": ("refs/heads/{CIRCLE_BRANCH}", "refs/tags/{CIRCLE_TAG}"),
            "change": ("{CIRCLE_PR_NUMBER}", "{CIRCLE_PULL_REQUEST}"),
            "source": ("{remote:CIRCLE_REPOSITORY_URL}",),
        },
    ),
    "codebuild": System(
        "CODEBUILD_CI",
        {
            "commit": ("{CODEBUILD_RESOLVED_SOURCE_VERSION}",),
            "url": ("{CODEBUILD_BUILD_URL}",),
            "commit_url": ("{remote:CODEBUILD_SOURCE_REPO_URL}/commit/{CODEBUILD_RESOLVED_SOURCE_VERSION}",),
            "run": ("{CODEBUILD_BUILD_ID}",),
            "actor": ("{CODEBUILD_INITIATOR}",),
            "job": ("{CODEBUILD_BATCH_BUILD_IDENTIFIER}",),
            "ref": ("{CODEBUILD_WEBHOOK_HEAD_REF}",),
            "change": ("{CODEBUILD_WEBHOOK_TRIGGER}",),
            "source": ("{remote:CODEBUILD_SOURCE_REPO_URL}",),
            "builder": ("{CODEBUILD_PROJECT_ARN}",),
        },
    ),
    "jenkins": System(
        "JENKINS_URL",
        {
            "commit": ("{GIT_COMMIT}",),
            "url": ("{BUILD_URL}",),
            "commit_url": ("{remote:GIT_URL}/commit/{GIT_COMMIT}",),
            "run": ("{BUILD_TAG}",),
            "actor": ("{BUILD_USER_ID}",),
            "flow": ("{JOB_NAME}",),
            "runner": ("{NODE_NAME}",),
            "ref": (
                "refs/heads/{CHANGE_BRANCH}", "refs/tags/{TAG_NAME}", "refs/heads/{GIT_LOCAL_BRANCH}",
                "refs/heads/{BRANCH_NAME}", "refs/heads/{local:GIT_BRANCH}",
            ),
            "change": ("{CHANGE_ID}",),
            "source": ("{remote:GIT_URL}",),
            "builder": ("{JOB_URL}", "{JENKINS_URL}"),
        },
    ),
}  # fmt: skip
"""In the order in which they are looked for."""

LIMIT = 200
"""Characters of a field that `LIMITS` does not name."""
LIMITS = dict.fromkeys(("repository", "url", "commit_url", "ref", "source", "builder"), 500)

_URLS = ("url", "commit_url", "source", "builder")


class _Left(Exception):
    """A variable that has a value which cannot be recorded; the message says why, without the value."""


def detect(environ: Mapping[str, str]) -> CI | None:
    """The CI system whose variables these are, and what they say; None outside of any. Never raises."""
    for provider, system in SYSTEMS.items():
        if environ.get(system.probe):
            return _read(provider, system.fields, environ)
    return None


def _read(provider: str, fields: Mapping[str, tuple[str, ...]], environ: Mapping[str, str]) -> CI:
    values: dict[str, str] = {}
    variables: dict[str, tuple[str, ...]] = {}
    notes: dict[str, None] = {}
    for field, templates in fields.items():
        for template in templates:
            try:
                found = _fill(field, template, environ)
            except _Left as left:
                notes[str(left)] = None
                break
            if found is not None:
                values[field], variables[field] = found
                break
    if "commit" not in values:
        values.pop("commit_url", None)
    if (branch := values.get("ref", "")).startswith("refs/heads/"):
        values["branch"], variables["branch"] = branch.removeprefix("refs/heads/"), variables["ref"]
    kept = {field: names for field, names in variables.items() if field in values}
    return CI(provider, variables=kept, notes=tuple(notes), **values)


def _fill(field: str, template: str, environ: Mapping[str, str]) -> tuple[str, tuple[str, ...]] | None:
    """A field's value by one template, and the variables it is made of; None if one of them is unset. Raises _Left."""
    condition, _, rest = template.rpartition(" ")
    variable, _, wanted = condition.partition("=")
    if condition and environ.get(variable) != wanted:
        return None
    found: list[str] = []
    made = ""
    # str.format would look into what it is given; this only ever puts in texts.
    for number, piece in enumerate(rest.replace("}", "{").split("{")):
        if number % 2 == 0:
            made += piece
            continue
        form, _, name = piece.rpartition(":")
        value = environ.get(name, "")
        if not value.strip():
            return None
        found.append(name)
        if not value.isprintable():
            raise _Left(f"{name} holds what does not print")
        made += _formed(form, name, value, field, whole=rest == f"{{{piece}}}")
    limit = LIMITS.get(field, LIMIT)
    if len(made) > limit:
        raise _Left(f"{' and '.join(found)}: longer than {limit} characters")
    checked = _CHECKS[field](made, found[0]) if field in _CHECKS else made
    return (checked, tuple(found)) if checked else None


def _formed(form: str, name: str, value: str, field: str, *, whole: bool) -> str:
    from custody.record import urls

    safe: str | None = value
    named = field == "builder" and value.startswith("arn:")  # AWS names things so: a URI, and no address
    if form == "page" or (whole and not form and field in _URLS and not named):
        safe = urls.web_url(value)
        safe = safe.rstrip("/") if safe and form == "page" else safe
    elif form == "remote":
        safe = urls.web_of_remote(value)
    elif form == "local":
        safe = value.removeprefix("origin/")
    elif "://" in value or "@" in value.partition(":")[2] or (field == "repository" and "@" in value):
        safe = urls.public_url(value) if whole else None
    elif field in _URLS and not whole:
        safe = urls.quoted(value)
    if safe is None:
        raise _Left(f"{name} is no address that can be recorded")
    return safe


def _commit(value: str, name: str) -> str:
    if len(value) not in (40, 64) or set(value) - set("0123456789abcdef"):
        raise _Left(f"{name} is no full commit in lower-case hex")
    return value


def _ref(value: str, _name: str) -> str:
    """A ref in full; Jenkins says "detached" where nothing is checked out."""
    return value if value.startswith("refs/") and value != "refs/heads/detached" else ""


def _change(value: str, _name: str) -> str:
    """The number in `12`, `pr/12`, `refs/pull/12/merge` or a pull request's URL."""
    *before, last = value.removesuffix("/merge").removesuffix("/head").rsplit("/", 1)
    pull = not before or before[0].endswith(("pr", "pull", "pulls", "pull-requests", "merge_requests"))
    return last if pull and last.isascii() and last.isdecimal() else ""


_CHECKS: dict[str, Callable[[str, str], str]] = {"commit": _commit, "ref": _ref, "change": _change}
