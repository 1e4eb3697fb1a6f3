"""Whether the trails that made an artifact are closed: their chains, and the seals that list them."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from custody.policy.asking import Asking
from custody.policy.facts import TrailFact
from custody.query.types import Proof

_CHAINS = """
    SELECT trail_number, id, trail, position, id, time, writer FROM chain
    WHERE counts AND trail_number IN {} AND position < ?2 ORDER BY position
"""
_CLOSING = """
    SELECT chain.trail_number, chain.id, one.position, one.entry, one.time, one.writer
    FROM chain JOIN closing AS one ON one.chain = chain.position
    WHERE chain.trail_number IN {} AND one.position < ?2 ORDER BY one.position DESC
"""
_LISTING = """
    SELECT chain.trail_number, one.chains, one.position, one.entry, one.time, one.writer
    FROM chain JOIN listing AS one ON one.chain = chain.position
    WHERE chain.trail_number IN {} AND one.position < ?2 ORDER BY one.position
"""
_BLANK_SEALS = "SELECT trail, time FROM blank WHERE kind = 'seal' AND trail IN {} AND position < ?2"


def trail_facts(asking: Asking, trails: Iterable[int]) -> dict[int, TrailFact]:
    """A fact for each trail (by the index' number)."""
    wanted = list(dict.fromkeys(trails))
    names: dict[int, str] = {}
    chains: dict[int, dict[str, Proof]] = defaultdict(dict)
    closed: dict[int, dict[str, Proof]] = defaultdict(dict)
    listed: dict[int, list[tuple[Proof, frozenset[str]]]] = defaultdict(list)
    for trail, chain, name, *proof in asking.rows(_CHAINS, wanted):
        names[trail] = name
        chains[trail][chain] = Proof(*proof)
    for trail, chain, *proof in asking.rows(_CLOSING, wanted):
        closed[trail][chain] = Proof(*proof)
    for trail, text, *proof in asking.rows(_LISTING, wanted):
        listed[trail].append((Proof(*proof), frozenset(json.loads(text))))
    dark = any(place < asking.before and time <= asking.until for place, time in asking.dark.items())
    blank = {trail for trail, time in asking.rows(_BLANK_SEALS, wanted) if time <= asking.until}
    return {
        trail: TrailFact(
            trail,
            names.get(trail, ""),
            chains[trail],
            closed[trail],
            tuple(listed[trail]),
            not dark and trail not in blank,
        )
        for trail in wanted
    }
