"""Lines that are too long go on under their value, whatever the width, and lose nothing by it."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult
from textual.content import Content
from textual.geometry import Offset
from textual.selection import Selection

from custody.text import safe_text
from custody.tui.widgets.words import MUTED, Words, facts, hanging, line, lines

TEXT = st.text(max_size=120)


def laid_out(content: Content, width: int) -> list[str]:
    return [one.plain for one in content.wrap(width)]


def test_a_value_goes_on_under_itself() -> None:
    told = facts([("Found", line("a value that needs some lines, one below another")), ("By", line("dev-1"))])
    assert laid_out(told, 32) == [
        "Found     a value that needs",
        "          some lines, one below",
        "          another",
        "By        dev-1",
    ]
    assert told.get_height({}, 32) == 4 and told.get_height({}, 80) == 2


def test_a_sign_in_front_of_a_value_stands_alone() -> None:
    told = facts([("Verdict", hanging(line("✗ nobody who may has approved of it"), 2))])
    assert laid_out(told, 36) == ["Verdict   ✗ nobody who may has", "            approved of it"]


def test_where_there_is_no_room_it_goes_on_at_the_margin() -> None:
    assert laid_out(facts([("Found", line("a value"))]), 12) == ["Found     a", "value"]


@given(st.lists(TEXT, min_size=1, max_size=4), st.integers(16, 90), st.integers(0, 16))
def test_nothing_is_lost_and_nothing_is_wider_than_its_room(
    texts: list[str], width: int, indent: int
) -> None:
    told = lines([facts([("Label", line((one, MUTED)))], indent) for one in texts])
    rows = told.wrap(width)
    assert all(row.cell_length <= width for row in rows)
    assert told.get_height({}, width) == len(rows)
    shown = "".join("".join(row.plain.split()) for row in rows)
    wanted = "".join(
        "".join(("Label".ljust(indent) + safe_text(one)).split()) for one in texts if safe_text(one)
    )
    assert shown == wanted


def test_what_the_mouse_selects_is_the_text_without_the_indent() -> None:
    digest = "5eed" * 16
    told = facts([("Digest", line(digest)), ("By", line("dev-1"))])

    class Page(App[None]):
        def compose(self) -> ComposeResult:
            yield Words(told)

    async def run() -> None:
        async with Page().run_test(size=(40, 6)) as pilot:
            strip = pilot.app.screen._compositor.render_strips()[1]
            offsets = [segment.style.meta.get("offset") for segment in strip if segment.style]
            assert offsets[0] == (
                30,
                0,
            )  # on the second row ten cells of indent, and then the value's 31st letter
            words = pilot.app.query_one(Words)
            found = words.get_selection(Selection(Offset(10, 0), Offset(10 + len(digest), 0)))
            assert found is not None and found[0] == digest

    asyncio.run(run())
