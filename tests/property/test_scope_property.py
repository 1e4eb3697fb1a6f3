"""Reports of a part of an environment: they replace what they are about, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from custody.kinds.scope import WHOLE, Scope
from custody.query.fold import Item, Report, Running, apply, diff, replay, step

NAMES = ("a/api", "a/db", "b/api", "b/web", "c")
ITEMS = st.builds(
    lambda service, letter, count: Item(service, service, letter * 64, count),
    st.sampled_from(NAMES), st.sampled_from("abc"), st.integers(1, 2),
)  # fmt: skip
GLOBS = st.lists(st.sampled_from(["a/*", "b/*", "*/api", "?", "a/d?", "*"]), max_size=2).map(tuple)
SCOPES = st.builds(Scope, GLOBS, GLOBS)


@st.composite
def reports(draw: st.DrawFn, scopes: st.SearchStrategy[Scope] = SCOPES) -> list[Report]:
    found = []
    for number in range(draw(st.integers(0, 8))):
        scope = draw(scopes)
        items = [one for one in draw(st.lists(ITEMS, max_size=5)) if scope.covers(one.service)]
        found.append(Report(f"{number:04d}", tuple(items), whole=True, scope=scope))
    return found


def counts(running: Running) -> dict[tuple[str, str], int]:
    return {key: item.instances for key, item in running.items()}


def said(report: Report) -> dict[tuple[str, str], int]:
    found: dict[tuple[str, str], int] = {}
    for item in report.items:
        found[item.service, item.sha256] = found.get((item.service, item.sha256), 0) + item.instances
    return found


@given(reports())
def test_what_is_outside_is_as_it_was_and_what_is_inside_as_it_is_said(all: list[Report]) -> None:
    running: Running = {}
    for report in all:
        after, _ = step(running, report)
        inside = {key: count for key, count in counts(after).items() if report.scope.covers(key[0])}
        assert inside == said(report)
        outside = {key: item for key, item in running.items() if not report.scope.covers(key[0])}
        assert {key: item for key, item in after.items() if not report.scope.covers(key[0])} == outside
        running = after


@given(reports())
def test_nothing_outside_of_the_part_changes(all: list[Report]) -> None:
    running: Running | None = None
    for report in all:
        before = running
        running, changes = step(running, report)
        assert all_covered(report, [change.service for change in changes])
        assert apply(before or {}, changes, report.time) == running
        assert diff(before or {}, running) == changes


def all_covered(report: Report, services: list[str]) -> bool:
    return all(report.scope.covers(service) for service in services)


@given(reports(), reports())
def test_replaying_some_and_then_the_rest_is_replaying_all(some: list[Report], rest: list[Report]) -> None:
    first, whole = list(replay(some)), list(replay([*some, *rest]))
    assert whole[: len(first)] == first
    running: Running | None = None
    for report in (*some, *rest):
        running, _ = step(running, report)
    if running is not None:
        assert whole[-1][0] == running


@given(reports())
def test_a_report_twice_is_a_report_once(all: list[Report]) -> None:
    running: Running | None = None
    for report in all:
        running, _ = step(running, report)
        again, changes = step(running, report._replace(time="9999"))
        assert changes == () and again == running


@given(reports(), st.lists(ITEMS, max_size=5))
def test_parts_that_do_not_meet_may_come_in_any_order(before: list[Report], items: list[Item]) -> None:
    running: Running | None = None
    for report in before:
        running, _ = step(running, report)
    parts = [
        Report("9", tuple(one for one in items if scope.covers(one.service)), whole=True, scope=scope)
        for scope in (Scope(("a/*",)), Scope(("b/*",)), Scope((), ("a/*", "b/*")))
    ]
    there: Running | None = running
    back: Running | None = running
    for part in parts:
        there, _ = step(there, part)
    for part in reversed(parts):
        back, _ = step(back, part)
    whole, _ = step(running, Report("9", tuple(items), whole=True, scope=WHOLE))
    assert counts(there or {}) == counts(back or {}) == counts(whole)


@given(reports(st.just(WHOLE)))
def test_the_whole_is_the_part_that_is_everything(all: list[Report]) -> None:
    every = [report._replace(scope=Scope(("*",))) for report in all]
    assert list(replay(all)) == list(replay(every))
