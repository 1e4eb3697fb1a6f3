"""Deployments: declared, seen, both, or one without the other."""

from __future__ import annotations

import pytest
from facts import Log, about, at, digest

from custody.errors import UsageError
from custody.query.deployments import DeploymentLine, deployments
from custody.query.index import Index
from custody.query.remarks import remarks


def lines(index: Index, limit: int = 100) -> list[tuple[str, str, str]]:
    """Basis, time and word of each."""
    words = {digest(word): word for word in ("zero", "one", "two", "three", "four")}
    return [
        (line.basis, line.time[11:16], words[line.sha256]) for line in deployments(index, "prod", limit=limit)
    ]


def codes(index: Index) -> list[tuple[str, int]]:
    return [(remark.code, remark.position) for remark in remarks(index)]


@pytest.fixture
def told() -> Index:
    """Zero ran before; one is declared and seen, two declared and never seen, three seen and never declared."""
    made = Log()
    chain = made.chain()
    made.artifact(chain, 1, "api", "one", version="1.0", commit="c" * 40, source={
        "committer": {"time": at(5)}, "signature": "none", "dirty": False,
    })  # fmt: skip
    made.snapshot(chain, 10, ("api", "zero", 1))
    officer = made.chain("risk-officer")
    made.approval(officer, 15, word="one")
    link = {"links": [{"label": "run", "url": "https://ci.example/7"}], "reason": "release"}
    made.add(
        chain,
        "deployment",
        20,
        {"artifact": about("api", "one"), "environment": "prod", "service": "pay", **link},
    )
    made.snapshot(chain, 25, ("ns/api", "one", 1))
    made.deployment(chain, 200, "two", "pay")
    made.snapshot(chain, 300, ("ns/api", "one", 1))
    made.snapshot(chain, 400, ("ns/api", "three", 1))
    return made.index()


def test_they_are_matched_by_fingerprint_although_services_have_other_names(told: Index) -> None:
    assert lines(told) == [
        ("declared and seen", "00:20", "one"), ("unseen", "03:20", "two"), ("undeclared", "06:40", "three"),
    ]  # fmt: skip
    first = deployments(told, "prod", limit=9)[0]
    assert isinstance(first, DeploymentLine)
    assert (first.service, first.version, first.commit, first.approved_by) == (
        "pay",
        "1.0",
        "c" * 40,
        "risk-officer",
    )
    assert (first.lead_seconds, first.reason, first.link) == (15 * 60, "release", "https://ci.example/7")
    assert first.seen is not None and first.seen.time == at(25)
    assert first.proof.time == at(20)


def test_what_lacks_the_other_is_a_finding(told: Index) -> None:
    assert codes(told) == [("deployment-unseen", 7), ("change-undeclared", 9)]


def test_the_last_ones_up_to_an_instant(told: Index) -> None:
    assert [basis for basis, _, _ in lines(told, 2)] == ["unseen", "undeclared"]
    assert [line.time for line in deployments(told, "prod", limit=9, until=at(30))] == [at(20)]
    with pytest.raises(UsageError, match="no environment prd"):
        deployments(told, "prd", limit=1)


def test_with_snapshots_alone_changes_are_the_deployments() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "zero", 1))
    made.snapshot(chain, 20, ("api", "zero", 1), ("api", "one", 1))
    made.snapshot(chain, 30, ("api", "one", 3))
    made.snapshot(chain, 40, ("api", "two", 3))
    index = made.index()
    assert lines(index) == [("seen", "00:20", "one"), ("seen", "00:40", "two")]
    assert codes(index) == []


def test_with_deployments_alone_nothing_is_missed() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 10, "one")
    made.deployment(chain, 200, "two")
    index = made.index()
    assert lines(index) == [("declared", "00:10", "one"), ("declared", "03:20", "two")]
    assert codes(index) == []


def test_what_nobody_looked_at_yet_is_not_unseen() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "zero", 1))
    made.deployment(chain, 100, "one")
    made.snapshot(chain, 130, ("api", "zero", 1))  # a rollout may take an hour
    made.deployment(chain, 140, "two")  # and before it is over, another comes
    made.snapshot(chain, 190, ("api", "zero", 1))
    assert [basis for basis, _, _ in lines(made.index())] == ["declared", "declared"]
    made.snapshot(chain, 200, ("api", "zero", 1))
    assert [basis for basis, _, _ in lines(made.index())] == ["declared", "unseen"]


@pytest.mark.parametrize(("minute", "declared"), [(99, False), (100, True), (160, True), (220, True)])
def test_a_pipeline_may_say_so_up_to_an_hour_later(minute: int, declared: bool) -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 1, "zero")
    made.snapshot(chain, 2, ("api", "zero", 1))
    made.snapshot(chain, minute, ("api", "one", 1))
    made.deployment(chain, 160, "one")
    made.snapshot(chain, 300, ("api", "one", 1))
    assert ("change-undeclared" not in dict(codes(made.index()))) == declared


def test_the_old_one_coming_back_by_itself_is_undeclared_and_a_restart_is_not() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 10, "one")
    made.snapshot(chain, 11, ("api", "one", 1))
    made.deployment(chain, 200, "two")
    made.snapshot(chain, 201, ("api", "two", 1))
    made.snapshot(chain, 400)
    made.snapshot(chain, 401, ("api", "two", 1))
    made.snapshot(chain, 500, ("api", "one", 1))
    index = made.index()
    assert codes(index) == [("change-undeclared", 7)]
    assert lines(index)[-1] == ("undeclared", "08:20", "one")


def test_deploying_again_what_runs_already_is_seen() -> None:
    made = Log()
    chain = made.chain()
    made.deployment(chain, 10, "one")
    made.snapshot(chain, 11, ("api", "one", 1))
    made.deployment(chain, 300, "one")
    made.snapshot(chain, 600, ("api", "one", 1))
    assert [basis for basis, _, _ in lines(made.index())] == ["declared and seen", "declared and seen"]


def test_an_instant_at_the_end_of_the_calendar_is_no_error() -> None:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "zero", 1))
    made.deployment(chain, 20, "one")
    made.snapshot(chain, 30, ("api", "two", 1))
    index = made.index()
    for table in ("deployment", "snapshot", "state", "span"):
        index.execute(f"UPDATE {table} SET time = '9999-12-31T23:59:59.999Z' WHERE time > ?", at(10))
    assert {line.basis for line in deployments(index, "prod", limit=9)} <= {
        "declared",
        "undeclared",
        "unseen",
    }
    list(remarks(index))
