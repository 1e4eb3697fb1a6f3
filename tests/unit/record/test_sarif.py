"""SARIF: which level a result has, which results count, and when the tool did not run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custody.errors import InputError
from custody.record import sarif
from custody.record.evidence import read_evidence
from custody.record.report import Report, Wanted

RULES = [
    {"id": "E1", "defaultConfiguration": {"level": "error"}},
    {"id": "N1", "guid": "a-guid", "defaultConfiguration": {"level": "note"}},
    {"id": "W1"},
]


def run(*results: dict[str, Any], **more: Any) -> dict[str, Any]:
    driver = {"name": "lint", "version": "1.2", "rules": RULES}
    return {"tool": {"driver": driver}, "results": list(results)} | more


def read(tmp_path: Path, *runs: Any, **more: Any) -> Report:
    path = tmp_path / "report.sarif"
    path.write_text(json.dumps({"version": "2.1.0", "runs": list(runs)} | more))
    return sarif.read([path], Wanted())


def counted(tmp_path: Path, *results: dict[str, Any], **more: Any) -> dict[str, int]:
    """The figures that are not zero."""
    return {name: count for name, count in read(tmp_path, run(*results, **more)).summary.items() if count}


def refused(tmp_path: Path, *runs: Any, **more: Any) -> str:
    with pytest.raises(InputError) as caught:
        read(tmp_path, *runs, **more)
    message = str(caught.value)
    assert "report.sarif: " in message
    assert "\n" not in message
    return message.partition("report.sarif: ")[2]


# --- levels


@pytest.mark.parametrize("level", sarif.LEVELS)
def test_a_results_own_level_is_its_level(tmp_path: Path, level: str) -> None:
    assert counted(tmp_path, {"level": level, "ruleId": "E1"}) == {level: 1}


@pytest.mark.parametrize(
    ("reference", "level"),
    [
        ({"ruleIndex": 0}, "error"),
        ({"ruleIndex": 1, "ruleId": "N1/sub"}, "note"),
        ({"rule": {"index": 1}}, "note"),
        ({"rule": {"id": "E1"}}, "error"),
        ({"rule": {"guid": "a-guid"}}, "note"),
        ({"ruleId": "E1"}, "error"),
        ({"ruleId": "E1/sub/sub"}, "error"),
        ({"ruleId": "W1"}, "warning"),
        ({"ruleId": "unheard-of"}, "warning"),
        ({"ruleId": "E"}, "warning"),
        ({"ruleIndex": -1, "ruleId": "N1"}, "note"),
        ({}, "warning"),
    ],
)
def test_else_its_rules(tmp_path: Path, reference: dict[str, Any], level: str) -> None:
    assert counted(tmp_path, reference) == {level: 1}


@pytest.mark.parametrize(
    "component", [{"index": 0}, {"name": "plugin"}, {"guid": "p"}, {"index": -1, "name": "plugin"}]
)
def test_rules_of_an_extension(tmp_path: Path, component: dict[str, Any]) -> None:
    found = run({"ruleId": "N1", "rule": {"index": 0, "toolComponent": component}})
    plugin = {
        "name": "plugin",
        "guid": "p",
        "rules": [{"id": "X", "defaultConfiguration": {"level": "error"}}],
    }
    found["tool"]["extensions"] = [plugin]
    assert read(tmp_path, found).summary["error"] == 1
    found["results"] = [{"ruleId": "X"}]
    assert read(tmp_path, found).summary["error"] == 1


def test_an_invocation_can_configure_a_rule_otherwise(tmp_path: Path) -> None:
    override = {"descriptor": {"id": "E1"}, "configuration": {"level": "note"}}
    invocations = [{}, {"ruleConfigurationOverrides": [override]}]
    result = {"ruleId": "E1", "provenance": {"invocationIndex": 1}}
    assert counted(tmp_path, result, invocations=invocations) == {"note": 1}
    assert counted(tmp_path, {"ruleId": "E1"}, invocations=invocations) == {"error": 1}
    assert counted(tmp_path, result | {"level": "error"}, invocations=invocations) == {"error": 1}


@pytest.mark.parametrize("kind", ["pass", "open", "informational", "review", "notApplicable"])
def test_what_is_no_failure_has_no_level(tmp_path: Path, kind: str) -> None:
    assert counted(tmp_path, {"kind": kind, "ruleId": "E1"}) == {"none": 1}
    # The standard forbids another level there. It is not explained away.
    assert counted(tmp_path, {"kind": kind, "level": "error"}) == {"error": 1}


def test_a_failure_by_name(tmp_path: Path) -> None:
    assert counted(tmp_path, {"kind": "fail", "ruleId": "E1"}) == {"error": 1}


# --- what counts


@pytest.mark.parametrize(
    ("suppressions", "figure"),
    [
        ([], "error"),
        (None, "error"),
        ([{"kind": "inSource"}], "suppressed"),
        ([{"kind": "external", "status": "accepted"}], "suppressed"),
        ([{"kind": "external", "status": "underReview"}], "error"),
        ([{"kind": "external", "status": "rejected"}], "error"),
        ([{"kind": "external", "state": "rejected"}], "error"),
        ([{"kind": "inSource"}, {"kind": "external", "status": "rejected"}], "error"),
        ([{"kind": "external", "status": "some new word"}], "error"),
    ],
)
def test_suppressed_results_are_counted_apart(tmp_path: Path, suppressions: Any, figure: str) -> None:
    result = {"level": "error", "suppressions": suppressions}
    assert counted(tmp_path, result) == {figure: 1}
    assert bool(read(tmp_path, run(result)).failed) == (figure == "error")


@pytest.mark.parametrize("state", ["new", "unchanged", "updated"])
def test_only_what_is_absent_is_in_the_baseline_alone(tmp_path: Path, state: str) -> None:
    assert counted(tmp_path, {"level": "error", "baselineState": state}) == {"error": 1}
    assert counted(tmp_path, {"level": "error", "baselineState": "absent"}) == {}


def test_errors_are_named_for_people_and_their_number_is_bounded(tmp_path: Path) -> None:
    place = {"physicalLocation": {"artifactLocation": {"uri": "src/a.py"}, "region": {"startLine": 7}}}
    found = read(
        tmp_path, run({"ruleIndex": 0, "locations": [place]}, {"level": "warning"}, {"level": "error"})
    )
    assert found.failed == ("E1 src/a.py:7", "(no rule)")
    assert found.tools == ("lint 1.2",)
    assert found.format == "sarif-2.1.0"
    assert found.files[0].media_type == "application/sarif+json"
    assert len(read(tmp_path, run(*[{"level": "error", "ruleId": "x" * 999}] * 60)).failed) == 50


def test_no_result_is_a_pass_and_an_error_is_none(tmp_path: Path) -> None:
    path = tmp_path / "report.sarif"
    for results, verdict in (([], "pass"), ([{"level": "warning"}], "pass"), ([{"level": "error"}], "fail")):
        path.write_text(json.dumps({"version": "2.1.0", "runs": [run(*results)]}))
        assert read_evidence("sarif", [path], Wanted(), {}, {}).result == verdict
    assert read_evidence("sarif", [path], Wanted(), {"error": 1}, {}).result == "pass"


# --- tools that did not run


def test_a_tool_that_says_it_did_not_succeed_fails(tmp_path: Path) -> None:
    found = read(
        tmp_path, run(), run(invocations=[{"executionSuccessful": True}, {"executionSuccessful": False}])
    )
    assert (found.result, found.failed) == ("fail", ("lint 1.2: its run did not succeed",))
    path = tmp_path / "report.sarif"
    assert read_evidence("sarif", [path], Wanted(), {"error": 9}, {}).result == "fail"
    assert read(tmp_path, run(invocations=[{"executionSuccessful": True}])).result is None


def test_a_tool_that_did_not_run_is_not_a_pass(tmp_path: Path) -> None:
    assert "did not run" in refused(tmp_path)
    assert "did not run" in refused(tmp_path, run(results=None))
    assert "did not run" in refused(tmp_path, run(), {"tool": {"driver": {"name": "other"}}})


def test_parts_in_other_files_are_not_passed_over(tmp_path: Path) -> None:
    for part in ("results", "driver", "extensions", "invocations"):
        found = run(externalPropertyFileReferences={part: [{"location": {"uri": "x"}}]})
        assert f"keeps its {part} in another file" in refused(tmp_path, found)
    assert "inlineExternalProperties" in refused(tmp_path, run(), inlineExternalProperties=[{}])


def test_a_truncated_log(tmp_path: Path) -> None:
    path = tmp_path / "report.sarif"
    whole = json.dumps({"version": "2.1.0", "runs": [run({"level": "error"})]})
    for size in range(len(whole)):
        path.write_text(whole[:size])
        with pytest.raises(InputError, match=r"report\.sarif: not JSON"):
            sarif.read([path], Wanted())


# --- wrong in one place or another


@pytest.mark.parametrize(
    "result",
    [
        *({"level": "fatal"}, {"level": 1}, {"kind": "odd"}, {"kind": []}, {"baselineState": "gone"}),
        *(
            {"ruleIndex": 3},
            {"ruleIndex": 1.0},
            {"ruleIndex": True},
            {"ruleIndex": -2},
            {"ruleIndex": 10**30},
        ),
        *({"rule": "E1"}, {"rule": {"index": 9}}, {"rule": {"toolComponent": {"index": 0}}}),
        *({"rule": {"toolComponent": {"name": "nobody"}}}, {"ruleId": 7}, {"suppressions": {}}),
        *({"suppressions": ["inSource"]}, {"suppressions": [{"status": 1}]}, {"locations": {}}),
        *({"level": "error", "locations": [{"physicalLocation": {"region": {"startLine": "1"}}}]},),
        *({"level": "error", "locations": [1]}, {"provenance": {"invocationIndex": 4}, "ruleId": "E1"}),
    ],
)
def test_a_result_of_a_wrong_form(tmp_path: Path, result: dict[str, Any]) -> None:
    assert refused(tmp_path, run({"level": "error"} | result if "locations" in result else result))


@pytest.mark.parametrize(
    "broken",
    [
        *(1, "x", None, [], {}, {"tool": {}}, {"tool": {"driver": {}}}, {"tool": {"driver": {"name": " "}}}),
        *(
            run(results={}),
            run(results=[1]),
            run(invocations={}),
            run(invocations=[{"executionSuccessful": "no"}]),
        ),
    ],
)
def test_a_run_of_a_wrong_form(tmp_path: Path, broken: Any) -> None:
    assert refused(tmp_path, broken)


def test_a_log_of_a_wrong_form(tmp_path: Path) -> None:
    assert "2.1.0 is what custody reads" in refused(tmp_path, run(), version="2.0.0")
    assert "2.1.0 is what custody reads" in refused(tmp_path, run(), version=2.1)
    assert "no version and runs" in refused(tmp_path, runs={})
    assert "no version and runs" in refused(tmp_path, runs=None)
    path = tmp_path / "report.sarif"
    for text in ("[]", "null", "1", '"x"', "{}"):
        path.write_text(text)
        with pytest.raises(InputError):
            sarif.read([path], Wanted())


def test_many_extensions_and_many_results_take_no_longer_than_their_number(tmp_path: Path) -> None:
    found = run(*[{"ruleId": "a/" * 400 + "b", "rule": {"guid": "no"}}] * 3000)
    found["tool"]["extensions"] = [
        {"name": f"x{number}", "rules": [{"id": str(number)}]} for number in range(3000)
    ]
    assert read(tmp_path, found).summary["warning"] == 3000


def test_a_folder_stands_for_its_sarif_files(tmp_path: Path) -> None:
    log = json.dumps({"version": "2.1.0", "runs": [run({"level": "note"})]})
    for name in ("a.sarif", "b.sarif.json", "c.json"):
        (tmp_path / name).write_text(log)
    found = sarif.read([tmp_path], Wanted())
    assert [file.name for file in found.files] == ["a.sarif", "b.sarif.json"]
    assert found.summary["note"] == 2
    with pytest.raises(InputError, match="which file") as caught:
        sarif.read([], Wanted())
    assert caught.value.code == "file"
