"""A person's own keys, themes and terminal; and a terminal with ASCII alone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import stage
import story
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color

from custody import system
from custody.errors import UsageError
from custody.text import safe_text
from custody.tui import plain
from custody.tui.app import CustodyApp
from custody.tui.registry import every_binding
from custody.tui.settings import Settings, read_settings
from custody.tui.widgets.prompt import Prompt


def settings(text: str) -> Settings:
    folder = system.config_dir()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tui.toml").write_text(text, "utf-8")
    return read_settings(every_binding())


def test_without_a_file_nothing_is_set() -> None:
    assert read_settings(every_binding()) == Settings()


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("colour = 1", ":1", "unknown key 'colour'"),
        ('mouse = true\ntheme = "none"', ":2", "no theme 'none'"),
        ('\n[keys]\n"entries.fly" = "f"', ":3", "no binding 'entries.fly'"),
        ('[keys]\n"entries.go-to" = "ctrl+banana"', ":2", "must be a key"),
        ('[keys]\n"entries.go-to" = ""', ":2", "must be a key"),
        ('[keys]\n"entries.go-to" = "x"', ":2", "would be the key of"),
        ('[keys]\n"entries.go-to" = 1', ":2", "must be a key"),
        ("[themes.paper]\nprimary = 1", ":2", "must be a colour"),
        ('[themes.paper]\nink = "#000"', ":2", "unknown colour 'ink'"),
        ('[themes.paper]\nbase = "x"', ":2", "base must be one of"),
        ('[themes.custody-dark]\nprimary = "#fff"', ":1", "not one of custody's own"),
        ("unicode = 1", ":1", "true or false"),
        ('theme = ["paper"]', ":1", "in quotes"),
        ("theme = 0", ":1", "in quotes"),
        ("[themes.paper]\nbase = []", ":2", "base must be one of"),
        ("themes = 1", ":1", "must be a table"),
        ("keys = 1", ":1", "must be a table"),
        ("[keys", "", "is not TOML"),
    ],
)
def test_what_is_not_understood_names_its_line(text: str, line: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        settings(text)
    assert caught.value.code == "config" and said in str(caught.value)
    assert f"tui.toml{line}: " in str(caught.value)


@given(st.text(max_size=80))
def test_any_file_is_settings_or_an_error(text: str) -> None:
    codes = []
    try:
        settings(text)
    except UsageError as error:
        codes.append(error.code)
    assert codes in ([], ["config"])


def test_own_keys_and_theme_hold(tmp_path: Path) -> None:
    own = settings(
        'theme = "paper"\n[keys]\n"entries.go-to" = "ctrl+g,G"\n"app.help" = "f1"\n[themes.paper]\n'
        'base = "custody-light"\nprimary = "#204060"\n'
    )
    ledger = story.healthy(tmp_path / "payments.ledger")

    async def run() -> None:
        app = CustodyApp(stage.steady(stage.open_ledger(ledger)), story.EXPECTED, stage.Full, settings=own)
        async with stage.playing(app, (120, 40)) as pilot:
            assert app.theme == "paper" and app.current_theme.primary == "#204060"
            await stage.press(pilot, "5", "g")
            assert not pilot.app.screen.query_one(Prompt).is_open
            await stage.press(pilot, "G")
            assert pilot.app.screen.query_one(Prompt).is_open
            await stage.press(pilot, "escape", "f1")
            shown = stage.text(pilot)
            assert "ctrl+g, G" in shown

    asyncio.run(run())


def test_ascii_alone_will_do(tmp_path: Path) -> None:
    ledger = story.healthy(tmp_path / "payments.ledger")

    async def run() -> str:
        app = CustodyApp(
            stage.steady(stage.open_ledger(ledger)),
            story.EXPECTED,
            stage.Full,
            settings=Settings(unicode=False),
        )
        shown = []
        async with stage.playing(app, (100, 30)) as pilot:
            for key in "123456?":
                await stage.press(pilot, key if key != "?" else "question_mark")
                shown.append(stage.text(pilot))
        return "\n".join(shown)

    try:
        shown = asyncio.run(run())
    finally:
        plain.draw_in_ascii(False)
    assert shown.isascii()
    assert "v INTACT AND ANCHORED" in shown and "1->2" not in shown


@given(st.text(max_size=40))
def test_in_ascii_a_line_is_as_wide_and_a_cut_cannot_be_imitated(text: str) -> None:
    (drawn,) = plain.AsciiOnly().apply([Segment(safe_text(text))], Color.parse("black"))
    assert drawn.text.isascii() and cell_len(drawn.text) == cell_len(safe_text(text))
    plain.draw_in_ascii(True)
    try:
        shown = plain.shown(safe_text(text, None))
    finally:
        plain.draw_in_ascii(False)
    assert shown.isascii()
    assert not shown.replace("\\\\", "").endswith("\\")


@pytest.mark.parametrize(
    ("variables", "has"),
    [
        ({}, True),
        ({"LANG": "C.UTF-8"}, True),
        ({"LANG": "nb_NO.utf8"}, True),
        ({"LANG": "de_DE.ISO-8859-1@euro"}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, False),  # as Python leaves it
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({"LANG": "POSIX"}, False),
    ],
)
def test_the_locale_says_whether_there_is_unicode(
    variables: dict[str, str], has: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert plain.has_unicode() is has
