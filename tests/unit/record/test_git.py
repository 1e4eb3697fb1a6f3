"""git's facts, from real repositories and from ones whose configuration wants to be run."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import InputError
from custody.record import git as git_module
from custody.record.git import GitFacts, commit_range, read_commit, tags
from custody.record.urls import public_url

ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "dev-1" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRON, capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout.strip()


def facts(folder: Path) -> GitFacts:
    found = read_commit(folder)
    assert found is not None
    return found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "app.py").write_text("print()\n")
    git(folder, "add", "app.py")
    git(folder, "commit", "--quiet", "-m", "Begin")
    return folder


def make_stale(path: Path) -> None:
    """The same content under another time: git has to read the file to know that nothing changed."""
    os.utime(path, (1, 1))


# --- what it says


def test_a_clean_checkout(repository: Path) -> None:
    git(repository, "remote", "add", "origin", "https://dev-1:hunter2@git.example/acme/payments.git")
    found = facts(repository)
    assert found.commit == git(repository, "rev-parse", "HEAD")
    assert found[1:] == ("main", False, "https://git.example/acme/payments.git")
    (repository / "src").mkdir()
    assert facts(repository / "src") == facts(repository)


def test_dirty_is_what_differs_from_the_commit(repository: Path) -> None:
    (repository / "new.txt").write_text("not tracked, such as what a build leaves behind")
    make_stale(repository / "app.py")
    assert not facts(repository).dirty
    (repository / "app.py").write_text("print(1)\n")
    assert facts(repository).dirty
    git(repository, "add", "app.py")
    assert facts(repository).dirty
    git(repository, "commit", "--quiet", "-m", "More")
    assert not facts(repository).dirty
    (repository / "app.py").unlink()
    assert facts(repository).dirty


def test_no_branch_no_remote(repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    assert (facts(repository).branch, facts(repository).repository) == (None, None)


def test_the_only_remote_stands_in_for_origin_and_of_two_none_does(repository: Path) -> None:
    git(repository, "remote", "add", "upstream", "git@git.example:acme/payments.git")
    assert facts(repository).repository == "git.example:acme/payments.git"
    git(repository, "remote", "add", "fork", "git@git.example:dev-1/payments.git")
    assert facts(repository).repository is None


def test_nothing_is_written(repository: Path) -> None:
    make_stale(repository / "app.py")
    before = {path: path.stat().st_mtime_ns for path in (repository / ".git").rglob("*")}
    facts(repository)
    assert {path: path.stat().st_mtime_ns for path in (repository / ".git").rglob("*")} == before


def test_where_there_is_nothing_to_say(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_commit(tmp_path) is None
    assert read_commit(tmp_path / "none") is None
    assert read_commit(repository / "app.py") is None
    assert read_commit(repository / ".git") is None
    git(tmp_path, "init", "--quiet", "unborn")
    assert read_commit(tmp_path / "unborn") is None
    git(tmp_path, "clone", "--quiet", "--bare", str(repository), "bare")
    assert read_commit(tmp_path / "bare") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert read_commit(repository) is None


def test_the_callers_variables_do_not_point_elsewhere(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(tmp_path, "init", "--quiet", "other")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))
    assert facts(repository).commit
    assert not (tmp_path / "trace").exists()


def test_a_program_beside_the_caller_is_not_git(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted = tmp_path / "git"
    planted.write_text("#!/bin/sh\ntouch planted-ran\n")
    planted.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert facts(repository).commit
    assert not list(tmp_path.rglob("planted-ran"))


# --- what it does not run

needs_shell = pytest.mark.skipif(os.name == "nt", reason="the traps are shell scripts")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    script = tmp_path / "trap.sh"
    script.write_text(f"#!/bin/sh\necho ran >> '{tmp_path}/sprung'\nexit 1\n")
    script.chmod(0o755)
    return script


def sprung(trap: Path) -> bool:
    return (trap.parent / "sprung").exists()


@needs_shell
@pytest.mark.parametrize(
    "setting", ["core.fsmonitor", "filter.evil.clean", "filter.evil.process", "filter.evil.smudge"]
)
def test_a_hostile_setting_runs_nothing(repository: Path, trap: Path, setting: str) -> None:
    (repository / ".gitattributes").write_text("* filter=evil\n")
    git(repository, "add", ".gitattributes")
    git(repository, "commit", "--quiet", "-m", "Attributes")
    git(repository, "config", setting, str(trap))
    git(repository, "config", "filter.evil.required", "true")
    make_stale(repository / "app.py")
    if setting != "filter.evil.smudge":
        subprocess.run(["git", "status"], cwd=repository, env=ENVIRON, capture_output=True, check=False)
        assert sprung(trap), "the trap does not work, so that this test would prove nothing"
        (trap.parent / "sprung").unlink()
        make_stale(repository / "app.py")
    found = facts(repository)
    assert not sprung(trap)
    assert not found.dirty


@needs_shell
def test_a_filter_whose_name_cannot_be_overruled_is_not_run(repository: Path, trap: Path) -> None:
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* filter=a=b\n")
    git(repository, "config", "filter.a=b.clean", str(trap))
    make_stale(repository / "app.py")
    found = facts(repository)
    assert not sprung(trap)
    assert found.dirty  # nobody showed that it is clean


@needs_shell
def test_an_included_file_is_the_repositorys_own_word_too(repository: Path, trap: Path) -> None:
    (repository / "more.config").write_text(f'[core]\nfsmonitor = {trap}\n[filter "x"]\nclean = {trap}\n')
    git(repository, "config", "include.path", "../more.config")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* filter=x\n")
    make_stale(repository / "app.py")
    assert not facts(repository).dirty
    assert not sprung(trap)


@needs_shell
def test_hooks_pagers_and_aliases_run_nothing(repository: Path, trap: Path) -> None:
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for hook in ("post-index-change", "fsmonitor-watchman", "reference-transaction", "post-checkout"):
        (hooks / hook).symlink_to(trap)
    for setting in (
        "core.pager",
        "pager.status",
        "pager.config",
        "core.sshCommand",
        "diff.external",
        "gpg.program",
    ):
        git(repository, "config", setting, str(trap))
    for command in ("status", "rev-parse", "config", "symbolic-ref"):
        git(repository, "config", f"alias.{command}", f"!{trap}")
    make_stale(repository / "app.py")
    assert not facts(repository).dirty
    assert not sprung(trap)


@needs_shell
@pytest.mark.parametrize("url", ["ext::{trap}", "{folder}", "ssh://host/x"])
def test_a_partial_clone_fetches_nothing(repository: Path, trap: Path, url: str) -> None:
    (repository / "app.py").write_text("print(2)\n")
    git(repository, "commit", "--quiet", "-a", "-m", "Next")
    tree = git(repository, "rev-parse", "HEAD^{tree}")
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": url.format(trap=trap, folder=repository),
        "remote.evil.uploadpack": str(trap),
        "core.sshCommand": str(trap),
        "protocol.ext.allow": "always",
        "protocol.file.allow": "always",
    }
    for key, value in settings.items():
        git(repository, "config", key, value)
    subprocess.run(
        ["git", "status"], cwd=repository, env=ENVIRON, capture_output=True, check=False, timeout=30
    )
    assert sprung(trap), "the trap does not work, so that this test would prove nothing"
    (trap.parent / "sprung").unlink()
    found = facts(repository)
    assert not sprung(trap)
    assert found.dirty  # nobody showed that it is clean


@needs_shell
def test_a_range_of_a_partial_clone_fetches_nothing(repository: Path, trap: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    for number in range(2):
        git(repository, "commit", "--quiet", "--allow-empty", "-m", f"Empty {number}")
    missing = git(repository, "rev-parse", "HEAD~1")
    (repository / ".git" / "objects" / missing[:2] / missing[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": f"ext::{trap}",
        "protocol.ext.allow": "always",
        "core.alternateRefsCommand": str(trap),
        "gpg.program": str(trap),
        "log.showSignature": "true",
    }
    for key, value in settings.items():
        git(repository, "config", key, value)
    subprocess.run(["git", "log"], cwd=repository, env=ENVIRON, capture_output=True, check=False, timeout=30)
    assert sprung(trap), "the trap does not work, so that this test would prove nothing"
    (trap.parent / "sprung").unlink()
    with pytest.raises(InputError):
        commit_range(repository, first, "HEAD")
    with pytest.raises(InputError):
        read_commit(repository, missing)
    assert tags(repository, first) == ()
    assert facts(repository).facts.parents == (missing,)
    assert not sprung(trap)


@needs_shell
def test_a_submodules_settings_run_nothing(tmp_path: Path, repository: Path, trap: Path) -> None:
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "--quiet", str(repository), "sub")
    git(repository, "commit", "--quiet", "-m", "Submodule")
    git(repository / "sub", "config", "core.fsmonitor", str(trap))
    git(repository / "sub", "config", "filter.evil.clean", str(trap))
    (repository / ".git" / "modules" / "sub" / "info" / "attributes").write_text("* filter=evil\n")
    make_stale(repository / "sub" / "app.py")
    facts(repository)
    assert not sprung(trap)


def test_a_bare_repository_among_the_sources_is_not_one(repository: Path) -> None:
    git(repository, "clone", "--quiet", "--bare", ".", "fixtures")
    inner = repository / "fixtures"
    assert read_commit(inner) is None
    git(inner, "config", "core.bare", "false")
    git(inner, "config", "core.worktree", str(inner))
    assert git(inner, "rev-parse", "--is-inside-work-tree") == "true"
    assert read_commit(inner) is None


# --- time and size


@needs_shell
def test_a_git_that_never_answers_is_left_behind(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    fake = programs / "git"
    fake.write_text("#!/bin/sh\nsleep 5 &\nwait\n")  # its child keeps the pipe open
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    monkeypatch.setattr(git_module, "TIMEOUT", 0.5)
    started = time.monotonic()
    assert read_commit(repository) is None
    assert time.monotonic() - started < 4


@needs_shell
def test_a_git_that_never_stops_is_left_behind(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "git").write_text("#!/bin/sh\nexec yes\n")
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(programs), os.environ["PATH"]]))
    assert read_commit(repository) is None


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_somebody_elses_repository_needs_the_users_word(
    tmp_path: Path, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("GIT_CONFIG_GLOBAL", raising=False)
    monkeypatch.delenv("SUDO_UID", raising=False)
    for path in (repository, repository / ".git"):
        os.chown(path, 12345, 12345)
    git(tmp_path, "config", "--file", str(repository / ".git" / "config"), "safe.directory", "*")
    assert read_commit(repository) is None  # its own word is not enough
    (home / ".gitconfig").write_text(f"[safe]\n\tdirectory = {repository}\n")
    assert facts(repository).branch == "main"


# --- URLs


@pytest.mark.parametrize(
    ("url", "public"),
    [
        ("https://git.example/acme/payments.git", "https://git.example/acme/payments.git"),
        ("https://token@git.example/acme/x", "https://git.example/acme/x"),
        ("https://oauth2:ghp_secret@git.example:8443/acme/x", "https://git.example:8443/acme/x"),
        ("https://a:b@c@git.example/x", "https://git.example/x"),
        ("https://git.example/x?private_token=secret", "https://git.example/x"),
        ("https://git.example/x#secret", "https://git.example/x"),
        ("HTTPS://Git.Example/X", "https://git.example/X"),
        ("ssh://git@git.example:22/acme/x.git", "ssh://git.example:22/acme/x.git"),
        ("ssh://[::1]/x", "ssh://[::1]/x"),
        ("git@git.example:acme/x.git", "git.example:acme/x.git"),
        ("git.example:acme/x.git", "git.example:acme/x.git"),
        ("https://user:pa/ss@git.example/x", None),
        ("https://user:pa?ss@git.example/x", None),
        ("user:secret@git.example:acme/x", None),
        ("https://git.example/x@secret", None),
        ("ext::sh -c x", None),
        ("file:///srv/x.git", None),
        ("/srv/x.git", None),
        ("../x.git", None),
        ("C:\\x", None),
        ("C:/x", None),
        ("https://git.example/a b", None),
        ("https://git.example/\x1b[2J", None),
        ("https://git.example/x\n", None),
        ("https://git.example/" + "x" * 500, None),
        ("", None),
    ],
)
def test_a_url_without_its_secrets(url: str, public: str | None) -> None:
    assert public_url(url) == public


part = st.text(st.sampled_from("ab:/@?#.%[]"), max_size=12)


@given(st.sampled_from(["https://", "ssh://", "", "git@"]), part, part)
def test_what_stands_before_an_at_sign_never_comes_through(start: str, before: str, after: str) -> None:
    found = public_url(f"{start}{before}S3CRET@{after}")
    assert found is None or "S3CRET" not in found
