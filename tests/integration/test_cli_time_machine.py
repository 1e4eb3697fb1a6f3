"""The time machine on the command line: two clocks, differences, deployments, silences, words, exports."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from cli_desk import Desk
from harness import world
from timeline import Story, commit, sha

from custody.kinds import Approval
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft

ONE, TWO, THREE = (Subject("api", sha(word)) for word in ("one", "two", "three"))
FORMULA = '=HYPERLINK("https://evil.example")'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One runs from the 1st on; that two replaced it for a day is known only since the merge of the 10th."""
    folder = tmp_path_factory.mktemp("machine")
    story = Story(folder)
    story.begin()
    story.build("2026-02-28T09:00:00Z", ONE, "1", ["0"], run="1")
    story.report("2026-03-01T12:00:00Z", "prod", ("api", ONE, 1), to="outpost")
    story.merge("2026-03-02T00:00:00Z", "outpost")
    story.build("2026-03-02T09:00:00Z", TWO, "2", ["1"], run="2")
    story.deploy("2026-03-03T08:00:00Z", TWO, "prod", "api")
    story.report("2026-03-05T12:00:00Z", "prod", ("api", ONE, 1))
    story.report("2026-03-05T12:00:00Z", "staging", ("api", TWO, 2))
    story.report("2026-03-03T12:00:00Z", "prod", ("api", TWO, 1), to="late")
    story.report("2026-03-04T12:00:00Z", "prod", ("api", ONE, 1), to="late")
    story.merge("2026-03-10T00:00:00Z", "late")
    story.put(
        "2026-03-10T01:00:00Z",
        [Draft("approval", Approval(ONE, "prod", "approved", FORMULA).write(), (ONE,))],
        "approver",
    )
    story.report("2026-03-10T02:00:00Z", "prod", ("api", THREE, 1))
    story.end()
    return folder


@pytest.fixture
def desk(folder: Path) -> Desk:
    desk = Desk(folder)
    desk.env = {"CUSTODY_LEDGER": "main.ledger"}
    desk("trust", "pin", world.ORIGIN, "root.key.pub")
    return desk


def answer(desk: Desk, *arguments: str) -> Any:
    return desk(*arguments, "--json").json["answer"]


def test_what_was_believed_and_what_came_to_light_since(desk: Desk) -> None:
    asked = ("env", "show", "prod", "--at", "2026-03-03T18:00")
    now = answer(desk, *asked)
    assert [one["sha256"] for one in now["state"]["services"]] == [TWO.sha256]
    assert now["knownAt"] is None
    then = answer(desk, *asked, "--known-at", "2026-03-06")
    assert [one["sha256"] for one in then["state"]["services"]] == [ONE.sha256]
    assert (then["state"]["number"], then["state"]["of"]) == (1, 1)
    assert then["knownAt"]["laterReports"] == 1
    assert then["knownAt"]["moment"]["utc"] == "2026-03-06T00:00:00.000Z"
    said = desk(*asked, "--known-at", "2026-03-06").out
    assert "known at    2026-03-06 = 2026-03-06T00:00:00.000Z" in said
    assert "since then, 1 later report changed this answer: it is now state 2" in said
    assert "no later report changed" in desk(*asked, "--known-at", "2026-03-10").out
    assert "since then" not in desk(*asked).out
    later = answer(desk, "env", "show", "prod", "--known-at", "2026-03-06")
    assert later["knownAt"]["laterReports"] == 3


def test_before_the_merge_that_brought_it_nothing_was_known(desk: Desk) -> None:
    said = desk("env", "show", "prod", "--at", "2026-03-01T18:00", "--known-at", "2026-03-01T20:00")
    assert "prod: not known" in said.out and "since then, 1 later report changed this answer" in said.out
    entries = desk.entries("main.ledger", exit=0)
    merge = next(one["position"] for one in entries if one["kind"] == "merge")
    for position, known in ((merge - 1, False), (merge, True)):
        told = answer(
            desk, "env", "show", "prod", "--at", "2026-03-01T18:00", "--known-at", f"position:{position}"
        )
        assert (told["known"], told["knownAt"]["position"]) == (known, position)


@pytest.mark.parametrize("known_at", ["position:9999", "position:x", "position:-1", "whenever"])
def test_a_second_clock_that_shows_no_time(desk: Desk, known_at: str) -> None:
    for command in (("env", "show", "prod"), ("env", "log", "prod"), ("env", "diff", "prod~1", "prod")):
        desk(*command, "--known-at", known_at, exit=2)


def test_the_log_as_it_was_believed(desk: Desk) -> None:
    now = answer(desk, "env", "log", "prod")
    assert [one["change"]["event"] for one in now["changes"]] == [
        "started",
        "replaced",
        "replaced",
        "replaced",
    ]
    then = answer(desk, "env", "log", "prod", "--known-at", "2026-03-06")
    assert [one["change"]["event"] for one in then["changes"]] == ["started"]
    assert then["knownAt"]["laterReports"] == 3
    assert (
        "since then, 3 later reports changed this answer"
        in desk("env", "log", "prod", "--known-at", "2026-03-06").out
    )
    assert len(answer(desk, "env", "log", "prod", "-n", "2")["changes"]) == 2


def test_differences_with_the_commits_between(desk: Desk) -> None:
    found = answer(desk, "env", "diff", "prod#1", "prod#2")
    (change,) = found["changes"]
    assert (change["change"]["event"], change["commit"]) == ("replaced", commit("2"))
    assert [one["commit"] for one in change["commits"]["came"]] == [commit("2"), commit("2 change")]
    assert change["commits"]["complete"]
    said = desk("env", "diff", "prod#1", "prod#2").out
    assert f"+ commit {commit('2')[:12]} by dev-1" in said and "/pull/2" in said
    assert f"- commit {commit('2')[:12]}" in desk("env", "diff", "prod#2", "prod#1").out
    two = answer(desk, "env", "diff", "staging", "prod@{2026-03-03T13:00}")
    assert [
        (one["change"]["event"], one["change"]["before"], one["change"]["after"]) for one in two["changes"]
    ] == [("scaled", 2, 1)]
    assert "no difference" in desk("env", "diff", "prod#1", "prod#3").out
    nothing = answer(desk, "env", "diff", "prod@{2026-02-01}", "prod")
    assert (nothing["known"], nothing["changes"]) == (False, [])
    assert "nothing can be compared" in desk("env", "diff", "prod@{2026-02-01}", "prod").out
    desk("env", "diff", "prod~9", "prod", exit=2)


def test_deployments_declared_and_seen_and_what_lacks_the_other(desk: Desk) -> None:
    found = answer(desk, "env", "deployments", "prod")
    assert [(one["basis"], one["time"][:10], one["sha256"]) for one in found] == [
        ("declared and seen", "2026-03-03", TWO.sha256),
        ("undeclared", "2026-03-04", ONE.sha256),
        ("undeclared", "2026-03-10", THREE.sha256),
    ]
    assert found[0]["lead_seconds"] == 23 * 3600
    said = desk("env", "deployments", "prod").out
    assert "23 h" in said and "not declared" in said
    codes = [one["code"] for one in answer(desk, "findings", "main.ledger")]
    assert codes.count("change-undeclared") == 2
    derived = desk("env", "deployments", "staging")
    assert "derived" not in derived.err and len(answer(desk, "env", "deployments", "staging")) == 0


def test_where_it_ran(desk: Desk) -> None:
    found = answer(desk, "env", "where", "api")
    spans = [(one["environment"], one["sha256"], one["since"][8:10], one["until"][8:10]) for one in found]
    assert spans == [
        ("prod", ONE.sha256, "01", "03"),
        ("prod", TWO.sha256, "03", "04"),
        ("prod", ONE.sha256, "04", "10"),
        ("staging", TWO.sha256, "05", ""),
        ("prod", THREE.sha256, "10", ""),
    ]
    assert "still" in desk("env", "where", TWO.sha256[:10]).out
    assert {one["sha256"] for one in answer(desk, "env", "where", commit("1"))} == {ONE.sha256}
    assert desk("env", "where", "nothing", exit=2).reason == "unknown"


def test_silences(desk: Desk) -> None:
    found = answer(desk, "env", "windows", "prod", "--interval", "36h")
    assert [(one["since"][:13], one["until"][:13]) for one in found["windows"]] == [
        ("2026-03-01T12", "2026-03-03T12"), ("2026-03-05T12", "2026-03-10T02"),
    ]  # fmt: skip
    said = desk("env", "windows", "prod", "--interval", "36h", "--until", "2026-03-20").out
    assert "no report" in said and "9 d 22 h" in said
    assert "no silence longer than 30 d" in desk("env", "windows", "prod", "--interval", "30 days").out
    assert desk("env", "windows", "prod", "--interval", "soon", exit=2).reason == "duration"
    assert "last moment that this ledger knows of" in desk("env", "windows", "prod").out


def test_words(desk: Desk) -> None:
    said = desk("search", "HYPERLINK", "evil")
    assert "approval" in said.out and FORMULA[1:10] in said.out
    (hit,) = answer(desk, "search", "hyperlink")
    assert hit["kind"] == "approval" and FORMULA in hit["excerpt"]
    assert "no entry has all of these words" in desk("search", "nothing like it").err
    assert desk("search", '"*', exit=2).reason == "search"


def test_events_as_csv_that_no_spreadsheet_runs(desk: Desk) -> None:
    text = desk("export", "events").out
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["detail"] for row in rows if row["event"] == "approval"] == [f"'{FORMULA}"]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t" and cell]
    assert text == desk("export", "events").out
    lines = [json.loads(line) for line in desk("export", "events", "--format", "jsonl").out.splitlines()]
    assert lines == answer(desk, "export", "events")
    assert [line["detail"] for line in lines if line["event"] == "approval"] == [FORMULA]
    assert [list(line) for line in lines] == [list(rows[0])] * len(rows)
    late = [line for line in lines if line["time"] == "2026-03-03T12:00:00.000Z"]
    assert {line["arrived"] for line in late} == {"2026-03-10T00:00:00.000Z"}


def test_events_of_an_environment_into_a_file(desk: Desk, tmp_path: Path) -> None:
    out = str(tmp_path / "events.csv")
    told = desk("export", "events", "--env", "staging", "-o", out, "--json").json
    written = Path(out).read_bytes()
    assert told["size"] == len(written) and written.count(b"\r\n") == 3
    desk("export", "events", "-o", out, exit=2)
    assert Path(out).read_bytes() == written
    assert desk("export", "events", "--env", "prd", exit=2).reason == "no-environment"


def test_every_column_is_documented() -> None:
    import re

    from custody.query.events import EVENTS, EventRow

    text = (Path(__file__).resolve().parents[2] / "docs" / "export.md").read_text("utf-8")
    columns, kinds = text.split("## Columns")[1].split("## Events")
    told = [
        name for row in re.findall(r"^\| (`.*?) \|", columns, re.M) for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(told) == sorted(EventRow._fields)
    listed = {
        name for row in re.findall(r"^\| (`.*?) \|", kinds, re.M) for name in re.findall(r"`(\w+)`", row)
    }
    assert listed == set(EVENTS)
