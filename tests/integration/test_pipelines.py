"""The pipelines: the page's commands as they stand, the action's steps, the merge that races with another."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ledgers import ROOT

from custody.ledger.reader import open_ledger

PAGE = (ROOT / "docs" / "pipelines.md").read_text("utf-8")
PIPELINES = ROOT / "pipelines"

pytestmark = pytest.mark.skipif(
    shutil.which("bash") is None or shutil.which("git") is None, reason="the pipelines need bash and git"
)


class Repository:
    """A checkout with a remote, and custody on the PATH."""

    def __init__(self, folder: Path, made: bool = False) -> None:
        self.work = folder / "work"
        programs = folder / "bin"
        programs.mkdir(exist_ok=made)
        shim = programs / "custody"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m custody "$@"\n')
        shim.chmod(0o755)
        if not made:
            (programs / "python").symlink_to(sys.executable)
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "LANG") if name in os.environ}
        self.env = kept | {
            "PATH": f"{programs}{os.pathsep}{kept['PATH']}",
            "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{Path(pytest.__file__).parents[1]}",
            "HOME": str(folder),
            "CUSTODY_HOME": str(folder / "custody-home"),
            "CUSTODY_SOURCE": str(ROOT),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "dev-1",
            "GIT_AUTHOR_EMAIL": "dev-1@acme.example",
            "GIT_COMMITTER_NAME": "dev-1",
            "GIT_COMMITTER_EMAIL": "dev-1@acme.example",
        }
        if made:
            return
        self.run("git init -q --bare -b main remote.git && git clone -q remote.git work", folder)
        self.run(
            "git switch -q -c main && echo x > a && git add a && git commit -qm first && git push -q origin main"
        )

    def run(self, script: str, folder: Path | None = None, exit: int = 0, **env: str) -> str:
        """A script of bash; what it printed, on both streams."""
        done = subprocess.run(
            ["bash", "-eu", "-o", "pipefail", "-c", script], cwd=folder or self.work, env=self.env | env,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == exit, done.stdout
        return done.stdout

    def start(self, script: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", script], cwd=self.work, env=self.env | env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def section(self, number: int) -> str:
        """The commands of one of the page's sections."""
        (text,) = re.findall(rf"^## {number}\. (.*?)(?=^## )", PAGE, re.S | re.M)
        return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With keys, trust and a main ledger on its branch."""
    folder = tmp_path_factory.mktemp("pipelines")
    repository = Repository(folder)
    repository.run("git remote set-url origin ../remote.git")
    repository.run(repository.section(1))
    return folder


@pytest.fixture
def begun(tmp_path: Path, template: Path) -> Repository:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True, symlinks=True)
    return Repository(tmp_path, made=True)


def export(repository: Repository, name: str, trail: str) -> None:
    repository.run(
        f"mkdir -p ../{name} && export CUSTODY_LEDGER=../{name}/job.ledger CUSTODY_KEY_FILE=../keys/ci.key"
        f" && custody append note {trail} --trail {trail} && custody seal --trail {trail}"
    )


def notes(repository: Repository) -> list[str]:
    """The trails of the chains in the main ledger that was pushed."""
    repository.run("git fetch -q origin custody-ledger && git show FETCH_HEAD:main.ledger > ../pushed.ledger")
    with open_ledger(repository.work.parent / "pushed.ledger") as snapshot:
        bodies = [snapshot.blob(digest) or b"" for _, digest in snapshot.blob_rowids()]
    return sorted(re.findall(r'"text":"(run-[a-z0-9]+)"', b"".join(bodies).decode("utf-8", "replace")))


MERGE = (
    'CUSTODY_KEY_FILE=../keys/keeper.key ROOT=../keys/root.key.pub bash "$CUSTODY_SOURCE/pipelines/merge.sh" '
    "custody-ledger main.ledger "
)


# --- the page


def test_the_page_runs_as_it_stands(repository: Repository) -> None:
    said = repository.run("\n".join(repository.section(number) for number in (1, 3, 4, 5, 6)))
    assert "\nverified\n" in said
    assert "unit-tests" in said
    assert re.search(r"^yes · [0-9a-f]{12} for prod$", said, re.MULTILINE)
    assert "acme.example/payments" in said
    assert repository.run("git status --porcelain --untracked-files=no") == ""
    assert "main.ledger" not in repository.run("git ls-tree -r --name-only HEAD")


def test_the_page_names_files_that_are_there() -> None:
    for name in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert (ROOT / "docs" / name).exists(), name


# --- the merge


def test_a_merge_again_pushes_nothing(begun: Repository) -> None:
    export(begun, "exports", "run-a")
    begun.run(MERGE + "../exports")
    before = begun.run("git ls-remote origin custody-ledger")
    assert "has all of this already" in begun.run(MERGE + "../exports")
    assert begun.run("git ls-remote origin custody-ledger") == before
    assert begun.run("git worktree list").count("\n") == 1


def test_merges_that_race_lose_nothing(begun: Repository) -> None:
    names = ["a", "b", "c"]
    clones = []
    for name in names:
        export(begun, name, f"run-{name}")
        begun.run(f"git clone -q remote.git clone-{name}", begun.work.parent)
        clones.append(begun.start(f"cd ../clone-{name} && {MERGE} ../{name}"))
    said = [one.communicate(timeout=120)[0] for one in clones]
    assert [one.returncode for one in clones] == [0, 0, 0], said
    assert notes(begun) == ["run-a", "run-b", "run-c"]


def test_a_push_that_lost_the_race_is_tried_again(begun: Repository) -> None:
    """Another run's merge arrives between this one's fetch and its push."""
    export(begun, "a", "run-a")
    export(begun, "b", "run-b")
    begun.run("git clone -q remote.git clone", begun.work.parent)
    gate = begun.work.parent / "work" / ".git" / "hooks" / "pre-push"
    gate.parent.mkdir(exist_ok=True)
    merge = f'cd "{begun.work.parent}/clone" && {MERGE} ../b >/dev/null 2>&1'
    gate.write_text(f'#!/bin/sh\nrm "$0"\nunset $(git rev-parse --local-env-vars)\n{merge}\n')
    gate.chmod(0o755)
    assert "merging again (1)" in begun.run(MERGE + "../a")
    assert notes(begun) == ["run-a", "run-b"]


def test_a_tampered_export_is_not_pushed(begun: Repository) -> None:
    export(begun, "exports", "run-a")
    path = begun.work.parent / "exports" / "job.ledger"
    path.write_bytes(path.read_bytes().replace(b'"text":"run-a"', b'"text":"run-z"'))
    before = begun.run("git ls-remote origin custody-ledger")
    begun.run(MERGE + "../exports", exit=1)
    assert begun.run("git ls-remote origin custody-ledger") == before


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("custody-ledger main.ledger ../nowhere", "no exported ledger"),
        ("no-such-branch main.ledger ../exports", "no branch no-such-branch"),
        ("custody-ledger other.ledger ../exports", "no other.ledger"),
        ("custody-ledger ../main.ledger ../exports", "named by its path"),
        ("--upload-pack=x main.ledger ../exports", "branch's name"),
        ("custody-ledger", "BRANCH LEDGER FOLDER"),
    ],
)
def test_a_merge_that_cannot_be(begun: Repository, arguments: str, words: str) -> None:
    export(begun, "exports", "run-a")
    assert words in begun.run(MERGE.partition("custody-ledger")[0] + arguments, exit=2)


def test_a_merge_without_a_root_judges_nobody(begun: Repository) -> None:
    export(begun, "exports", "run-a")
    assert "ROOT must name" in begun.run(
        MERGE.replace("ROOT=../keys/root.key.pub", "ROOT=") + "../exports", exit=2
    )


# --- the gate


GATE = 'ROOT=../keys/root.key.pub bash "$CUSTODY_SOURCE/pipelines/gate.sh" '


def test_the_gate_asks_the_ledger_of_the_branch_and_exits_as_custody_does(begun: Repository) -> None:
    said = begun.run(GATE + "custody-ledger main.ledger a prod", exit=6)
    assert "no policy in force governs it" in said
    assert begun.run("git status --porcelain") == ""
    begun.run(GATE + "custody-ledger main.ledger ../nothing prod", exit=2)
    begun.run(GATE + "custody-ledger main.ledger --help prod", exit=2)  # an artifact, whatever it is called
    begun.run(GATE.replace("root.key.pub", "ci.key.pub") + "custody-ledger main.ledger a prod", exit=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("no-such-branch main.ledger a prod", "no branch no-such-branch"),
        ("custody-ledger other.ledger a prod", "no other.ledger"),
        ("custody-ledger ../main.ledger a prod", "named by its path"),
        ("--upload-pack=x main.ledger a prod", "branch's name"),
        ("custody-ledger main.ledger a", "ARTIFACT ENVIRONMENT"),
    ],
)
def test_a_gate_that_cannot_be_asked_is_no_yes(begun: Repository, arguments: str, words: str) -> None:
    assert words in begun.run(GATE + arguments, exit=2)
    assert "ROOT must name" in begun.run(
        GATE.replace("../keys/root.key.pub", "") + "custody-ledger main.ledger a prod", exit=2
    )


# --- the action


@pytest.fixture
def runner(begun: Repository) -> Repository:
    """As a step of GitHub's runner, where custody is installed already."""
    place = begun.work.parent / "runner"
    (place / "custody" / "bin").mkdir(parents=True)
    (place / "custody" / "ready").touch()
    shutil.copy(begun.work.parent / "bin" / "custody", place / "custody" / "bin" / "custody")
    begun.env |= {
        "RUNNER_TEMP": str(place), "GITHUB_ENV": str(place / "env"), "GITHUB_PATH": str(place / "path"),
        "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_JOB": "build", "GITHUB_RUN_ID": "812", "GITHUB_RUN_ATTEMPT": "1",
        "GITHUB_RUN_NUMBER": "7", "GITHUB_REPOSITORY": "acme/payments", "GITHUB_SERVER_URL": "https://git.example",
        "GITHUB_ACTOR": "dev-1", "CUSTODY_KEY": (begun.work.parent / "keys" / "ci.key").read_text(),
    }  # fmt: skip
    return begun


def step(repository: Repository, what: str, exit: int = 0, **env: str) -> str:
    """A step of the action; its variables then hold for those that follow."""
    said = repository.run(f'bash "$GITHUB_ACTION_PATH/pipelines/github.sh" {what}', exit=exit, **env)
    kept = Path(repository.env["GITHUB_ENV"])
    if kept.exists():
        repository.env |= dict(line.split("=", 1) for line in kept.read_text().splitlines())
    return said


def test_the_action_begins_records_and_seals(runner: Repository) -> None:
    said = step(runner, "begin", ORIGIN="acme.example/payments", FLOW="payments-api")
    assert "812" in said
    assert runner.env["CUSTODY_EXPORT"].startswith("custody-ledger-build-812-1-")
    assert "CUSTODY_KEY=" not in Path(runner.env["GITHUB_ENV"]).read_text()
    runner.run("custody append evidence --result pass --control smoke-test")
    step(runner, "seal")
    report = runner.run('custody verify "$CUSTODY_LEDGER" || test $? = 4')
    assert "open-chain" not in report
    trail = runner.run('custody log --ledger "$CUSTODY_LEDGER" || test $? = 4')
    assert "payments-api 812 build" in trail


def test_two_legs_of_a_matrix_have_a_ledger_each(runner: Repository) -> None:
    step(runner, "begin")
    first = runner.env["CUSTODY_LEDGER"]
    step(runner, "begin")
    assert runner.env["CUSTODY_LEDGER"] != first


def test_a_step_that_cannot_be(runner: Repository) -> None:
    assert "must be begin, seal, merge or gate" in step(runner, "bein", exit=2)
    assert "begin comes before seal" in step(runner, "seal", exit=2)
    said = step(runner, "begin", exit=2, ORIGIN="acme.example/payments\nPATH=/tmp")
    assert "must be one line" in said
    assert "PATH=" not in Path(runner.env["GITHUB_ENV"]).read_text()
    step(runner, "begin")
    assert "nothing was recorded" in step(runner, "seal", exit=2)


def test_no_input_of_the_action_is_part_of_a_script() -> None:
    action = (ROOT / "action.yml").read_text()
    scripts = re.findall(r"^ +run: (.*)$", action, re.M)
    assert len(scripts) == 3
    assert not any("${{" in script for script in scripts)
    used = re.findall(r"uses: (\S+)", action)
    assert len(used) == 2
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", one) for one in used)


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-actions", "action.yml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
        ("vendor.gitlab-ci", "pipelines/gitlab.yml"),
        ("vendor.azure-pipelines", "pipelines/azure.yml"),
    ],
)
def test_the_files_are_what_their_systems_read(schema: str, file: str) -> None:
    """By the schemas that the systems' own editors use."""
    program = Path(sys.executable).with_name("check-jsonschema")
    options = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    done = subprocess.run(
        [program, "--builtin-schema", schema, *options, ROOT / file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
