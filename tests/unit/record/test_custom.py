"""Custom reports: conditions, the subset of JSON Schema, and both together as evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError, UsageError
from custody.record.conditions import MAX_LENGTH, Condition, holds, parse_condition
from custody.record.evidence import Outcome, read_evidence
from custody.record.report import Wanted
from custody.record.schema import MAX_VIOLATIONS, check_schema, violations

REPORT: dict[str, Any] = {
    "tool": {"name": "grype", "version": "0.1"},
    "risk": {"score": 3, "ratio": 0.5, "accepted": True, "note": None},
    "items": [{"id": "a", "n": 1}, {"id": "b", "n": 2.0}],
    "a.b": {"": 1, 'q"x': 2},
    "2": "key",
}

HOLDS = [
    "risk.score == 3",
    "risk.score==3",
    "  risk.score   <=   3  ",
    "risk.score == 3.0",
    "risk.score < 3.5",
    "risk.score >= -1e3",
    "risk.ratio > 0.25",
    'tool.name == "grype"',
    'tool.name != "trivy"',
    'tool.name < "h"',
    "risk.accepted == true",
    "risk.accepted != false",
    "risk.note == null",
    "risk.note exists",
    "risk exists",
    "items exists",
    "items[1].n == 2",
    'items[0].id == "a"',
    '"a.b"."" == 1',
    '"a.b"."q\\"x" == 2',
    '"\\u0074ool".name exists',
    "2 exists",
]
FAILS = [
    "risk.score == 4",
    "risk.score > 3",
    'risk.score == "3"',
    'risk.score != "3"',  # two types do not compare, not even as different
    "risk.accepted == 1",
    "risk.accepted != 1",
    "risk.note != 1",
    "risk.note == false",
    "risk != 1",
    "items == null",
    "items > 1",
    "risk.absent exists",
    "risk.absent != 1",
    "risk.absent == null",
    "risk.score.deeper exists",
    "items[2] exists",
    "items[2].n != 7",
    "items.0 exists",
    "risk[0] exists",
    "tool[0] exists",
    "a.b exists",
]
WRONG = [
    "",
    " ",
    "risk.score",
    "risk.score = 3",
    "risk.score === 3",
    "risk.score == ",
    "risk.score == three",
    "risk.score == [3]",
    "risk.score == {}",
    "risk.score == 3 3",
    "risk.score == NaN",
    "risk.score == 1e999",
    "risk.score < true",
    "risk.score >= null",
    "risk.score exists 1",
    "risk.scoreexists ",
    ".risk exists",
    "risk. exists",
    "risk..score exists",
    "risk[-1] exists",
    "risk[x] exists",
    "risk[0 exists",
    "risk score exists",
    "risk*.score exists",
    "== 3",
    "exists",
    '"risk == 3',
    '"\\x" == 3',
    "risk.score =~ .*",
    "__import__('os') == 1",
    "a == 1 or b == 2",
    "a" * MAX_LENGTH + " exists",
    "ü == 1",
    '"\udc80" == 1',
    'a == "\udc80"',
]


@pytest.mark.parametrize("text", HOLDS)
def test_conditions_that_hold(text: str) -> None:
    assert holds(parse_condition(text), REPORT)


@pytest.mark.parametrize("text", FAILS)
def test_conditions_that_do_not(text: str) -> None:
    assert not holds(parse_condition(text), REPORT)


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_condition(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_condition(text)
    assert caught.value.code == "condition" and "\n" not in str(caught.value)


def test_a_condition_as_it_is_understood() -> None:
    assert parse_condition('a."b.c"[2].d<= 1.5') == Condition(("a", "b.c", 2, "d"), "<=", 1.5)
    assert parse_condition("[0][1] exists") == Condition((0, 1), "exists")
    assert holds(parse_condition("[0][1] == 7"), [[1, 7]])


SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "a report",
    "type": "object",
    "required": ["risk", "items"],
    "properties": {
        "tool": {
            "type": "object",
            "properties": {"name": {"enum": ["grype", "trivy"]}},
            "additionalProperties": False,
        },
        "risk": {
            "properties": {"score": {"type": "integer", "minimum": 0, "maximum": 5}, "note": {"const": None}}
        },
        "items": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"required": ["id"]}},
        "2": {"type": ["string", "null"], "minLength": 1, "maxLength": 3},
    },
}


def test_a_schema_and_what_it_says() -> None:
    check_schema(SCHEMA)
    assert violations(SCHEMA, REPORT) == ["tool.version must not be there"]
    bad = {"tool": {"name": "x"}, "risk": {"score": 6, "note": 0}, "items": [{}, 1, {"id": 1}], "2": "four"}
    assert violations(SCHEMA, bad) == [
        "tool.name is none of what it may be",
        "risk.score is 6, more than 5",
        "risk.note is not what it must be",
        "items has 3 items, more than 2",
        "items[0].id is missing",
        "2 has 4 characters, more than 3",
    ]
    assert violations(SCHEMA, []) == ["the document is not of type object"]
    assert violations(SCHEMA, {}) == ["risk is missing", "items is missing"]


@pytest.mark.parametrize(
    ("schema", "yes", "no"),
    [
        ({"type": "integer"}, [1, 1.0, -3], [1.5, True, "1", None]),
        ({"type": "number"}, [1, 1.5], [True, "1"]),
        ({"type": "boolean"}, [True], [0, 1]),
        ({"type": "null"}, [None], [0, False, ""]),
        ({"type": ["object", "array"]}, [{}, []], ["", 1]),
        ({"const": 1}, [1, 1.0], [True, "1"]),
        ({"const": [1, {"a": True}]}, [[1.0, {"a": True}]], [[1, {"a": 1}], [1]]),
        ({"enum": [False, "x"]}, [False, "x"], [0, None]),
        ({"minLength": 2}, ["ab", "\U0001f600\U0001f600", 1, []], ["\U0001f600", ""]),
        ({"maxItems": 1}, [[], [1], "long"], [[1, 2]]),
        ({"minimum": 1, "maximum": 2}, [1, 1.5, 2, "0", True], [0.99, 2.01]),
        ({"properties": {"x": False}}, [{}, {"y": 1}, 1], [{"x": 1}]),
        ({"properties": {"x": True}, "additionalProperties": False}, [{"x": 1}], [{"y": 1}]),
        ({"additionalProperties": False}, [{}], [{"y": 1}]),
        ({"items": {"type": "string"}}, [[], ["a"]], [[1]]),
        ({"required": ["x"]}, [{"x": None}, [], 1], [{}]),
        (True, [1, None], []),
        ({}, [1, None], []),
        (False, [], [1, None]),
    ],
)
def test_keywords_as_the_standard_has_them(schema: Any, yes: list[Any], no: list[Any]) -> None:
    check_schema(schema)
    assert [value for value in yes if violations(schema, value)] == []
    assert [value for value in no if not violations(schema, value)] == []


@pytest.mark.parametrize(
    "schema",
    [
        None,
        1,
        [],
        {"pattern": "(a+)+$"},
        {"$ref": "https://elsewhere.example"},
        {"properties": {"x": {"oneOf": []}}},
        {"items": {"format": "date"}},
        {"items": [{}]},
        {"Type": "object"},
        {"type": "float"},
        {"type": []},
        {"type": {}},
        {"type": [["string"]]},
        {"enum": []},
        {"enum": "x"},
        {"enum": list(range(1001))},
        {"required": "x"},
        {"required": [1]},
        {"properties": []},
        {"properties": {"x": None}},
        {"additionalProperties": {}},
        {"minItems": -1},
        {"minLength": True},
        {"maxLength": "3"},
        {"maxItems": 1.5},
        {"minimum": "1"},
        {"maximum": True},
    ],
)
def test_a_schema_that_is_not_understood_in_full_is_refused(schema: Any) -> None:
    with pytest.raises(InputError) as caught:
        check_schema(schema)
    assert caught.value.code == "schema"


def test_a_schema_is_bounded_and_so_is_what_it_says() -> None:
    deep: Any = {}
    for _ in range(40):
        deep = {"items": deep}
    with pytest.raises(InputError, match="nested deeper than 32"):
        check_schema(deep)
    assert len(violations({"items": False}, list(range(10_000)))) == MAX_VIOLATIONS


def judged(
    folder: Path, *conditions: str, schema: Any = None, reports: tuple[Any, ...] = (REPORT,)
) -> Outcome:
    paths = []
    for number, report in enumerate(reports):
        paths.append(folder / f"report-{number}.json")
        paths[-1].write_text(json.dumps(report))
    path = None
    if schema is not None:
        path = folder / "schema.json"
        path.write_text(json.dumps(schema))
    return read_evidence("custom", paths, Wanted(conditions=conditions, schema=path), {}, {})


def test_all_have_to_hold(tmp_path: Path) -> None:
    outcome = judged(tmp_path, "risk.score <= 3", "items[0].id exists", schema={"type": "object"})
    assert outcome.result == "pass"
    assert outcome.report.summary == {"reports": 1, "conditions": 2, "unmet": 0}
    assert outcome.report.conditions == ("risk.score <= 3", "items[0].id exists")
    assert outcome.limits == {"unmet": 0}
    outcome = judged(tmp_path, "risk.score <= 2", "items[0].id exists", "x exists", schema=SCHEMA)
    assert outcome.result == "fail"
    assert outcome.report.failed == (
        "does not hold: risk.score <= 2",
        "does not hold: x exists",
        "tool.version must not be there",
    )
    assert outcome.report.summary["unmet"] == 3


def test_the_schema_is_kept_beside_the_report(tmp_path: Path) -> None:
    files = judged(tmp_path, schema={}).report.files
    assert [(file.name, file.media_type) for file in files] == [
        ("report-0.json", "application/json"),
        ("schema.json", "application/schema+json"),
    ]


def test_each_of_several_reports_has_to_meet_all(tmp_path: Path) -> None:
    outcome = judged(tmp_path, "n == 1", reports=({"n": 1}, {"n": 2}))
    assert (outcome.result, outcome.report.failed) == ("fail", ("report-1.json: does not hold: n == 1",))
    assert judged(tmp_path, "n == 1", reports=({"n": 1}, {"n": 1.0, "x": 0})).result == "pass"


def test_nothing_to_be_judged_by_and_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="needs something to be judged by"):
        judged(tmp_path)
    with pytest.raises(InputError, match="which file"):
        judged(tmp_path, "a exists", reports=())
    with pytest.raises(UsageError, match="more than the 100"):
        judged(tmp_path, *(f"a == {number}" for number in range(101)))
    with pytest.raises(UsageError, match="always passes by its own limit"):
        read_evidence("custom", [], Wanted(conditions=("a exists",)), {"unmet": 5}, {})


def test_a_schema_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(
        InputError, match=r"schema\.json: the schema\.allOf is a keyword that custody does not judge"
    ):
        judged(tmp_path, schema={"allOf": []})
    path = tmp_path / "other.json"
    path.write_text("{")
    with pytest.raises(InputError, match=r"other\.json: not JSON"):
        read_evidence("custom", [path], Wanted(schema=path), {}, {})
    path.write_text(" " * 2_000_000 + "{}")
    with pytest.raises(InputError, match=r"other\.json: a schema of 2000002 bytes"):
        read_evidence("custom", [path], Wanted(schema=path), {}, {})


@pytest.mark.parametrize(
    "text", ["", "{", '{"a":1,"a":2}', "[" * 101, '{"a":Infinity}', '{"a":"\\u0000"}', "\ufeff\ufeff1"]
)
def test_a_report_that_is_not_json_to_rely_on(tmp_path: Path, text: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"report\.json: "):
        read_evidence("custom", [path], Wanted(conditions=("a exists",)), {}, {})
