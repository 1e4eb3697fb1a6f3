"""Rules of folding: any state can be reached one step at a time, and from the one before it by its changes."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from custody.query.fold import Item, Report, Running, apply, diff, replay, step

SERVICES = st.sampled_from(["api", "web", "worker"])
PRINTS = st.sampled_from([letter * 64 for letter in "abcde"])
COUNTS = st.integers(1, 3)
ITEMS = st.builds(
    lambda service, sha256, count: Item(service, service, sha256, count), SERVICES, PRINTS, COUNTS
)


def reports_of(whole: st.SearchStrategy[bool], most: int = 4) -> st.SearchStrategy[list[Report]]:
    """Reports at distinct times, in order."""
    return st.lists(
        st.tuples(whole, st.lists(ITEMS, max_size=most)).map(
            lambda one: (one[0], one[1] if one[0] else one[1][:1])
        ),
        max_size=12,
    ).map(lambda all: [Report(f"{n:04d}", tuple(items), whole) for n, (whole, items) in enumerate(all)])


REPORTS = reports_of(st.booleans())


def counts(running: Running) -> dict[tuple[str, str], int]:
    """What makes two states equal: who runs, how often."""
    return {key: item.instances for key, item in running.items()}


@given(REPORTS)
def test_replaying_one_more_is_one_step_more(reports: list[Report]) -> None:
    for size in range(len(reports)):
        before = list(replay(reports[:size]))
        after, changes = step(before[-1][0] if before else None, reports[size])
        expected = [*before, (after, changes)] if changes or not before else before
        assert list(replay(reports[: size + 1])) == expected


@given(REPORTS)
def test_changes_applied_to_a_state_give_the_next(reports: list[Report]) -> None:
    running: Running = {}
    for report in reports:
        after, changes = step(running, report)
        assert apply(running, changes, report.time) == after
        assert diff(running, after) == changes
        running = after


@given(REPORTS)
def test_a_state_is_exactly_what_the_report_says_runs(reports: list[Report]) -> None:
    running: Running | None = None
    for report in reports:
        after, _ = step(running, report)
        said: dict[tuple[str, str], int] = {}
        for item in report.items:
            said[item.service, item.sha256] = said.get((item.service, item.sha256), 0) + item.instances
        if not report.whole:
            taken_over = {item.service for item in report.items}
            said |= {key: count for key, count in counts(running or {}).items() if key[0] not in taken_over}
        assert counts(after) == said
        running = after


@given(REPORTS)
def test_each_state_differs_from_the_one_before_and_its_changes_say_how(reports: list[Report]) -> None:
    states = list(replay(reports))
    for (before, _), (after, changes) in pairwise(states):
        assert counts(before) != counts(after)
        for change in changes:
            key = change.service, change.sha256
            assert change.before == (
                counts(before)[change.service, change.previous_sha256]
                if change.event == "replaced"
                else counts(before).get(key, 0)
            )
            assert change.after == counts(after).get(key, 0)
            assert change.before != change.after or change.event == "replaced"


@given(REPORTS)
def test_since_is_when_it_began_to_run_without_a_break(reports: list[Report]) -> None:
    history: list[tuple[str, Running]] = []
    running: Running | None = None
    for report in reports:
        running, _ = step(running, report)
        history.append((report.time, running))
    for index, (_, running) in enumerate(history):
        for key, item in running.items():
            began = index
            while began and key in history[began - 1][1]:
                began -= 1
            assert item.since == history[began][0]


@given(REPORTS, st.lists(ITEMS, max_size=4))
def test_replaced_means_one_for_one(reports: list[Report], items: list[Item]) -> None:
    states = list(replay(reports))
    before = states[-1][0] if states else {}
    after, changes = step(before, Report("9999", tuple(items), whole=True))
    for service in {key[0] for key in (*before, *after)}:
        left = {key for key in before if key[0] == service} - after.keys()
        came = {key for key in after if key[0] == service} - before.keys()
        events = [
            change.event for change in changes if change.service == service and change.event != "scaled"
        ]
        if len(left) == len(came) == 1:
            assert events == ["replaced"]
        else:
            assert sorted(events) == ["started"] * len(came) + ["stopped"] * len(left)
