"""A report as one HTML file: no script, no link, nothing from elsewhere, and a policy under which nothing could load.

Every text goes through `_text`, which makes it printable and then escapes what HTML acts on; attributes are all ours.
"""

from __future__ import annotations

import html
from zoneinfo import ZoneInfo

from custody.report import wording
from custody.report.document import (
    Block,
    Code,
    Counts,
    Digest,
    Document,
    EntryRef,
    Facts,
    Instant,
    Items,
    Mark,
    Paragraph,
    Section,
    Table,
    Tone,
    Value,
)
from custody.report.style import POLICY, STYLE

_LONG = 24
_NOTHING = f'<span class="nothing">{wording.NOTHING}</span>'


def write(document: Document) -> str:
    """The whole report."""
    title = _text(document.title)
    parts = [
        '<!DOCTYPE html>\n<html lang="en" dir="ltr">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        f"<title>{title}</title>",
        f"<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        f"<h1>{title}</h1>",
        f'<p class="status {_tone(document.status.tone)}">{_mark_text(document.status)}</p>',
        *(_section(section, document.zone) for section in (document.basis, *document.sections)),
        "</main>\n</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _text(text: str) -> str:
    return html.escape(wording.words(text))


def _section(section: Section, zone: ZoneInfo) -> str:
    blocks = "\n".join(_block(block, zone) for block in section.blocks)
    return f"<section>\n<h2>{_text(section.title)}</h2>\n{blocks}\n</section>"


def _block(block: Block, zone: ZoneInfo) -> str:
    if isinstance(block, Paragraph):
        return f'<p class="{_tone(block.tone)}">{_text(block.text)}</p>'
    if isinstance(block, Facts):
        rows = (
            f'<tr><th scope="row">{_text(fact.label)}</th><td>{_value(fact.value, zone)}</td></tr>'
            for fact in block.facts
        )
        return "<table>\n<tbody>\n" + "\n".join(rows) + "\n</tbody>\n</table>"
    if isinstance(block, Table):
        return _table(block, zone)
    if isinstance(block, Items):
        if not block.items:
            return f"<p>{_text(block.empty)}</p>"
        items = "\n".join(f"<li>{_value(item, zone)}</li>" for item in block.items)
        return f"<ul>\n{items}\n</ul>"
    return _code(block)


def _table(block: Table, zone: ZoneInfo) -> str:
    if not block.rows:
        return f"<p>{_text(block.empty)}</p>"
    block = wording.filled(block)
    headings = "".join(f'<th scope="col">{_text(column.heading)}</th>' for column in block.columns)
    rows = "\n".join(
        "<tr>" + "".join(f"<td>{_value(value, zone)}</td>" for value in row) + "</tr>" for row in block.rows
    )
    return f"<table>\n<thead>\n<tr>{headings}</tr>\n</thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _code(block: Code) -> str:
    # A line's end right behind <pre> is not content, so that one is there to be dropped.
    lines = "\n".join(html.escape(line) for line in wording.code_lines(block.text))
    return f"<h3>{_text(block.label)}</h3>\n<pre>\n{lines}</pre>"


def _value(value: Value, zone: ZoneInfo) -> str:
    if isinstance(value, list) and value:
        return _several(value, zone)
    if value is None or value == "" or isinstance(value, list):
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mark):
        return f'<span class="mark {_tone(value.tone)}">{_mark_text(value)}</span>'
    if isinstance(value, Digest):
        return f"<code>{_text(value.text)}</code>"
    if isinstance(value, Instant):
        return _instant(value, zone)
    if isinstance(value, Counts):
        return ", ".join(f"{count} {_text(name)}" for name, count in value.of) or _NOTHING
    if isinstance(value, EntryRef):
        return f"{value.position} <code>{_text(value.entry[: wording.SHORT])}</code>"
    shown = _text(str(value))
    # Only what is too long to stand in a line of its own is broken within a word: the rest would be harder to read.
    too_long = max(map(len, shown.split(" "))) > _LONG
    return f'<span class="long">{shown}</span>' if too_long else shown


def _several(values: list[Value], zone: ZoneInfo) -> str:
    """Several values in a cell; of an entry its position will do, by which the last table has its id."""
    entries = [str(one.position) for one in values if isinstance(one, EntryRef)]
    others = [_value(one, zone) for one in values if not isinstance(one, EntryRef)]
    return "<br>".join([*others, *([", ".join(entries)] if entries else [])])


def _instant(value: Instant, zone: ZoneInfo) -> str:
    shown = wording.instants(value.utc, zone)
    styles = ("when", "when local")
    parts = (
        f'<span class="{style}">{html.escape(one)}</span>' for style, one in zip(styles, shown, strict=False)
    )
    return "".join(parts) or _NOTHING


def _mark_text(mark: Mark) -> str:
    return wording.SIGNS[mark.tone] + _text(mark.word)


def _tone(tone: Tone) -> str:
    return {"good": "good", "bad": "bad", "warn": "warn", "none": "plain"}[tone]
