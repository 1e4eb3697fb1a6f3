"""Eight CI systems by their variables, and what none of them may bring into an entry."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.record.ci import FIELDS, SYSTEMS, detect
from custody.record.urls import link_url, quoted, source_uri, web_of_remote, web_url

SHA = "9f" * 20

BITBUCKET = {
    "BITBUCKET_BUILD_NUMBER": "812",
    "BITBUCKET_COMMIT": SHA,
    "BITBUCKET_WORKSPACE": "acme",
    "BITBUCKET_REPO_SLUG": "payments",
    "BITBUCKET_REPO_FULL_NAME": "acme/payments",
    "BITBUCKET_REPO_UUID": "{0ce1}",
    "BITBUCKET_STEP_UUID": "{57e9}",
    "BITBUCKET_STEP_TRIGGERER_UUID": "{ac70}",
    "BITBUCKET_BRANCH": "main",
}
GITHUB = {
    "GITHUB_RUN_NUMBER": "17",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_REPOSITORY_ID": "4711",
    "GITHUB_RUN_ID": "812",
    "GITHUB_RUN_ATTEMPT": "2",
    "GITHUB_ACTOR": "dev-1",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_WORKFLOW": "build",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/build.yml@refs/heads/main",
    "GITHUB_JOB": "wheel",
    "RUNNER_NAME": "runner-3",
}
TEAMCITY = {
    "TEAMCITY_VERSION": "2026.1",
    "BUILD_VCS_NUMBER": SHA,
    "BUILD_NUMBER": "812",
    "TEAMCITY_PROJECT_NAME": "Payments",
    "TEAMCITY_BUILDCONF_NAME": "Build",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_COMMIT_SHA": SHA,
    "CI_COMMIT_BRANCH": "main",
    "CI_PROJECT_PATH": "acme/payments",
    "CI_PROJECT_ID": "4711",
    "CI_PROJECT_URL": "https://gitlab.example/acme/payments",
    "CI_JOB_URL": "https://gitlab.example/acme/payments/-/jobs/99",
    "CI_PIPELINE_ID": "812",
    "CI_JOB_ID": "99",
    "CI_JOB_NAME": "wheel",
    "CI_RUNNER_ID": "3",
    "CI_RUNNER_DESCRIPTION": "runner-3",
    "GITLAB_USER_LOGIN": "dev-1",
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_SOURCEVERSION": SHA,
    "BUILD_SOURCEBRANCH": "refs/heads/main",
    "BUILD_REPOSITORY_NAME": "payments",
    "BUILD_REPOSITORY_ID": "0ce1",
    "BUILD_REPOSITORY_URI": "https://acme@dev.azure.com/acme/Pay/_git/payments",
    "BUILD_REPOSITORY_PROVIDER": "TfsGit",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/acme/",
    "SYSTEM_TEAMPROJECT": "Pay Online",
    "SYSTEM_DEFINITIONID": "5",
    "BUILD_DEFINITIONNAME": "payments-ci",
    "BUILD_BUILDID": "812",
    "SYSTEM_JOBATTEMPT": "1",
    "SYSTEM_JOBNAME": "wheel",
    "BUILD_REQUESTEDFOR": "dev-1",
    "AGENT_NAME": "agent-3",
}
CIRCLECI = {
    "CIRCLECI": "true",
    "CIRCLE_SHA1": SHA,
    "CIRCLE_BRANCH": "main",
    "CIRCLE_PROJECT_USERNAME": "acme",
    "CIRCLE_PROJECT_REPONAME": "payments",
    "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/payments/99",
    "CIRCLE_REPOSITORY_URL": "git@github.com:acme/payments.git",
    "CIRCLE_WORKFLOW_ID": "8120ab",
    "CIRCLE_USERNAME": "dev-1",
    "CIRCLE_JOB": "wheel",
}
CODEBUILD = {
    "CODEBUILD_CI": "true",
    "CODEBUILD_RESOLVED_SOURCE_VERSION": SHA,
    "CODEBUILD_BUILD_URL": (
        "https://eu-north-1.console.aws.amazon.com/codebuild/home?region=eu-north-1#/builds/payments:8120/view/new"
    ),
    "CODEBUILD_SOURCE_REPO_URL": "https://github.com/acme/payments.git",
    "CODEBUILD_BUILD_ID": "payments:8120",
    "CODEBUILD_INITIATOR": "dev-1",
    "CODEBUILD_WEBHOOK_HEAD_REF": "refs/heads/main",
    "CODEBUILD_PROJECT_ARN": "arn:aws:codebuild:eu-north-1:123456789012:project/payments",
}
JENKINS = {
    "JENKINS_URL": "https://jenkins.example/",
    "GIT_COMMIT": SHA,
    "GIT_URL": "https://git.example/acme/payments.git",
    "GIT_BRANCH": "origin/main",
    "BUILD_URL": "https://jenkins.example/job/payments/812/",
    "BUILD_TAG": "jenkins-payments-812",
    "BUILD_USER_ID": "dev-1",
    "JOB_NAME": "payments",
    "JOB_URL": "https://jenkins.example/job/payments/",
    "NODE_NAME": "agent-3",
}
ENVIRONMENTS = {
    "bitbucket": BITBUCKET,
    "github": GITHUB,
    "teamcity": TEAMCITY,
    "gitlab": GITLAB,
    "azure": AZURE,
    "circleci": CIRCLECI,
    "codebuild": CODEBUILD,
    "jenkins": JENKINS,
}

SAID = {
    "bitbucket": {
        "repository": "payments",
        "url": "https://bitbucket.org/acme/payments/addon/pipelines/home#!/results/812",
        "commit_url": f"https://bitbucket.org/acme/payments/commits/{SHA}",
        "repository_id": "{0ce1}",
        "run": "812",
        "actor": "{ac70}",
        "flow": "acme/payments",
        "job": "{57e9}",
        "source": "https://bitbucket.org/acme/payments",
        "builder": "https://bitbucket.org/acme/payments/pipelines",
    },
    "github": {
        "repository": "acme/payments",
        "url": "https://github.com/acme/payments/actions/runs/812",
        "commit_url": f"https://github.com/acme/payments/commit/{SHA}",
        "repository_id": "4711",
        "run": "812",
        "attempt": "2",
        "actor": "dev-1",
        "flow": "build",
        "job": "wheel",
        "runner": "runner-3",
        "source": "https://github.com/acme/payments",
        "builder": "https://github.com/acme/payments/.github/workflows/build.yml@refs/heads/main",
    },
    "teamcity": {"run": "812", "flow": "Payments/Build", "job": "Build"},
    "gitlab": {
        "repository": "acme/payments",
        "url": "https://gitlab.example/acme/payments/-/jobs/99",
        "commit_url": f"https://gitlab.example/acme/payments/-/commit/{SHA}",
        "repository_id": "4711",
        "run": "812",
        "attempt": "99",
        "actor": "dev-1",
        "flow": "acme/payments",
        "job": "wheel",
        "runner": "runner-3",
        "source": "https://gitlab.example/acme/payments",
        "builder": "https://gitlab.example/acme/payments/-/runners/3",
    },
    "azure": {
        "repository": "payments",
        "url": "https://dev.azure.com/acme/Pay%20Online/_build/results?buildId=812",
        "commit_url": f"https://dev.azure.com/acme/Pay%20Online/_git/payments/commit/{SHA}",
        "repository_id": "0ce1",
        "run": "812",
        "attempt": "1",
        "actor": "dev-1",
        "flow": "payments-ci",
        "job": "wheel",
        "runner": "agent-3",
        "source": "https://dev.azure.com/acme/Pay/_git/payments",
        "builder": "https://dev.azure.com/acme/Pay%20Online/_build?definitionId=5",
    },
    "circleci": {
        "repository": "payments",
        "url": "https://circleci.com/gh/acme/payments/99",
        "commit_url": f"https://github.com/acme/payments/commit/{SHA}",
        "run": "8120ab",
        "actor": "dev-1",
        "flow": "acme/payments",
        "job": "wheel",
        "source": "https://github.com/acme/payments",
    },
    "codebuild": {
        "url": CODEBUILD["CODEBUILD_BUILD_URL"],
        "commit_url": f"https://github.com/acme/payments/commit/{SHA}",
        "run": "payments:8120",
        "actor": "dev-1",
        "source": "https://github.com/acme/payments",
        "builder": CODEBUILD["CODEBUILD_PROJECT_ARN"],
    },
    "jenkins": {
        "url": "https://jenkins.example/job/payments/812/",
        "commit_url": f"https://git.example/acme/payments/commit/{SHA}",
        "run": "jenkins-payments-812",
        "actor": "dev-1",
        "flow": "payments",
        "runner": "agent-3",
        "source": "https://git.example/acme/payments",
        "builder": "https://jenkins.example/job/payments/",
    },
}


def said(environ: dict[str, str]) -> dict[str, str]:
    found = detect(environ)
    assert found is not None
    return {field: getattr(found, field) for field in FIELDS if getattr(found, field)}


@pytest.mark.parametrize("provider", ENVIRONMENTS)
def test_what_a_system_says(provider: str) -> None:
    environ = ENVIRONMENTS[provider]
    found = detect({**environ, "HOME": "x", "API_TOKEN": "hunter2"})
    assert found is not None and found.provider == provider and found.notes == ()
    of_main = {} if provider == "teamcity" else {"ref": "refs/heads/main", "branch": "main"}
    assert said(environ) == {"commit": SHA, **SAID[provider], **of_main}
    assert set(found.variables) == set(said(environ))
    assert {name for names in found.variables.values() for name in names} <= set(environ)


def test_the_order_of_detection() -> None:
    assert list(SYSTEMS) == list(ENVIRONMENTS)
    everything = {name: value for environ in ENVIRONMENTS.values() for name, value in environ.items()}
    for provider, system in SYSTEMS.items():
        found = detect(everything)
        assert found is not None and found.provider == provider
        del everything[system.probe]
    assert detect(everything) is None


@pytest.mark.parametrize("provider", ENVIRONMENTS)
def test_an_empty_variable_is_unset(provider: str) -> None:
    probe, environ = SYSTEMS[provider].probe, ENVIRONMENTS[provider]
    assert detect(dict.fromkeys(ENVIRONMENTS[provider], "")) is None
    found = detect({**dict.fromkeys(environ, " "), probe: environ[probe]})
    assert found is not None and found.notes == ()
    assert set(found.variables) <= {"run", "builder"}  # of Bitbucket and Jenkins, whose probes say something


@pytest.mark.parametrize(
    ("environ", "ref", "branch", "change"),
    [
        (GITHUB | {"GITHUB_REF": "refs/tags/v1"}, "refs/tags/v1", "", ""),
        (GITHUB | {"GITHUB_REF": "refs/pull/12/merge"}, "refs/pull/12/merge", "", "12"),
        (
            GITHUB | {"GITHUB_REF": "refs/pull/12/merge", "GITHUB_HEAD_REF": "topic/x"},
            "refs/heads/topic/x",
            "topic/x",
            "12",
        ),
        (BITBUCKET | {"BITBUCKET_BRANCH": "", "BITBUCKET_TAG": "v1"}, "refs/tags/v1", "", ""),
        (BITBUCKET | {"BITBUCKET_PR_ID": "7"}, "refs/heads/main", "main", "7"),
        (GITLAB | {"CI_COMMIT_BRANCH": "", "CI_COMMIT_TAG": "v1"}, "refs/tags/v1", "", ""),
        (
            GITLAB
            | {
                "CI_COMMIT_BRANCH": "",
                "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": "topic",
                "CI_MERGE_REQUEST_IID": "3",
            },
            "refs/heads/topic",
            "topic",
            "3",
        ),
        (
            AZURE
            | {
                "BUILD_SOURCEBRANCH": "refs/pull/9/merge",
                "SYSTEM_PULLREQUEST_SOURCEBRANCH": "refs/heads/topic",
                "SYSTEM_PULLREQUEST_PULLREQUESTID": "9",
            },
            "refs/heads/topic",
            "topic",
            "9",
        ),
        (
            CIRCLECI | {"CIRCLE_PULL_REQUEST": "https://github.com/acme/payments/pull/31"},
            "refs/heads/main",
            "main",
            "31",
        ),
        (CODEBUILD | {"CODEBUILD_WEBHOOK_TRIGGER": "branch/2026"}, "refs/heads/main", "main", ""),
        (CODEBUILD | {"CODEBUILD_WEBHOOK_TRIGGER": "pr/44"}, "refs/heads/main", "main", "44"),
        (JENKINS | {"GIT_BRANCH": "detached"}, "", "", ""),
        (JENKINS | {"TAG_NAME": "v1", "BRANCH_NAME": "v1"}, "refs/tags/v1", "", ""),
        (
            JENKINS | {"CHANGE_ID": "5", "CHANGE_BRANCH": "topic", "BRANCH_NAME": "PR-5"},
            "refs/heads/topic",
            "topic",
            "5",
        ),
    ],
)
def test_branches_tags_and_changes(environ: dict[str, str], ref: str, branch: str, change: str) -> None:
    found = detect(environ)
    assert found is not None
    assert (found.ref, found.branch, found.change) == (ref, branch, change)


def test_azure_links_to_the_host_that_keeps_the_source() -> None:
    uri = "https://github.com/acme/payments"
    found = said(AZURE | {"BUILD_REPOSITORY_PROVIDER": "GitHub", "BUILD_REPOSITORY_URI": uri})
    assert found["commit_url"] == f"{uri}/commit/{SHA}"


# --- what is left out


@pytest.mark.parametrize("value", ["main", "r1234", SHA.upper(), SHA[:12], SHA + "\n", SHA + " "])
def test_a_commit_that_is_none_is_left_out_with_a_note(value: str) -> None:
    found = detect(TEAMCITY | {"BUILD_VCS_NUMBER": value})
    assert found is not None and found.commit == "" and "commit" not in found.variables
    (note,) = found.notes
    assert "BUILD_VCS_NUMBER" in note and value.strip() not in note
    assert "commit_url" not in said(GITHUB | {"GITHUB_SHA": value})


def test_what_does_not_print_and_what_is_too_long_is_left_out() -> None:
    found = detect(GITHUB | {"GITHUB_JOB": "a\x1b[2Jb", "GITHUB_ACTOR": "x" * 201, "RUNNER_NAME": "a\u202eb"})
    assert found is not None and (found.job, found.actor, found.runner) == ("", "", "")
    assert len(found.notes) == 3 and all(note.isprintable() for note in found.notes)
    assert said(GITHUB | {"GITHUB_ACTOR": "x" * 200})["actor"] == "x" * 200


SECRET = "hunter2secret"
LEAKS = [
    f"https://dev-1:{SECRET}@git.example/acme/payments.git",
    f"https://{SECRET}@git.example/acme/payments",
    f"https://git.example/acme/payments?token={SECRET}",
    f"https://git.example/acme/payments?buildId=1&access_token={SECRET}",
    f"https://git.example/acme/payments#access_token={SECRET}",
    f"https://git.example/acme/payments?buildId=1/{SECRET}@",
    f"https://user:pa/{SECRET}@git.example/x",
    f"dev-1:{SECRET}@git.example:acme/payments",
    f"ssh://dev-1:{SECRET}@git.example/acme/payments",
]


@pytest.mark.parametrize("provider", ENVIRONMENTS)
@pytest.mark.parametrize("leak", LEAKS)
def test_a_secret_in_an_address_stays_where_it_is(provider: str, leak: str) -> None:
    environ = ENVIRONMENTS[provider]
    addresses = [name for name, value in environ.items() if "://" in value or value.startswith("git@")]
    for name in addresses:
        assert SECRET not in repr(detect(environ | {name: leak}))
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_PATH", "BUILD_REPOSITORY_NAME"):
        if name in environ:
            assert SECRET not in repr(detect(environ | {name: leak}))
    everywhere = {name: leak for name in environ if "URL" in name or "URI" in name}
    assert SECRET not in repr(detect(environ | everywhere | {SYSTEMS[provider].probe: "1"}))


@pytest.mark.parametrize("provider", ENVIRONMENTS)
def test_only_the_variables_of_the_table_are_read(provider: str) -> None:
    class Watched(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            assert name.isupper() and not any(word in name for word in ("TOKEN", "SECRET", "PASSWORD"))
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            raise AssertionError(name)

        def __iter__(self) -> None:  # type: ignore[override]
            raise AssertionError("the whole environment was looked at")

        items = keys = values = copy = __iter__  # type: ignore[assignment]

    assert detect(Watched(ENVIRONMENTS[provider])) == detect(ENVIRONMENTS[provider])


hostile = st.text(max_size=300) | st.sampled_from(
    [*LEAKS, SHA, "https://x/", "{GITHUB_TOKEN}", "{0.__class__}"]
)


@given(st.sampled_from(sorted(ENVIRONMENTS)), st.data())
def test_nothing_raises_and_all_that_is_said_can_be_recorded(provider: str, data: st.DataObject) -> None:
    environ = {name: data.draw(hostile) for name in ENVIRONMENTS[provider]}
    found = detect(environ | {SYSTEMS[provider].probe: "1"})
    assert found is not None and found.provider == provider
    for field in FIELDS:
        value = getattr(found, field)
        assert value.isprintable() and len(value) <= 500
        assert bool(value) == (field in found.variables)
    assert all(note.isprintable() for note in found.notes)
    for field in (found.url, found.commit_url, found.source):
        assert field == "" or (field.startswith(("https://", "http://")) and "@" not in field.split("/")[2])


# --- addresses


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ci.example/job/1/", "https://ci.example/job/1/"),
        ("HTTPS://CI.Example", "https://ci.example"),
        ("https://u:p@ci.example:8443/a?buildId=1&x=2", "https://ci.example:8443/a?buildId=1"),
        (
            "https://ci.example/a?region=eu#/builds/a:1/view/new",
            "https://ci.example/a?region=eu#/builds/a:1/view/new",
        ),
        ("https://ci.example/a#id_token=x", "https://ci.example/a"),
        ("https://ci.example/a?buildId=1%26x", "https://ci.example/a"),
        ("https://ci.example/a b", None),
        ("https://ci.example/a@b", None),
        ("ssh://ci.example/a", None),
        ("javascript:alert(1)", None),
        ("https://", None),
        ("https://x/" + "y" * 2000, None),
    ],
)
def test_a_pages_address(url: str, kept: str | None) -> None:
    assert web_url(url) == kept


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://ci.example/run?id=5&view=log", "https://ci.example/run?id=5&view=log"),
        ("https://u:p@ci.example/run?id=5&private_token=x", "https://ci.example/run?id=5"),
        ("https://ci.example/run?sig=x&X-Amz-Signature=y", "https://ci.example/run"),
        ("https://ci.example/run?id=5#L10\n", None),
    ],
)
def test_a_link_that_a_person_gave(url: str, kept: str | None) -> None:
    assert link_url(url) == kept


@pytest.mark.parametrize(
    ("remote", "page", "uri"),
    [
        ("https://h/o/r.git", "https://h/o/r", "git+https://h/o/r.git"),
        ("git@h.example:o/r.git", "https://h.example/o/r", None),
        ("h.example:o/r.git", "https://h.example/o/r", "git+ssh://h.example/o/r.git"),
        ("ssh://git@h:2222/o/r.git", "https://h/o/r", None),
        ("ssh://h:2222/o/r", "https://h/o/r", "git+ssh://h:2222/o/r"),
        ("git://h/o/r", "https://h/o/r", "git://h/o/r"),
        ("http://h:8080/o/r/", "http://h:8080/o/r", "git+http://h:8080/o/r/"),
        ("git+ssh://h/o/r", "https://h/o/r", "git+ssh://h/o/r"),
    ],
)
def test_a_remotes_page_and_uri(remote: str, page: str, uri: str | None) -> None:
    assert web_of_remote(remote) == page
    assert uri is None or source_uri(remote) == uri


def test_what_stands_in_a_path_is_quoted() -> None:
    assert quoted("a b/ü?#%&=\x00") == "a%20b/%C3%BC%3F%23%25%26%3D%00"
    assert quoted("build.yml@refs/heads/main") == "build.yml@refs/heads/main"
