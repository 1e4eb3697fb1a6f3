"""A report as JSON, for programs: `docs/report.md` is its schema. ASCII, so that no terminal is driven by it."""

from __future__ import annotations

import json
from typing import Any

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
    Section,
    Table,
    Value,
)

SCHEMA = "urn:custody:report:v1"


def write(document: Document) -> str:
    """The whole report as one JSON document."""
    return json.dumps(value_of(document), ensure_ascii=True, indent=2) + "\n"


def value_of(document: Document) -> dict[str, Any]:
    """The report as JSON's own values. What is not there is null; text is as it was recorded, whole."""
    return {
        "schema": SCHEMA,
        "subject": document.subject,
        "title": document.title,
        "exit": document.exit,
        "basis": _section(document.basis),
        "answer": {section.key: _section(section) for section in document.sections},
    }


def _section(section: Section) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for block in section.blocks:
        for key, value in _block(block).items():
            assert key not in found, f"two blocks of {section.key} are named {key}"
            found[key] = value
    return found


def _block(block: Block) -> dict[str, Any]:
    if isinstance(block, Facts):
        listed = {fact.key: _value(fact.value) for fact in block.facts}
        return {block.key: listed} if block.key else listed
    if isinstance(block, Table):
        keys = [column.key for column in block.columns]
        rows = [dict(zip(keys, map(_value, row), strict=True)) for row in block.rows]
        return {block.key: rows}
    if isinstance(block, Items):
        return {block.key: [_value(item) for item in block.items]}
    if isinstance(block, Code):
        return {block.key: block.text or None}
    return {}


def _value(value: Value) -> Any:
    if isinstance(value, list):
        return [_value(one) for one in value]
    if isinstance(value, EntryRef):
        return {"position": value.position, "entry": value.entry or None}
    if isinstance(value, Counts):
        return dict(value.of)
    if isinstance(value, Mark):
        return value.word
    if isinstance(value, Digest | Instant):
        (value,) = value
    return None if value == "" else value
