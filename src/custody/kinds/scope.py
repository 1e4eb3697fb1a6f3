"""Which services a report is about: globs over their names, with `*` and `?` and nothing else.

A pattern comes from a stranger. It is matched one character after the other, in a time that grows with the text alone,
and never becomes a regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from custody.kinds.fields import Fields, present
from custody.ledger.canonical import JsonObject

MAX_PATTERNS = 20
_PATTERN = re.compile(r"[A-Za-z0-9._/@:+*?-]{1,200}").fullmatch


class Scope(NamedTuple):
    """A service is in it that some pattern of `include` matches (or there is none), and none of `exclude` does."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Scope:
        return cls(
            fields.texts("include", is_pattern, MAX_PATTERNS),
            fields.texts("exclude", is_pattern, MAX_PATTERNS),
        )

    def write(self) -> JsonObject:
        return present(include=list(self.include), exclude=list(self.exclude))

    def covers(self, service: str) -> bool:
        """Whether a service is in it."""
        wanted = not self.include or any(matches(pattern, service) for pattern in self.include)
        return wanted and not any(matches(pattern, service) for pattern in self.exclude)


WHOLE = Scope()
"""Everything there is."""


def is_pattern(text: str) -> bool:
    """Whether a text can be one: letters, digits and `. _ / @ : + - * ?`, at most 200."""
    return _PATTERN(text) is not None


def matches(pattern: str, name: str) -> bool:
    """Whether a pattern matches the whole of a name: `*` is any run of characters, `/` among them, `?` any one."""
    return _compiled(pattern)(name)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Callable[[str], bool]:
    # Bit n of a state: the first n characters of the pattern but its stars are matched. A star lets a bit stay.
    stay = anything = place = 0
    places: dict[str, int] = {}
    for character in pattern:
        if character == "*":
            stay |= 1 << place
            continue
        if character == "?":
            anything |= 1 << place
        else:
            places[character] = places.get(character, 0) | 1 << place
        place += 1

    def match(name: str) -> bool:
        state = 1
        for character in name:
            state = (state & (places.get(character, 0) | anything)) << 1 | state & stay
        return bool(state >> place)

    return match
