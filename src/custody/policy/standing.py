"""Where artifacts stand: their verdicts, then and now, and what made the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from custody.policy.judgement import Judgement
from custody.policy.verdict import ControlVerdict, Verdict
from custody.query.types import State

_ENVIRONMENTS = """
    SELECT name FROM environment UNION SELECT environment FROM approval UNION SELECT environment FROM deployment
    UNION SELECT environment FROM decision
"""


class Difference(NamedTuple):
    """A control whose state is another now; None where there was, or is, none of that name."""

    name: str
    then: ControlVerdict | None
    now: ControlVerdict | None


class Standing(NamedTuple):
    """The verdict on an artifact at some moment, and the one by now."""

    then: Verdict
    now: Verdict

    @property
    def new_policy(self) -> bool:
        """Whether another policy, or another version of it, judges now."""
        return self.then.policy_sha256 != self.now.policy_sha256

    @property
    def differences(self) -> tuple[Difference, ...]:
        then = {one.name: one for one in self.then.controls}
        now = {one.name: one for one in self.now.controls}
        found = []
        for name in dict.fromkeys((*then, *now)):
            old, new = then.get(name), now.get(name)
            if old is None or new is None or (old.state, old.instead) != (new.state, new.instead):
                found.append(Difference(name, old, new))
        return tuple(found)


def standings_at(
    judgement: Judgement, state: State, moment: str, *, at: int | None = None
) -> dict[str, Standing]:
    """Of each artifact of a state the verdict when it began to run, and the one at a moment. `at` as in Judgement."""
    moment = min(moment, judgement.now)
    found = {}
    for one in state.services:
        then = judgement.verdict(one.sha256, state.environment, moment=one.since, at=at)
        now = judgement.verdict(one.sha256, state.environment, moment=moment, at=at)
        found[one.sha256] = Standing(then, now)
    return found


def governed(judgement: Judgement, moment: str | None = None) -> list[str]:
    """The environments that a policy governs at a moment, by name: those that this ledger speaks of, and those that
    the policy names in full, of which there may be nothing yet."""
    names = sorted({*judgement.named(moment), *(row[0] for row in judgement.index.rows(_ENVIRONMENTS))})
    return [name for name in names if not isinstance(judgement.governing(name, moment=moment), str)]


def verdicts_by_artifact(
    judgement: Judgement, artifacts: Sequence[str], environments: Iterable[str], moment: str | None = None
) -> dict[str, list[Verdict]]:
    """Of each artifact the verdict for each of these environments."""
    found: dict[str, list[Verdict]] = {artifact: [] for artifact in artifacts}
    for environment in environments:
        for artifact, verdict in judgement.verdicts(artifacts, environment, moment=moment).items():
            found[artifact].append(verdict)
    return found
