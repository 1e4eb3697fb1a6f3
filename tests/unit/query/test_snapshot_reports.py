"""Reports of a part, reports as before, and what is known by no fingerprint, in the index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from facts import Log, about, at, digest

from custody.kinds.snapshot import UNRESOLVED
from custody.query.environments import environments, latest, log, states
from custody.query.index import NOTICES, Index
from custody.query.remarks import remarks


def one(service: str, word: str = "", count: int = 1) -> dict[str, Any]:
    return {"service": service, "artifact": about(service, word), "count": count}


class Told(Log):
    """A log with snapshots of every form."""

    def say(self, chain: str, minute: int, running: Any, environment: str = "prod", **more: Any) -> str:
        return self.add(chain, "snapshot", minute, {"environment": environment, "running": running, **more})


def running(index: Index, environment: str = "prod") -> dict[str, str]:
    words = {digest(word): word for word in ("api", "web", "db", "old", "new")}
    return {item.service: words.get(item.sha256, item.sha256) for item in latest(index, environment).services}


def notices(index: Index) -> Sequence[tuple[str, int]]:
    return [(code, position) for code in NOTICES for position, _, _ in index.notices(code)]


def test_a_part_leaves_the_rest_as_it_was() -> None:
    made = Told()
    chain = made.chain("reporter")
    made.say(chain, 1, [one("shop/api", "old"), one("bank/db", "db")])
    made.say(chain, 2, {"list": [one("shop/api", "new")], "include": ["shop/*"]})
    made.say(chain, 3, {"list": [], "exclude": ["shop/*", "bank/*"]})
    made.say(chain, 4, {"list": [], "include": ["bank/*"]})
    index = made.index()
    events = [(line.time, line.change.event, line.change.service) for line in log(index, "prod")]
    assert events[2:] == [(at(2), "replaced", "shop/api"), (at(4), "stopped", "bank/db")]
    assert running(index) == {"shop/api": "new"}
    assert environments(index)[0].last_seen == at(4)


def test_two_parts_in_turn_stay_what_they_are() -> None:
    made = Told()
    chain = made.chain("reporter")
    for minute in range(0, 20, 2):
        made.say(chain, minute, {"list": [one("a/x", "api")], "include": ["a/*"]})
        made.say(chain, minute + 1, {"list": [one("b/y", "web")], "include": ["b/*"]})
    index = made.index()
    assert running(index) == {"a/x": "api", "b/y": "web"}
    assert len(states(index, "prod")) == 2


def test_a_part_that_lists_what_is_outside_counts_for_nothing() -> None:
    made = Told()
    chain = made.chain("reporter")
    made.say(chain, 1, [one("a/x", "old")])
    made.say(chain, 2, {"list": [one("a/x", "new")], "include": ["b/*"]})
    index = made.index()
    assert running(index) == {"a/x": "old"}
    assert notices(index) == [("unreadable", 2)]


def test_as_before_renews_what_is_known() -> None:
    made = Told()
    chain = made.chain("reporter")
    base = made.say(chain, 1, [one("api"), one("web")], platform="kubernetes")
    for minute in range(2, 6):
        made.say(chain, minute, {"unchanged": base})
    index = made.index()
    (line,) = environments(index)
    assert (line.states, line.first, line.last_change, line.last_seen) == (1, at(1), at(1), at(5))
    assert notices(index) == []


def test_as_before_is_what_that_entry_says_whatever_came_in_between() -> None:
    made = Told()
    chain, other = made.chain("reporter"), made.chain("reporter")
    base = made.say(chain, 1, [one("api", "old")])
    made.say(other, 2, [one("api", "new")])
    made.say(chain, 3, {"unchanged": base})
    index = made.index()
    assert running(index) == {"api": "old"}
    assert [(line.time, line.change.event) for line in log(index, "prod")] == [
        (at(1), "started"),
        (at(2), "replaced"),
        (at(3), "replaced"),
    ]


def test_as_before_of_a_part_is_of_that_part() -> None:
    made = Told()
    chain = made.chain("reporter")
    base = made.say(chain, 1, {"list": [one("a/x", "api")], "include": ["a/*"]})
    made.say(chain, 2, {"list": [one("b/y", "web")], "include": ["b/*"]})
    made.say(chain, 3, {"unchanged": base})
    assert running(made.index()) == {"a/x": "api", "b/y": "web"}


@pytest.mark.parametrize("step", [1, 2, 500])
def test_it_does_not_matter_where_in_the_log_the_entry_stands(step: int) -> None:
    """A merge may bring the entry that is repeated behind those that repeat it."""
    made = Told()
    chain = made.chain("reporter")
    base = made.say(chain, 1, [one("api", "old"), one("web")])
    made.say(chain, 3, {"unchanged": base})
    made.say(chain, 2, [one("api", "new")])
    order = (0, 2, 3, 1)
    made.entries = [made.entries[place]._replace(position=at) for at, place in enumerate(order)]
    index = made.index(step=step)
    assert [(line.time, line.change.event, line.change.service) for line in log(index, "prod")] == [
        (at(1), "started", "api"),
        (at(1), "started", "web"),
        (at(2), "replaced", "api"),
        (at(2), "stopped", "web"),
        (at(3), "replaced", "api"),
        (at(3), "started", "web"),
    ]


def test_as_before_of_what_is_not_known_counts_for_nothing() -> None:
    made = Told()
    chain = made.chain("reporter")
    known = made.say(chain, 1, [one("api", "old")])
    uncounted = made.add(chain, "snapshot", 2, {"environment": "prod", "running": [one("x")]}, counts=False)
    elsewhere = made.say(chain, 3, [one("y")], "staging")
    again = made.say(chain, 4, {"unchanged": known})
    unreadable = made.say(chain, 5, [{"service": "api"}])
    for minute, base in enumerate((digest("nothing"), uncounted, elsewhere, again, unreadable, chain), 10):
        made.say(chain, minute, {"unchanged": base})
    index = made.index()
    assert running(index) == {"api": "old"}
    assert environments(index)[0].last_seen == at(4)
    assert notices(index) == [
        ("unreadable", 5),
        *(("unchanged-unknown", position) for position in range(6, 12)),
    ]


def test_an_environment_of_which_nothing_is_known_is_none() -> None:
    made = Told()
    chain = made.chain("reporter")
    made.deployment(chain, 1, "api")
    made.say(chain, 2, {"unchanged": digest("nothing")})
    index = made.index()
    (line,) = environments(index)
    assert (line.basis, line.last_seen) == ("deployment", at(1))


def test_what_has_no_fingerprint_runs_and_is_told_once() -> None:
    made = Told()
    chain = made.chain("reporter")
    cache = {"service": "cache", "unresolved": {"name": "redis", "reference": "redis:7"}, "count": 1}
    shell = {"service": "shell", "image": {"name": "shell", "id": digest("id")}, "count": 1}
    for minute in range(1, 4):
        made.say(chain, minute, [one("api", count=minute), cache, shell])
    made.say(
        chain, 5, [one("api"), {**cache, "unresolved": {"name": "redis", "reference": "redis:8"}}, shell]
    )
    index = made.index()
    assert notices(index) == [("no-fingerprint", 1), ("no-fingerprint", 1), ("no-fingerprint", 4)]
    said = [message for _, _, message in index.notices("no-fingerprint")]
    assert "redis:7" in said[0] and digest("id")[:12] in said[1] and "redis:8" in said[2]
    (change,) = [line.change for line in log(index, "prod", at(5)) if line.change.service == "cache"]
    assert change.event == "replaced" and change.sha256.startswith(UNRESOLVED)
    assert running(index)["shell"] == digest("id")


def test_a_reference_is_never_taken_for_the_file_whose_bytes_it_is() -> None:
    """The SHA-256 of a reference is also that of a file that holds just that text."""
    made = Told()
    chain = made.chain("reporter")
    made.artifact(chain, 1, "api", "redis:7")
    made.approval(chain, 2, word="redis:7")
    made.say(
        chain, 3, [{"service": "api", "unresolved": {"name": "api", "reference": "redis:7"}, "count": 1}]
    )
    (line,) = latest(made.index(), "prod").services
    assert (line.recorded, line.approved_by) == (False, "")


def test_two_parts_at_one_instant_contradict_each_other_only_where_they_are_the_same() -> None:
    made = Told()
    chain, other = made.chain("reporter"), made.chain("reporter")
    made.say(chain, 1, {"list": [one("a/x", "old")], "include": ["a/*"]})
    made.say(other, 1, {"list": [one("b/y", "web")], "include": ["b/*"]})
    assert [one.code for one in remarks(made.index())] == []
    made.say(other, 1, {"list": [one("a/x", "new")], "include": ["a/*"]})
    assert [(one.code, one.position) for one in remarks(made.index())] == [("simultaneous-reports", 4)]
