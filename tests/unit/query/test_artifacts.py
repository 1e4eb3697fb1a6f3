"""Lists, look-ups and timelines of artifacts."""

from __future__ import annotations

import pytest
from facts import Log, about, at, digest

from custody.query.artifacts import find_artifacts, list_artifacts, timeline

COMMIT = "abcdef1" + "0" * 33


def test_the_newest_first_and_each_fingerprint_once() -> None:
    made = Log()
    build = made.chain(flow="f", trail="7", repository="https://git.example/api", commit=COMMIT)
    made.artifact(build, 3, "api", "one")
    made.artifact(
        build, 5, "web", "two", version="2.0", commit="b" * 40, repository="https://git.example/web"
    )
    again = made.chain()
    made.artifact(again, 4, "api-renamed", "one", version="1.1")
    index = made.index()
    lines = list_artifacts(index)
    assert [(line.name, line.version, line.commit, line.repository, line.trail) for line in lines] == [
        ("web", "2.0", "b" * 40, "https://git.example/web", "7"),
        ("api-renamed", "1.1", "", "", ""),
    ]
    assert lines[1].proof.position == 4
    assert list_artifacts(index, limit=1) == lines[:1]


@pytest.mark.parametrize(
    "text", ["pay", "YMENTS", digest("one")[:9], digest("one")[20:40], "abcdef1", "2.4", ""]
)
def test_text_finds_name_fingerprint_commit_and_version(text: str) -> None:
    made = Log()
    chain = made.chain()
    made.artifact(chain, 1, "payments", "one", version="2.4.1", commit=COMMIT)
    made.artifact(chain, 2, "web", "two", version="7", commit="b" * 40)
    found = [line.name for line in list_artifacts(made.index(), text=text)]
    assert found == (["payments"] if text else ["web", "payments"])


@pytest.mark.parametrize("text", ["%", "_", "'", "nothing"])
def test_text_is_text_and_no_pattern(text: str) -> None:
    made = Log()
    made.artifact(made.chain(), 1, "payments")
    assert list_artifacts(made.index(), text=text) == []


def test_checks_of_the_bytes_the_commit_and_the_trail_are_counted_by_control() -> None:
    made = Log()
    build = made.chain(flow="f", trail="1", commit=COMMIT)
    made.artifact(build, 1, "api")
    made.evidence(build, 2, "fail", control="scan")
    made.evidence(build, 3, "pass", control="scan")
    made.evidence(build, 4, "pass", word="", control="review", commit=COMMIT)
    made.evidence(made.chain(flow="f", trail="1"), 5, "fail", word="", control="licences")
    made.evidence(build, 6, "pass", control="licences")  # passes for the bytes, and fails for the trail
    made.evidence(made.chain(flow="f", trail="2"), 7, "fail", word="", control="elsewhere")
    made.evidence(build, 8, "fail", word="", control="other commit", commit="b" * 40)
    (line,) = list_artifacts(made.index())
    assert (line.passed, line.failed) == (2, 1)


def test_where_it_is_approved_rejected_and_running() -> None:
    made = Log()
    chain = made.chain()
    made.artifact(chain, 1, "api")
    for environment in ("prod", "staging"):
        made.approval(chain, 2, environment=environment)
    made.approval(chain, 3, "rejected", environment="prod")
    made.snapshot(chain, 4, ("api", "api", 1), ("blue", "api", 1), environment="staging")
    made.snapshot(chain, 4, ("api", "api", 1), environment="dev")
    made.snapshot(chain, 5, environment="dev")
    (line,) = list_artifacts(made.index())
    assert (line.approved, line.rejected, line.running_in) == (("staging",), ("prod",), ("staging",))


def test_find_by_fingerprint_name_commit_and_entry() -> None:
    made = Log()
    chain = made.chain()
    first = made.artifact(chain, 1, "api", "one", commit=COMMIT)
    made.artifact(chain, 2, "api", "two")
    approval = made.approval(chain, 3, word="two")
    check = made.evidence(chain, 3, "pass", word="one")
    of_commit = made.evidence(chain, 3, "pass", word="", commit=COMMIT)
    made.snapshot(chain, 4, ("api", "unrecorded", 1))
    index = made.index()
    one, two = digest("one"), digest("two")
    assert find_artifacts(index, "api") == [two, one]
    assert find_artifacts(index, one[:6]) == find_artifacts(index, one.upper()) == [one]
    assert find_artifacts(index, COMMIT[:7]) == find_artifacts(index, f" {COMMIT} ") == [one]
    assert [find_artifacts(index, entry) for entry in (first, check, approval)] == [[one], [one], [two]]
    assert find_artifacts(index, digest("unrecorded")[:8]) == [digest("unrecorded")]
    for nothing in (one[:5], COMMIT[:6], "ap", "", "0" * 64, of_commit):
        assert find_artifacts(index, nothing) == []


def test_a_timeline_in_order_of_effect() -> None:
    made = Log()
    late = made.chain()
    made.deployment(late, 6, "api")
    build = made.chain(commit=COMMIT)
    made.artifact(build, 1, "api", version="1.0", size=9)
    made.evidence(build, 2, "fail", control="scan", summary={"high": 2}, failed=["a", "b", "c", "d"])
    made.evidence(build, 3, "pass", control="scan", description="fixed")
    made.approval(build, 4, "rejected")
    made.approval(build, 5)
    made.snapshot(build, 7, ("api", "api", 1))
    made.snapshot(build, 8, ("api", "next", 1))
    items = timeline(made.index(), digest("api"))
    assert [(item.kind, item.title, item.good, item.superseded) for item in items] == [
        ("artifact", "recorded as api 1.0", None, False),
        ("evidence", "scan: fail", False, True),
        ("evidence", "scan: pass", True, False),
        ("approval", "rejected for prod", False, True),
        ("approval", "approved for prod", True, False),
        ("deployment", "deployed to prod as api", None, False),
        ("snapshot", "seen running in prod as api", None, False),
        ("snapshot", "no longer running in prod as api", None, False),
    ]
    assert [item.detail for item in items[:3]] == [
        "commit abcdef100000 · 9 bytes", "2 high · failed: a, b, c, and 1 more", "fixed",
    ]  # fmt: skip
    assert [item.proof.time for item in items] == [at(minute) for minute in (1, 2, 3, 4, 5, 6, 7, 8)]
    assert [item.proof.position for item in items] == [3, 4, 5, 6, 7, 1, 8, 9]


def test_where_deployments_make_the_states_one_is_not_told_twice() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 1, "one")
    made.deployment(chain, 2, "two")
    index = made.index()
    assert [(item.kind, item.title) for item in timeline(index, digest("one"))] == [
        ("deployment", "deployed to prod as api"), ("deployment", "no longer running in prod as api"),
    ]  # fmt: skip
    assert timeline(index, digest("two"))[0].proof == timeline(index, digest("one"))[1].proof


def test_nothing_is_said_of_what_is_not_there() -> None:
    made = Log()
    made.artifact(made.chain(), 1, "api")
    assert timeline(made.index(), digest("other")) == ()


def test_what_the_gate_said_and_what_was_excepted_are_on_the_path() -> None:
    made = Log()
    chain = made.chain()
    made.artifact(chain, 1, "api")
    gate = {
        "artifact": about("api"), "environment": "prod", "verificationResult": "FAILED", "timeVerified": at(2),
        "verifier": {"id": "custody"}, "log": {"size": 1, "root": digest("root")},
    }  # fmt: skip
    made.add(chain, "decision", 2, gate)
    excepted = {"artifact": about("api"), "environment": "prod", "until": at(90), "reason": "outage"}
    made.add(chain, "allow", 3, excepted)
    items = timeline(made.index(), digest("api"))[1:]
    assert [(item.kind, item.title, item.detail, item.good) for item in items] == [
        ("decision", "the gate of prod said no", "", False),
        ("allow", "excepted for prod until 2026-11-19 01:30 UTC", "outage", None),
    ]
