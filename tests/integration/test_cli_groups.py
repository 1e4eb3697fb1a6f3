"""Logical environments and intervals that a policy declares: asked for on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_desk import ORIGIN, Desk
from timeline import Story, sha

from custody.kinds import Policy
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft

OLD, NEW, UI = Subject("api", sha("old")), Subject("api", sha("new")), Subject("ui", sha("ui"))
POLICY = """
version = 1
name = "production"
environments = ["prod", "prod-*"]
[groups]
prod = ["prod-eu", "prod-us", "prod-asia"]
[intervals]
"prod-*" = "2h"
[controls.release]
kind = "approvals"
apart-from = []
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    story = Story(tmp_path)
    story.begin()
    story.put("2026-11-01T08:00:00Z", [Draft("policy", Policy("production", POLICY).write())], "keeper")
    story.build("2026-11-01T09:00:00Z", OLD, "a", run="1")
    story.build("2026-11-01T09:10:00Z", NEW, "b", "a", run="2")
    story.approve("2026-11-01T09:30:00Z", NEW, "prod")
    story.approve("2026-11-01T09:35:00Z", OLD, "prod-us")
    story.report("2026-11-01T10:00:00Z", "prod-eu", ("api", OLD, 2), ("ui", UI, 1))
    story.report("2026-11-01T10:05:00Z", "prod-us", ("api", OLD, 3))
    story.report("2026-11-01T11:00:00Z", "prod-eu", ("api", NEW, 2), ("ui", UI, 1))
    story.report("2026-11-01T16:00:00Z", "prod-us", ("api", OLD, 3))
    story.report("2026-11-01T16:30:00Z", "prod-asia", ("api", NEW, 1))
    story.end()
    desk = Desk(tmp_path)
    desk("trust", "pin", ORIGIN, "root.key.pub")
    desk.env = {"CUSTODY_LEDGER": "main.ledger"}
    return desk


def test_a_group_is_shown_as_its_members_together(desk: Desk) -> None:
    answer = desk("env", "show", "prod", "--json").json["answer"]
    assert [one["environment"] for one in answer["members"]] == ["prod-eu", "prod-us", "prod-asia"]
    assert {one["service"]: (one["sha256"], one["instances"]) for one in answer["services"]} == {
        "prod-eu/api": (NEW.sha256, 2),
        "prod-eu/ui": (UI.sha256, 1),
        "prod-us/api": (OLD.sha256, 3),
        "prod-asia/api": (NEW.sha256, 1),
    }
    # An approval for the group is one for its members; one for a member is for that one, where it runs.
    verdicts = {one["service"]: one["verdict"] for one in answer["services"]}
    assert verdicts == {
        "prod-eu/api": "passed",
        "prod-asia/api": "passed",
        "prod-us/api": "passed",
        "prod-eu/ui": "failed",
    }
    shown = desk("env", "show", "prod").out
    assert "group       prod of 3 environments" in shown and "prod-us/api" in shown


def test_of_a_member_that_was_not_reported_yet_nothing_is_known(desk: Desk) -> None:
    answer = desk("env", "show", "prod", "--at", "2026-11-01T10:30Z", "--json").json["answer"]
    assert answer["unknown"] == ["prod-asia"]
    assert {one["service"] for one in answer["services"]} == {"prod-eu/api", "prod-eu/ui", "prod-us/api"}
    assert "prod-asia: not known" in desk("env", "show", "prod", "--at", "2026-11-01T10:30Z").out


def test_the_log_of_a_group_is_its_members(desk: Desk) -> None:
    changes = desk("env", "log", "prod", "--since", "2026-11-01T10:30Z", "--json").json["answer"]["changes"]
    told = [(one["environment"], one["change"]["event"], one["verdict"]) for one in changes]
    assert told == [("prod-eu", "replaced", "passed"), ("prod-asia", "started", "passed")]
    assert "prod-asia" in desk("env", "log", "prod", "-n", "1").out


def test_a_group_has_no_states_of_its_own(desk: Desk) -> None:
    assert desk("env", "show", "prod~1", exit=2).reason == "group"
    assert desk("env", "show", "prod#2", exit=2).reason == "group"
    assert desk("env", "log", "prod", "--known-at", "position:3", exit=2).reason == "group"
    assert "prod is a group: prod-eu, prod-us, prod-asia" in desk("env", "list").err


def test_silences_go_by_the_declared_interval(desk: Desk) -> None:
    answer = desk("env", "windows", "prod-us", "--json").json["answer"]
    assert answer["intervalSeconds"] == 7200
    assert [(one["since"][11:16], one["until"][11:16]) for one in answer["windows"]] == [("10:05", "16:00")]
    assert desk("env", "windows", "prod-us", "--interval", "6h", "--json").json["answer"]["windows"] == []
    silent = desk("findings", "--code", "environment-silent").out
    assert "prod-eu" in silent and "reports are due every 2:00:00" in silent
    assert "prod-us" not in silent


def test_the_difference_of_a_group_is_its_members(desk: Desk) -> None:
    answer = desk("env", "diff", "prod@{2026-11-01T10:30Z}", "prod", "--json").json["answer"]
    (one,) = answer["changes"]
    assert one["change"] | {"version": ""} == {
        "service": "prod-eu/api",
        "event": "replaced",
        "name": "api",
        "sha256": NEW.sha256,
        "previous_sha256": OLD.sha256,
        "version": "",
        "before": 2,
        "after": 2,
    }
    # What it says of a member is what is said of that member alone.
    alone = desk("env", "diff", "prod-eu@{2026-11-01T10:30Z}", "prod-eu", "--json").json["answer"]
    (same,) = alone["changes"]
    assert one["commits"] == same["commits"] and one["commit"] == same["commit"] != ""
    assert one["approved_by"] == same["approved_by"]
    # Of a member that was not reported yet nothing stands in.
    assert answer["known"] and answer["unknown"] == ["prod-asia"]
    assert [member["state"] for member in answer["from"]["members"]] == [1, 1, None]
    assert [member["state"] for member in answer["to"]["members"]] == [2, 1, 1]
    shown = desk("env", "diff", "prod@{2026-11-01T10:30Z}", "prod").out
    assert "prod-asia: not known at one of the two moments" in shown and "~ replaced prod-eu/api" in shown


def test_a_group_at_a_moment_of_which_nothing_is_known(desk: Desk) -> None:
    before = "prod@{2026-11-01T09:59Z}"
    answer = desk("env", "diff", before, "prod", "--json").json["answer"]
    assert not answer["known"] and answer["changes"] == []
    assert "nothing can be compared" in desk("env", "diff", before, "prod").out
    assert "no difference" in desk("env", "diff", "prod", "prod").out


def test_a_group_is_compared_with_itself_alone(desk: Desk) -> None:
    for points in (("prod", "prod-eu"), ("prod-eu", "prod"), ("prod~1", "prod"), ("prod", "prod#1")):
        assert desk("env", "diff", *points, exit=2).reason == "group", points


def test_the_difference_of_a_group_as_it_was_known(desk: Desk) -> None:
    points = ("prod@{2026-11-01T10:30Z}", "prod")
    positions = [one["position"] for one in desk.entries("main.ledger", exit=0) if one["kind"] == "snapshot"]
    answer = desk("env", "diff", *points, "--known-at", f"position:{positions[1]}", "--json").json["answer"]
    # With the second report nothing had changed since, and the later one is named.
    assert answer["changes"] == [] and answer["unknown"] == ["prod-asia"]
    assert answer["knownAt"]["laterReports"] == 2
    told = desk("env", "diff", *points, "--known-at", f"position:{positions[1]}").out
    assert "since then, 2 later reports changed this answer" in told


def test_a_report_is_on_a_member(desk: Desk) -> None:
    assert desk("report", "environment", "prod", exit=2).reason == "group"
    assert desk("report", "environment", "nowhere", exit=2).reason == "no-environment"
    assert desk("report", "environment", "prod-eu", "--json").json["answer"]["state"]["number"] == 2
