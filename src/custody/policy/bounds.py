"""Limits and floors over the figures that evidence counts: those that could never hold are errors."""

from __future__ import annotations

from custody.ledger.canonical import MAX_INTEGER
from custody.policy.tables import Table, suggestion
from custody.record.evidence import AT_MOST, RATES, TYPES, parse_figure

Bounds = dict[str, int]


def read_bounds(table: Table, type: str, own_result: bool) -> tuple[Bounds, Bounds]:
    """The limits and the floors of an evidence control for a type, "" for any.

    Raises InputError for what the type never counts and for what no evidence could keep to.
    """
    limits = {name: _figure(table, "limits", name, type) for name in table.table("limits").values}
    floors = {name: _figure(table, "floors", name, type) for name in table.table("floors").values}
    rule = TYPES.get(type)
    always = rule.limits if rule is not None and rule.strict and own_result else {}
    for name, floor in floors.items():
        most = min(limits.get(name, MAX_INTEGER), always.get(name, MAX_INTEGER))
        if floor > most:
            message = f"a floor of {_shown(name, floor)} over a limit of {_shown(name, most)} can never hold"
            raise table.wrong(message, "floors", name)
    return limits, floors


def _figure(table: Table, key: str, name: str, type: str) -> int:
    counted = _figures(type)
    if name not in counted:
        who = f"{type} evidence counts" if type else "any evidence counts"
        known = f": it counts {', '.join(sorted(counted))}" if type and counted else ""
        raise table.wrong(f"is nothing that {who}{known}{suggestion(name, counted)}", key, name)
    value = table.values[key][name]
    if isinstance(value, str):
        found = parse_figure(value) if value.endswith("%") else None
        if name not in RATES or found is None:
            form = 'a percentage such as "80%"' if name in RATES else "a whole number, such as 5"
            raise table.wrong(f"must be {form}", key, name)
    else:
        found = value if _is_count(value) else None
        if name in RATES or found is None:
            form = 'a percentage such as "80%"' if name in RATES else "a whole number from 0 up"
            raise table.wrong(f"must be {form}", key, name)
    most = AT_MOST.get(name)
    if most is not None and found > most:
        raise table.wrong(f"is at most {_shown(name, most)}, and so this means nothing", key, name)
    return found


def _is_count(value: object) -> bool:
    """Whether a value is a whole number that evidence could count to; true and false are none."""
    return type(value) is int and 0 <= value <= MAX_INTEGER


def _figures(type: str) -> frozenset[str]:
    if type:
        rule = TYPES.get(type)
        return rule.figures if rule is not None else frozenset()
    return frozenset().union(*(rule.figures for rule in TYPES.values()))


def _shown(name: str, value: int) -> str:
    return f"{value / 100:g} %" if name in RATES else str(value)
