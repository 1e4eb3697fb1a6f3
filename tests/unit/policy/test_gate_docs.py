"""What the documents say of the gate, of approvals and of conduct is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import typer

from custody import errors
from custody.cli.tree import build
from custody.ledger.findings import CODES as FINDINGS
from custody.policy.conduct import CODES

DOCS = Path(__file__).resolve().parents[3] / "docs"
GATE = (DOCS / "gate.md").read_text("utf-8")
APPROVALS = (DOCS / "approvals.md").read_text("utf-8")


def options(*path: str) -> set[str]:
    command = typer.main.get_command(build())
    for name in path:
        command = command.commands[name]  # type: ignore[attr-defined]
    return {name for one in command.params if one.param_type_name == "option" for name in one.opts}


def test_the_codes_of_conduct_are_those_that_are_documented() -> None:
    section = GATE.split("\n## Conduct\n", 1)[1]
    assert re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", section, re.MULTILINE) == list(CODES.items())


def test_no_code_of_conduct_is_one_of_verification() -> None:
    assert not set(CODES) & set(FINDINGS)


def test_every_gap_is_documented_with_what_to_do() -> None:
    table = GATE.split("| Gap |", 1)[1].split("\n\n", 1)[0]
    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == [
        code for code, one in FINDINGS.items() if one.severity == "gap"
    ]


def test_every_exit_of_the_gate_is_documented() -> None:
    table = GATE.split("| Exit |", 1)[1].split("\n\n", 1)[0]
    listed = {int(number) for number in re.findall(r"^\| (\d) \|", table, re.MULTILINE)}
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert listed == known - {errors.EXIT_GAP}, "a gap is a no"


def test_every_option_that_the_examples_use_is_there() -> None:
    for text, command, path in (
        (GATE, "custody gate", ("gate",)),
        (APPROVALS, "custody append approval", ("append", "approval")),
    ):
        lines = [line for line in text.splitlines() if line.startswith(command)]
        assert len(lines) >= 3
        for line in lines:
            assert set(re.findall(r"--[a-z-]+", line)) <= options(*path), line
