"""An artifact's source, build and materials on the command line; runs of CI systems; and secrets that stay outside."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cli_desk import CONTENT, FINGERPRINT, ORIGIN, Desk
from harness import world

from custody.ledger.entry import parse_header
from custody.ledger.reader import open_ledger

SHA = "9f" * 20
SECRET = "hunter2secret"
GITHUB = {
    "GITHUB_RUN_NUMBER": "17",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_REPOSITORY": "acme/payments",
    "GITHUB_REPOSITORY_ID": "4711",
    "GITHUB_RUN_ID": "812",
    "GITHUB_RUN_ATTEMPT": "1",
    "GITHUB_ACTOR": "dev-1",
    "GITHUB_SHA": SHA,
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_WORKFLOW": "build",
    "GITHUB_WORKFLOW_REF": "acme/payments/.github/workflows/build.yml@refs/heads/main",
    "GITHUB_JOB": "wheel",
    "RUNNER_NAME": "runner-3",
}
GENESIS = {
    "flow": "build",
    "trail": "812",
    "job": "wheel",
    "repository": "acme/payments",
    "repositoryId": "4711",
    "commit": SHA,
    "commitUrl": f"https://github.com/acme/payments/commit/{SHA}",
    "branch": "main",
    "run": {
        "provider": "github",
        "id": "812",
        "attempt": "1",
        "url": "https://github.com/acme/payments/actions/runs/812",
        "runner": "runner-3",
        "actor": "dev-1",
    },
}
RUN = ("--ledger", "run.ledger", "--key", "ci.key", "--origin", ORIGIN)
PROBES = {
    "bitbucket": "BITBUCKET_BUILD_NUMBER",
    "github": "GITHUB_RUN_NUMBER",
    "teamcity": "TEAMCITY_VERSION",
    "gitlab": "GITLAB_CI",
    "azure": "TF_BUILD",
    "circleci": "CIRCLECI",
    "codebuild": "CODEBUILD_CI",
    "jenkins": "JENKINS_URL",
}
_VARIABLE = re.compile(r"\{(?:[a-z]+:)?([A-Z0-9_]+)\}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.set_up(tmp_path)


def git(folder: Path, *arguments: str) -> str:
    who = {f"GIT_{who}_{what}": "dev-1" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environ = {**os.environ, **who, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=environ, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(desk: Desk) -> str:
    """A checkout in `source`, with two commits and a remote whose URL has a password; the last commit."""
    folder = desk.path("source")
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(
        folder,
        "remote",
        "add",
        "origin",
        f"https://dev-1:{SECRET}@git.example/acme/payments.git?token={SECRET}",
    )
    for name in ("a", "b"):
        (folder / name).write_text(name)
        git(folder, "add", name)
        git(folder, "commit", "--quiet", "-m", name)
    return git(folder, "rev-parse", "HEAD")


class Recorded(NamedTuple):
    kind: str
    chain: str
    body: dict[str, Any]
    files: dict[str, bytes]


def recorded(desk: Desk, ledger: str = "run.ledger") -> list[Recorded]:
    """What a ledger holds, in order."""
    found = []
    with open_ledger(desk.path(ledger)) as snapshot:
        for rows in snapshot.rows():
            for row in rows:
                header = parse_header(row[2])
                body = json.loads(snapshot.blob(header.body) or b"")
                files = {one["name"]: snapshot.blob(one["sha256"]) or b"" for one in body.get("files", [])}
                found.append(Recorded(header.kind, header.chain or row[1].hex(), body, files))
    return found


def without_salt(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "salt"}


# --- runs of a CI system


def test_the_entries_of_a_job_share_a_chain_that_says_what_the_system_says(desk: Desk) -> None:
    desk.env |= GITHUB
    desk("append", "artifact", "api.whl", "--name", "api", *RUN)
    desk("append", "evidence", "--result", "pass", "--control", "unit", *RUN)
    desk("seal", *RUN)
    found = recorded(desk)
    assert [one.kind for one in found] == ["genesis", "artifact", "evidence", "seal"]
    assert len({one.chain for one in found}) == 1
    assert without_salt(found[0].body) == GENESIS
    assert "source" not in found[1].body  # git was not asked
    desk("seal", *RUN, exit=2)


def test_outside_of_a_system_and_with_no_ci_nothing_is_different(desk: Desk) -> None:
    for number, (flags, env) in enumerate(
        [((), {}), (("--no-ci",), GITHUB), ((), {**GITHUB, "CUSTODY_NO_CI": "1"})]
    ):
        ledger = f"{number}.ledger"
        desk("append", "artifact", "api.whl", *RUN[2:], "-l", ledger, *flags, **env)
        genesis, artifact = recorded(desk, ledger)
        assert without_salt(genesis.body) == {}
        assert without_salt(artifact.body) == {
            "name": "api.whl",
            "sha256": FINGERPRINT,
            "size": len(CONTENT),
            "type": "file",
        }
    assert desk("ci", CUSTODY_NO_CI="0", **GITHUB).out.startswith("github\n")
    assert desk("ci", "--no-ci", **GITHUB).out.startswith("no CI system detected")


def test_what_is_said_outright_wins(desk: Desk) -> None:
    desk.path("custody.toml").write_text(
        'flow = "payments"\nrepository = "https://git.example/acme/payments"\n'
    )
    genesis = desk("ci", "--json", **GITHUB).json["genesis"]
    assert (genesis["flow"], genesis["repository"]) == ("payments", "https://git.example/acme/payments")
    assert genesis["repositoryId"] == "4711"  # it is of that name
    genesis = desk("ci", "--json", **GITHUB, CUSTODY_REPOSITORY="https://git.example/acme/overpayments").json[
        "genesis"
    ]
    assert "repositoryId" not in genesis and "commitUrl" not in genesis
    flags = (
        "--flow",
        "f",
        "--trail",
        "t",
        "--job",
        "j",
        "--branch",
        "b",
        "--run-url",
        "https://ci.example/1",
    )
    genesis = desk("ci", "--json", *flags, **GITHUB, CUSTODY_FLOW="x", CUSTODY_TRAIL="y").json["genesis"]
    assert [genesis[name] for name in ("flow", "trail", "job", "branch")] == ["f", "t", "j", "b"]
    assert genesis["run"]["url"] == "https://ci.example/1" and genesis["run"]["id"] == "812"
    assert desk("ci", "--json", **GITHUB, CUSTODY_TRAIL="y").json["genesis"]["trail"] == "y"


def test_another_commit_than_the_systems_takes_nothing_of_its_source(desk: Desk, checkout: str) -> None:
    said = desk("ci", "--json", "--git", "source", **GITHUB)
    genesis = said.json["genesis"]
    assert genesis["commit"] == checkout and genesis["branch"] == "main"
    assert genesis["repository"] == "https://git.example/acme/payments.git"
    assert not {"repositoryId", "commitUrl"} & genesis.keys() and genesis["run"] == GENESIS["run"]
    assert checkout[:12] in said.json["notes"][0] and SHA[:12] in said.json["notes"][0]
    same = desk("ci", "--json", "--git", "source", **{**GITHUB, "GITHUB_SHA": checkout}).json
    assert same["notes"] == [] and same["genesis"]["repository"] == "acme/payments"
    assert same["genesis"]["commitUrl"].endswith(checkout)
    other = desk("ci", "--json", "--commit", "1a" * 20, **GITHUB).json["genesis"]
    assert other["commit"] == "1a" * 20 and "branch" not in other and "commitUrl" not in other


def test_the_page_of_what_was_detected(desk: Desk) -> None:
    said = desk("ci", **{**GITHUB, "GITHUB_SHA": "main", "RUNNER_TOKEN": SECRET})
    lines = said.out.splitlines()
    assert lines[0] == "github"
    assert any(line.split() == ["repository", "acme/payments", "GITHUB_REPOSITORY"] for line in lines)
    assert any(line.split() == ["run.id", "812"] for line in lines)
    assert "note: GITHUB_SHA is no full commit" in said.err and SECRET not in said.out + said.err
    nothing = desk("ci")
    assert nothing.out.startswith("no CI system detected")
    assert desk("ci", "--json").json == {"provider": None, "fields": {}, "notes": [], "genesis": {}}
    fields = desk("ci", "--json", **GITHUB).json["fields"]
    assert fields["commit"] == {"value": SHA, "variables": ["GITHUB_SHA"]}


# --- source, build, materials


def test_an_artifact_of_a_checkout(desk: Desk, checkout: str) -> None:
    desk.path("requirements.txt").write_text("lock")
    material = ("--material", "requirements.txt", "--material", f"base=debian@sha256:{FINGERPRINT}")
    desk(
        "append", "artifact", "api.whl", "--name", "api", "--git", "source", *material, "--job", "wheel", *RUN
    )
    body = recorded(desk)[1].body
    assert body["commit"] == checkout and body["repository"] == "https://git.example/acme/payments.git"
    source = body["source"]
    assert source["tree"] == git(desk.path("source"), "rev-parse", "HEAD^{tree}")
    assert source["parents"] == [git(desk.path("source"), "rev-parse", "HEAD~1")]
    assert (source["branch"], source["signature"], source["dirty"]) == ("main", "none", False)
    assert source["author"]["name"] == "dev-1" and source["author"]["time"].endswith(".000Z")
    assert body["buildDefinition"] == {
        "buildType": "urn:custody:build:v1",
        "externalParameters": {"job": "wheel", "ref": "refs/heads/main"},
        "resolvedDependencies": [
            {
                "name": "https://git.example/acme/payments.git",
                "uri": "git+https://git.example/acme/payments.git",
                "digest": {"gitCommit": checkout},
            },
            {"name": "requirements.txt", "digest": {"sha256": hashlib.sha256(b"lock").hexdigest()}},
            {
                "name": "base",
                "uri": f"pkg:docker/debian@sha256:{FINGERPRINT}",
                "digest": {"sha256": FINGERPRINT},
            },
        ],
    }
    assert body["runDetails"] == {"builder": {"id": "urn:custody:builder:local"}}
    assert SECRET.encode() not in desk.path("run.ledger").read_bytes()


def test_the_commits_since_a_release(desk: Desk, checkout: str) -> None:
    folder = desk.path("source")
    base = git(folder, "rev-parse", "HEAD~1")
    git(folder, "tag", "v1", base)
    desk("append", "artifact", "api.whl", "--git", "source", "--since", "v1", *RUN)
    source = recorded(desk)[1].body["source"]
    assert (source["since"], source["commits"]) == (base, [checkout])


def test_a_changed_work_tree_and_another_commit_are_said(desk: Desk, checkout: str) -> None:
    desk("append", "artifact", "api.whl", "--git", "source", "--commit", "HEAD~1", *RUN)
    desk.path("source/a").write_text("changed")
    desk("append", "artifact", "api.whl", "--name", "b", "--git", "source", *RUN)
    _, older, _, changed = recorded(desk)
    assert older.body["commit"] == git(desk.path("source"), "rev-parse", "HEAD~1")
    for one in (older, changed):
        assert one.body["source"]["dirty"] is True
        assert one.body["buildDefinition"]["externalParameters"]["dirty"] == "true"


def test_the_build_of_a_system(desk: Desk) -> None:
    env = {**GITHUB, "GITHUB_REF": "refs/pull/12/merge"}
    desk("append", "artifact", "api.whl", *RUN, **env)
    body = recorded(desk)[1].body
    assert body["buildDefinition"]["externalParameters"] == {
        "flow": "build", "job": "wheel", "trail": "812", "ref": "refs/pull/12/merge", "change": "12"
    }  # fmt: skip
    assert body["buildDefinition"]["resolvedDependencies"] == [
        {"name": "acme/payments", "uri": "git+https://github.com/acme/payments", "digest": {"gitCommit": SHA}}
    ]
    assert body["runDetails"] == {
        "builder": {"id": "https://github.com/acme/payments/.github/workflows/build.yml@refs/heads/main"},
        "metadata": {"invocationId": "https://github.com/acme/payments/actions/runs/812"},
    }


@pytest.mark.parametrize("env", [GITHUB, {}], ids=["github", "local"])
def test_the_statement_verifies_with_securesystemslib_and_says_what_the_body_says(
    desk: Desk, checkout: str, env: dict[str, str]
) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    where = ("--git", "source") if env else ()
    desk("append", "artifact", "api.whl", "--name", "acme/api", "--slsa", *where, *RUN, **env)
    _, artifact = recorded(desk)
    ((name, data),) = artifact.files.items()
    assert name == "acme_api.slsa.json"
    envelope = Envelope.from_dict(json.loads(data))
    public = world.signer("ci").public
    assert list(
        envelope.verify([SSlibKey(public.fingerprint, "ed25519", "ed25519", {"public": public.hex})], 1)
    )
    stranger = SSlibKey("x", "ed25519", "ed25519", {"public": world.signer("stranger").public.hex})
    with pytest.raises(VerificationError):
        envelope.verify([stranger], 1)
    assert envelope.payload_type == "application/vnd.in-toto+json"
    statement = json.loads(envelope.payload)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "acme/api", "digest": {"sha256": FINGERPRINT}}]
    predicate = statement["predicate"]
    definition, details = predicate["buildDefinition"], predicate["runDetails"]
    # What SLSA v1 requires: a build type, external parameters, a builder's id; each a URI where it says so.
    assert definition["buildType"].startswith("urn:") and isinstance(definition["externalParameters"], dict)
    assert details["builder"]["id"].startswith(("https://", "urn:"))
    assert all({"uri", "digest"} & one.keys() for one in definition.get("resolvedDependencies", []))
    if not env:
        assert definition.pop("externalParameters") == {}
    assert (definition, details) == (artifact.body["buildDefinition"], artifact.body["runDetails"])
    assert "author" not in json.dumps(statement) and "dev-1" not in json.dumps(statement)


# --- input that cannot be recorded


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("--git", "source", "--commit", "0" * 40), "0" * 40),
        (("--git", "source", "--commit", "nowhere"), "nowhere"),
        (("--git", "nothing"), "nothing"),
        (("--commit", "HEAD"), "--commit"),
        (("--commit", "9f" * 10), "--commit"),
        (("--material", "nothing.lock"), "nothing.lock"),
        (("--material", "source"), "source"),
        (("--material", "x=ci.key.pub", "--material", "x=api.whl"), "called x"),
        (("--repository", f"https://a:{SECRET}@@/?"), "--repository"),
        (("--run-url", f"https://a:{SECRET}@"), "--run-url"),
        (("--since", "HEAD~1"), "--git FOLDER"),
        (("--git", "source", "--since", "nowhere"), "nowhere"),
        (("--git", "source", "--since", "HEAD"), "an earlier one"),
    ],
)
def test_bad_input_is_one_line_and_records_nothing(
    desk: Desk, checkout: str, arguments: tuple[str, ...], names: str
) -> None:
    said = desk("append", "artifact", "api.whl", *arguments, *RUN, exit=2)
    assert said.reason and names in said.err and SECRET not in said.err
    assert not desk.path("run.ledger").exists()


# --- secrets


@pytest.mark.parametrize("provider", PROBES)
def test_no_secret_of_the_environment_is_recorded_or_printed(
    desk: Desk, checkout: str, provider: str
) -> None:
    """Every variable that any table names, and those that hold secrets by their name, full of them."""
    from custody.record.ci import SYSTEMS

    named = {
        name
        for field in SYSTEMS[provider].fields.values()
        for one in field
        for name in _VARIABLE.findall(one)
    }
    secret = {f"CI_JOB_TOKEN={SECRET}", f"GITHUB_TOKEN={SECRET}", f"SYSTEM_ACCESSTOKEN={SECRET}"}
    leaks = [
        f"https://dev-1:{SECRET}@git.example/acme/payments.git?token={SECRET}",
        f"https://git.example/acme/payments?access_token={SECRET}#token={SECRET}",
        f"dev-1:{SECRET}@git.example:acme/payments.git",
    ]
    for number, leak in enumerate(leaks):
        env = dict(one.split("=") for one in secret) | dict.fromkeys(named, leak)
        env |= {PROBES[provider]: leak, "CUSTODY_REPOSITORY": leaks[0], "CUSTODY_RUN_URL": leaks[1]}
        ledger = f"{number}.ledger"
        said = desk(
            "append", "artifact", "api.whl", "--git", "source", "--slsa", *RUN[2:], "-l", ledger, **env
        )
        shown = desk("ci", "--git", "source", **env)
        listed = desk("ci", "--json", **env)
        assert listed.json["provider"] == provider
        for text in (said, shown, listed):
            assert SECRET not in text.out + text.err
        assert SECRET.encode() not in desk.path(ledger).read_bytes()
        assert SECRET not in repr(recorded(desk, ledger))
