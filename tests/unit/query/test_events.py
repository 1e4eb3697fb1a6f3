"""Everything that happened, one row an event, in one order."""

from __future__ import annotations

import pytest
from facts import Log, about, at, digest

from custody.query.events import EVENTS, EventRow, events
from custody.query.index import Index


@pytest.fixture
def index() -> Index:
    made = Log()
    build = made.chain(repository="https://git.example/api", commit="c" * 40)
    made.artifact(build, 1, "api", "one", version="1.0")
    made.evidence(build, 2, "fail", word="one", description="one failed")
    made.evidence(build, 3, "pass", word="", commit="c" * 40)
    made.approval(made.chain("risk-officer"), 4, word="one")
    made.deployment(build, 5, "one")
    made.snapshot(build, 6, ("api", "one", 2), ("web", "w", 1))
    made.snapshot(build, 7, ("api", "one", 2), ("web", "w", 1))
    made.merge(60, 8)
    made.snapshot(made.chain(minute=61), 62, ("api", "two", 3))
    made.snapshot(made.chain(minute=61), 62, environment="dev")
    gate = {
        "artifact": about("api", "one"), "environment": "prod", "verificationResult": "PASSED", "timeVerified": at(65),
        "verifier": {"id": "custody"}, "log": {"size": 1, "root": digest("root")},
    }  # fmt: skip
    made.add(made.chain("keeper", minute=61), "decision", 65, gate, "keeper")
    return made.index()


def test_every_event_in_the_order_of_time_and_what_was_said_in_front_of_what_changed(index: Index) -> None:
    rows = list(events(index))
    assert [(row.event, row.service, row.time[11:16]) for row in rows] == [
        ("artifact", "", "00:01"),
        ("evidence", "", "00:02"),
        ("evidence", "", "00:03"),
        ("approval", "", "00:04"),
        ("deployment", "api", "00:05"),
        ("snapshot", "", "00:06"),
        ("started", "api", "00:06"),
        ("started", "web", "00:06"),
        ("snapshot", "", "00:07"),
        ("snapshot", "", "01:02"),
        ("snapshot", "", "01:02"),
        ("replaced", "api", "01:02"),
        ("stopped", "web", "01:02"),
        ("decision", "", "01:05"),
    ]
    assert {row.event for row in rows} < set(EVENTS)
    assert rows == list(events(index))


def test_a_row_tells_what_it_knows(index: Index) -> None:
    rows = list(events(index))
    assert rows[1]._replace(entry="") == EventRow(
        at(2), at(60), "evidence", sha256=digest("one"), control="tests", result="fail", detail="one failed",
        writer="ci", position=2, arrived_position=10,
    )  # fmt: skip
    assert (rows[2].sha256, rows[2].commit) == ("", "c" * 40)
    started = rows[6]
    assert (started.environment, started.artifact, started.version, started.commit, started.repository) == (
        "prod", "api", "1.0", "c" * 40, "https://git.example/api",
    )  # fmt: skip
    assert (started.before, started.after, started.arrived, started.arrived_position) == (0, 2, at(60), 10)
    replaced = rows[11]
    assert (replaced.previous_sha256, replaced.before, replaced.after) == (digest("one"), 2, 3)
    assert (replaced.arrived, replaced.arrived_position) == (at(62), replaced.position)


def test_of_one_environment_and_between_two_instants(index: Index) -> None:
    assert [row.event for row in events(index, environment="dev")] == ["snapshot"]
    prod = list(events(index, environment="prod"))
    assert {row.environment for row in prod} == {"prod"} and len(prod) == 10
    between = [row.event for row in events(index, since=at(3), until=at(5))]
    assert between == ["evidence", "approval", "deployment"]
