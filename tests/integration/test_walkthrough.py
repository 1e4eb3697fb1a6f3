"""Documents that walk through the samples: every command prints what the document says it prints."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WALK = [sys.executable, str(ROOT / "tools" / "walk.py")]


def test_the_month_on_record_is_as_it_is_told() -> None:
    done = subprocess.run(
        [*WALK, "--check", "docs/walkthrough.md"], cwd=ROOT, capture_output=True, timeout=120
    )
    assert done.returncode == 0, done.stderr.decode()


def test_a_document_that_is_out_of_date_is_told_apart(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ custody --version\ncustody 99\n```\n", encoding="utf-8")
    done = subprocess.run([*WALK, "--check", str(page)], cwd=ROOT, capture_output=True, timeout=60)
    assert done.returncode == 1 and b"custody 99" in done.stderr
    subprocess.run([*WALK, str(page)], cwd=ROOT, check=True, timeout=60)
    assert "custody 99" not in page.read_text(encoding="utf-8")
    assert subprocess.run([*WALK, "--check", str(page)], cwd=ROOT, timeout=60).returncode == 0


@pytest.mark.parametrize("command", ["rm x", "custody nothing"])
def test_a_walk_runs_nothing_but_custody_and_tells_of_failures(tmp_path: Path, command: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"```console\n$ {command}\n```\n", encoding="utf-8")
    done = subprocess.run([*WALK, str(page)], cwd=ROOT, capture_output=True, timeout=60)
    refused = command.startswith("rm")
    assert done.returncode == (1 if refused else 0)
    assert refused or "[exit 2]" in page.read_text(encoding="utf-8")
