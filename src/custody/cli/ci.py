"""`custody ci`: what is known of the CI system that this runs under, and what a run's first entry would say."""

from __future__ import annotations

import typer

from custody.cli import console, options
from custody.cli.context import Surroundings, gather
from custody.cli.options import with_options
from custody.text import safe_text


def register(app: typer.Typer) -> None:
    app.command("ci")(ci)


@with_options(gather)
def ci(surroundings: Surroundings, json: options.Json = False) -> None:
    """Show which CI system was detected, each field with the variables it came from, and what would be recorded.

    Example: custody ci
    """
    genesis = surroundings.context.write()
    found = surroundings.ci
    rows = (
        [(field, getattr(found, field), names) for field, names in found.variables.items()] if found else []
    )
    if json:
        console.out_json(
            {
                "provider": found.provider if found else None,
                "fields": {
                    field: {"value": value, "variables": list(variables)} for field, value, variables in rows
                },
                "notes": list(surroundings.notes),
                "genesis": genesis,
            }
        )
        return
    if found is None:
        console.out("no CI system detected: nothing is taken from the environment but CUSTODY_* variables")
    else:
        console.out(f"{found.provider}")
        cells = [
            (field.replace("_", " "), safe_text(value, 300), ", ".join(variables))
            for field, value, variables in rows
        ]
        columns = (
            console.Column("FIELD"),
            console.Column("VALUE", 20, wraps=True),
            console.Column("FROM", 10),
        )
        console.table(cells, columns)
    surroundings.say_notes()
    console.out()
    console.out(
        "a run's first entry would say" if genesis else "a run's first entry would say nothing of the run"
    )
    for name, value in _flat(genesis):
        console.out(f"  {name.ljust(12)}  {safe_text(value, 300)}")


def _flat(genesis: object, place: str = "") -> list[tuple[str, object]]:
    if not isinstance(genesis, dict):
        return [(place, genesis)]
    return [
        row
        for name, value in genesis.items()
        for row in _flat(value, f"{place}.{name}" if place else str(name))
    ]
