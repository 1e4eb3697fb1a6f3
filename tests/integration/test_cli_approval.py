"""`custody append approval`: what a person is shown before they answer for it, and whose word it then is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cli_desk import ORIGIN, Desk, on_a_terminal
from harness import screen, world

NEEDS_PTY = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
MAIN = ("--ledger", "main.ledger")
KEEPER = (*MAIN, "--key", "keeper.key")
CI = (*MAIN, "--key", "ci.key")
APPROVER = (*MAIN, "--key", "approver.key")
APPROVE = ("append", "approval", "two.whl", "--env", "prod")
PEOPLE = {
    "dev-1": (["approver"], ["dev-1@acme.example", "github:dev-1"]),
    "dev-2": (["approver"], ["dev-2@acme.example", "github:dev-2"]),
    "risk-officer": (["approver"], ["github:risk-1"]),
    "relay-bot": (["relay"], []),
}
POLICY = """
version = 1
name = "production"
environments = ["prod"]
[controls.release]
kind = "approvals"
authors = "claimed"
relayed = true
"""
HOSTILE = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202ex\u200b\nverified\r[bold]y[/]"


def trust() -> str:
    text = world.trust_document()
    for name, (roles, elsewhere) in PEOPLE.items():
        key = world.signer(name).public.openssh()
        text += f'[identities.{name}]\nkeys = ["{key}"]\n'
        text += f"roles = {json.dumps(roles)}\nelsewhere = {json.dumps(elsewhere)}\n"
    return text


def git(folder: Path, *arguments: str, who: str = "dev-1") -> str:
    mail = f"{who}@acme.example"
    environ = {
        f"GIT_{one}_{what}": said
        for one in ("AUTHOR", "COMMITTER")
        for what, said in (("NAME", who), ("EMAIL", mail))
    }
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env={**os.environ, **environ}, capture_output=True, text=True, check=True,
        timeout=30,
    )  # fmt: skip
    return done.stdout.strip()


def commit(desk: Desk, who: str, name: str) -> str:
    folder = desk.path("source")
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "--quiet", "-m", name, who=who)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """one.whl went out; two.whl brings two commits, of dev-1 with a review and of dev-2 without, and waits."""
    desk = Desk.set_up(tmp_path_factory.mktemp("released"))
    desk.path("trust.toml").write_text(trust())
    desk.path("policy.toml").write_text(POLICY)
    for name in PEOPLE:
        desk.path(f"{name}.key").touch(0o600)
        desk.path(f"{name}.key").write_text(world.seed(name).hex())
    desk.path("source").mkdir()
    git(desk.path("source"), "init", "--quiet", "--initial-branch=main")
    desk.begin()
    desk("append", "policy", "policy.toml", *KEEPER)
    first = commit(desk, "dev-1", "first")
    release(desk, "one")
    desk("append", "approval", "one.whl", "--env", "prod", "--yes", *APPROVER)
    desk("append", "deployment", "one.whl", "--env", "prod", *CI)
    second = commit(desk, "dev-1", "second")
    commit(desk, "dev-2", "third")
    release(desk, "two", "--since", first)
    change = {"commit": second, "authors": ["dev-1"], "time": "2026-11-19T02:30:00Z"}
    review = {"by": "risk-1", "state": "approved", "time": "2026-11-19T03:00:00Z", "commit": second}
    pull = {
        "url": "https://github.com/acme/api/pull/7", "number": "7", "state": "merged", "author": "dev-1",
        "changes": [change], "reviews": [review], "mergeCommit": second,
    }  # fmt: skip
    desk.path("pull.json").write_text(json.dumps({"pullRequest": pull}))
    desk("append", "evidence", "pull.json", "--type", "pull-request", "--artifact", "two.whl", *CI)
    desk("checkpoint", *KEEPER)
    return desk


def release(desk: Desk, name: str, *more: str) -> None:
    desk.path(f"{name}.whl").write_text(name)
    desk(
        "append", "artifact", f"{name}.whl", "--name", "api", "--git", "source", "--version", name, *more, *CI
    )


@pytest.fixture
def desk(released: Desk, tmp_path: Path) -> Desk:
    return released.copy(tmp_path)


def approvals(desk: Desk, ledger: str = "main.ledger") -> list[dict[str, Any]]:
    """The bodies of the approvals after the first, of one.whl."""
    found = [one for one in desk.entries(ledger) if one["kind"] == "approval"]
    shown = [desk("show", one["id"], "-l", ledger, "--json", exit=4).json["answer"] for one in found]
    return [one["body"] for one in shown if one["body"]["artifact"]["sha256"] == sha256(desk, "two.whl")]


def sha256(desk: Desk, name: str) -> str:
    import hashlib

    return hashlib.sha256(desk.path(name).read_bytes()).hexdigest()


def gate(desk: Desk, exit: int = 0) -> str:
    """What the gate says once a checkpoint covers it all."""
    desk("checkpoint", *KEEPER)
    return desk("gate", "two.whl", "--env", "prod", *MAIN, exit=exit).out


def head(desk: Desk, revision: str = "HEAD") -> str:
    return git(desk.path("source"), "rev-parse", revision)


# What is shown and asked


@NEEDS_PTY
def test_a_person_sees_what_they_answer_for_and_says_yes(desk: Desk) -> None:
    code, shown = on_a_terminal(
        desk, *APPROVE, "--reason", "change 4711", *APPROVER, typed=("y",), columns=200
    )
    lines = shown.replace("\r", "").splitlines()
    assert code == 0, shown
    assert f"artifact    api sha256 {sha256(desk, 'two.whl')}" in lines
    assert "environment prod" in lines and "version     two" in lines
    assert any(line.startswith("recorded ") and " by ci, entry " in line for line in lines)
    assert any(line.startswith("source ") and head(desk) in line for line in lines)
    assert f"since       commit {head(desk, 'HEAD~2')[:12]}, the last release approved for it" in lines
    assert (
        f"  {head(desk, 'HEAD~1')[:12]}  dev-1 · https://github.com/acme/api/pull/7 · reviewed by risk-1"
        in lines
    )
    assert f"  {head(desk)[:12]}  dev-2@acme.example" in lines
    assert "verdict now policy production: NO" in lines
    assert any(line.startswith("  MISSING release: 0 of 1 approval needed") for line in lines)
    assert "with this   (the word of approver): yes" in lines
    assert any(line.startswith("  ok      release: 1 of 1 approval needed") for line in lines)
    assert any("Approve api " in line and line.rstrip().endswith("[y/N] y") for line in lines)
    (body,) = approvals(desk)
    assert body["reason"] == "change 4711"
    assert gate(desk).splitlines()[-1].startswith("yes")


@NEEDS_PTY
@pytest.mark.parametrize("answer", ["n", "", "no", "yep", "\x04"], ids=["n", "nothing", "no", "yep", "EOF"])
def test_what_is_not_a_yes_records_nothing(desk: Desk, answer: str) -> None:
    before = desk.path("main.ledger").read_bytes()
    code, shown = on_a_terminal(desk, *APPROVE, *APPROVER, typed=(answer,))
    assert code == 2 and "declined: nothing was recorded" in shown
    assert desk.path("main.ledger").read_bytes() == before


@NEEDS_PTY
@pytest.mark.parametrize("answer", ["yes", "Y", " y "])
def test_a_yes_in_other_letters(desk: Desk, answer: str) -> None:
    assert on_a_terminal(desk, *APPROVE, *APPROVER, typed=(answer,))[0] == 0
    assert len(approvals(desk)) == 1


@NEEDS_PTY
def test_ctrl_c_at_the_question_records_nothing(desk: Desk) -> None:
    import pty

    before = desk.path("main.ledger").read_bytes()
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "custody", *APPROVE, *APPROVER], stdin=its, stdout=its, stderr=its, cwd=desk.folder,
        env=world.environment(desk.folder, TZ="UTC"), start_new_session=True,
    )  # fmt: skip
    os.close(its)
    shown = b""
    while not shown.rstrip().endswith(b"[y/N]"):
        shown += os.read(ours, 65536)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    os.close(ours)
    assert desk.path("main.ledger").read_bytes() == before


def test_without_a_terminal_nobody_can_be_asked(desk: Desk) -> None:
    before = desk.path("main.ledger").read_bytes()
    said = desk(*APPROVE, *APPROVER, exit=2, stdin=b"y\n")
    assert (said.reason, said.out) == ("yes", "") and "--yes" in said.err
    assert desk(*APPROVE, *APPROVER, "--reject", "--reason", "no", exit=2, stdin=b"y\n").reason == "yes"
    assert desk.path("main.ledger").read_bytes() == before
    desk(*APPROVE, *APPROVER, "--dry-run")  # records nothing, so it asks nothing
    line = {"append": "approval", "artifact": "two.whl", "env": "prod"}
    desk("append", "batch", *APPROVER, stdin=json.dumps(line).encode())  # nor does a file that somebody wrote
    assert len(approvals(desk)) == 1


@NEEDS_PTY
def test_a_rejection_is_asked_for_too_and_stands(desk: Desk) -> None:
    assert desk(*APPROVE, *APPROVER, "--reject", "--yes", exit=2).reason == "reason"
    desk(*APPROVE, *APPROVER, "--yes")
    more = ("--reject", "--reason", "the scan is a week old")
    code, shown = on_a_terminal(desk, *APPROVE, *APPROVER, *more, typed=("y",), columns=200)
    assert code == 0 and "Reject api " in shown
    assert "verdict now policy production: yes" in shown and "with this   (the word of approver): NO" in shown
    assert [one["decision"] for one in approvals(desk)] == ["approved", "rejected"]
    assert "approver rejected it" in gate(desk, exit=6)


@NEEDS_PTY
@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("dev-1.key", 'not counted: dev-1\'s does not, who opened pull request "7"'),
        ("dev-2.key", "not counted: dev-2's does not, who claims to have written commit"),
        ("ci.key", "your key    is ci's, whose roles do not let them approve: it would count for nothing"),
        ("stranger.key", "your key    is nobody's in the trust document: it would count for nothing"),
        ("relay-bot.key", "with this   (the word of relay-bot): NO"),
    ],
)
def test_what_will_not_count_is_said_before_it_is_given(desk: Desk, key: str, said: str) -> None:
    code, shown = on_a_terminal(desk, *APPROVE, *MAIN, "--key", key, typed=("n",), columns=200)
    assert code == 2 and said in shown, shown
    desk(*APPROVE, *MAIN, "--key", key, "--yes")
    assert "NO · " in gate(desk, exit=6)


@pytest.mark.parametrize(
    ("key", "said"),
    [("stranger.key", "is nobody's in the trust document"), ("ci.key", "is ci's, whose roles do not")],
)
def test_a_script_is_told_that_its_approval_counts_for_nothing(desk: Desk, key: str, said: str) -> None:
    given = desk("append", "approval", "two.whl", "--env", "prod", "--yes", *MAIN, "--key", key)
    assert f"note: this key {said}" in given.err and "counts for nothing" in given.err


@NEEDS_PTY
def test_of_an_artifact_that_the_ledger_does_not_know_that_is_said(desk: Desk) -> None:
    code, shown = on_a_terminal(
        desk, "append", "approval", "api.whl", "--env", "prod", *APPROVER, typed=("n",)
    )
    assert code == 2 and "this ledger knows nothing of it" in shown
    new = ("--ledger", "new.ledger", "--key", "approver.key", "--origin", ORIGIN)
    code, shown = on_a_terminal(desk, "append", "approval", "api.whl", "--env", "prod", *new, typed=("y",))
    assert code == 0 and "this ledger knows nothing of it" in shown
    assert "commits" not in desk("show", "1", "-l", "new.ledger", "--json", exit=4).json["answer"]["body"]


# What an approval binds


def test_it_binds_the_commits_and_the_policy_that_were_seen(desk: Desk) -> None:
    desk(*APPROVE, *APPROVER, "--yes")
    (body,) = approvals(desk)
    assert body["artifact"] == {"name": "api", "sha256": sha256(desk, "two.whl")}
    assert body["commits"] == {"from": head(desk, "HEAD~2"), "to": head(desk)}
    assert body["policy"] == {"name": "production", "sha256": sha256(desk, "policy.toml")}
    assert (body["environment"], body["decision"]) == ("prod", "approved")
    assert not {"givenBy", "givenAt", "tag", "reason"} & set(body)
    desk("append", "approval", "two.whl", "--env", "staging", *APPROVER, "--yes")
    assert "policy" not in approvals(desk)[-1]  # no policy governs that


@pytest.mark.parametrize("form", ["{}", "{:.12}", "api@{}"])
def test_the_artifact_by_its_fingerprint(desk: Desk, form: str) -> None:
    given = form.format(sha256(desk, "two.whl"))
    desk("append", "approval", given, "--env", "prod", *APPROVER, "--yes")
    assert approvals(desk)[0]["commits"]["to"] == head(desk)


def test_the_artifact_by_its_name_if_that_is_just_one(desk: Desk) -> None:
    said = desk("append", "approval", "api", "--env", "prod", *APPROVER, "--yes", exit=2)
    assert said.reason == "ambiguous" and sha256(desk, "two.whl")[:12] in said.err
    assert (
        desk("append", "approval", "nothing", "--env", "prod", *APPROVER, "--yes", exit=2).reason == "unknown"
    )
    assert desk("append", "approval", "f" * 64, "--env", "prod", *APPROVER, "--yes", exit=2).reason == "name"
    desk("append", "artifact", "api.whl", "--name", "other", *CI)
    desk("append", "approval", "other", "--env", "prod", *APPROVER, "--yes")


def test_into_a_ledger_of_ones_own_in_view_of_another(desk: Desk) -> None:
    own = ("--ledger", "own.ledger", "--key", "approver.key", "--origin", ORIGIN, "--view", "main.ledger")
    desk("append", "approval", sha256(desk, "two.whl")[:12], "--env", "prod", *own, "--yes")
    (body,) = approvals(desk, "own.ledger")
    assert body["commits"]["to"] == head(desk) and body["policy"]["name"] == "production"
    desk("merge", "main.ledger", "own.ledger", "--key", "keeper.key")
    assert desk("gate", "two.whl", "--env", "prod", *MAIN).out.splitlines()[-1].startswith("yes")
    assert desk(*APPROVE, *own[:-1], "gone.ledger", "--yes", exit=3).reason == "not-found"


def test_nothing_is_approved_in_view_of_a_ledger_that_does_not_verify(desk: Desk) -> None:
    with sqlite3.connect(desk.path("main.ledger")) as connection:
        connection.execute("UPDATE entry SET signature = zeroblob(64) WHERE position = 3")
    connection.close()
    before = desk.path("main.ledger").read_bytes()
    assert desk(*APPROVE, *APPROVER, "--yes", exit=1).reason == "not-verified"
    own = ("--ledger", "own.ledger", "--key", "approver.key", "--origin", ORIGIN, "--view", "main.ledger")
    desk(*APPROVE, *own, "--yes", exit=1)
    assert desk.path("main.ledger").read_bytes() == before and not desk.path("own.ledger").exists()


def test_what_a_crash_left_beside_the_ledger_is_cleared_away_as_by_every_writer(desk: Desk) -> None:
    desk.path("main.ledger-journal").write_bytes(b"")
    desk(*APPROVE, *APPROVER, "--yes")
    assert len(approvals(desk)) == 1
    assert not desk.path("main.ledger-journal").exists()
    desk.path("main.ledger-wal").write_bytes(b"")
    assert desk(*APPROVE, *APPROVER, "--yes", exit=3).reason == "sidecar"
    own = ("--ledger", "own.ledger", "--key", "approver.key", "--origin", ORIGIN, "--view", "main.ledger")
    assert desk(*APPROVE, *own, "--yes", exit=3).reason == "sidecar"


@NEEDS_PTY
def test_nothing_that_is_shown_drives_the_terminal(desk: Desk) -> None:
    desk.path("source/.mailmap").write_text("")
    git(desk.path("source"), "commit", "--quiet", "--allow-empty", "-m", "x", who="\x9b31mdev\u202e-3")
    desk.path("three.whl").write_text("three")
    given = ("append", "artifact", "three.whl", "--name", "three", "--git", "source", "--version", HOSTILE)
    desk(*given, "--repository", "https://x.example/" + HOSTILE, *CI)
    desk(
        "append",
        "approval",
        "three",
        "--env",
        "prod",
        "--yes",
        "--reason",
        HOSTILE,
        "--given-by",
        HOSTILE,
        *APPROVER,
    )
    ask = ("append", "approval", "three", "--env", "prod", "--given-by", HOSTILE, *APPROVER)
    code, shown = on_a_terminal(desk, *ask, typed=("n",), columns=60)
    assert code == 2 and "owned" in shown
    screen.check_harmless(shown.replace("\r\n", "\n"), "approval", terminal=True)


# Keys of one's own


@pytest.mark.skipif(shutil.which("ssh-agent") is None, reason="OpenSSH is not installed")
def test_a_key_that_only_the_ssh_agent_has(desk: Desk) -> None:
    desk.path("approver.openssh").touch(0o600)
    desk.path("approver.openssh").write_text(world.key_forms("approver")["openssh"])
    socket = str(desk.path("agent.sock"))
    process = subprocess.Popen(["ssh-agent", "-D", "-a", socket], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None and process.stdout.readline()  # it listens by then
        given = {**os.environ, "SSH_AUTH_SOCK": socket}
        subprocess.run(["ssh-add", "-q", desk.path("approver.openssh")], env=given, check=True, timeout=20)
        desk.path("approver.openssh").unlink()
        desk.path("approver.key").unlink()
        desk(*APPROVE, *MAIN, "--yes", SSH_AUTH_SOCK=socket)
    finally:
        process.terminate()
        process.communicate(timeout=10)
    assert gate(desk).splitlines()[-1].startswith("yes")


@NEEDS_PTY
def test_an_encrypted_key_of_ones_own(desk: Desk) -> None:
    typed = ("open sesame", "open sesame")
    assert on_a_terminal(desk, "key", "new", "mine.key", "--encrypt", typed=typed)[0] == 0
    mine = desk.path("mine.key.pub").read_text().strip()
    desk.path("trust.toml").write_text(trust().replace(world.signer("approver").public.openssh(), mine))
    desk.path("main.ledger").unlink()
    desk("trust", "forget", ORIGIN)
    desk.begin()
    release(desk, "two")
    # Asked for once: the key that tells who approves is the one that signs.
    code, shown = on_a_terminal(
        desk, *APPROVE, *MAIN, "--key", "mine.key", typed=("open sesame", "y"), columns=200
    )
    assert code == 0 and "the word of approver" in shown and "sesame" not in shown
    desk("checkpoint", *KEEPER)
    assert desk("artifacts", "--json", *MAIN).json["answer"][0]["approved"] == ["prod"]


# By a signed tag


def tag(
    desk: Desk,
    name: str,
    message: str,
    who: str = "risk-officer",
    revision: str = "HEAD",
    *,
    sign: bool = True,
) -> None:
    """A tag signed with an SSH key, by git and ssh-keygen themselves."""
    key = desk.path(f"{who}.openssh")
    if not key.exists():
        key.touch(0o600)
        key.write_text(world.key_forms(who)["openssh"])
    how = ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}")
    git(desk.path("source"), *how, "tag", "-f", "-s" if sign else "-a", "-m", message, name, revision)


FROM_TAG = (*APPROVE, *MAIN, "--key", "relay-bot.key", "--git", "source", "--yes", "--from-tag")


def test_a_tag_is_the_word_of_whoever_signed_it(desk: Desk) -> None:
    tag(desk, "approve/two", "Release two\n\nApproved-for: staging\nApproved-for: prod\n")
    desk(*FROM_TAG, "approve/two")
    (body,) = approvals(desk)
    assert body["tag"]["name"] == "approve/two" and "givenBy" not in body
    said = gate(desk)
    assert "1 of 1 approval needed for prod: risk-officer" in said and "relay-bot" not in said


def test_a_tag_of_one_artifact(desk: Desk) -> None:
    tag(desk, "t", f"x\n\nApproved-for: prod\nArtifact: sha256:{sha256(desk, 'two.whl')}\n")
    desk(*FROM_TAG, "t")
    assert "risk-officer" in gate(desk)


@NEEDS_PTY
def test_what_a_tag_would_change_is_shown(desk: Desk) -> None:
    tag(desk, "t", "Approved-for: prod")
    code, shown = on_a_terminal(
        desk, *(one for one in FROM_TAG if one != "--yes"), "t", typed=("y",), columns=200
    )
    assert code == 0 and "with this   (the word of risk-officer recorded by relay-bot): yes" in shown
    tag(desk, "u", "Approved-for: prod", who="stranger")
    code, shown = on_a_terminal(
        desk, *(one for one in FROM_TAG if one != "--yes"), "u", typed=("n",), columns=200
    )
    assert code == 2 and "the word of somebody whom the trust document does not know" in shown


@pytest.mark.parametrize(
    ("message", "revision", "sign", "said"),
    [
        ("Approved-for: staging", "HEAD", True, "does not say Approved-for: prod"),
        ("approved for prod", "HEAD", True, "does not say Approved-for: prod"),
        ("see Approved-for: prod", "HEAD", True, "does not say Approved-for: prod"),
        ("Approved-for: prod", "HEAD~1", True, "and the artifact was built from"),
        ("Approved-for: prod", "HEAD", False, "not signed with an SSH key"),
        (f"Approved-for: prod\nArtifact: {'f' * 64}", "HEAD", True, "is about artifact ffffffffffff"),
    ],
    ids=["wrong environment", "other words", "within a line", "wrong commit", "unsigned", "wrong artifact"],
)
def test_a_tag_that_says_something_else_is_not_recorded(
    desk: Desk, message: str, revision: str, sign: bool, said: str
) -> None:
    before = desk.path("main.ledger").read_bytes()
    tag(desk, "t", message, revision=revision, sign=sign)
    refused = desk(*FROM_TAG, "t", exit=2)
    assert refused.reason == "tag" and said in refused.err
    assert desk(*FROM_TAG, "gone", exit=2).reason == "tag"
    assert desk(*FROM_TAG, "-t", exit=2).reason in ("tag", "usage")
    assert desk(*FROM_TAG, "t", "--reject", "--reason", "x", exit=2).reason == "from-tag"
    assert desk(*FROM_TAG, "t", "--given-by", "github:risk-1", exit=2).reason == "from-tag"
    assert desk.path("main.ledger").read_bytes() == before


def test_a_tag_by_another_key_is_that_keys_word(desk: Desk) -> None:
    tag(desk, "stranger", "Approved-for: prod", who="stranger")
    desk(*FROM_TAG, "stranger")
    assert "of a tag whose key is nobody's" in gate(desk, exit=6)
    tag(desk, "author", "Approved-for: prod", who="dev-1")
    desk(*FROM_TAG, "author")
    assert "dev-1's does not" in gate(desk, exit=6)


def test_a_tag_that_moved_stays_what_it_was(desk: Desk) -> None:
    tag(desk, "t", "Approved-for: prod")
    desk(*FROM_TAG, "t")
    tag(desk, "t", "Approved-for: prod", revision="HEAD~1")
    assert "built from" in desk(*FROM_TAG, "t", exit=2).err
    assert "risk-officer" in gate(desk)


def test_a_tag_recorded_where_the_artifact_is_not_known_is_of_its_commit(desk: Desk) -> None:
    tag(desk, "t", "Approved-for: prod")
    own = (
        "--ledger",
        "own.ledger",
        "--key",
        "relay-bot.key",
        "--origin",
        ORIGIN,
        "--git",
        "source",
        "--from-tag",
        "t",
    )
    desk(*APPROVE, *own, "--yes")
    assert approvals(desk, "own.ledger")[0]["commits"] == {"to": head(desk)}
    desk("merge", "main.ledger", "own.ledger", "--key", "keeper.key")
    assert "risk-officer" in desk("gate", "two.whl", "--env", "prod", *MAIN).out
    desk.path("one.whl").write_text("one")
    desk(
        "append", "approval", "one.whl", "--env", "prod", *own[:5], "later.ledger", *own[6:], "--yes", exit=2
    )


# Given elsewhere


RELAYED = (*APPROVE, *MAIN, "--key", "relay-bot.key", "--yes", "--given-by")


def test_a_word_given_elsewhere_counts_where_the_policy_says_so(desk: Desk) -> None:
    desk(*RELAYED, "github:risk-1", "--given-at", "2 minutes ago")
    (body,) = approvals(desk)
    assert body["givenBy"] == "github:risk-1" and body["givenAt"].endswith("Z")
    assert "was given before the artifact was recorded" in gate(desk, exit=6)
    desk(*RELAYED, "github:risk-1")
    assert "risk-officer" in gate(desk)
    desk.path("policy.toml").write_text(POLICY.replace("relayed = true", "relayed = false"))
    desk("append", "policy", "policy.toml", *KEEPER)
    assert "what relay-bot recorded for" in gate(desk, exit=6)


def test_a_word_given_elsewhere_that_is_nobodys(desk: Desk) -> None:
    desk(*RELAYED, "github:nobody-here")
    desk(*RELAYED, "github:dependabot[bot]")
    desk(*APPROVE, *APPROVER, "--yes", "--given-by", "github:risk-1")  # of somebody who is no relay
    said = gate(desk, exit=6)
    for part in (
        "who is nobody that trust.toml names",
        "which is a program",
        "who is no relay, recorded for",
    ):
        assert part in " ".join(said.split()), said


def test_when_it_was_given_is_of_whoever_gave_it_and_not_to_come(desk: Desk) -> None:
    before = desk.path("main.ledger").read_bytes()
    assert desk(*APPROVE, *APPROVER, "--yes", "--given-at", "1 hour ago", exit=2).reason == "given-at"
    assert desk(*RELAYED, "github:risk-1", "--given-at", "2100-01-01", exit=2).reason == "given-at"
    assert desk(*RELAYED, "github:risk-1", "--given-at", "someday", exit=2).reason == "usage"
    assert desk.path("main.ledger").read_bytes() == before
