"""Globs of a policy: `*` stands for any run of characters, `?` for one, and every other character for itself."""

from __future__ import annotations


def matches(glob: str, text: str) -> bool:
    """Whether a glob matches the whole of a text."""
    places = {0}
    for one in glob:
        if one == "*":
            places = set(range(min(places), len(text) + 1))
        else:
            places = {at + 1 for at in places if at < len(text) and one in ("?", text[at])}
        if not places:
            return False
    return len(text) in places
