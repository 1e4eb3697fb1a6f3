"""Nothing from a ledger, a file's name or a mistake drives the terminal it is shown on. All of it: tests/faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import mistakes, screen, world

SOME = {
    name: screen.PAYLOADS[name] for name in ("clear", "clipboard", "c1-csi", "return", "line", "rtl", "tags")
}
FEW = {name: screen.PAYLOADS[name] for name in ("clipboard", "c1-csi")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("screen")
    world.write_keys(folder)
    screen.hostile_ledger(folder, SOME)
    return folder


def test_every_field_of_a_ledger(folder: Path) -> None:
    mistakes.ask_everything(folder, SOME, terminal=True)


def test_every_name_of_a_file(tmp_path: Path) -> None:
    mistakes.give_names(tmp_path, FEW, terminal=True)


def test_contents_of_files_that_are_wrong(tmp_path: Path) -> None:
    mistakes.give_contents(tmp_path, FEW, terminal=False)


@pytest.mark.parametrize(
    "settings",
    [
        {"NO_COLOR": "1", "TERM": "xterm-256color"},
        {"TERM": "dumb"},
        {"TERM": ""},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
    ],
    ids=repr,
)
def test_terminals_that_can_do_less(folder: Path, settings: dict[str, str]) -> None:
    env = {key: value for key, value in world.environment(folder, **settings).items() if value}
    ledger = mistakes.LEDGER
    commands = [*mistakes.QUESTIONS, ("show", "6", *ledger), ("trace", "artifact-1", *ledger), ("--help",)]
    for size in ((10, 20),) if "TERM" in settings else ((40, 200),):
        for command, output in zip(commands, screen.in_terminal(folder, commands, env, size), strict=True):
            assert output
            if "LC_ALL" in settings or "ascii" in settings.values():
                assert output.isascii(), command
            if (
                "ascii" not in settings.values()
                and "latin-1" not in settings.values()
                and "LC_ALL" not in settings
            ):
                assert "\x1b" not in output, command


def test_the_check_itself_notices(folder: Path) -> None:
    for name, payload in screen.PAYLOADS.items():
        if name in ("line", "markup"):
            continue  # printable text, or a line's end: what they would do is shown literally elsewhere
        with pytest.raises(AssertionError):
            screen.check_harmless(f"before {payload} after", name, terminal=False)
        if name not in ("colour", "clear"):
            with pytest.raises(AssertionError):
                screen.check_harmless(f"before {payload} after", name, terminal=True)
