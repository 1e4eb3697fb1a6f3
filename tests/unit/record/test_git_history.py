"""Real repositories, made by git itself: merges, tags, detached heads, shallow clones, worktrees, submodules, both
hashes, signatures by ssh; and what their owners can put beside the history to change it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from custody.errors import InputError
from custody.kinds import Author
from custody.record.commit import CommitFacts
from custody.record.git import GitFacts, commit_range, read_commit, tags

WHEN = "2026-11-19T02:30:11"
ENVIRON = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "dev-1",
    "GIT_AUTHOR_EMAIL": "dev-1@acme.example",
    "GIT_AUTHOR_DATE": f"{WHEN}+01:00",
    "GIT_COMMITTER_NAME": "dev-2",
    "GIT_COMMITTER_EMAIL": "dev-2@acme.example",
    "GIT_COMMITTER_DATE": f"{WHEN}+00:00",
}


def git(folder: Path, *arguments: str, input: bytes | None = None) -> str:
    done = subprocess.run(
        ["git", "-c", "protocol.file.allow=always", *arguments],
        cwd=folder, env=ENVIRON, capture_output=True, check=True, timeout=30, input=input,
    )  # fmt: skip
    return done.stdout.decode().strip()


def commit(folder: Path, name: str, *options: str) -> str:
    (folder / name).write_text(name)
    git(folder, "add", name)
    git(folder, "commit", "--quiet", "-m", f"Add {name}", *options)
    return git(folder, "rev-parse", "HEAD")


def make(folder: Path, *options: str) -> Path:
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main", *options)
    return folder


def facts(folder: Path, revision: str = "HEAD") -> GitFacts:
    found = read_commit(folder, revision)
    assert found is not None
    return found


def ids(found: list[CommitFacts]) -> list[str]:
    return [one.commit for one in found]


class History:
    """main: first - second - merge - last; side, merged into it: first - aside - further."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = make(folder, *options)
        self.first = commit(folder, "a")
        git(folder, "checkout", "--quiet", "-b", "side")
        self.aside = commit(folder, "b")
        self.further = commit(folder, "c")
        git(folder, "checkout", "--quiet", "main")
        self.second = commit(folder, "d")
        git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge", "side")
        self.merge = git(folder, "rev-parse", "HEAD")
        self.last = commit(folder, "e")
        git(folder, "tag", "v1", self.first)
        git(folder, "tag", "-a", "-m", "Second", "v2", self.last)
        git(folder, "tag", "also", self.last)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> History:
    """To be read only."""
    return History(tmp_path_factory.mktemp("history") / "repository")


@pytest.fixture
def history(tmp_path: Path, shared: History) -> History:
    """A copy to do things to."""
    copy = History.__new__(History)
    copy.__dict__ = {**shared.__dict__, "folder": tmp_path / "repository"}
    shutil.copytree(shared.folder, copy.folder)
    return copy


# --- one commit


def test_a_merge_and_who_made_it(shared: History) -> None:
    found = facts(shared.folder, shared.merge).facts
    assert found.parents == (shared.second, shared.further)
    assert found.tree == git(shared.folder, "rev-parse", f"{shared.merge}^{{tree}}")
    assert found.author == Author("dev-1", "dev-1@acme.example", "2026-11-19T01:30:11.000Z")
    assert (found.committer.name, found.committer.time) == ("dev-2", "2026-11-19T02:30:11.000Z")
    assert found.signature == "none"


@pytest.mark.parametrize(
    ("revision", "which"),
    [
        ("HEAD", "last"), ("main", "last"), ("v2", "last"), ("v1", "first"), ("side", "further"),
        ("HEAD~1", "merge"), ("HEAD^^2", "further"), ("refs/tags/v1", "first"), ("v2^{commit}", "last"),
    ],
)  # fmt: skip
def test_any_name_of_a_commit(shared: History, revision: str, which: str) -> None:
    assert facts(shared.folder, revision).commit == getattr(shared, which)
    short = getattr(shared, which)[:12]
    assert facts(shared.folder, short).commit == getattr(shared, which)


@pytest.mark.parametrize(
    "revision",
    [
        "nowhere", "0" * 40, "f" * 64, "HEAD:a", ":/Add", "HEAD^{tree}", "v1..v2", "^HEAD", "--all", "-h",
        "HEAD HEAD", "HEAD\n", "", "a" * 300, "\x1b[2J", "HEAD^5", "--output=x",
    ],
)  # fmt: skip
def test_a_commit_that_is_not_there_is_named(shared: History, revision: str) -> None:
    with pytest.raises(InputError) as caught:
        read_commit(shared.folder, revision)
    assert caught.value.code == "commit"
    assert str(shared.folder) in str(caught.value) and "\n" not in str(caught.value)
    assert revision[:50].strip() in str(caught.value) or "\x1b" in revision
    assert not (shared.folder / "x").exists()


def test_another_commit_than_the_one_checked_out_is_not_what_lies_there(shared: History) -> None:
    assert not facts(shared.folder).dirty and facts(shared.folder).branch == "main"
    older = facts(shared.folder, "HEAD~1")
    assert older.dirty and older.branch is None


def test_another_commit_of_the_same_tree_is_what_lies_there(history: History) -> None:
    git(history.folder, "commit", "--quiet", "--allow-empty", "-m", "Empty")
    assert not facts(history.folder, "HEAD~1").dirty


def test_a_detached_head_has_no_branch(history: History) -> None:
    git(history.folder, "checkout", "--quiet", "v1")
    found = facts(history.folder)
    assert (found.commit, found.branch, found.dirty) == (history.first, None, False)


def test_tags(shared: History) -> None:
    assert tags(shared.folder, shared.last) == ("also", "v2")
    assert tags(shared.folder, shared.first) == ("v1",)
    assert tags(shared.folder, shared.merge) == tags(shared.folder, "v1") == ()


def test_a_worktree(history: History, tmp_path: Path) -> None:
    git(history.folder, "worktree", "add", "--quiet", str(tmp_path / "tree"), "side")
    found = facts(tmp_path / "tree")
    assert (found.commit, found.branch, found.dirty) == (history.further, "side", False)
    assert facts(history.folder).branch == "main"


def test_a_submodule_is_a_repository_of_its_own(history: History, tmp_path: Path) -> None:
    above = make(tmp_path / "above")
    git(above, "submodule", "--quiet", "add", str(history.folder), "sub")
    git(above, "commit", "--quiet", "-m", "Add it")
    assert facts(above / "sub").commit == history.last
    assert facts(above).commit == git(above, "rev-parse", "HEAD") != history.last
    assert not facts(above).dirty


def test_a_repository_of_sha256(tmp_path: Path) -> None:
    history = History(tmp_path / "long", "--object-format=sha256")
    found = facts(history.folder, history.merge).facts
    assert len(found.commit) == len(found.tree) == 64
    assert found.parents == (history.second, history.further)
    assert ids(commit_range(history.folder, "v1", "v2", first_parent=True)) == [
        history.second, history.merge, history.last
    ]  # fmt: skip


@pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")
@pytest.mark.parametrize("form", ["sha1", "sha256"])
def test_a_commit_signed_by_ssh_and_the_signed_tag_that_a_merge_keeps(tmp_path: Path, form: str) -> None:
    folder = make(tmp_path / "signed", f"--object-format={form}")
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True, timeout=30)
    git(folder, "config", "gpg.format", "ssh")
    git(folder, "config", "user.signingKey", str(key))
    commit(folder, "a")
    git(folder, "checkout", "--quiet", "-b", "side")
    commit(folder, "b", "-S")
    git(folder, "tag", "-s", "-m", "Signed", "v1")
    git(folder, "checkout", "--quiet", "main")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Merge", "v1")
    assert b"BEGIN SSH SIGNATURE" in git(folder, "cat-file", "commit", "HEAD").encode()  # in its mergetag
    assert facts(folder, "side").facts.signature == "ssh"
    assert facts(folder).facts.signature == "none"
    assert facts(folder).facts.author.name == "dev-1"


def test_co_authors(history: History) -> None:
    trailer = "Co-authored-by: dev-3 <dev-3@acme.example>"
    git(history.folder, "commit", "--quiet", "--allow-empty", "-m", "Together", "-m", trailer)
    (one,) = facts(history.folder).facts.co_authors
    assert (one.name, one.email, one.time) == ("dev-3", "dev-3@acme.example", "")


def test_a_commit_that_git_did_not_make(history: History) -> None:
    tree = git(history.folder, "rev-parse", "HEAD^{tree}")
    raw = (
        f"tree {tree}\nauthor \udce9va <x> 99999999999999999999 +9999\ncommitter\nencoding rot13\n\n"
        + "x" * 3_000_000
    ).encode("utf-8", "surrogateescape")
    strange = git(history.folder, "hash-object", "-t", "commit", "-w", "--stdin", "--literally", input=raw)
    git(history.folder, "update-ref", "refs/heads/strange", strange)
    found = facts(history.folder, "strange").facts
    assert (found.commit, found.tree, found.parents) == (strange, tree, ())
    assert (found.author.name, found.author.email, found.author.time) == ("\\xe9va", "x", "")
    assert found.committer.name == ""


def test_a_commit_larger_than_any_is_an_error(history: History) -> None:
    tree = git(history.folder, "rev-parse", "HEAD^{tree}")
    raw = f"tree {tree}\nauthor a <b> 0 +0000\ncommitter a <b> 0 +0000\n\n".encode() + b"x" * (17 << 20)
    large = git(history.folder, "hash-object", "-t", "commit", "-w", "--stdin", input=raw)
    with pytest.raises(InputError, match="damaged, or too large"):
        read_commit(history.folder, large)


# --- what lies beside the history


def replace(history: History) -> None:
    """Another commit in the place of the last one, with other parents and another author."""
    tree = git(history.folder, "rev-parse", f"{history.first}^{{tree}}")
    other = git(history.folder, "commit-tree", "-p", history.first, "-m", "Nothing to see", tree)
    git(history.folder, "replace", history.last, other)


def graft(history: History) -> None:
    (history.folder / ".git" / "info").mkdir(exist_ok=True)
    (history.folder / ".git" / "info" / "grafts").write_text(f"{history.last} {history.first}\n")


@pytest.mark.parametrize("trick", [replace, graft])
def test_history_is_what_the_commits_say(history: History, trick: Callable[[History], None]) -> None:
    honest = ids(commit_range(history.folder, "v1", "v2"))
    trick(history)
    assert git(history.folder, "rev-list", "v1..v2") == history.last, "the trick does not work"
    found = facts(history.folder)
    assert found.facts.parents == (history.merge,) and not found.dirty
    assert ids(commit_range(history.folder, "v1", "v2")) == honest


# --- ranges


def test_a_range_has_every_commit_once_and_parents_first(shared: History) -> None:
    found = commit_range(shared.folder, "v1", "v2")
    assert sorted(ids(found)) == sorted(
        [shared.aside, shared.further, shared.second, shared.merge, shared.last]
    )
    seen = {shared.first}
    for one in found:
        assert seen.issuperset(one.parents)
        seen.add(one.commit)
    assert found[-1] == facts(shared.folder).facts


def test_the_first_parents_alone(shared: History) -> None:
    found = commit_range(shared.folder, "v1", "v2", first_parent=True)
    assert ids(found) == [shared.second, shared.merge, shared.last]
    assert ids(commit_range(shared.folder, "side", "main", first_parent=True)) == ids(found)
    assert ids(commit_range(shared.folder, "side", "main")) == ids(found)


def test_nothing_lies_between_a_commit_and_an_older_one(shared: History) -> None:
    assert commit_range(shared.folder, "v2", "v2") == []
    assert commit_range(shared.folder, "v2", "v1") == []


def test_a_range_is_bounded(shared: History) -> None:
    assert len(commit_range(shared.folder, "v1", "v2", limit=5)) == 5
    with pytest.raises(InputError, match="more than 4 commits from v1 to v2"):
        commit_range(shared.folder, "v1", "v2", limit=4)


@pytest.mark.parametrize(("old", "new", "named"), [("no", "v2", "no"), ("v1", "--all", "--all")])
def test_a_range_that_begins_or_ends_nowhere(shared: History, old: str, new: str, named: str) -> None:
    with pytest.raises(InputError, match=f"has no commit {named}"):
        commit_range(shared.folder, old, new)


def test_a_range_where_there_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        commit_range(tmp_path, "a", "b")
    with pytest.raises(InputError):
        commit_range(tmp_path / "none", "a", "b")


def test_a_shallow_clone_knows_its_commit_and_no_range_that_is_cut(tmp_path: Path, shared: History) -> None:
    def clone(depth: int) -> Path:
        folder = tmp_path / f"depth-{depth}"
        git(tmp_path, "clone", "--quiet", f"--depth={depth}", f"file://{shared.folder}", folder.name)
        return folder

    one = clone(1)
    assert facts(one).facts == facts(shared.folder).facts  # its parents too, though they are not there
    assert not facts(one).dirty
    with pytest.raises(InputError, match="has no commit HEAD~1; in a shallow clone, fetch it first"):
        read_commit(one, "HEAD~1")
    # Here are last, merge, and both parents of that; what further has behind it is cut off.
    three = clone(3)
    with pytest.raises(InputError, match="fetch all of it") as caught:
        commit_range(three, shared.second, "HEAD")
    assert caught.value.code == "shallow"
    assert ids(commit_range(three, shared.second, "HEAD", first_parent=True)) == [shared.merge, shared.last]
