"""Any JSON at all (`custom`), which passes where every condition holds and the schema has nothing against it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from custody.errors import InputError, UsageError
from custody.record.conditions import MAX_CONDITIONS, Condition, holds, parse_condition
from custody.record.inputs import read_reports
from custody.record.report import KEPT, KEPT_NAME, Report, ReportFile, Wanted
from custody.record.schema import check_schema, violations
from custody.record.tool_json import parse_tool_json, read_tool_json

SCHEMA_TYPE = "application/schema+json"
MAX_SCHEMA = 1024 * 1024
"""Bytes."""


def read(paths: Sequence[Path], wanted: Wanted) -> Report:
    """Each of the reports has to meet every condition, and the schema. Raises InputError, UsageError."""
    if not wanted.conditions and wanted.schema is None:
        message = "custom evidence needs something to be judged by: a --condition, or a --schema"
        raise UsageError(message, code="condition")
    if len(wanted.conditions) > MAX_CONDITIONS:
        message = f"{len(wanted.conditions)} conditions, more than the {MAX_CONDITIONS} that can be recorded"
        raise UsageError(message, code="condition")
    conditions = {text: parse_condition(text) for text in wanted.conditions}
    schema_file, schema = _read_schema(wanted.schema) if wanted.schema is not None else (None, True)
    failed: list[list[str]] = []

    def parse(data: bytes) -> str:
        failed.append(_failed(conditions, schema, parse_tool_json(data)))
        return "application/json"

    files = read_reports(paths, ".json", "the JSON report", parse)
    many = len(files) > 1
    named = [
        f"{file.name}: {one}" if many else one
        for file, found in zip(files, failed, strict=True)
        for one in found
    ]
    summary = {"reports": len(files), "conditions": len(conditions), "unmet": len(named)}
    kept = tuple(one[:KEPT_NAME] for one in named[:KEPT])
    kept_files = (*files, schema_file) if schema_file else files
    return Report("json", kept_files, summary, kept, conditions=tuple(conditions))


def _failed(conditions: dict[str, Condition], schema: Any, value: Any) -> list[str]:
    """What of one report is not as it must be: the conditions as they were written, and what the schema says."""
    unmet = [
        f"does not hold: {text}" for text, condition in conditions.items() if not holds(condition, value)
    ]
    return unmet + violations(schema, value)


def _read_schema(path: Path) -> tuple[ReportFile, Any]:
    data, schema = read_tool_json(path)
    if len(data) > MAX_SCHEMA:
        raise InputError(
            f"{path}: a schema of {len(data)} bytes, more than the {MAX_SCHEMA} allowed", code="schema"
        )
    try:
        check_schema(schema)
    except InputError as error:
        raise InputError(f"{path}: {error}", code=error.code) from None
    name = path.name.encode("utf-8", "backslashreplace").decode()[:500]
    return ReportFile(name, data, SCHEMA_TYPE), schema
