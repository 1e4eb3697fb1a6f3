"""The style sheet, parsed once for each theme.

Textual parses all of it anew whenever a screen comes to the front for the first time, which is the larger part of what
the first visit to a tab costs. What it parses depends on the text and on the theme's colours alone, so it is kept for
them; no app of this process changes it.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

_TEXTS = 256  # more than there are widgets with a style of their own

_parsed: dict[frozenset[tuple[str, str]], LRUCache[tuple[object, ...], list[RuleSet]]] = {}


class ParsedOnce(Stylesheet):
    """A style sheet that remembers what it parsed under these colours."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        super().__init__(variables=dict(variables))
        self._remember()

    def set_variables(self, variables: dict[str, str]) -> None:
        """Other colours: forget none of what was parsed under those before."""
        self._parse_cache = LRUCache(0)  # what is there is cleared by Textual, and is to be kept
        super().set_variables(variables)
        self._remember()

    def reparse(self) -> None:
        """All of it again, as far as it was not parsed before."""
        self.parse()

    def _remember(self) -> None:
        self._parse_cache = _parsed.setdefault(frozenset(self._variables.items()), LRUCache(_TEXTS))
