"""Several environments as one."""

from __future__ import annotations

import pytest
from facts import Log, at

from custody.errors import UsageError
from custody.query.groups import group_log, group_state, members_of
from custody.query.index import Index

GROUPS = {"prod": ("prod-eu", "prod-us"), "all": ("prod", "dev"), "none": (), "twice": ("dev", "dev")}


@pytest.fixture
def index() -> Index:
    made = Log()
    chain = made.chain()
    made.snapshot(chain, 10, ("api", "one", 1), environment="prod-eu")
    made.snapshot(chain, 20, ("api", "one", 2), environment="prod-us")
    made.snapshot(chain, 30, ("api", "two", 1), environment="prod-eu")
    return made.index()


def test_services_have_their_members_names_in_front(index: Index) -> None:
    state = group_state(index, GROUPS, "prod")
    assert [(one.service, one.instances, one.since) for one in state.services] == [
        ("prod-eu/api", 1, at(30)), ("prod-us/api", 2, at(20)),
    ]  # fmt: skip
    assert state.unknown == ()


def test_what_is_not_known_of_a_member_is_not_known_of_the_group(index: Index) -> None:
    state = group_state(index, GROUPS, "prod", at(15))
    assert state.unknown == ("prod-us",)
    assert [one.service for one in state.services] == ["prod-eu/api"]
    only = Log()
    only.snapshot(only.chain(), 1, environment="prod-eu")
    one = only.index()
    assert group_state(one, GROUPS, "prod").unknown == ("prod-us",)
    assert group_log(one, GROUPS, "prod") == []


def test_the_log_of_a_group_is_that_of_its_members_in_one_order(index: Index) -> None:
    assert [(member, line.time) for member, line in group_log(index, GROUPS, "prod")] == [
        ("prod-eu", at(10)), ("prod-us", at(20)), ("prod-eu", at(30)),
    ]  # fmt: skip
    assert [line.time for _, line in group_log(index, GROUPS, "prod", limit=2)] == [at(20), at(30)]
    assert [line.time for _, line in group_log(index, GROUPS, "prod", at(11), at(29))] == [at(20)]


def test_an_environment_is_a_group_of_its_own_and_groups_hold_no_groups() -> None:
    assert members_of(GROUPS, "dev") == ("dev",)
    for name in ("all", "none", "twice"):
        with pytest.raises(UsageError) as caught:
            members_of(GROUPS, name)
        assert caught.value.code == "group"
    assert members_of({"prod": ("prod",)}, "prod") == ("prod",)
