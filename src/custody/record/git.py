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
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import monotonic
from typing import IO

TIMEOUT = 20.0
"""Seconds for all questions about one folder."""

_MAX_OUTPUT = 1024 * 1024
_MAX_URL = 500
_HEX = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DRIVER = re.compile(r"[A-Za-z0-9._-]{1,100}")
_MAX_DRIVERS = 50

_URL = re.compile(
    r"(?P<scheme>https?|ssh|git|git\+ssh|ssh\+git)://(?:[^/?#]*@)?"
    r"(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?P<port>:[0-9]{1,5})?(?P<path>/[A-Za-z0-9._~/%+,=-]*)(?:[?#].*)?",
    re.IGNORECASE,
)
# The short form of ssh. A host of one letter is a drive.
_SHORT = re.compile(r"(?:[^/:@]+@)?(?P<host>[A-Za-z0-9.-]{2,}):(?P<path>(?!//)[A-Za-z0-9._~/+,=-]+)")


@dataclass(frozen=True, slots=True)
class GitFacts:
    """The commit that is checked out, in hex, and what is known around it.

    `branch` is None when no branch is checked out, as in most pipelines. `dirty` is False only if git showed
    that no tracked file differs from the commit; files it does not track do not count. `repository` is the URL
    of the remote "origin", or of the only remote, without user, password and query; None if it is no URL of a
    network.
    """

    commit: str
    branch: str | None
    dirty: bool
    repository: str | None


def read_commit(folder: Path) -> GitFacts | None:
    """What git says about a folder; None without git, outside of a work tree, or before the first commit."""
    path = os.pathsep.join(part for part in os.get_exec_path() if os.path.isabs(part))
    program = which("git", path=path)
    # On Windows the current folder is searched first, and it may be the stranger's.
    if program is None or not os.path.isabs(program) or not Path(folder).is_dir():
        return None
    git = _Git(program, Path(folder), path)
    commit = git.line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if commit is None or not _HEX.fullmatch(commit):
        return None
    # A bare repository, or the folder .git itself: nothing is checked out there.
    if git.line("rev-parse", "--is-inside-work-tree") != "true":
        return None
    settings = git.settings()
    return GitFacts(
        commit,
        git.line("symbolic-ref", "--quiet", "--short", "HEAD"),
        not git.is_clean(settings),
        _repository(settings),
    )


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

    def line(self, *arguments: str) -> str | None:
        answer = self._ask([*self._options, *arguments])
        if answer is None:
            return None
        try:
            return answer.decode("utf-8").strip() or None
        except UnicodeDecodeError:
            return None

    def settings(self) -> list[tuple[str, str]]:
        """The repository's configuration, in git's order; of a key that is there twice the last one holds."""
        answer = self._ask([*self._options, "config", "-z", "--list"]) or b""
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

    def _ask(self, arguments: list[str], environ: dict[str, str] | None = None) -> bytes | None:
        try:
            process = subprocess.Popen(
                [self._program, *arguments],
                cwd=self._folder,
                env=environ or self._environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except (OSError, ValueError):
            return None
        assert process.stdout is not None
        output = bytearray()
        # A thread, because reading has no timeout on every platform: whoever holds the pipe open cannot hold us.
        reader = threading.Thread(target=_read, args=(process.stdout, output), daemon=True)
        reader.start()
        try:
            reader.join(max(self._deadline - monotonic(), 0))
            if reader.is_alive() or len(output) > _MAX_OUTPUT:
                return None
            return bytes(output) if process.wait(max(self._deadline - monotonic(), 0.1)) == 0 else None
        except subprocess.TimeoutExpired:
            return None
        finally:
            process.kill()
            process.wait()


def _read(pipe: IO[bytes], output: bytearray) -> None:
    with pipe, suppress(OSError):
        while len(output) <= _MAX_OUTPUT and (piece := pipe.read(65536)):
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


def public_url(url: str) -> str | None:
    """A remote's URL without user, password, query and fragment; None if it names no host of a network.

    `https://dev:secret@host/org/repo.git?token=x` becomes `https://host/org/repo.git`, and `git@host:org/repo`
    becomes `host:org/repo`. Whatever is not plainly of one of these forms is None, lest a secret slip through.
    """
    if len(url) > _MAX_URL:
        return None
    if found := _URL.fullmatch(url):
        scheme, host = found["scheme"].lower(), found["host"].lower()
        return f"{scheme}://{host}{found['port'] or ''}{found['path']}"
    if found := _SHORT.fullmatch(url):
        return f"{found['host'].lower()}:{found['path']}"
    return None
