"""Base scores of CVSS vectors: version 2 (section 3.2.1 of its guide), 3.0 and 3.1 (section 7.1) and 4.0 (section 8.2).

Only base metrics are looked at; threat, temporal and environmental ones change nothing. For 4.0 that means that
exploits are assumed, every security requirement is high, and no one's safety is at stake.
"""

from __future__ import annotations

import math
import re

_METRIC = re.compile(r"([A-Za-z]{1,3}):([A-Za-z]{1,6})")
MAX_VECTOR = 500


def base_score(vector: str) -> float | None:
    """The score, 0.0 to 10.0 with one decimal. None for what is no vector of a known version with all base metrics."""
    if len(vector) > MAX_VECTOR:
        return None
    version, _, rest = (
        vector.rpartition("CVSS:")[2].partition("/") if vector.startswith("CVSS:") else ("2", "", vector)
    )
    metrics: dict[str, str] = {}
    for part in rest.strip("()/").split("/"):
        found = _METRIC.fullmatch(part)
        if not found or found[1] in metrics:
            return None
        metrics[found[1]] = found[2]
    try:
        if version == "4.0":
            return _score_4(metrics)
        if version in ("3.0", "3.1"):
            return _score_3(metrics)
        return _score_2(metrics) if version == "2" else None
    except KeyError:  # a base metric, or a value of one, that is not there
        return None


# --- version 2

_V2 = {
    "AV": {"L": 0.395, "A": 0.646, "N": 1.0},
    "AC": {"H": 0.35, "M": 0.61, "L": 0.71},
    "Au": {"M": 0.45, "S": 0.56, "N": 0.704},
}
_V2_IMPACT = {"N": 0.0, "P": 0.275, "C": 0.66}


def _score_2(metrics: dict[str, str]) -> float:
    spared = math.prod(1 - _V2_IMPACT[metrics[name]] for name in "CIA")
    impact = 10.41 * (1 - spared)
    exploitability = 20 * math.prod(values[metrics[name]] for name, values in _V2.items())
    if spared == 1:
        return 0.0
    return _nearest((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176)


# --- version 3

_V3 = {
    "AV": {"N": 0.85, "A": 0.62, "L": 0.55, "P": 0.2},
    "AC": {"L": 0.77, "H": 0.44},
    "UI": {"N": 0.85, "R": 0.62},
}
_V3_PRIVILEGES = {"U": {"N": 0.85, "L": 0.62, "H": 0.27}, "C": {"N": 0.85, "L": 0.68, "H": 0.5}}
_V3_IMPACT = {"N": 0.0, "L": 0.22, "H": 0.56}


def _score_3(metrics: dict[str, str]) -> float:
    changed = metrics["S"] == "C"
    lost = 1 - math.prod(1 - _V3_IMPACT[metrics[name]] for name in "CIA")
    impact = 7.52 * (lost - 0.029) - 3.25 * (lost - 0.02) ** 15 if changed else 6.42 * lost
    exploitability = 8.22 * math.prod(values[metrics[name]] for name, values in _V3.items())
    exploitability *= _V3_PRIVILEGES[metrics["S"]][metrics["PR"]]
    if impact <= 0:
        return 0.0
    return _up(min((1.08 if changed else 1) * (impact + exploitability), 10))


def _up(score: float) -> float:
    """Rounded up to one decimal, as appendix A of 3.1 does so that machines agree."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (whole // 10_000 + 1) / 10


# --- version 4

# How severe each value is, counted in steps from the worst.
_V4_STEPS = {
    "AV": "NALP", "PR": "NLH", "UI": "NPA",
    "AC": "LH", "AT": "NP",
    "VC": "HLN", "VI": "HLN", "VA": "HLN",
    "SC": "HLN", "SI": "HLN", "SA": "HLN",
}  # fmt: skip
_V4_SETS = (("AV", "PR", "UI"), ("AC", "AT"), ("VC", "VI", "VA"), ("SC", "SI", "SA"))
# For each set of metrics and each of its levels: the worst vectors of that level, in order, and the level's depth.
_V4_WORST: tuple[dict[int, tuple[tuple[str, ...], int]], ...] = (
    {0: (("NNN",), 1), 1: (("ANN", "NLN", "NNP"), 4), 2: (("PNN", "ALP"), 5)},
    {0: (("LN",), 1), 1: (("HN", "LP"), 2)},
    {0: (("HHH",), 7), 1: (("LHH", "HLH"), 8), 2: (("LLL",), 10)},
    {1: (("HHH",), 5), 2: (("LLL",), 4)},
)
# The scores of the macro vectors that base metrics reach, and of their next lower ones (section 8.3): by the levels of
# the sets 1 and 2, then of sets 3 and 6 together (00 01 10 11 21), then of set 4 (1 and 2).
_V4_SCORES = {
    (0, 0): ((10.0, 9.3), (9.6, 9.0), (9.3, 8.8), (9.2, 8.0), (7.9, 6.9)),
    (0, 1): ((9.5, 9.2), (9.1, 8.1), (9.2, 8.4), (8.2, 7.0), (7.1, 6.3)),
    (1, 0): ((9.4, 8.7), (8.9, 7.5), (8.6, 7.2), (7.6, 5.7), (6.5, 5.3)),
    (1, 1): ((9.0, 7.7), (7.7, 6.6), (7.4, 6.1), (5.9, 5.2), (5.8, 2.3)),
    (2, 0): ((8.6, 7.0), (7.4, 5.4), (7.2, 5.3), (5.7, 3.6), (4.7, 2.4)),
    (2, 1): ((7.3, 5.4), (5.5, 4.3), (6.1, 4.6), (5.1, 1.8), (2.4, 1.0)),
}
# With base metrics only, the level of set 6 follows from that of set 3. By that: which of the five it is, and below it.
_V4_IMPACT = {0: (0, (1, 2)), 1: (2, (3,)), 2: (4, ())}


def _score_4(metrics: dict[str, str]) -> float:
    steps = {name: _step(metrics[name], values) for name, values in _V4_STEPS.items()}
    if all(metrics[name] == "N" for name in (*_V4_SETS[2], *_V4_SETS[3])):
        return 0.0
    first = [steps[name] == 0 for name in _V4_SETS[0]]
    levels = (
        0 if all(first) else 1 if any(first) and metrics["AV"] != "P" else 2,
        0 if steps["AC"] == 0 and steps["AT"] == 0 else 1,
        0
        if steps["VC"] == 0 and steps["VI"] == 0
        else 1
        if "H" in (metrics["VC"], metrics["VI"], metrics["VA"])
        else 2,
        1 if "H" in (metrics["SC"], metrics["SI"], metrics["SA"]) else 2,
    )
    exploit, complexity, system, others = levels
    impact, below = _V4_IMPACT[system]
    row = _V4_SCORES[exploit, complexity]
    score = row[impact][others - 1]
    lower = (
        _V4_SCORES[exploit + 1, complexity][impact][others - 1] if exploit < 2 else None,
        _V4_SCORES[exploit, 1][impact][others - 1] if complexity == 0 else None,
        max((row[one][others - 1] for one in below), default=None),
        row[impact][1] if others == 1 else None,
    )
    shares = []
    for names, level, worst, next_lower in zip(_V4_SETS, levels, _V4_WORST, lower, strict=True):
        if next_lower is not None:
            highest, depth = worst[level]
            shares.append((score - next_lower) * _distance(names, steps, highest) / depth)
    # Set 5, whether it is exploited, always has a lower one, and base metrics are no distance away from its worst.
    return _nearest(score - sum(shares) / (len(shares) + 1))


def _step(value: str, values: str) -> int:
    if len(value) != 1 or value not in values:
        raise KeyError(value)
    return values.index(value)


def _distance(names: tuple[str, ...], steps: dict[str, int], highest: tuple[str, ...]) -> int:
    """Steps from the first of the worst vectors that is at least as severe in every metric."""
    for vector in highest:
        apart = [
            steps[name] - _V4_STEPS[name].index(value) for name, value in zip(names, vector, strict=True)
        ]
        if min(apart) >= 0:
            return sum(apart)
    return 0


def _nearest(score: float) -> float:
    """Rounded to one decimal, halves up; a little is added for what floating point took away."""
    return math.floor(score * 10 + 0.5 + 1e-6) / 10
