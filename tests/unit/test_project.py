"""The tree keeps its own promises: sizes, words that never enter it, and the list of what it depends on."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "src").rglob("*.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCK = (ROOT / "requirements.txt").read_text("utf-8")

MAX_LINES = 420

# Written so that this file does not match itself.
NEVER = {
    "the address of a package index": r"py[p]i\.org|python[h]osted\.org|npm[j]s\.|://[^\s/]+/sim[p]le\b",
    "a path of one machine": r"/ro[o]t/\w|/(?:ho[m]e|U[s]ers)/(?!runner\b)\w|/wo[r]k/(?:main|shared)",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?:\s|\\n)+[A-Za-z0-9+/=]{24}",
}
# A sample's key opens nothing, and everybody may have it.
KEYS_MAY_BE_IN = ("sample_ledgers/", "spec/vectors/", "tests/")


def tracked() -> list[str]:
    """The paths that git keeps, relative to the root."""
    listed = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("not a checkout")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def name_of(requirement: str) -> str:
    return canonicalize_name(Requirement(requirement).name)


def wanted() -> dict[str, Requirement]:
    """Everything that pyproject.toml names, by its canonical name, but what only makes the lock."""
    groups = PROJECT["dependency-groups"]
    named = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"] + groups["build"]
    named += [one for one in groups["dev"] if isinstance(one, str)]
    return {name_of(requirement): Requirement(requirement) for requirement in named}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_has_one_concern_and_says_which(path: Path) -> None:
    source = path.read_text("utf-8")
    assert len(source.splitlines()) <= MAX_LINES, "there is a seam in it: find it"
    tree = ast.parse(source)
    if not tree.body and path.name == "__init__.py":
        return
    assert ast.get_docstring(tree), "it does not say what it is for"
    if path.name != "__init__.py":
        stated = "# No postponed annotations: a named tuple would compile each of them, at every start."
        assert {"from __future__ import annotations", stated} & set(source.splitlines())


@pytest.mark.parametrize("what", NEVER)
def test_what_never_enters_the_tree(what: str) -> None:
    pattern = re.compile(NEVER[what].encode())
    exempt = KEYS_MAY_BE_IN if what == "a private key" else ()
    found = [
        name
        for name in tracked()
        if not name.startswith(exempt) and pattern.search((ROOT / name).read_bytes())
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("the address of a package index", "--index-url https://mirror.example/sim" + "ple/"),
        ("the address of a package index", "https://files.python" + "hosted.org/packages"),
        ("a path of one machine", "see /ho" + "me/dev/custody"),
        ("a path of one machine", "/wo" + "rk/main/src"),
        ("a private key", "-----BEGIN OPENSSH PRIVATE " + "KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU="),
        ("a private key", "-----BEGIN PRIVATE " + "KEY-----\\nMC4CAQAwBQYDK2VwBCIEIA=="),
    ],
)
def test_the_patterns_find_what_they_are_for(what: str, text: str) -> None:
    assert re.search(NEVER[what], text)


def test_every_dependency_is_justified_and_nothing_else_is() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| .+ \| .+ \|$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.M
    )
    named = {
        *wanted(),
        *(name_of(one) for group in ("faults", "lock") for one in PROJECT["dependency-groups"][group]),
    }
    assert sorted(rows) == sorted(named)


def test_the_lock_answers_to_the_project() -> None:
    locked = dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCK, re.M))
    for name, requirement in wanted().items():
        assert name in locked, f"{name} is not locked: make lock"
        assert requirement.specifier.contains(locked[name]), (
            f"{requirement} is locked to {locked[name]}: make lock"
        )


def test_the_lock_holds_packages_and_hashes_and_nothing_else() -> None:
    lines = LOCK.splitlines()[1:]
    assert all(
        re.fullmatch(r"[a-z0-9-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line)
        for line in lines
    )
    assert [line for line in lines if "==" in line.split(" ; ")[0]] != []


def test_no_two_test_files_have_one_name() -> None:
    """Test folders are no packages, so pytest would take the second for the first."""
    names = Counter(Path(name).name for name in tracked() if re.fullmatch(r"tests/.*/test_[^/]*\.py", name))
    assert [name for name, count in names.items() if count > 1] == []
