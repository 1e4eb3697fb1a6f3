"""Many entries at once, what goes with any entry, and dry runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_desk import CONTENT, FINGERPRINT, Desk

CI = ("--ledger", "ci.ledger", "--key", "ci.key", "--origin", "acme.example/payments")
MAIN = ("--ledger", "main.ledger")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk.set_up(tmp_path)
    desk.path("junit.xml").write_text('<testsuite name="s"><testcase name="adds"/></testsuite>')
    return desk


def lines(*values: Any) -> bytes:
    return b"".join(json.dumps(value).encode() + b"\n" for value in values)


BATCH = lines(
    {"append": "artifact", "path": "api.whl", "name": "api", "version": "1.0", "annotate": {"team": "payments"}},
    {"append": "evidence", "file": ["junit.xml"], "type": "junit", "control": "unit-tests", "artifact": "api"},
    {"append": "evidence", "result": "fail", "control": "scan", "artifact": f"api@{FINGERPRINT}", "once": "scan-1"},
    {"append": "approval", "artifact": f"api@{FINGERPRINT}", "env": "prod", "reject": True, "reason": "no"},
    {"append": "note", "text": "done", "link": "run=https://ci.example/1", "attach": "junit.xml"},
)  # fmt: skip


def body(desk: Desk, ledger: str, position: int) -> Any:
    return desk("show", str(position), "-l", ledger, "--json", exit=4).json["answer"]["body"]


# --- batches


def test_a_batch_is_recorded_in_one_chain_in_its_order(desk: Desk) -> None:
    said = desk("append", "batch", *CI, "--json", stdin=BATCH).json
    assert [one["kind"] for one in said] == ["artifact", "evidence", "evidence", "approval", "note"]
    assert [one["seq"] for one in said] == [1, 2, 3, 4, 5]
    assert len({one["chain"] for one in said}) == 1
    report = desk("verify", "ci.ledger", "--json", exit=4).json
    assert "open-chain" not in report["counts"]
    assert body(desk, "ci.ledger", 1)["annotations"] == {"team": "payments"}
    assert body(desk, "ci.ledger", 2)["summary"]["tests"] == 1
    assert body(desk, "ci.ledger", 4)["decision"] == "rejected"


def test_a_batch_of_a_run_joins_its_chain(desk: Desk) -> None:
    run = (*CI, "--trail", "run-1")
    first = desk("append", "note", "begun", *run, "--json").json
    said = desk("append", "batch", *run, "--json", stdin=BATCH).json
    assert {one["chain"] for one in said} == {first["chain"]}
    desk("seal", *run)


def test_a_retry_of_a_batch_records_nothing_twice(desk: Desk) -> None:
    batch = lines(*({"append": "note", "text": str(n), "once": f"key-{n}"} for n in range(3)))
    first = desk("append", "batch", *CI, "--json", stdin=batch).json
    again = desk("append", "batch", *CI, "--json", stdin=batch).json
    assert [one["id"] for one in again] == [one["id"] for one in first]
    assert all(one["repeated"] for one in again)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"[]", "a line is an object"),
        (b"{", "not JSON"),
        (b'{"text": "x"}', '"append" must be one of'),
        (b'{"append": "batch"}', '"append" must be one of'),
        (b'{"append": "note"}', "note needs text"),
        (b'{"append": "note", "text": ""}', "TEXT is empty"),
        (b'{"append": "note", "text": null}', "text is null"),
        (b'{"append": "note", "text": 7}', "text must be a text"),
        (b'{"append": "note", "text": "x", "txt": "y"}', "txt is nothing that note knows"),
        (b'{"append": "note", "text": "x", "text": "y"}', "there twice"),
        (b'{"append": "note", "text": "x", "once": ""}', "once must be a text"),
        (b'{"append": "note", "text": "x", "attach": "nowhere"}', "nowhere: there is no such file"),
        (b'{"append": "note", "text": "x", "annotate": {"a": 1}}', "annotate"),
        (b'{"append": "artifact", "path": "nowhere"}', "nowhere"),
        (b'{"append": "evidence", "type": "junit", "file": "api.whl"}', "api.whl"),
        (b'{"append": "evidence", "result": "maybe"}', "--result must be one of"),
        (b'{"append": "approval", "artifact": "api.whl", "env": "prod", "reject": "yes"}', "true or false"),
        (b'{"append": "artifact", "path": "trust.toml", "name": "api"}', "other bytes"),
    ],
)  # fmt: skip
def test_one_bad_line_and_nothing_is_recorded(desk: Desk, line: bytes, words: str) -> None:
    good = lines({"append": "artifact", "path": "api.whl", "name": "api"})
    said = desk("append", "batch", *CI, stdin=good + b"\n" + line, exit=2)
    assert words in said.err
    assert said.reason == "name-taken" or "line 3: " in said.err
    assert not desk.path("ci.ledger").exists()


def test_one_key_cannot_serve_many_entries(desk: Desk) -> None:
    assert desk("append", "batch", *CI, "--once", "x", stdin=BATCH, exit=2).reason == "once"


def test_an_empty_batch_is_an_error(desk: Desk) -> None:
    assert desk("append", "batch", *CI, stdin=b"\n \n", exit=2).reason == "empty"


# --- one name, one artifact


def test_one_name_stands_for_one_artifact_in_a_trail(desk: Desk) -> None:
    run = (*CI, "--trail", "run-1")
    desk("append", "artifact", "api.whl", *run)
    before = desk.path("ci.ledger").read_bytes()
    desk.path("api.whl").write_bytes(b"other bytes")
    for job in ("", "b"):
        said = desk("append", "artifact", "api.whl", *run, *(("--job", job) if job else ()), exit=2)
        assert said.reason == "name-taken"
    assert desk.path("ci.ledger").read_bytes() == before
    desk("append", "artifact", "api.whl", "--name", "api-2.whl", *run)
    desk("append", "artifact", "api.whl", *CI, "--trail", "run-2")
    desk.path("api.whl").write_bytes(CONTENT)
    desk("append", "artifact", "api.whl", *run)  # the same bytes again are no contradiction


# --- what goes with any entry


def test_remarks_links_and_files_are_kept_with_their_names(desk: Desk) -> None:
    more = (
        "--annotate", "risk=high", "--annotate", "team=payments", "--attach", "junit.xml",
        "--link", "change=https://change.example/4711?a=b", "--link", f"doc=https://docs.example/x#sha256={FINGERPRINT}",
    )  # fmt: skip
    desk("append", "deployment", "api.whl", "--env", "prod", *more, *CI)
    kept = body(desk, "ci.ledger", 1)
    assert kept["annotations"] == {"risk": "high", "team": "payments"}
    assert kept["links"] == [
        {"label": "change", "url": "https://change.example/4711?a=b"},
        {"label": "doc", "url": "https://docs.example/x", "sha256": FINGERPRINT},
    ]
    (attachment,) = desk("show", "1", "-l", "ci.ledger", "--json", exit=4).json["answer"]["attachments"]
    assert kept["files"] == [{"name": "junit.xml", "sha256": attachment["sha256"]}]
    assert attachment["media_type"] == "application/xml"


@pytest.mark.parametrize(
    ("flag", "given", "words"),
    [
        ("--annotate", "risk", "KEY=VALUE"),
        ("--annotate", "=x", "KEY=VALUE|key must be"),
        ("--annotate", "risk=", "KEY=VALUE"),
        ("--link", "https://x.example", "LABEL=URL"),
        ("--link", "a=ftp://x.example", "https://"),
        ("--link", "a=javascript:alert(1)", "https://"),
        ("--link", "a=https://dev:secret@x.example/", "no user or password"),
        ("--link", "a=https://x.example/#sha256=12", "64 lower-case hex"),
        ("--link", "a b=https://x.example/", "label"),
        ("--link", "a=https://x.example/\x1b[2J", "https://"),
        ("--attach", "nowhere", "nowhere"),
    ],
)  # fmt: skip
def test_what_cannot_go_with_an_entry(desk: Desk, flag: str, given: str, words: str) -> None:
    said = desk("append", "note", "x", flag, given, *CI, exit=2)
    assert any(one in said.err for one in words.split("|")), said.err
    assert "secret" not in said.err
    assert not desk.path("ci.ledger").exists()


def test_an_annotation_is_given_once(desk: Desk) -> None:
    said = desk("append", "note", "x", "--annotate", "a=1", "--annotate", "a=2", *CI, exit=2)
    assert "twice" in said.err


# --- dry runs


def test_a_dry_run_shows_the_entry_and_records_nothing(desk: Desk) -> None:
    desk.begin()
    before = desk.path("main.ledger").read_bytes()
    said = desk(
        "append", "evidence", "junit.xml", "--type", "junit", "--dry-run", "--json", "--key", "ci.key", *MAIN
    )
    (entry,) = said.json["entries"]
    assert entry["counts"] is True
    assert entry["verdict"].startswith("it would count")
    assert entry["body"]["result"] == "pass"
    assert entry["header"]["predicate"]["kind"] == "evidence"
    assert desk.path("main.ledger").read_bytes() == before
    text = desk("append", "note", "x", "--dry-run", "--key", "ci.key", *MAIN)
    assert "verdict  it would count, as the word of" in text.out
    assert "nothing was recorded" in text.err


def test_a_dry_run_says_when_an_entry_would_count_for_nothing(desk: Desk) -> None:
    desk.begin()
    approve = ("append", "approval", "api.whl", "--env", "prod", "--dry-run", *MAIN)
    assert "role" in desk(*approve, "--key", "ci.key", exit=4).out
    assert "unknown-writer" in desk(*approve, "--key", "stranger.key", exit=4).out
    desk(*approve, "--key", "approver.key")


def test_a_dry_run_says_what_a_run_would(desk: Desk) -> None:
    said = desk("append", "note", "x", "--key", "ci.key", "--ledger", "ci.ledger", "--dry-run", exit=2)
    assert said.reason == "origin"
    assert "origin: ci.ledger does not exist" in said.err


def test_a_dry_run_makes_no_ledger_and_takes_nothing_from_a_run(desk: Desk) -> None:
    desk("append", "note", "x", "--dry-run", *CI)
    assert not desk.path("ci.ledger").exists()
    run = (*CI, "--trail", "run-1")
    first = desk("append", "note", "a", *run, "--json").json
    desk("append", "note", "b", "--dry-run", *run)
    second = desk("append", "note", "c", *run, "--json").json
    assert (second["chain"], second["seq"]) == (first["chain"], first["seq"] + 1)


def test_a_dry_run_of_a_batch(desk: Desk) -> None:
    said = desk("append", "batch", "--dry-run", "--json", *CI, stdin=BATCH).json
    assert [one["kind"] for one in said["entries"]] == [
        "artifact",
        "evidence",
        "evidence",
        "approval",
        "note",
    ]
    assert desk("append", "batch", "--dry-run", *CI, stdin=b'{"append": "note"}', exit=2).reason == "input"
    assert not desk.path("ci.ledger").exists()
