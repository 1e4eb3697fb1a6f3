"""All bindings of custody's own classes: for help, for the keymap, and for the test that all are documented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from textual.binding import Binding
from textual.dom import DOMNode


def every_binding() -> Iterator[tuple[type, Binding]]:
    """Each binding with an id, and the class that adds it, for the classes that are imported."""
    for owner in sorted(_subclasses(DOMNode), key=lambda one: one.__qualname__):
        if owner.__module__.startswith("custody."):
            for one in bindings_of(owner):
                yield owner, one


def bindings_of(owner: type[Any], keys: Mapping[str, str] | None = None) -> Iterator[Binding]:
    """The bindings that a class itself adds, with a person's own keys for them."""
    added: Iterable[object] = owner.__dict__.get("BINDINGS", ())
    for binding in added:
        if isinstance(binding, Binding) and binding.id:
            own = keys.get(binding.id) if keys else None
            yield binding.with_key(own, key_display=None) if own else binding


def _subclasses(owner: type[DOMNode]) -> set[type[DOMNode]]:
    found = {owner}
    for derived in owner.__subclasses__():
        found |= _subclasses(derived)
    return found
