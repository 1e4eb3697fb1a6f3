"""Evidence from what real tools print, made here by running them, through the command line.

The scanners for vulnerabilities are single programs that no package brings; samples of what they print are in
tests/unit/record/test_vulnerabilities.py.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from cli_desk import ORIGIN, Desk

BIN = Path(sys.executable).parent
RUN = ("--ledger", "ci.ledger", "--key", "ci.key", "--trail", "run-1", "--origin", ORIGIN)

CODE = """\
import os, subprocess


def shell(text):
    assert text
    return subprocess.call("ls " + text, shell=True)


def never():
    return 1


if shell("."):
    never()
"""
TESTS = """
import pytest
def test_passes(): pass
def test_fails(): assert False
@pytest.mark.skip
def test_skipped(): pass
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.path("code").mkdir()
    desk.path("code/app.py").write_text(CODE)
    return desk


def tool(name: str, *arguments: str | os.PathLike[str], cwd: Path, exits: tuple[int, ...] = (0,)) -> None:
    """Runs a tool of this environment, or of the machine; without it the test is skipped."""
    found = shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is not installed")
    env = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": "", "PYTHONWARNINGS": ""}
    ran = subprocess.run([found, *arguments], cwd=cwd, env=env, capture_output=True, timeout=60, check=False)
    assert ran.returncode in exits, ran.stderr.decode()


def evidence(desk: Desk, type: str, *arguments: str) -> dict[str, Any]:
    """The body that would be recorded, and then is."""
    given = ("append", "evidence", "--type", type, "--artifact", "api.whl", *arguments, *RUN)
    rehearsed = desk(*given, "--dry-run", "--json").json
    body: dict[str, Any] = rehearsed["entries"][-1]["body"]
    desk(*given)
    recorded = desk.entries("ci.ledger")[-1]
    assert recorded["kind"] == "evidence"
    return body


def test_junit_of_pytest(desk: Desk) -> None:
    desk.path("code/test_app.py").write_text(TESTS)
    options = ("-q", "-p", "no:cacheprovider", "--junit-xml=../junit.xml", "test_app.py")
    tool("pytest", *options, cwd=desk.path("code"), exits=(1,))
    body = evidence(desk, "junit", "junit.xml")
    counts = {name: body["summary"][name] for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": 3, "failures": 1, "errors": 0, "skipped": 1}
    assert (body["result"], body["failed"]) == ("fail", ["test_app.test_fails"])


def test_sarif_of_ruff(desk: Desk) -> None:
    report = "--output-format=sarif", "--output-file=ruff.sarif"
    tool(
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--select=F401,E401",
        *report,
        "code",
        cwd=desk.folder,
        exits=(1,),
    )
    body = evidence(desk, "sarif", "ruff.sarif", "--control", "lint")
    assert body["result"] == "fail"
    assert body["summary"] == {"error": 2, "warning": 0, "note": 0, "none": 0, "suppressed": 0}
    assert {line.split()[0] for line in body["failed"]} == {"E401", "F401"}
    assert body["tools"][0].startswith("ruff ")
    assert evidence(desk, "sarif", "ruff.sarif", "--limit", "error=2")["result"] == "pass"


def test_sarif_of_bandit(desk: Desk) -> None:
    options = ("-q", "-r", "-f", "sarif", "-o", "bandit.sarif", "code")
    tool("bandit", *options, cwd=desk.folder, exits=(1,))
    body = evidence(desk, "sarif", "bandit.sarif")
    # What bandit calls high is an error; medium is a warning, low a note.
    assert body["summary"] == {"error": 1, "warning": 0, "note": 2, "none": 0, "suppressed": 0}
    assert body["failed"] == ["B602 code/app.py:6"]
    assert body["tools"][0].startswith("Bandit ")
    levels = [one["level"] for one in json.loads(desk.path("bandit.sarif").read_text())["runs"][0]["results"]]
    assert sorted(levels) == ["error", "note", "note"]


def test_cyclonedx_of_this_environment(desk: Desk) -> None:
    options = ("environment", "--no-validate", "-o", "bom.json", sys.executable)
    tool("cyclonedx-py", *options, cwd=desk.folder)
    body = evidence(desk, "sbom", "bom.json", "--floor", "components=10")
    document = json.loads(desk.path("bom.json").read_text())
    assert body["result"] == "pass"
    assert body["summary"]["components"] == len(document["components"])
    assert body["summary"]["dependencies"] == sum(
        len(one.get("dependsOn", ())) for one in document["dependencies"]
    )
    assert body["summary"]["dangling"] == 0
    assert body["licences"]["MIT"] > 10
    assert body["format"] == f"cyclonedx-{document['specVersion']}"
    assert any(one.startswith("cyclonedx-py ") for one in body["tools"])


def test_spdx_2_of_this_environment(desk: Desk) -> None:
    options = ("-m", "sbom4python", "--sbom", "spdx", "--format", "json", "-o", "spdx.json")
    tool("sbom4python", *options, cwd=desk.folder)
    body = evidence(desk, "sbom", "spdx.json", "--floor", "components=5")
    document = json.loads(desk.path("spdx.json").read_text())
    assert body["result"] == "pass"
    assert body["summary"]["components"] == len(document["packages"])
    kinds = [one["relationshipType"] for one in document["relationships"]]
    assert body["summary"]["dependencies"] == kinds.count("DEPENDS_ON") > 0
    assert body["licences"]
    assert body["format"].startswith("spdx-2.")
    assert body["tools"][0].startswith("sbom4python")


def test_spdx_3_of_a_project(desk: Desk) -> None:
    desk.path("code/pyproject.toml").write_text(
        '[project]\nname="api"\nversion="1.0"\ndependencies=["pytest"]\n'
    )
    tool("loom", "project", "code", "--offline", "-o", "spdx3.json", cwd=desk.folder)
    body = evidence(desk, "sbom", "spdx3.json")
    assert body["result"] == "pass"
    assert body["summary"]["components"] == 2
    assert body["summary"]["dependencies"] == 1
    assert body["format"].startswith("spdx-3.")


def test_cobertura_of_coverage(desk: Desk) -> None:
    tool("coverage", "run", "--branch", "code/app.py", cwd=desk.folder)
    tool("coverage", "xml", "-q", "-o", "coverage.xml", cwd=desk.folder)
    body = evidence(desk, "coverage", "coverage.xml", "--floor", "lines=80%")
    header = ElementTree.parse(desk.path("coverage.xml")).getroot().attrib
    for figure in ("lines-covered", "lines-valid", "branches-covered", "branches-valid"):
        name, _, part = figure.partition("-")
        assert body["summary"][name + part.title()] == int(header[figure])
    assert body["summary"]["lines"] == 10_000 * int(header["lines-covered"]) // int(header["lines-valid"])
    assert (body["result"], body["floors"]) == ("fail", {"lines": 8000})
    assert body["summary"]["branches"] == 5000
    assert evidence(desk, "coverage", "coverage.xml", "--floor", "lines=50%")["result"] == "pass"


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("sarif", '{"version": "2.1.0", "runs": [{"tool": {"driver"'),
        ("sarif", '{"version": "2.1.0", "runs": []}'),
        ("sbom", "<bom/>"),
        ("sbom", '{"bomFormat": "CycloneDX", "specVersion": "1.6"}'),
        ("vulnerabilities", '{"matches": null}'),
        ("vulnerabilities", "[" * 1_000_000),
        ("coverage", '<!DOCTYPE coverage [<!ENTITY a "b">]><coverage/>'),
        ("coverage", "<coverage/>"),
        ("coverage", "<coverage>" * 1_000_000),
        ("junit", "<testsuite/>"),
    ],
)
def test_bad_input_names_the_file_and_records_nothing(desk: Desk, type: str, text: str) -> None:
    desk.path("report.any").write_text(text)
    floor = ("--floor", "lines=0") if type == "coverage" else ()
    said = desk("append", "evidence", "report.any", "--type", type, *floor, *RUN, exit=2)
    assert said.err.startswith("custody: ") and "report.any" in said.err
    assert len(said.err.splitlines()) == 1
    assert not desk.path("ci.ledger").exists()
