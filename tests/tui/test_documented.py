"""Every binding and every setting is documented, exactly; `--snapshot-update` writes the table of keys again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from custody.tui import settings
from custody.tui.app import SCREENS
from custody.tui.registry import every_binding
from custody.tui.screens.help import keys_text
from custody.tui.widgets.tabs import TABS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "tui.md"
BEGIN, END = "<!-- keys -->\n", "<!-- end of keys -->\n"


def table() -> str:
    rows = []
    for _, one in sorted(every_binding(), key=lambda pair: str(pair[1].id)):
        keys = " ".join(f"`{key}`" for key in keys_text(one).split(", "))
        rows.append(f"| {keys} | {one.tooltip or one.description} | `{one.id}` |\n")
    return "| Key | What it does | Its name in `tui.toml` |\n|---|---|---|\n" + "".join(rows)


def test_every_key_is_documented_and_no_other(request: pytest.FixtureRequest) -> None:
    text = DOCS.read_text("utf-8")
    before, written, after = re.split(f"{BEGIN}|{END}", text)
    if request.config.getoption("update_snapshots", default=False):
        DOCS.write_text(before + BEGIN + table() + END + after, "utf-8")
        written = table()
    assert written == table()
    assert written.count("\n") > 40


def test_every_binding_has_an_id_and_no_id_is_used_twice() -> None:
    found = list(every_binding())
    assert len(found) > 40
    ids = [one.id for _, one in found]
    assert len(ids) == len(set(ids))
    for owner, one in found:
        assert one.description, one.id
        assert len(owner.__dict__["BINDINGS"]) == sum(holder is owner for holder, _ in found), owner


def test_every_setting_is_documented() -> None:
    text = DOCS.read_text("utf-8")
    for name in (*settings._KNOWN, *settings._COLOURS, "base", settings.NAME):
        assert f"`{name}`" in text or f"{name} = " in text or f"[{name}" in text, name


def test_there_is_a_screen_for_each_tab() -> None:
    assert [one.TAB for one in SCREENS] == list(TABS)
