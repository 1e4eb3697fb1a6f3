"""The members of an object in a platform's JSON: each of the right type and in bounds, or one error that names it.

A member that is null is one that is not there: platforms write both.
"""

from __future__ import annotations

import re
from collections.abc import Set
from datetime import datetime
from typing import Any

from custody.errors import InputError
from custody.ledger import timestamps
from custody.text import safe_text

_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:?[0-9]{2})"
)
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONG_AGO = "1900"


class Members:
    """An object; `place` says where it is, for errors. Every method raises InputError."""

    __slots__ = ("_values", "place")

    def __init__(self, value: Any, place: str) -> None:
        if not isinstance(value, dict):
            raise InputError(f"{place} must be an object")
        self._values, self.place = value, place

    def only(self, names: Set[str]) -> None:
        """Nothing else is here: what would not be understood is not passed over."""
        for name in self._values:
            if name not in names:
                known = ", ".join(sorted(names))
                raise InputError(f"{self.place} has {safe_text(name, 60)}, which is none of {known}")

    def has(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, limit: int = 500) -> str:
        """Text, perhaps empty; "" where it is not there."""
        value = self._values.get(name)
        if value is None:
            return ""
        if isinstance(value, str) and len(value) <= limit:
            return value
        raise self._wrong(name, f"text of at most {limit} characters")

    def required(self, name: str, limit: int = 500) -> str:
        """Text that is not empty."""
        return self.text(name, limit) or self._refuse(name, f"text of 1 to {limit} characters")

    def flag(self, name: str) -> bool:
        value = self._values.get(name, False)
        if isinstance(value, bool):
            return value
        raise self._wrong(name, "true or false")

    def number_text(self, name: str) -> str:
        """A whole number, or text, as text."""
        value = self._values.get(name)
        return str(value) if type(value) is int and abs(value) < 2**63 else self.text(name, 100)

    def commit(self, name: str) -> str:
        """A git commit in full; "" where it is not there."""
        text = self.text(name, 64)
        if text and not _COMMIT.fullmatch(text):
            raise self._wrong(name, "a full commit in lower-case hex")
        return text

    def required_commit(self, name: str) -> str:
        return self.commit(name) or self._refuse(name, "a full commit in lower-case hex")

    def instant(self, name: str) -> str:
        """A time of RFC 3339, in custody's one form; "" where it is not there or only stands for none."""
        text = self.text(name, 64)
        if not text:
            return ""
        try:
            if not _INSTANT.fullmatch(text):
                raise ValueError
            found = timestamps.from_datetime(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            raise self._wrong(name, "a time such as 2026-11-19T02:30:11Z") from None
        return found if found >= _LONG_AGO else ""

    def object(self, name: str) -> Members | None:
        if not self.has(name):
            return None
        return Members(self._values[name], f"{self.place}.{name}")

    def items(self, name: str, limit: int) -> list[Any]:
        value = self._values.get(name)
        if not isinstance(value, list):
            raise self._wrong(name, "a list")
        if len(value) > limit:
            raise InputError(f"{self.place}.{name} has {len(value)} items, more than the {limit} allowed")
        return value

    def objects(self, name: str, limit: int) -> list[Members]:
        """A list of objects, which has to be there."""
        return objects(self.items(name, limit), f"{self.place}.{name}")

    def texts(self, name: str, limit: int, size: int = 500) -> tuple[str, ...]:
        """A list of texts, which has to be there."""
        found = self.items(name, limit)
        if not all(isinstance(item, str) and len(item) <= size for item in found):
            raise self._wrong(name, f"a list of texts of at most {size} characters")
        return tuple(found)

    def _refuse(self, name: str, wanted: str) -> Any:
        raise self._wrong(name, wanted)

    def _wrong(self, name: str, wanted: str) -> InputError:
        problem = "must be" if self._values.get(name) is not None else "is missing: it must be"
        return InputError(f"{self.place}.{name} {problem} {wanted}")


def objects(values: list[Any], place: str) -> list[Members]:
    """Each item of a list as an object."""
    return [Members(value, f"{place}[{index}]") for index, value in enumerate(values)]
