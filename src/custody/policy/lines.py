"""On which line of a TOML document a key or an item of a list stands, which the standard library's reader does not say.

Only for documents that it has read: what is not TOML has no lines here.
"""

from __future__ import annotations

import re
import tomllib
from typing import NamedTuple

Path = tuple[str | int, ...]
"""Keys, and indices of lists."""

_DEEPEST = 8
"""Keys below this many others are told by the line of what they are in: nothing that is known is as deep."""

_TOKEN = re.compile(
    r"(?P<newline>\n)"
    r"|(?P<comment>\#[^\n]*+)"
    r'|(?P<text>"""(?:\\.|(?!""")[^\\])*+"""(?:"{0,2})'
    r"|'''(?:(?!''').)*+'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*+"'
    r"|'[^'\n]*+')"
    r"|(?P<bare>[A-Za-z0-9_-]++)"
    r"|(?P<mark>[\[\]{}=,])",
    re.DOTALL,
)


class _Open(NamedTuple):
    """A list or an inline table that has begun; `item` counts the items of a list from 0, and is -1 for a table."""

    path: Path
    item: int


def key_lines(text: str) -> dict[Path, int]:
    """By path the line, counted from 1, on which each table, key and item of a list first stands."""
    lines: dict[Path, int] = {}
    line, mode = 1, "key"
    table: Path = ()
    current: Path = ()
    keys: list[str] = []
    within: list[_Open] = []

    def note(path: Path) -> None:
        if path not in lines:
            lines[path] = line
            for length in range(len(path) - 1, 0, -1):
                lines.setdefault(path[:length], line)

    for token in _TOKEN.finditer(text):
        kind, said = token.lastgroup, token[0]
        if kind == "newline":
            line += 1
            if not within:
                mode, keys = "key", []
        elif kind in ("text", "bare"):
            if mode == "value":
                if within and within[-1].item >= 0:
                    note(_down(within[-1].path, within[-1].item))
            else:
                keys.append(_unquoted(said))
            line += said.count("\n")
        elif mode == "header":
            if said == "]" and keys:
                table, keys = _down((), *keys), []
                note(table)
        elif mode == "key":
            if said == "=":
                current = _down(within[-1].path if within else table, *keys)
                note(current)
                mode, keys = "value", []
            elif said == "[" and not within:
                mode = "header"
            elif said == "}" and within:
                within.pop()
                mode = "value"
        elif said in ("[", "{"):
            if within and within[-1].item >= 0:
                current = _down(within[-1].path, within[-1].item)
                note(current)
            within.append(_Open(current, 0 if said == "[" else -1))
            mode = "value" if said == "[" else "key"
        elif said in ("]", "}") and within:
            within.pop()
        elif said == "," and within:
            last = within.pop()
            within.append(_Open(last.path, last.item + 1 if last.item >= 0 else -1))
            mode = "value" if last.item >= 0 else "key"
    return lines


def _down(path: Path, *steps: str | int) -> Path:
    return (path + steps[:_DEEPEST])[:_DEEPEST]


def _unquoted(said: str) -> str:
    if said[0] not in "\"'":
        return said
    return str(tomllib.loads(f"key = {said}")["key"]) if "\\" in said else said[1:-1]
