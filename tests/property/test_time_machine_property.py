"""Rules of the time machine, through the index: past beliefs, intervals and differences are what folding gives."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st

from custody.ledger.timestamps import from_datetime, to_datetime
from custody.query.clocks import Arrivals, Known
from custody.query.deployments import deployments
from custody.query.diffs import differences
from custody.query.environments import hindsight, hindsight_log, log, read_state
from custody.query.fold import Running, apply, replay
from custody.query.history import History
from custody.query.index import Index
from custody.query.remarks import remarks
from custody.query.states import reports

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit" / "query"))

from facts import Log, about, at

WORDS = st.sampled_from("abc")
SERVICES = st.sampled_from(["api", "web"])
RUNNING = st.lists(st.tuples(SERVICES, WORDS, st.integers(1, 2)), max_size=3)
SNAPSHOT = st.tuples(st.just("snapshot"), st.integers(1, 40), RUNNING)
PART = st.tuples(st.just("part"), st.integers(1, 40), RUNNING)
AGAIN = st.tuples(st.just("again"), st.integers(1, 40), st.integers(0, 13))
PUT = st.lists(st.tuples(SERVICES, WORDS), min_size=1, max_size=1)
DEPLOYMENT = st.tuples(st.just("deployment"), st.integers(1, 40), PUT)
MERGE = st.tuples(st.just("merge"), st.integers(1, 60), st.integers(0, 6))
ACTS = st.lists(st.one_of(SNAPSHOT, SNAPSHOT, PART, AGAIN, DEPLOYMENT, MERGE), min_size=1, max_size=14)
MINUTES = st.integers(0, 61)


class Told:
    """A log of one environment, its index, and its reports as the index took them: position, time, report, whole."""

    def __init__(self, acts: list[tuple[str, int, object]]) -> None:
        made = Log()
        said: list[str] = []  # entries that say what runs
        for kind, minute, what in acts:
            if isinstance(what, int):
                if kind == "merge":
                    made.merge(minute, what)
                elif said:  # as before: also of what stands far behind in the log, once it is merged
                    body = {"environment": "prod", "running": {"unchanged": said[what % len(said)]}}
                    made.add(made.chain(minute=0), "snapshot", minute, body)
                continue
            chain = made.chain(minute=0)
            assert isinstance(what, list)
            if kind == "snapshot":
                said.append(made.snapshot(chain, minute, *what))
            elif kind == "part":
                listed = [
                    {"service": service, "artifact": about(service, word), "count": count}
                    for service, word, count in what
                    if service == "api"
                ]
                body = {"environment": "prod", "running": {"list": listed, "include": ["a*"]}}
                said.append(made.add(chain, "snapshot", minute, body))
            else:
                ((service, word),) = what
                made.deployment(chain, minute, word, service)
        self.index = made.index()
        self.reports = [
            (one.proof.position, one.proof.time, one.read())
            for basis in ("snapshot", "deployment")
            for one in reports(self.index, "prod", basis, "", "1")
        ]
        self.bases: dict[int, tuple[int, str]] = {
            position: (base, time)
            for position, base, time in self.index.rows(
                "SELECT renewal.position, snapshot.position, snapshot.time FROM renewal JOIN snapshot ON base = entry"
            )
        }

    def believed(self, known: Known | None) -> list[tuple[Running, object]]:
        """The states by folding what had arrived, from the beginning."""
        there = [
            one
            for one in self.reports
            if known is None
            or (known.holds(one[0], one[1]) and known.holds(*self.bases.get(one[0], (one[0], one[1]))))
        ]
        whole = [report for _, _, report in there if report.whole]
        return list(replay(whole or [report for _, _, report in there]))


def whole(index: Index, history: History) -> list[tuple[Running, object]]:
    return [(history.running(n), history.head(n).changes) for n in range(1, history.count + 1)]


@given(ACTS, MINUTES)
def test_what_was_believed_is_what_folding_only_what_had_arrived_gives(
    acts: list[tuple[str, int, object]], minute: int
) -> None:
    told = Told(acts)
    arrivals = Arrivals(told.index)
    assume(told.reports)
    for known in (arrivals.by_time(at(minute)), arrivals.by_position(minute), None):
        history = History(told.index, "prod", known)
        assert whole(told.index, history) == told.believed(known)
        assert [head.number for head in history.heads()] == list(range(1, history.count + 1))
        assert [head.number for head in history.newest_first()] == list(range(history.count, 0, -1))


@given(ACTS, MINUTES, MINUTES)
def test_an_answer_that_later_reports_did_not_change_is_the_one_of_now(
    acts: list[tuple[str, int, object]], minute: int, when: int
) -> None:
    told = Told(acts)
    assume(told.reports)
    history = History(told.index, "prod", Arrivals(told.index).by_time(at(minute)))
    believed = read_state(history, history.number_at(at(when)))
    found = hindsight(history, believed, at(when))
    now = read_state(History(told.index, "prod"), History(told.index, "prod").number_at(at(when)))
    services = [
        (one.service, one.sha256, one.instances, one.since) for one in (believed.services if believed else ())
    ]
    today = [(one.service, one.sha256, one.instances, one.since) for one in (now.services if now else ())]
    same = (believed is None) == (now is None) and services == today
    assert found.now == now
    assert (not found.later) == same


@given(ACTS, MINUTES, MINUTES, MINUTES)
def test_a_log_that_later_reports_did_not_change_is_the_one_of_now(
    acts: list[tuple[str, int, object]], minute: int, one: int, other: int
) -> None:
    told = Told(acts)
    assume(told.reports)
    since, until = sorted((at(one), at(other)))
    known = Arrivals(told.index).by_time(at(minute))
    believed = log(told.index, "prod", since, until, known=known)
    now = log(told.index, "prod", since, until)
    same = [(line.time, line.change) for line in believed] == [(line.time, line.change) for line in now]
    later = hindsight_log(History(told.index, "prod", known), believed, since, until)
    assert (not later) == same


@given(ACTS, MINUTES, MINUTES)
def test_the_log_of_an_interval_leads_from_the_state_at_its_start_to_the_one_at_its_end(
    acts: list[tuple[str, int, object]], one: int, other: int
) -> None:
    told = Told(acts)
    assume(told.reports)
    since, until = sorted((at(one), at(other)))
    history = History(told.index, "prod")
    before, after = history.number_at(just_before(since)), history.number_at(until)
    running: Running = history.running(before) if before else {}
    lines = log(told.index, "prod", since, until)
    for number in sorted({line.number for line in lines}):
        changes = [line for line in lines if line.number == number]
        running = apply(running, (line.change for line in changes), changes[0].time)
    assert running == (history.running(after) if after else {})
    assert lines[-2:] == log(told.index, "prod", since, until, limit=2)


@given(ACTS, MINUTES, MINUTES, MINUTES)
def test_a_difference_applied_to_one_moment_gives_the_other(
    acts: list[tuple[str, int, object]], one: int, other: int, minute: int
) -> None:
    told = Told(acts)
    assume(told.reports)
    here = History(told.index, "prod", Arrivals(told.index).by_time(at(minute)))
    there = History(told.index, "prod")
    before, after = read_state(here, here.number_at(at(one))), read_state(there, there.number_at(at(other)))
    found = differences((here, before), (there, after))
    assert found.known == (before is not None and after is not None)
    if before is None or after is None:
        assert found.lines == ()
        return
    came = apply(here.running(before.number), (line.change for line in found.lines), after.time)
    wanted = there.running(after.number)
    assert {key: item.instances for key, item in came.items()} == {
        key: item.instances for key, item in wanted.items()
    }


ACT = st.one_of(
    st.tuples(st.just("snapshot"), st.integers(1, 400), RUNNING),
    st.tuples(st.just("deployment"), st.integers(1, 400), PUT),
)


@given(st.lists(ACT, min_size=1, max_size=14))
def test_the_findings_are_what_the_list_of_deployments_says(acts: list[tuple[str, int, object]]) -> None:
    index = Told(acts).index
    found: dict[str, set[tuple[int, str]]] = {"deployment-unseen": set(), "change-undeclared": set()}
    for one in remarks(index):
        found.setdefault(one.code, set()).add((one.position, one.message.split()[0]))
    lines = deployments(index, "prod", limit=100)
    listed = {
        code: {(line.proof.position, line.name) for line in lines if line.basis == basis}
        for code, basis in (("deployment-unseen", "unseen"), ("change-undeclared", "undeclared"))
    }
    assert listed == {code: found[code] for code in listed}
    for limit in range(1, 4):
        assert deployments(index, "prod", limit=limit) == lines[-limit:]


def just_before(instant: str) -> str:
    """The last millisecond in front of a whole minute."""
    return from_datetime(to_datetime(instant) - timedelta(milliseconds=1))
