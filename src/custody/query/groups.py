"""Logical environments: several places that together are one, such as `prod` = `prod-eu` + `prod-us`.

Which they are is for a policy to say; here it is a mapping from a name to its members. A service of a group is that of
a member with the member's name in front, `prod-eu/api`. What is not known of one member is not known of the group: the
answer names that member, and what it says of the others is no more than that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from custody.errors import UsageError
from custody.query.clocks import END_OF_TIME, Known
from custody.query.environments import log, read_state
from custody.query.history import History
from custody.query.index import Index
from custody.query.types import LogLine, ServiceLine, State

Groups = Mapping[str, Sequence[str]]


class GroupState(NamedTuple):
    """What ran in a group at an instant: the state of each member, and all their services under their own names."""

    name: str
    members: tuple[tuple[str, State | None], ...]
    services: tuple[ServiceLine, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Members of which nothing was known."""
        return tuple(name for name, state in self.members if state is None)


def members_of(groups: Groups, name: str) -> tuple[str, ...]:
    """The environments that a name stands for: those of the group, or itself. Groups hold no groups.

    Raises UsageError for a group without members, or with a group or the same environment twice in it.
    """
    if name not in groups:
        return (name,)
    members = tuple(groups[name])
    nested = [member for member in members if member in groups and member != name]
    if not members or nested or len(set(members)) != len(members):
        what = f"{nested[0]} is a group itself" if nested else "has no members, or one of them twice"
        raise UsageError(f"group {name}: {what}; name environments, each once", code="group")
    return members


def group_state(
    index: Index, groups: Groups, name: str, when: str = END_OF_TIME, known: Known | None = None
) -> GroupState:
    """What ran in a group at an instant, by default the latest; of what was never reported nothing is known."""
    members = []
    services: list[ServiceLine] = []
    for member in members_of(groups, name):
        history = _history(index, member, known)
        state = read_state(history, history.number_at(when)) if history is not None else None
        members.append((member, state))
        if state is not None:
            services += [one._replace(service=f"{member}/{one.service}") for one in state.services]
    return GroupState(name, tuple(members), tuple(services))


def group_log(
    index: Index, groups: Groups, name: str, since: str = "", until: str = "", *, limit: int | None = None
) -> list[tuple[str, LogLine]]:
    """The changes of all members between two instants, each with its member, the newest last."""
    lines = [
        (member, line)
        for member in members_of(groups, name)
        if _history(index, member, None) is not None
        for line in log(index, member, since, until, limit=limit)
    ]
    lines.sort(key=lambda one: one[1].time)  # of one member they are in order, also at one instant
    return lines if limit is None else lines[max(len(lines) - limit, 0) :]


def _history(index: Index, member: str, known: Known | None) -> History | None:
    """A member's states; None where it was never reported, which is for the answer to say."""
    try:
        return History(index, member, known)
    except UsageError as error:
        if error.code != "no-environment":
            raise
        return None
