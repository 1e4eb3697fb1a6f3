"""What a screen shows, as cells, and a picture of it: one small SVG, in the dark above and in the light below.

Textual's own pictures weigh fifty kilobytes and more, because each run of letters carries its style, its clip and its
place in pixels. Here a cell is one unit wide and two high, letters of one look stand in one group without a colour, and
that group is used twice: with the dark theme's colour, and with the light one's. Nothing in it needs a style sheet, so
every program that shows SVG shows it the same. A theme changes colours and nothing else; a screen whose words differ
cannot be drawn this way, and is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style
from textual.app import App

_PLAIN = {True: ("#d5dbe3", "#12161b"), False: ("#20262d", "#fbfaf7")}  # ink and ground where nothing says
_FONT = "DejaVu Sans Mono, Menlo, Consolas, monospace"
_SIZE = 1.66  # of the font, so that a letter of those is one unit wide
_LONG = 4  # letters, from which on a run is told how wide it is, for fonts of another width


class Look(NamedTuple):
    """How a cell is drawn; colours as `#rrggbb`."""

    ink: str
    ground: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False


class Cell(NamedTuple):
    """A sign with all that stands on it; "" behind a sign that takes two cells."""

    sign: str
    look: Look


Drawn = list[list[Cell]]


def draw(app: App[object]) -> Drawn:
    """What the screen shows now."""
    screen = app.screen
    width, height = screen.size
    plain = _PLAIN[app.current_theme.dark]
    rows = []
    for strip in screen._compositor.render_strips()[:height]:
        row: list[Cell] = []
        for text, style, control in strip:
            if not control:
                look = _look(style, plain)
                if text.isascii():
                    row += [Cell(sign, look) for sign in text]
                    continue
                for sign in text:
                    size = cell_len(sign)
                    if size == 0 and row:
                        row[-1] = row[-1]._replace(sign=row[-1].sign + sign)
                    else:
                        row += [Cell(sign, look), *[Cell("", look)] * (size - 1)]
        rows.append(row[:width])
    return rows


@lru_cache(1024)
def _look(style: Style | None, plain: tuple[str, str]) -> Look:
    if style is None:
        return Look(*plain)
    ink, ground = _hex(style.color, plain[0]), _hex(style.bgcolor, plain[1])
    if style.reverse:
        ink, ground = ground, ink
    return Look(ink, ground, bool(style.bold), bool(style.italic), bool(style.underline), bool(style.strike))


def _hex(color: Color | None, instead: str) -> str:
    return color.triplet.hex if color is not None and color.triplet is not None else instead


def words(drawn: Drawn) -> str:
    """The letters alone, line by line."""
    return "\n".join("".join(cell.sign for cell in row) for row in drawn)


# --- as SVG

Pair = tuple[Look, Look]


def picture(dark: Drawn, light: Drawn) -> str:
    """Both, one above the other. The words must be the same."""
    assert words(dark) == words(light), "the themes show different words"
    paired = [
        [(cell.sign, (cell.look, other.look)) for cell, other in zip(row, beside, strict=True)]
        for row, beside in zip(dark, light, strict=True)
    ]
    width, height = max(map(len, paired)), 2 * len(paired)
    grounds, inks = _grounds(paired), _inks(paired)
    base = max(grounds, key=lambda colours: sum(length for _, _, length in grounds[colours]))
    defined, used = [], ([], [])
    for colours, runs in grounds.items():
        if colours != base:
            path = "".join(f"M{x} {2 * y}h{length}v2h-{length}z" for x, y, length in runs)
            _define(f'<path id="%s" d="{path}"/>', (f'fill="{one}"' for one in colours), defined, used)
    for pair, texts in inks.items():
        body = "\n".join(
            f'<text x="{x}" y="{2 * y}"{_told(text)}>{escape(text)}</text>' for x, y, text in texts
        )
        _define(f'<g id="%s">\n{body}\n</g>', (_ink(look) for look in pair), defined, used)
    shown = "\n".join(
        f'<g transform="translate(0 {height * place})">\n'
        f'<rect width="{width}" height="{height}" fill="{base[place]}"/>\n' + "\n".join(uses) + "\n</g>"
        for place, uses in enumerate(used)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {2 * height}" width="{8 * width}" '
        f'font-family="{_FONT}" font-size="{_SIZE}">\n<defs>\n'
        + "\n".join(defined)
        + f"\n</defs>\n{shown}\n</svg>\n"
    )


def _define(form: str, looks: Iterator[str], defined: list[str], used: tuple[list[str], list[str]]) -> None:
    # The plugin's report holds several pictures on one page, and makes names of this form differ.
    name = f"terminal-0-r{len(defined)}"
    defined.append(form.replace("%s", name, 1))
    for uses, look in zip(used, looks, strict=True):
        uses.append(f'<use href="#{name}" {look}/>')


def _grounds(paired: list[list[tuple[str, Pair]]]) -> dict[tuple[str, str], list[tuple[int, int, int]]]:
    """For each pair of grounds its runs, as (x, y, length)."""
    found: dict[tuple[str, str], list[tuple[int, int, int]]] = {}
    for y, row in enumerate(paired):
        start = 0
        for x in range(1, len(row) + 1):
            colours = row[start][1][0].ground, row[start][1][1].ground
            if x == len(row) or (row[x][1][0].ground, row[x][1][1].ground) != colours:
                found.setdefault(colours, []).append((start, y, x - start))
                start = x
    return found


def _inks(paired: list[list[tuple[str, Pair]]]) -> dict[Pair, list[tuple[int, int, str]]]:
    """For each pair of looks, whatever they stand on, what is written so, as (x, y, text) without wide spaces."""
    found: dict[Pair, list[tuple[int, int, str]]] = {}
    for y, row in enumerate(paired):
        begun: tuple[int, Pair] | None = None
        text = ""
        for x, (sign, pair) in enumerate([*row, (" ", (Look("", ""), Look("", "")))]):
            look = _without_ground(pair)
            blank = sign == " " and not look[0].underline and not look[0].strike
            over = blank and text.endswith(" ")
            if begun is not None and (over or (not blank and (look != begun[1] or cell_len(sign) != 1))):
                found.setdefault(begun[1], []).append((begun[0], y, text.rstrip()))
                begun, text = None, ""
            if begun is None and not blank and sign:
                begun = x, look
            if begun is not None:
                text += sign
        if begun is not None:
            found.setdefault(begun[1], []).append((begun[0], y, text.rstrip()))
    return found


@lru_cache(1024)
def _without_ground(pair: Pair) -> Pair:
    return pair[0]._replace(ground=""), pair[1]._replace(ground="")


def _told(text: str) -> str:
    return f' textLength="{cell_len(text)}"' if len(text) > _LONG else ""


def _ink(look: Look) -> str:
    lines = " ".join(
        name for name, drawn in (("underline", look.underline), ("line-through", look.strike)) if drawn
    )
    return f'y="1.5" fill="{look.ink}"' + "".join(
        (
            ' font-weight="bold"' * look.bold,
            ' font-style="italic"' * look.italic,
            f' text-decoration="{lines}"' if lines else "",
        )
    )
