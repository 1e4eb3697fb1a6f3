"""A policy that nobody recorded yet, over everything that was ever deployed: what would it have refused?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from custody.policy.conduct import Deployed, deployments
from custody.policy.document import Policy
from custody.policy.globs import matches
from custody.policy.judgement import Judgement
from custody.policy.verdict import Verdict


class Replayed(NamedTuple):
    """A deployment: what the policy then in force said of it, and what the one tried would have said."""

    deployed: Deployed
    then: Verdict
    instead: Verdict


def replay(judgement: Judgement, policy: Policy) -> Iterator[Replayed]:
    """Every deployment into an environment that the policy would govern, in order of effect."""
    for one in deployments(judgement.index):
        if any(matches(glob, one.environment) for glob in policy.environments):
            moment = one.proof.time
            then = judgement.verdict(one.sha256, one.environment, moment=moment)
            instead = judgement.verdict(one.sha256, one.environment, moment=moment, policy=policy)
            yield Replayed(one, then, instead)
