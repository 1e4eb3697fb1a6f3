"""A real incident, told again: from the moment of an outage to the artifact, the commit and the build.

In September 2022 a production site answered 500. The log of its environment held a new version of one service that
started at 16:52:28, and the old one that stopped at 16:53:28.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_desk import Desk
from harness import world
from timeline import Story, commit, sha

from custody.ledger.entry import Subject

OLD, NEW = Subject("site", sha("site 36")), Subject("site", sha("site 37"))
DATABASE = Subject("database", sha("database"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("incident")
    story = Story(folder)
    story.begin()
    story.build("2022-09-13T09:00:00Z", OLD, "36", ["35"], run="36")
    story.report("2022-09-13T10:00:00Z", "production", ("site", OLD, 3), ("database", DATABASE, 1))
    story.report("2022-09-14T16:00:00Z", "production", ("site", OLD, 3), ("database", DATABASE, 1))
    story.build("2022-09-14T16:40:00Z", NEW, "37", ["36"], run="37")
    story.approve("2022-09-14T16:45:00Z", NEW, "production")
    story.deploy("2022-09-14T16:51:00Z", NEW, "production", "site")
    story.report(
        "2022-09-14T16:52:28Z", "production", ("site", OLD, 3), ("site", NEW, 3), ("database", DATABASE, 1)
    )
    story.report("2022-09-14T16:53:28Z", "production", ("site", NEW, 3), ("database", DATABASE, 1))
    story.end()
    return folder


@pytest.fixture
def desk(folder: Path) -> Desk:
    desk = Desk(folder)
    desk.env = {"CUSTODY_LEDGER": "main.ledger"}
    desk("trust", "pin", world.ORIGIN, "root.key.pub")
    return desk


MOMENT = "production@{2022-09-14T16:54}"


def test_two_commands_lead_from_the_moment_to_the_artifact_the_commit_and_the_build(desk: Desk) -> None:
    first = desk("trace", MOMENT, "--before", "1h")
    assert "2022-09-14 16:52:28 UTC" in first.out and "+ started  site" in first.out
    assert "2022-09-14 16:53:28 UTC" in first.out and "- stopped  site" in first.out
    assert NEW.sha256 in first.out
    assert f"commit {commit('37')}" in first.out
    assert "https://ci.example/runs/37" in first.out and "run-37" in first.out
    assert "approved by approver" in first.out
    assert f"since commit {commit('36')[:12]}:\n      + commit {commit('37')[:12]} by dev-1" in first.out
    second = desk("trace", NEW.sha256[:12])
    for said in (
        commit("37"),
        "run-37",
        "unit-tests: pass",
        "approved for production",
        "deployed to production as site",
    ):
        assert said in second.out
    assert "runs in     production as site since 2022-09-14 16:52:28 UTC" in second.out


def test_the_environments_log_says_what_the_real_one_did(desk: Desk) -> None:
    said = desk(
        "env", "log", "production", "--since", "2022-09-14T16:50", "--until", "2022-09-14T17:00", "--json"
    ).json["answer"]["changes"]
    assert [
        (one["time"], one["change"]["event"], one["change"]["sha256"], one["commit"]) for one in said
    ] == [
        ("2022-09-14T16:52:28.000Z", "started", NEW.sha256, commit("37")),
        ("2022-09-14T16:53:28.000Z", "stopped", OLD.sha256, commit("36")),
    ]


def test_for_programs_the_leads_have_everything(desk: Desk) -> None:
    answer = desk("trace", MOMENT, "--before", "1h", "--json").json["answer"]
    assert (answer["known"], answer["state"]["number"], answer["since"]) == (
        True,
        3,
        "2022-09-14T15:54:00.000Z",
    )
    started, stopped = answer["leads"]
    assert started["build"]["run_url"] == "https://ci.example/runs/37"
    assert started["commits"]["came"][0]["commit"] == commit("37")
    assert started["commits"]["complete"]
    assert stopped["change"]["change"]["event"] == "stopped"


def test_the_pull_request_the_commit_and_the_moment_lead_to_the_same_artifact(desk: Desk) -> None:
    for query in ("#37", "https://git.example/acme/site/pull/37", commit("37")[:10], commit("37 change")):
        assert desk("trace", query, "--json").json["answer"]["artifact"]["sha256"] == NEW.sha256
    whole = desk("trace", "production#2", "--json").json["answer"]
    assert {one["artifact"]["sha256"] for one in whole["artifacts"]} == {
        OLD.sha256,
        NEW.sha256,
        DATABASE.sha256,
    }
    tree = desk("trace", "#37", "--tree").out
    assert f"├─ commit {commit('37')[:12]} by dev-1" in tree
    assert "│  ├─ in https://git.example/acme/site" in tree
    assert "│  ├─ pull request https://git.example/acme/site/pull/37" in tree
    assert "└─ runs in\n   └─ production as site since 2022-09-14 16:52:28 UTC" in tree


def test_before_the_first_report_nothing_is_known(desk: Desk) -> None:
    said = desk("trace", "production@{2022-09-01}", "--before", "1h")
    assert "not known" in said.out and "nothing was seen to change" in said.out
    assert desk("trace", "production@{2022-09-01}", "--json").json["answer"]["known"] is False
    assert desk("trace", "production", "--before", "1h", exit=2).reason == "moment"
    assert desk("trace", "production#2", "--before", "1h", exit=2).reason == "moment"
    assert desk("trace", MOMENT, "--before", "1 month", exit=2).reason == "duration"
