"""Reading a body's fields that were read before: they were found to be of their form, so none is looked at again.

To check a body takes several times as long as to take it apart, and a verdict rests on a dozen of them. This is only
for bytes whose digest says that they are the ones which were read strictly.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from custody.kinds.fields import Fields

T = TypeVar("T")


class Again(Fields):
    """As `Fields`, for a body that those have read without an error."""

    __slots__ = ()

    def _known(self, field: str, *_: object) -> Any:
        return self._values[field]

    def _known_or_no_text(self, field: str, *_: object) -> Any:
        return self._values.get(field, "")

    def _known_or_empty(self, field: str) -> Any:
        return self._values.get(field, {})

    text: Any = _known
    name: Any = _known
    glob: Any = _known
    digest: Any = _known
    instant: Any = _known
    commit: Any = _known
    one_of: Any = _known
    flag: Any = _known
    count: Any = _known
    optional_text: Any = _known_or_no_text
    optional_name: Any = _known_or_no_text
    optional_digest: Any = _known_or_no_text
    optional_instant: Any = _known_or_no_text
    optional_commit: Any = _known_or_no_text
    text_map: Any = _known_or_empty
    number_map: Any = _known_or_empty

    def record(self, field: str) -> Fields:
        return Again(self._known(field), "")

    def texts(
        self, field: str, read: Callable[[str], bool] | None = None, limit: int = 10_000
    ) -> tuple[str, ...]:
        found: Any = self._values.get(field)
        return tuple(found) if found else ()

    def records(self, field: str, read: Callable[[Fields], T], limit: int = 10_000) -> tuple[T, ...]:
        found: Any = self._values.get(field)
        return tuple([read(Again(item, "")) for item in found]) if found else ()
