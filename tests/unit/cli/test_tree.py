"""The tree of commands: everything in it is documented, refuses what is empty, and can be completed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from custody.cli.tree import COMMANDS, build
from custody.errors import UsageError

DOCS = Path(__file__).resolve().parents[3] / "docs" / "commands.md"
ROOT = typer.main.get_command(build())
CONTEXT = typer.Context(ROOT, info_name="custody")


def leaves(group: Any = ROOT, path: tuple[str, ...] = ("custody",)) -> Iterator[tuple[str, Any]]:
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        if hasattr(command, "commands"):
            yield from leaves(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


LEAVES = dict(leaves())


def options(command: Any) -> set[str]:
    return {name for one in command.params if one.param_type_name == "option" for name in one.opts}


def test_the_tree_has_the_commands_of_the_design() -> None:
    assert list(ROOT.list_commands(CONTEXT)) == list(COMMANDS)  # type: ignore[attr-defined]
    assert {
        "custody init", "custody key new", "custody key show", "custody append artifact", "custody append evidence",
        "custody append approval", "custody append deployment", "custody append snapshot", "custody append policy",
        "custody append trust", "custody append allow", "custody append note", "custody append batch", "custody seal",
        "custody ci", "custody fingerprint", "custody import", "custody merge", "custody checkpoint",
        "custody redact", "custody trust pin", "custody trust show", "custody trust forget", "custody verify",
        "custody findings", "custody gate",
        "custody log", "custody show", "custody artifacts", "custody trace", "custody env list", "custody env show",
        "custody env log", "custody env diff", "custody env deployments", "custody env where", "custody env windows",
        "custody search", "custody export entry", "custody export proof", "custody export events", "custody report",
        "custody tui",
    } == set(LEAVES)  # fmt: skip


@pytest.mark.parametrize("module", sorted(set(COMMANDS)))
def test_a_tree_of_one_command_has_that_command_as_the_whole_tree_has_it(module: str) -> None:
    one = typer.main.get_command(build(module))
    found = {path: options(command) for path, command in leaves(one)}
    assert any(path.split()[1] == module for path in found)
    assert found == {path: options(command) for path, command in LEAVES.items() if path in found}


@pytest.mark.parametrize("path", LEAVES)
def test_every_command_explains_itself_and_answers_programs(path: str) -> None:
    command = LEAVES[path]
    assert re.search(rf"\bExamples?: +{re.escape(path)}( |$)", command.help, re.MULTILINE), (
        "no example of its own"
    )
    assert all(one.help for one in command.params if one.param_type_name == "option")
    if path != "custody tui":
        assert "--json" in options(command)


EMPTY = [
    (path, (*(["x"] * before), one.opts[0], "") if one.opts[0].startswith("-") else (*(["x"] * before), ""))
    for path, command in LEAVES.items()
    for before, one in enumerate(command.params)
    for before in [before if one.param_type_name == "argument" else 0]
    if not getattr(one, "is_flag", False) and not {"--wait", "--number"} & set(one.opts)
]


def test_the_list_of_what_may_be_empty_is_long() -> None:
    assert len(EMPTY) > 200
    assert ("custody trust pin", ("x", "")) in EMPTY
    assert ("custody append approval", ("--reason", "")) in EMPTY


@pytest.mark.parametrize(("path", "arguments"), EMPTY)
def test_no_text_of_any_command_may_be_empty(path: str, arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as caught:
        ROOT.main([*path.split()[1:], *arguments], prog_name="custody", standalone_mode=False)
    assert caught.value.code == "empty", caught.value


def sections() -> dict[str, str]:
    found = re.split(r"^### ", DOCS.read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {one.split("\n", 1)[0]: one.split("\n", 1)[1] for one in found}


def documented(section: str) -> set[str]:
    rows = re.findall(r"^\| (`-.*?) \|", section, re.MULTILINE)
    own = {name for row in rows for name in re.findall(r"`(--?[a-z-]+)", row)}
    for group in ("recording", "reading"):
        if f"[{group} options](#{group}-options)" in section:
            own |= documented(sections()[f"{group.capitalize()} options"])
    return own


def test_every_command_is_documented_and_no_other() -> None:
    assert set(sections()) - {"Recording options", "Reading options"} == set(LEAVES)


@pytest.mark.parametrize("path", LEAVES)
def test_exactly_the_options_of_a_command_are_documented(path: str) -> None:
    assert documented(sections()[path]) == options(LEAVES[path])


def test_every_variable_that_is_read_is_documented() -> None:
    source = "\n".join(path.read_text("utf-8") for path in (DOCS.parents[1] / "src").rglob("*.py"))
    read = set(re.findall(r'"(CUSTODY_[A-Z_]+)"', source)) - {"CUSTODY_"}
    assert read and read == set(re.findall(r"`(CUSTODY_[A-Z_]+)`", DOCS.read_text("utf-8")))


def test_every_exit_status_is_documented() -> None:
    from custody import errors

    section = DOCS.read_text("utf-8").split("## Exit status")[1].split("\n## ")[0]
    listed = {int(number) for number in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    known = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    assert listed - {130} == known
