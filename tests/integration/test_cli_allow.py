"""`custody append allow`: what an exception is for, how long, and what is refused before it is recorded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cli_desk import FINGERPRINT, ORIGIN, Desk

from custody.ledger.timestamps import from_datetime, to_datetime

FOR_NOW = ("--env", "prod", "--until", "48h", "--reason", "incident 4711")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk.set_up(tmp_path)
    made.env = {"CUSTODY_LEDGER": "a.ledger", "CUSTODY_KEY_FILE": "keeper.key", "CUSTODY_ORIGIN": ORIGIN}
    return made


def recorded(desk: Desk) -> dict[str, Any]:
    """The body of the newest entry."""
    newest = max(entry["position"] for entry in desk.entries("a.ledger"))
    shown = desk("show", str(newest), "--json", "-l", "a.ledger", exit=4).json["answer"]
    body: dict[str, Any] = shown["body"] if isinstance(shown["body"], dict) else json.loads(shown["body"])
    return body


def test_an_exception_for_one_artifact(desk: Desk) -> None:
    said = desk(
        "append", "allow", "api.whl", *FOR_NOW, "--control", "scan", "--control", "scan", "--control", "tests"
    )
    assert f"the controls scan, tests, for api.whl@{FINGERPRINT}, in prod" in said.out
    body = recorded(desk)
    assert (body["artifact"], body["controls"]) == (
        {"name": "api.whl", "sha256": FINGERPRINT},
        ["scan", "tests"],
    )
    assert (body["environment"], body["reason"]) == ("prod", "incident 4711")
    left = to_datetime(body["until"]) - datetime.now(UTC)
    assert timedelta(hours=47) < left < timedelta(hours=49)


@pytest.mark.parametrize("given", [("payments-*",), ("--name", "payments-*"), ("--name", "payments-api")])
def test_an_exception_for_all_artifacts_of_a_name(desk: Desk, given: tuple[str, ...]) -> None:
    said = desk("append", "allow", *given, *FOR_NOW, "--json")
    body = recorded(desk)
    assert body["name"] == given[-1] and "artifact" not in body and "controls" not in body
    assert said.json["until"] == body["until"]


def test_until_a_moment_in_ones_own_zone(desk: Desk) -> None:
    day = (datetime.now(UTC) + timedelta(days=10)).date()
    for_it = ("--env", "prod-*", "--until", f"{day} 02:30", "--tz", "Asia/Tokyo", "--reason", "a freeze")
    said = desk("append", "allow", "*", *for_it)
    assert "(" in said.out and "+09:00" in said.out
    assert recorded(desk)["until"] == f"{day - timedelta(days=1)}T17:30:00.000Z"
    assert recorded(desk)["environment"] == "prod-*"


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("*", "--until", "0h"), "until"),
        (("*", "--until", "yesterday"), "until"),
        (("*", "--until", "367d"), "until"),
        (("*", "--until", "99999w"), "until"),
        (("*", "--until", "2999-01-01"), "until"),
        (("*", "--until", "soon"), "usage"),
        (("*", "--until", "-5d"), "usage"),
        (("--until", "1h"), "artifact"),
        (("*", "--name", "x", "--until", "1h"), "name"),
        (("a[b]*", "--until", "1h"), "name"),
        (("no-such-file", "--until", "1h"), "not-found"),
        ((FINGERPRINT, "--until", "1h"), "name"),
        (("*", "--until", "1h", "--control", "a b"), "name"),
        (("*", "--until", "1h", "--env", "a b*"), "name"),
    ],
)
def test_what_cannot_be_meant_is_refused(desk: Desk, arguments: tuple[str, ...], reason: str) -> None:
    environment = () if "--env" in arguments else ("--env", "prod")
    said = desk("append", "allow", *arguments, *environment, "--reason", "x", exit=2)
    assert said.reason == reason
    assert not desk.path("a.ledger").exists()


@pytest.mark.parametrize("left_out", ["--env", "--until", "--reason"])
def test_nothing_of_it_has_a_default(desk: Desk, left_out: str) -> None:
    given = list(FOR_NOW)
    place = given.index(left_out)
    del given[place : place + 2]
    assert desk("append", "allow", "*", *given, exit=2).reason == "usage"


def test_only_environments_of_this_repository(desk: Desk) -> None:
    desk.path("custody.toml").write_text('environments = ["prod-eu", "staging"]\n')
    for environment, status in (("prod-*", 0), ("staging", 0), ("test-*", 2), ("prod", 2)):
        given = ("--env", environment, "--until", "1d", "--reason", "x")
        said = desk("append", "allow", "*", *given, exit=status)
        assert status == 0 or said.reason == "environment"


def test_by_whom_it_counts(desk: Desk) -> None:
    """An admin; a dry run says so before it is recorded."""
    desk.begin()
    for key, status in (("keeper.key", 0), ("ci.key", 4), ("stranger.key", 4)):
        desk("append", "allow", "*", *FOR_NOW, "--dry-run", "--key", key, "-l", "main.ledger", exit=status)


def test_in_a_batch(desk: Desk) -> None:
    line = {
        "append": "allow",
        "name": "api*",
        "env": "prod",
        "until": "2d",
        "reason": "x",
        "control": ["scan"],
    }
    desk("append", "batch", stdin=json.dumps(line).encode())
    assert recorded(desk)["name"] == "api*"


def test_a_moment_too_close_to_the_end_of_time(desk: Desk) -> None:
    late = from_datetime(datetime(9999, 12, 31, 23, tzinfo=UTC))[:16]
    assert (
        desk("append", "allow", "*", "--env", "p", "--until", late, "--reason", "x", exit=2).reason == "until"
    )
