"""Ways to a wrong answer about what ran: reports of parts, of one instant, of nothing; and what nobody looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cli_desk import Desk, on_a_terminal
from harness import world
from timeline import Story, sha

from custody.kinds import Deployment, Genesis, Running, Snapshot
from custody.kinds.scope import Scope
from custody.ledger.entry import Subject
from custody.ledger.writer import Draft

ONE, TWO, WEB = Subject("api", sha("one")), Subject("api", sha("two")), Subject("web", sha("web"))


def part(
    story: Story, time: str, pattern: str, *running: tuple[str, Subject, int], env: str = "prod"
) -> None:
    body = Snapshot(env, tuple(Running(*one) for one in running), scope=Scope((pattern,)))
    story.put(time, [Draft("snapshot", body.write())])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two parts of prod, each reported by itself; dev, of which there are deployments only."""
    folder = tmp_path_factory.mktemp("parts")
    story = Story(folder)
    story.begin()
    story.build("2026-02-28T09:00:00Z", ONE, "1", ["0"], run="1")
    story.build("2026-03-02T09:00:00Z", TWO, "2", ["1"], run="2")
    part(story, "2026-03-01T12:00:00Z", "pay/*", ("pay/api", ONE, 1))
    part(story, "2026-03-01T12:30:00Z", "shop/*", ("shop/web", WEB, 2))
    story.deploy("2026-03-03T08:00:00Z", TWO, "prod", "api")
    part(story, "2026-03-03T08:10:00Z", "pay/*", ("pay/api", TWO, 1))
    story.deploy("2026-03-05T13:00:00Z", TWO, "dev", "api")
    hostile = Deployment(TWO, "dev", "web", "\x1b]0;owned\x07\u202e=1+1").write()
    context = Genesis("\x1b[2Jflow", "\x1b[31m")
    story.put("2026-03-05T13:30:00Z", [Draft("deployment", hostile, (TWO,))], context=context)
    story.report("2026-03-06T12:00:00Z", "whole", ("api", ONE, 1))
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


def test_who_looks_at_a_part_for_the_first_time_sees_nothing_start(desk: Desk) -> None:
    found = answer(desk, "env", "deployments", "prod")
    assert [(one["basis"], one["service"]) for one in found] == [("declared and seen", "api")]
    assert "change-undeclared" not in {one["code"] for one in answer(desk, "findings", "main.ledger")}


def test_an_answer_says_which_parts_had_been_looked_at_and_when(desk: Desk) -> None:
    asked = ("env", "show", "prod", "--at", "2026-03-01T12:10")
    found = answer(desk, *asked)
    assert (found["basis"], found["parts"]) == ("snapshot", ["pay/*"])
    assert found["lastReport"]["time"] == "2026-03-01T12:00:00.000Z"
    assert found["nextReport"]["time"] == "2026-03-01T12:30:00.000Z"
    said = desk(*asked).out
    assert "the next 2026-03-01 12:30:00 UTC, with a change made in between" in said
    told = "in parts    pay/* (last 2026-03-01 12:00:00 UTC): what runs outside of them was not reported"
    assert told in said
    silent = "in parts    shop/* (last 2026-03-01 12:30:00 UTC), pay/* (last 2026-03-03 08:10:00 UTC)"
    assert silent in desk("env", "show", "prod").out
    assert answer(desk, "env", "show", "prod")["parts"] == ["pay/*", "shop/*"]
    late = answer(desk, "env", "show", "prod", "--known-at", "2026-03-01T12:20")
    assert (late["parts"], late["nextReport"]) == (["pay/*"], None)
    assert late["partReports"] == [{"part": "pay/*", "last": "2026-03-01T12:00:00.000Z"}]
    whole = answer(desk, "env", "show", "whole")
    assert whole["parts"] == whole["partReports"] == []
    assert "none since" in desk("env", "show", "whole").out


def test_what_was_declared_is_never_said_to_have_been_seen(desk: Desk) -> None:
    assert "known from  deployments alone" in desk("env", "show", "dev").out
    found = answer(desk, "env", "show", "dev")
    assert (found["basis"], found["lastReport"]) == ("deployment", None)


def test_that_nothing_changed_is_not_that_nothing_was_known(desk: Desk) -> None:
    assert "no change was seen in that time" in desk("env", "log", "prod", "--since", "2026-03-04").out
    assert "not known: nothing had been reported" in desk("env", "log", "prod", "--until", "2026-02-01").out


@pytest.mark.parametrize("columns", [80, 200])
def test_hostile_words_drive_no_terminal(desk: Desk, columns: int) -> None:
    for arguments in (
        ("env", "show", "dev"),
        ("env", "deployments", "dev"),
        ("search", "owned"),
        ("trace", "api"),
    ):
        _, shown = on_a_terminal(desk, *arguments, columns=columns, NO_COLOR="1")
        assert not {"\x07", "\u202e"} & set(shown) and "\x1b]" not in shown and "\x1b[2J" not in shown, (
            arguments
        )


def test_reports_of_one_instant_count_alike_by_whatever_order_of_merges(tmp_path: Path) -> None:
    """Two reporters contradict each other; two custodians take them in, each in an order of their own."""
    told = []
    for name, order in (("a", ("east", "west")), ("b", ("west", "east"))):
        folder = tmp_path / name
        folder.mkdir()
        story = Story(folder)
        story.begin()
        for outpost, running in (("east", ("api", ONE, 1)), ("west", ("api", TWO, 3))):
            story._chains = 100 + len(outpost) * ord(outpost[0])  # the same chains in both
            story.report("2026-03-01T12:00:00Z", "prod", running, to=outpost)
        for outpost in order:
            story.merge("2026-03-02T00:00:00Z", outpost)
        story.end()
        desk = Desk(folder)
        desk.env = {"CUSTODY_LEDGER": "main.ledger"}
        desk("trust", "pin", world.ORIGIN, "root.key.pub")
        found = answer(desk, "env", "show", "prod")["state"]
        notes = [
            one for one in answer(desk, "findings", "main.ledger") if one["code"] == "simultaneous-reports"
        ]
        told.append(([one["sha256"] for one in found["services"]], [one["entry"] for one in notes]))
    assert told[0] == told[1]
    assert len(told[0][1]) == 1


def test_a_report_that_was_redacted_is_missed_and_not_passed_over(folder: Path, tmp_path: Path) -> None:
    desk = Desk(folder).copy(tmp_path)
    desk.env = {"CUSTODY_LEDGER": "main.ledger"}
    desk("trust", "pin", world.ORIGIN, "root.key.pub")
    last = answer(desk, "env", "show", "prod")["lastReport"]["entry"]
    desk("redact", last, "--reason", "asked for", "--key", "keeper.key")
    desk("checkpoint", "--key", "keeper.key")
    found = answer(desk, "env", "show", "prod")
    assert (found["state"]["number"], found["lost"]) == (2, 1)
    assert "1 snapshot in that time, redacted or unreadable" in desk("env", "show", "prod").out
    assert answer(desk, "env", "show", "prod", "--at", "2026-03-02")["lost"] == 0
    assert answer(desk, "env", "show", "whole")["lost"] == 0
