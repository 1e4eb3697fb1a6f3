"""What every test stands on: a machine of its own, the command line in its own process, and stable pictures.

Hypothesis has three profiles: `default`; `ci`, the same but repeatable, where the variable CI is set; and
`faults`, many examples, chosen by `make faults`.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent.parent

# No deadline: a slow machine is not a failure.
settings.register_profile("default", max_examples=50, deadline=None)
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("faults", settings.get_profile("default"), max_examples=2000)
settings.load_profile("ci" if os.environ.get("CI") else "default")

_LEAKS = re.compile(
    r"CUSTODY_.*|SSH_.*|GIT_.*|XDG_.*|LC_.*|LANGUAGE"  # what configures custody, and what it asks or runs
    r"|CI|CI_.*|GITHUB_.*|RUNNER_.*|GITLAB_.*|BUILDKITE.*|CIRCLE.*|JENKINS.*|TF_BUILD|BUILD_.*"  # pipelines
    r"|BITBUCKET_.*|CODEBUILD_.*|TEAMCITY_.*"
    r"|NO_COLOR|FORCE_COLOR|CLICOLOR.*|COLUMNS|LINES|COLORTERM|TEXTUAL|TEXTUAL_(?!SNAPSHOT).*"  # terminals
)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are a heap that every full collection would walk: a third of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Folders to be homes, apart from `tmp_path`, so that a test finds there only what it made itself."""
    folder = tmp_path_factory.mktemp("homes")
    return (folder / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of the test's own; the machine's settings, keys, agent and time zone are out of reach."""
    folder = next(_homes)
    folder.mkdir()
    for name in [name for name in os.environ if _LEAKS.fullmatch(name)]:
        monkeypatch.delenv(name)
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(folder))
    monkeypatch.setenv("CUSTODY_HOME", str(folder / "custody"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("TZ", "UTC")
    if hasattr(time, "tzset"):
        time.tzset()
    return folder


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run of the command line gave back: its exit status, standard output and standard error."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def custody(tmp_path: Path) -> Callable[..., Ran]:
    """The command line, as `custody("verify", ledger)`: its own process, in `tmp_path`, without a terminal.

    `env` adds variables (and with None takes one away), `input` is standard input, `exit` is the status that
    must come back, if the test has one in mind. That no traceback is ever printed holds for every run.
    """

    def run(
        *arguments: str | os.PathLike[str],
        exit: int | None = None,
        input: str = "",
        env: dict[str, str | None] | None = None,
        cwd: Path = tmp_path,
        timeout: float = 120,
    ) -> Ran:
        environ = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8", **(env or {})}
        done = subprocess.run(
            [sys.executable, "-m", "custody", *map(os.fspath, arguments)],
            input=input,
            env={name: value for name, value in environ.items() if value is not None},
            cwd=cwd,
            timeout=timeout,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        ran = Ran(done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in ran.out + ran.err, ran.out + ran.err
        assert exit is None or ran.code == exit, f"exit {ran.code}, not {exit}: {ran.err or ran.out}"
        return ran

    return run


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("needs_strace") and shutil.which("strace") is None:
        pytest.skip("strace is not installed")
