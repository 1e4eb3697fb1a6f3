"""What git knows about a folder, asked so that the repository itself has no say in what is run.

A repository's own configuration can name programs (fsmonitor, hooks, filters, a helper for a remote) that git
runs even for a question as harmless as "is anything changed". None of that happens here: git runs without the
configuration of the user and the system, with each of those settings overruled, with no protocol allowed (so
that a partial clone fetches nothing), within a few seconds, and what it prints is read up to a bound.

git refuses a repository that belongs to somebody else. That is left to it, and the only setting taken over from
the user is the one that allows such folders, `safe.directory`.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from shutil import which
from time import monotonic
from typing import IO, NamedTuple

from custody.errors import InputError
from custody.record.commit import MAX_COMMIT, CommitFacts, parse_commit
from custody.record.urls import public_url
from custody.text import safe_text

TIMEOUT = 20.0
"""Seconds for all questions about one folder."""

MAX_RANGE = 10_000
"""Commits of a range."""

_MAX_OUTPUT = 1024 * 1024
_MAX_OBJECTS = 64 * 1024 * 1024
_MAX_TAGS = 1000
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
# No option, no pathspec, no search: the names, hashes and steps of gitrevisions(7).
_REVISION = re.compile(r"(?!-)[^\s:?*\[\\\x00-\x20\x7f]{1,250}")
_DRIVER = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MAX_DRIVERS = 50


class GitFacts(NamedTuple):
    """A commit of a checkout, and what is known around it.

    `branch` is the one that is checked out, if it is at this commit; None where none is, as in most pipelines.
    `dirty` is False only if git showed that no tracked file differs from the commit; files it does not track do not
    count. `repository` is the URL of the remote "origin", or of the only remote, without user, password and query;
    None if it is no URL of a network.
    """

    facts: CommitFacts
    branch: str | None
    dirty: bool
    repository: str | None

    @property
    def commit(self) -> str:
        return self.facts.commit


def read_commit(folder: Path, revision: str = "HEAD") -> GitFacts | None:
    """What git says about a commit of a checkout; None without git, outside of a work tree, or before the first commit.

    `revision` is anything that git takes for a commit: a hash, a branch, a tag, `HEAD~2`. Raises InputError, which
    names it, where the checkout has no such commit.
    """
    git = _open(folder)
    head = git.commit("HEAD") if git is not None else None
    # A bare repository, or the folder .git itself: nothing is checked out there.
    if git is None or head is None or git.line("rev-parse", "--is-inside-work-tree") != "true":
        return None
    commit = head if revision == "HEAD" else git.commit(revision)
    if commit is None:
        raise _no_commit(folder, revision)
    facts = _only(git.commits([commit]), folder, revision)
    settings = git.settings()
    same = commit == head or facts.tree == _only(git.commits([head]), folder, "HEAD").tree
    return GitFacts(
        facts,
        git.line("symbolic-ref", "--quiet", "--short", "HEAD") if commit == head else None,
        not (same and git.is_clean(settings)),
        _repository(settings),
    )


def tags(folder: Path, commit: str) -> tuple[str, ...]:
    """The names of the tags at a commit (its full hash), in order; annotated ones too. At most 1,000."""
    git = _open(folder)
    if git is None or not _HEX.fullmatch(commit):
        return ()
    wanted = ["refs/tags", f"--points-at={commit}", "--format=%(refname:strip=2)", f"--count={_MAX_TAGS}"]
    answer = git.ask("for-each-ref", *wanted) or b""
    return tuple(line.decode("utf-8", "backslashreplace") for line in answer.splitlines())


def read_tag(folder: Path, name: str) -> bytes:
    """The object of an annotated tag, as git stores it. Raises InputError where the checkout has none of that name."""
    git = _open(folder)
    if git is None:
        raise InputError(f"{folder} is not a git checkout, or git is not installed", code="git")
    data = git.ask("cat-file", "tag", f"refs/tags/{name}") if _REVISION.fullmatch(name) else None
    if data is None:
        raise InputError(f"{folder} has no annotated tag {_shown(name)}", code="tag")
    return data


def commit_range(
    folder: Path, old: str, new: str, *, first_parent: bool = False, limit: int = MAX_RANGE
) -> list[CommitFacts]:
    """The commits that `new` has and `old` has not, a parent before its children; with `first_parent` only those of
    the line that `new` ends, not what was merged into it.

    Empty where `old` is `new` or younger. Raises InputError: a revision that is not there, more commits than `limit`,
    or a history that is cut off within the range (a shallow clone), since what is not there cannot be judged.
    """
    git = _open(folder)
    if git is None:
        raise InputError(f"{folder} is not a git checkout, or git is not installed", code="git")
    ends = []
    for revision in (old, new):
        commit = git.commit(revision)
        if commit is None:
            raise _no_commit(folder, revision)
        ends.append(commit)
    options = ["--topo-order", "--reverse", "--boundary", f"--max-count={limit + 1}"]
    if first_parent:
        options.append("--first-parent")
    answer = git.ask("rev-list", *options, ends[1], f"^{ends[0]}", "--", limit=_MAX_OBJECTS)
    if answer is None:
        raise InputError(
            f"{folder}: git cannot list the commits from {_shown(old)} to {_shown(new)}", code="git"
        )
    lines = answer.decode("ascii", "replace").split()
    boundary = {line[1:] for line in lines if line.startswith("-")}
    listed = [line for line in lines if not line.startswith("-")]
    if len(listed) > limit:
        message = f"{folder}: more than {limit} commits from {_shown(old)} to {_shown(new)}"
        raise InputError(message, code="commit")
    found = list(git.commits(listed))
    known = boundary.union(listed)
    for facts in found:
        parents = facts.parents[:1] if first_parent else facts.parents
        if not known.issuperset(parents):
            message = (
                f"{folder}: the history is cut off at {facts.commit[:12]}, within {_shown(old)} to {_shown(new)}; "
                "fetch all of it (git fetch --unshallow)"
            )
            raise InputError(message, code="shallow")
    if len(found) != len(listed):
        raise InputError(
            f"{folder}: a commit from {_shown(old)} to {_shown(new)} cannot be read", code="commit"
        )
    return found


def _open(folder: Path) -> _Git | None:
    path = os.pathsep.join(part for part in os.get_exec_path() if os.path.isabs(part))
    program = which("git", path=path)
    # On Windows the current folder is searched first, and it may be the stranger's.
    if program is None or not os.path.isabs(program) or not Path(folder).is_dir():
        return None
    return _Git(program, Path(folder), path)


def _only(found: Iterator[CommitFacts], folder: Path, revision: str) -> CommitFacts:
    facts = next(found, None)
    if facts is None:
        message = (
            f"{folder}: the commit {_shown(revision)} is there and cannot be read: damaged, or too large"
        )
        raise InputError(message, code="commit")
    return facts


def _no_commit(folder: Path, revision: str) -> InputError:
    message = f"{folder} has no commit {_shown(revision)}; in a shallow clone, fetch it first"
    return InputError(message, code="commit")


def _shown(revision: str) -> str:
    return safe_text(revision, 80)


class _Git:
    """git in one folder. Every question ends in an answer or in None, and never in an exception."""

    def __init__(self, program: str, folder: Path, path: str) -> None:
        self._program, self._folder = program, folder
        self._deadline = monotonic() + TIMEOUT
        self._environ = _environ(path)
        self._options = ["--no-optional-locks", "--no-pager"]
        # Before anything else, and with the user's own environment: it reads settings and does nothing else.
        allowed = self._ask(["config", "-z", "--show-scope", "--get-all", "safe.directory"], _user_environ())
        for setting in _OVERRULED + _safe_directories(allowed):
            self._options += ["-c", setting]

    def ask(self, *arguments: str, limit: int = _MAX_OUTPUT) -> bytes | None:
        return self._ask([*self._options, *arguments], limit=limit)

    def commit(self, revision: str) -> str | None:
        """The full hash of the commit that a revision names."""
        if not _REVISION.fullmatch(revision):
            return None
        commit = self.line("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        return commit if commit is not None and _HEX.fullmatch(commit) else None

    def commits(self, wanted: Sequence[str]) -> Iterator[CommitFacts]:
        """The commits of these full hashes, in order, up to the first that is not there or is too large."""
        with tempfile.TemporaryFile() as names:
            names.write("".join(f"{one}\n" for one in wanted).encode("ascii"))
            names.seek(0)
            arguments = [*self._options, "cat-file", "--batch"]
            data = self._ask(arguments, limit=_MAX_OBJECTS, input=names) or b""
        start = 0
        for one in wanted:
            end = data.find(b"\n", start)
            name, _, rest = data[start : max(end, start)].decode("ascii", "replace").partition(" ")
            kind, _, size = rest.partition(" ")
            if name != one or kind != "commit" or not size.isdecimal() or int(size) > MAX_COMMIT:
                return
            start = end + 1 + int(size) + 1
            facts = parse_commit(one, data[end + 1 : start - 1])
            if facts is None:
                return
            yield facts

    def line(self, *arguments: str) -> str | None:
        answer = self.ask(*arguments)
        if answer is None:
            return None
        try:
            return answer.decode("utf-8").strip() or None
        except UnicodeDecodeError:
            return None

    def settings(self) -> list[tuple[str, str]]:
        """The repository's configuration, in git's order; of a key that is there twice the last one holds."""
        answer = self.ask("config", "-z", "--list") or b""
        text = answer.decode("utf-8", "surrogateescape")
        return [(key, value) for key, _, value in (item.partition("\n") for item in text.split("\0"))]

    def is_clean(self, settings: Sequence[tuple[str, str]]) -> bool:
        """Whether git, with no filter to run, finds no difference. Without an answer it is not clean."""
        drivers = {
            key.removeprefix("filter.").rpartition(".")[0] for key, _ in settings if key.startswith("filter.")
        }
        # A strange name could say something else on a command line than in the configuration.
        if not settings or len(drivers) > _MAX_DRIVERS or not all(map(_DRIVER.fullmatch, drivers)):
            return False
        off = [
            f"filter.{name}.{part}" for name in drivers for part in ("clean=", "process=", "required=false")
        ]
        options = [part for setting in off for part in ("-c", setting)]
        status = [
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=no",
            "--ignore-submodules=all",
            "--no-renames",
        ]
        return self._ask([*self._options, *options, *status]) == b""

    def _ask(
        self,
        arguments: list[str],
        environ: dict[str, str] | None = None,
        *,
        limit: int = _MAX_OUTPUT,
        input: IO[bytes] | None = None,
    ) -> bytes | None:
        try:
            process = subprocess.Popen(
                [self._program, *arguments],
                cwd=self._folder,
                env=environ or self._environ,
                stdin=subprocess.DEVNULL if input is None else input,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except (OSError, ValueError):
            return None
        assert process.stdout is not None
        output = bytearray()
        # A thread, because reading has no timeout on every platform: whoever holds the pipe open cannot hold us.
        reader = threading.Thread(target=_read, args=(process.stdout, output, limit), daemon=True)
        reader.start()
        try:
            reader.join(max(self._deadline - monotonic(), 0))
            if reader.is_alive() or len(output) > limit:
                return None
            return bytes(output) if process.wait(max(self._deadline - monotonic(), 0.1)) == 0 else None
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def _read(pipe: IO[bytes], output: bytearray, limit: int) -> None:
    with pipe, suppress(OSError):
        while len(output) <= limit and (piece := pipe.read(65536)):
            output += piece


_OVERRULED = [
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.pager=cat",
    f"core.attributesFile={os.devnull}",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "status.submoduleSummary=false",
    "submodule.recurse=false",
    # A folder that happens to look like a bare repository is part of somebody's sources, and not a repository.
    "safe.bareRepository=explicit",
    # What history is, the commits say, and no file beside them.
    "core.commitGraph=false",
]


def _environ(path: str) -> dict[str, str]:
    """Only what git needs to run: nothing of the caller's GIT_* (which could name another repository)."""
    kept = ("HOME", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "SUDO_UID")
    return {name: os.environ[name] for name in kept if name in os.environ} | {
        "PATH": path,
        "LC_ALL": "C",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_GRAFT_FILE": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
    }


def _user_environ() -> dict[str, str]:
    """The user's own, less what would point git at another repository or make it write a trace."""
    kept = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_PARAMETERS")
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("GIT_")
        or name in kept
        or name.startswith(("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_"))
    }


def _safe_directories(answer: bytes | None) -> list[str]:
    """The user's and the system's list; a repository cannot allow itself."""
    fields = (answer or b"").decode("utf-8", "surrogateescape").split("\0")
    pairs = zip(fields[::2], fields[1::2], strict=False)
    return [f"safe.directory={folder}" for scope, folder in pairs if scope in ("system", "global", "command")]


def _repository(settings: Sequence[tuple[str, str]]) -> str | None:
    remotes = {
        key.removeprefix("remote.").removesuffix(".url"): value
        for key, value in settings
        if key.startswith("remote.") and key.endswith(".url")
    }
    if "origin" in remotes:
        return public_url(remotes["origin"])
    return public_url(next(iter(remotes.values()))) if len(remotes) == 1 else None
