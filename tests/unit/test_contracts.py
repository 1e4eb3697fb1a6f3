"""Importing costs only what is used: `custody append` runs many times a day in other people's pipelines."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src"
MODULES = sorted(
    ".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__")
    for path in (SRC / "custody").rglob("*.py")
    if path.name != "__main__.py"
)
HEAVY = {"bcrypt", "cryptography", "dateutil", "sqlite_utils", "textual"}


def loaded_by(*modules: str) -> set[str]:
    """The names of all modules that a fresh interpreter holds after importing these."""
    program = f"import sys, {', '.join(modules)}\nprint(*sys.modules, sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def within(packages: set[str], modules: set[str]) -> set[str]:
    """Those of the modules that are one of the packages or lie inside one."""
    return {name for name in modules if any(f"{name}.".startswith(f"{package}.") for package in packages)}


def test_a_module_inside_a_package_counts_and_one_of_a_like_name_does_not() -> None:
    assert within({"custody.tui"}, {"custody.tui", "custody.tui.app", "custody.tuition"}) == {
        "custody.tui",
        "custody.tui.app",
    }


def test_importing_any_room_but_the_tui_loads_nothing_heavy() -> None:
    rooms = [name for name in MODULES if not within({"custody.tui"}, {name})]
    assert "custody.errors" in rooms
    assert within(HEAVY, loaded_by(*rooms)) == set()


def test_a_ledger_is_verified_without_a_command_line_or_an_index() -> None:
    rooms = [name for name in MODULES if within({"custody.ledger", "custody.keys"}, {name})]
    above = {f"custody.{room}" for room in ("cli", "tui", "query", "record", "trust", "kinds")}
    assert within(above | {"typer", "click", "rich"}, loaded_by(*rooms)) == set()


@pytest.mark.skipif(
    importlib.util.find_spec("custody.cli") is None, reason="the command line is not built yet"
)
def test_append_loads_neither_screens_nor_the_index() -> None:
    loaded = loaded_by("custody.cli.main", "custody.cli.append")
    assert within(HEAVY | {"custody.query", "custody.tui"}, loaded) == set()
