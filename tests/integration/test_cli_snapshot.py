"""`custody append snapshot`: from what a platform prints, through a file or a pipe, to what an environment shows."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from cli_desk import FINGERPRINT, Desk
from ledgers import ROOT

SAMPLES = ROOT / "tests" / "unit" / "record" / "platforms"
TO = ("--ledger", "main.ledger", "--key", "ci.key")
KUBERNETES = ("append", "snapshot", "prod", "--from", "kubernetes")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.begin()
    return desk


def write(desk: Desk, name: str, *services: str, count: int = 1) -> str:
    artifact = {"sha256": FINGERPRINT, "count": count}
    value = [{"name": one, "artifacts": [{"name": one.rpartition("/")[2], **artifact}]} for one in services]
    desk.path(name).write_text(json.dumps({"services": value}))
    return name


def running(desk: Desk, environment: str = "prod") -> list[tuple[str, int]]:
    answer = desk("env", "show", environment, "--json", "-l", "main.ledger", exit=4).json["answer"]
    return [(one["service"], one["instances"]) for one in answer["state"]["services"]]


def last(desk: Desk) -> dict[str, Any]:
    """The body of the newest entry."""
    position = str(desk.entries("main.ledger")[-1]["position"])
    found: dict[str, Any] = desk("show", position, "--json", "-l", "main.ledger", exit=4).json["answer"]
    return json.loads(found["body_text"]) if "body_text" in found else found["body"]


def test_pods_through_a_pipe(desk: Desk) -> None:
    pods = (SAMPLES / "kubernetes.json").read_bytes()
    said = desk(*KUBERNETES, "-", *TO, stdin=pods)
    assert "11 services, 12 instances" in said.out
    assert "2 of them without a fingerprint" in said.out
    assert "left out: pods being deleted (1)" in said.out
    assert ("payments/payments-api", 2) in running(desk)
    body = last(desk)
    assert body["platform"] == "kubernetes" and isinstance(body["running"], list)
    codes = desk("findings", "main.ledger", "--code", "no-fingerprint", "--json", exit=4).json["answer"]
    assert {one["severity"] for one in codes} == {"note"}
    assert any("notifications:3.0" in one["message"] for one in codes)


def test_the_environment_may_be_named_in_three_ways(desk: Desk) -> None:
    write(desk, "a.json", "api")
    for arguments, environ in (
        (("prod", "a.json"), {}),
        (("--env", "prod", "a.json"), {}),
        (("prod", "--env", "prod", "a.json"), {}),
        (("a.json",), {"CUSTODY_ENV": "prod"}),
        (("prod", "a.json"), {"CUSTODY_ENV": "staging"}),
        (("--env", "prod", "a.json"), {"CUSTODY_ENV": "staging"}),
    ):
        desk("append", "snapshot", *arguments, *TO, **environ)
        assert last(desk)["environment"] == "prod"
    for wrong, reason in (
        (("prod", "a.json", "--env", "staging"), "environment"),
        (("a.json",), "file"),
        (("prod", "--from", "kubernetes"), "file"),
        (("--env", "prod"), "file"),
        ((), "environment"),
        (("prod", "--from", "paths"), "file"),
        (("prod", "a.json", "--from", "paths"), "file"),
        (("prod", "a.json", "--service", "a=b"), "service"),
        (("prod", "a.json", "--include", "a b"), "scope"),
        (("prod", "a.json", "--exclude", "[a]"), "scope"),
        (("prod", "a.json", *("--include", "a") * 21), "scope"),
    ):
        assert desk("append", "snapshot", *wrong, *TO, exit=2).reason == reason


def test_a_file_in_the_place_of_a_platform_is_told_where_it_belongs(desk: Desk) -> None:
    said = desk("append", "snapshot", "--env", "prod", "--from", write(desk, "a.json", "api"), *TO, exit=2)
    assert said.reason == "choice" and "custody append snapshot ENV FILE" in said.err


def test_a_part_leaves_the_rest_as_it_was(desk: Desk) -> None:
    desk("append", "snapshot", "prod", write(desk, "a.json", "shop/api", "shop/web", "bank/db"), *TO)
    said = desk(
        "append", "snapshot", "prod", write(desk, "b.json", "shop/api", "ops/x"), "--include", "shop/*", *TO
    )
    assert "1 service, 1 instance" in said.out and "left out: services outside of the scope (1)" in said.out
    assert running(desk) == [("bank/db", 1), ("shop/api", 1)]
    desk(
        "append",
        "snapshot",
        "prod",
        write(desk, "c.json", "ops/x"),
        "--exclude",
        "shop/*",
        "--exclude",
        "bank/*",
        *TO,
    )
    assert running(desk) == [("bank/db", 1), ("ops/x", 1), ("shop/api", 1)]
    desk("append", "snapshot", "prod", write(desk, "d.json", "ops/x"), *TO)
    assert running(desk) == [("ops/x", 1)]


def size(desk: Desk) -> int:
    """Bytes that the ledger's entries and blobs hold."""
    import sqlite3

    connection = sqlite3.connect(desk.path("main.ledger"))
    (entries,) = connection.execute("SELECT sum(length(header) + length(signature)) FROM entry").fetchone()
    (blobs,) = connection.execute("SELECT sum(length(data)) FROM blob").fetchone()
    connection.close()
    return int(entries + blobs)


def test_a_report_that_changes_nothing_is_one_small_entry(desk: Desk) -> None:
    many = [f"shop/service-{number}" for number in range(40)]
    run = (*TO, "--trail", "watch")
    write(desk, "many.json", *many)
    first = desk("append", "snapshot", "prod", "many.json", *run, "--json").json
    assert first["unchanged"] is None and len(last(desk)["running"]) == 40
    before = size(desk)
    for _ in range(3):
        again = desk("append", "snapshot", "prod", "many.json", *run, "--json").json
        assert again["unchanged"] == first["id"] and again["chain"] == first["chain"]
    assert last(desk)["running"] == {"unchanged": first["id"]}
    assert (size(desk) - before) / 3 < 900
    answer = desk("env", "list", "--json", "-l", "main.ledger", exit=4).json["answer"]
    assert (answer[0]["states"], answer[0]["services"]) == (1, 40)
    assert answer[0]["last_seen"] > answer[0]["first"]
    assert (
        desk("findings", "main.ledger", "--code", "unchanged-unknown", "--json", exit=4).json["answer"] == []
    )
    # in a run of its own too, and another key's word is not repeated
    alone = desk("append", "snapshot", "prod", "many.json", *TO, "--json").json
    assert alone["unchanged"] == first["id"] and alone["chain"] != first["chain"]
    other = ("--ledger", "main.ledger", "--key", "approver.key")
    assert desk("append", "snapshot", "prod", "many.json", *other, "--json").json["unchanged"] is None


def test_what_is_not_the_same_is_listed(desk: Desk) -> None:
    many = [f"shop/service-{number}" for number in range(40)]

    def unchanged(*arguments: str, services: list[str] = many, count: int = 1) -> bool:
        write(desk, "many.json", *services, count=count)
        said = desk("append", "snapshot", *arguments, "many.json", *TO, "--json").json
        return said["unchanged"] is not None

    assert not unchanged("prod")
    assert not unchanged("staging")
    assert not unchanged("prod", "--include", "shop/*")
    assert unchanged("prod") and unchanged("staging") and unchanged("prod", "--include", "shop/*")
    assert not unchanged("prod", count=2)
    assert not unchanged("prod")  # it was so before, but the last report says otherwise
    assert not unchanged("prod", services=many[1:])
    assert not unchanged("prod", services=["one"])
    assert not unchanged("prod", services=["one"])  # too little to be worth it


def test_what_was_redacted_is_not_repeated(desk: Desk) -> None:
    many = write(desk, "many.json", *[f"shop/service-{number}" for number in range(40)])
    first = desk("append", "snapshot", "prod", many, *TO, "--json").json
    desk("append", "snapshot", "prod", many, *TO)
    desk("redact", str(first["position"]), "--reason", "test", "--key", "keeper.key", "-l", "main.ledger")
    again = desk("append", "snapshot", "prod", many, *TO, "--json").json
    assert again["unchanged"] is None
    desk("checkpoint", "--key", "keeper.key", "-l", "main.ledger")
    (finding,) = desk("findings", "main.ledger", "--code", "unchanged-unknown", "--json").json["answer"]
    assert finding["severity"] == "note"


def test_files_and_folders(desk: Desk) -> None:
    desk("append", "snapshot", "prod", "--from", "paths", "--service", "api=api.whl", *TO)
    assert last(desk)["running"] == [
        {"service": "api", "artifact": {"name": "api.whl", "sha256": FINGERPRINT}, "count": 1}
    ]
    said = desk("append", "snapshot", "prod", "--from", "paths", "--service", "api=gone", *TO, exit=2)
    assert said.reason == "not-found"


@pytest.mark.parametrize("platform", ["kubernetes", "docker", "compose", "ecs", "lambda", "systemd"])
def test_every_platform_to_the_end(desk: Desk, platform: str) -> None:
    name = "systemd.txt" if platform == "systemd" else f"{platform}.json"
    desk("append", "snapshot", "prod", "--from", platform, str(SAMPLES / name), *TO)
    assert running(desk)
    assert last(desk)["platform"] == platform


def test_what_is_wrong_with_a_file_is_told_with_its_name(desk: Desk) -> None:
    sample = str(SAMPLES / "docker.json")
    before = os.stat(desk.path("main.ledger")).st_size
    said = desk(*KUBERNETES, sample, *TO, exit=2)
    assert sample in said.err and "--from docker" in said.err and said.reason == "platform"
    said = desk(*KUBERNETES, "-", *TO, exit=2, stdin=b"")
    assert "standard input: is empty" in said.err and said.reason == "empty"
    said = desk(*KUBERNETES, "-", *TO, exit=2, stdin=(SAMPLES / "kubernetes.json").read_bytes()[:-100])
    assert "line " in said.err and said.reason == "input"
    assert os.stat(desk.path("main.ledger")).st_size == before


def test_in_a_batch(desk: Desk) -> None:
    line = {
        "append": "snapshot",
        "env": "prod",
        "from": "kubernetes",
        "file": str(SAMPLES / "kubernetes.json"),
    }
    lines = [line, {**line, "env": "staging", "include": ["payments/*"]}]
    desk("append", "batch", *TO, stdin="\n".join(map(json.dumps, lines)).encode())
    assert len(running(desk)) == 11 and len(running(desk, "staging")) == 7


def test_what_would_be_recorded(desk: Desk) -> None:
    said = desk(*KUBERNETES, str(SAMPLES / "kubernetes.json"), "--dry-run", *TO)
    assert "payments/payments-api" in said.out
    assert len(desk.entries("main.ledger")) == 2


def test_more_than_one_entry_holds_is_reported_in_parts(desk: Desk) -> None:
    image = {"name": "app", "image": "registry.acme.example/app:1.4.0"}
    state = {"running": {"startedAt": "2026-11-19T01:02:03Z"}}
    status = {"name": "app", "state": state, "imageID": f"registry.acme.example/app@sha256:{FINGERPRINT}"}
    pods = [
        {
            "metadata": {"name": f"{'x' * 50}-{number}", "namespace": "ab"[number % 2]},
            "spec": {"containers": [image]},
            "status": {"phase": "Running", "containerStatuses": [status]},
        }
        for number in range(5000)
    ]
    desk.path("pods.json").write_text(json.dumps({"kind": "PodList", "items": pods}))
    said = desk(*KUBERNETES, "pods.json", *TO, exit=2)
    assert said.reason == "too-large" and "--include" in said.err
    for part in ("a/*", "b/*"):
        desk(*KUBERNETES, "pods.json", "--include", part, *TO)
    assert len(running(desk)) == 5000
