"""Values as words, for the writers that people read. Every text comes out safe: one line that prints as itself."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from custody.ledger import timestamps
from custody.report.document import Instant, Table, Tone
from custody.text import safe_text

LIMIT = 2000
"""Characters of a value; a longer one is cut, and says so. Code is never cut."""

NOTHING = "–"
SIGNS: dict[Tone, str] = {"good": "✓ ", "bad": "✗ ", "warn": "! ", "none": ""}
SHORT = 12

_ESCAPE = re.compile(r"\\(?:x([0-9a-f]{2})|U([0-9a-f]{8}))")


def words(text: str) -> str:
    return safe_text(text, LIMIT)


def code_lines(text: str) -> list[str]:
    """The lines of a text that is shown as it is, but for what does not print: that is shown as JSON would escape it.

    A backslash of the text's own stays one, so that JSON is still JSON and a command can be copied.
    """
    return [_code_line(line) for line in text.removesuffix("\n").split("\n")]


def instants(utc: str, zone: ZoneInfo) -> list[str]:
    """An instant in UTC and, where that is another clock, in the zone."""
    if not utc:
        return []
    shown = f"{words(utc[:10])} {words(utc[11:19])} UTC"
    try:
        instant = timestamps.to_datetime(utc)
        local = instant.astimezone(zone).isoformat(" ", "seconds")
    except (ValueError, OverflowError):  # none, or one in the first or last hours of what a calendar holds
        return [shown]
    return [shown] if zone.key in ("UTC", "Etc/UTC") else [shown, local]


def filled(table: Table) -> Table:
    """A table without the columns in which no row has anything."""
    kept = [
        index
        for index in range(len(table.columns))
        if any(row[index] not in (None, "", [], Instant("")) for row in table.rows)
    ]
    columns = tuple(table.columns[index] for index in kept)
    rows = tuple(tuple(row[index] for index in kept) for row in table.rows)
    return Table(table.key, columns, rows, table.empty)


def _code_line(line: str) -> str:
    return "\\".join(_ESCAPE.sub(_as_json, safe_text(part, None)) for part in line.split("\\"))


def _as_json(found: re.Match[str]) -> str:
    if found[1]:
        return f"\\u00{found[1]}"
    code = int(found[2], 16) - 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
