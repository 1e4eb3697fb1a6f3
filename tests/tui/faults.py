"""What is wrong with a screen, found by rule: words that are cut, widgets over one another, signs that nothing
explains, letters that can hardly be read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import combinations

from gallery import Cell, Drawn
from rich.cells import cell_len
from textual.app import App
from textual.content import Content
from textual.geometry import Region, Size
from textual.scrollbar import ScrollBar
from textual.widget import Widget
from textual.widgets import Static

from custody.tui.widgets.table import Table

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3: of text to its ground
LEAST_OF_BARS = 3.0  # 1.4.11: of what is drawn and not written

_SMALL = 80  # cells of a screen, below which headings may be cut
_LINES = {chr(number) for number in range(0x2500, 0x2580)}  # they part what stands beside them
_BARS = {chr(number) for number in range(0x2580, 0x25A0)}


def faults(app: App[object], drawn: Drawn, explained: set[str]) -> list[str]:
    """All that is wrong with what is shown now; `explained` are the signs that its help tells of."""
    drawn = _own(app, drawn)
    return [
        *_beyond(app, drawn),
        *_overlaps(app),
        *_cut(app),
        *_unreadable(drawn),
        *_unexplained(drawn, explained),
    ]


def _own(app: App[object], drawn: Drawn) -> Drawn:
    """Without bars to scroll with, and without what a screen above others lets shine through."""
    screen = app.screen
    places = [
        (isinstance(widget, ScrollBar), region.intersection(clip))
        for widget, (region, clip) in _shown(app).items()
        if isinstance(widget, ScrollBar) or (screen.is_modal and widget is not screen)
    ]
    own = [[not screen.is_modal] * len(row) for row in drawn]
    for is_bar, region in sorted(places, key=lambda place: place[0]):
        for y in range(region.y, min(region.bottom, len(own))):
            own[y][region.x : region.right] = [not is_bar] * region.width
    blank = Cell(" ", drawn[0][0].look)
    return [
        [cell if mine else blank for cell, mine in zip(row, owned, strict=True)]
        for row, owned in zip(drawn, own, strict=True)
    ]


# --- room


def _beyond(app: App[object], drawn: Drawn) -> Iterator[str]:
    size = app.screen.size
    if (found := {len(row) for row in drawn}) != {size.width} or len(drawn) != size.height:
        yield f"lines of {sorted(found)} cells, {len(drawn)} of them, on a screen of {size}"
    if app.screen.show_vertical_scrollbar or app.screen.show_horizontal_scrollbar:
        yield "there is more than the screen has room for, and all of it scrolls"


def _shown(app: App[object]) -> dict[Widget, tuple[Region, Region]]:
    """Widgets that can be seen, with their places and what part of the screen they are in."""
    visible = app.screen._compositor.visible_widgets
    return {widget: places for widget, places in visible.items() if widget.visible}


def _overlaps(app: App[object]) -> Iterator[str]:
    for (one, (region, clip)), (other, (region_2, clip_2)) in combinations(_shown(app).items(), 2):
        if one in other.ancestors or other in one.ancestors:
            continue
        if one.styles.overlay == "screen" or other.styles.overlay == "screen":
            continue
        if region.intersection(clip).intersection(region_2.intersection(clip_2)).area:
            yield f"{_named(one)} and {_named(other)} are drawn over one another"


def _cut(app: App[object]) -> Iterator[str]:
    shown = _shown(app)
    for widget, (region, clip) in shown.items():
        if clip.intersection(region) != region and not _scrolls(widget):
            yield f"{_named(widget)} at {region} reaches beyond {clip}"
        if isinstance(widget, Table):
            yield from _cut_columns(widget)
        elif not isinstance(widget, Static) and isinstance(content := widget.render(), Content):
            # What a widget lays out by itself is one line, or lines, that must fit.
            room, lines = widget.content_size, [line for line in content.split("\n") if line.plain.strip()]
            if len(lines) > room.height:
                yield f"{_named(widget)} needs {len(lines)} lines, and has {room.height}"
            for line in lines:
                if line.cell_length > room.width and widget.styles.text_overflow != "ellipsis":
                    yield f"{_named(widget)}: {line.plain!r} needs {line.cell_length} cells, and has {room.width}"
        if isinstance(widget, Static):
            yield from _cut_words(widget)
    for widget in app.screen.query("*"):
        lost = isinstance(widget, Static) and widget not in shown and _displayed(widget)
        if lost and str(widget.visual) and not _scrolls(widget):
            yield f"{_named(widget)} has no room at all"


def _cut_words(widget: Static) -> Iterator[str]:
    room = widget.content_size
    if str(widget.visual) == "" or _scrolls(widget):
        return
    needed = widget.get_content_height(Size(room.width, room.height), widget.screen.size, room.width)
    if needed > room.height:
        yield f"{_named(widget)} needs {needed} lines, and has {room.height}"
    nowrap = widget.styles.text_wrap == "nowrap"
    if nowrap and widget.styles.text_overflow != "ellipsis":
        widest = max(map(cell_len, str(widget.visual).split("\n")))
        if widest > room.width:
            yield f"{_named(widget)} needs {widest} cells, and has {room.width}"


def _cut_columns(table: Table) -> Iterator[str]:
    width = table._width
    fitted = table._fitted(width)
    for column, room in fitted:
        if cell_len(column.title) > room and table.screen.size.width >= _SMALL:
            yield f"{_named(table)}: the heading {column.title!r} has {room} cells"
    needed = sum(room for _, room in fitted) + table._gap(width) * (len(fitted) - 1)
    if needed > width:
        yield f"{_named(table)}: its columns need {needed} cells, and have {width}"


def _scrolls(widget: Widget) -> bool:
    """Whether it stands in something that shows, by a bar, that it goes on."""
    return any(
        one.show_vertical_scrollbar or one.show_horizontal_scrollbar
        for one in widget.ancestors_with_self
        if isinstance(one, Widget) and one is not widget.screen
    )


def _displayed(widget: Widget) -> bool:
    return all(one.display for one in widget.ancestors_with_self if isinstance(one, Widget))


def _named(widget: Widget) -> str:
    return f"{type(widget).__name__}{f'#{widget.id}' if widget.id else ''}"


# --- signs and colours


def signs(drawn: Drawn) -> set[str]:
    """Signs that are drawn, and are neither letters, nor ASCII, nor lines around something."""
    found = {sign for row in drawn for cell in row for sign in cell.sign}
    return {
        sign for sign in found - _LINES if not sign.isascii() and unicodedata.category(sign)[0] not in "LNM"
    }


def _unexplained(drawn: Drawn, explained: set[str]) -> Iterator[str]:
    for sign in sorted(signs(drawn) - explained):
        yield f"nothing explains {sign} (U+{ord(sign):04X})"


def _unreadable(drawn: Drawn) -> Iterator[str]:
    told = set()
    for y, row in enumerate(drawn):
        for x, cell in enumerate(row):
            if not cell.sign.strip() or cell.sign in _LINES:
                continue
            colours = cell.look.ink, cell.look.ground
            least = LEAST_OF_BARS if cell.sign in _BARS else LEAST_CONTRAST
            if contrast(*colours) < least and colours not in told:
                told.add(colours)
                text = "".join(one.sign for one in row[x : x + 20])
                yield f"{text!r} at {x}, {y}: {colours[0]} on {colours[1]} is {contrast(*colours):.2f} to 1"


@lru_cache(1024)
def contrast(ink: str, ground: str) -> float:
    """The ratio of WCAG 2.2: relative luminance, each with 0.05 added, the lighter by the darker."""
    lighter, darker = sorted((_luminance(ink), _luminance(ground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
