"""Reading a body's fields strictly: the right type, the right form, or one error that names the field.

Fields that this version does not know are left alone: they stay signed, are shown as they are, and mean nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from custody.ledger import timestamps
from custody.ledger.canonical import JsonObject, MalformedError
from custody.ledger.entry import NAME

T = TypeVar("T")

MAX_TEXT = 10_000
_NAME = re.compile(NAME).fullmatch
_GLOB = re.compile(r"[A-Za-z0-9._/@:+*?-]{1,200}").fullmatch
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?").fullmatch


class Fields:
    """A body, or an object inside one; `place` says where it is, for errors."""

    __slots__ = ("_values", "_place")

    def __init__(self, values: JsonObject, place: str) -> None:
        self._values = values
        self._place = place

    def has(self, field: str) -> bool:
        return field in self._values

    def has_any(self, *fields: str) -> bool:
        return not self._values.keys().isdisjoint(fields)

    def is_object(self, field: str) -> bool:
        return isinstance(self._values.get(field), dict)

    def text(self, field: str, limit: int = MAX_TEXT) -> str:
        """Free text, not empty, of at most `limit` characters."""
        value = self._values.get(field)
        if isinstance(value, str) and 0 < len(value) <= limit:
            return value
        raise self._wrong(field, f"text of 1 to {limit} characters")

    def optional_text(self, field: str, limit: int = MAX_TEXT) -> str:
        """As `text`, or "" where the field is absent."""
        return self.text(field, limit) if field in self._values else ""

    def name(self, field: str) -> str:
        value = self._values.get(field)
        if isinstance(value, str) and _NAME(value):
            return value
        raise self._wrong(field, "a name of letters, digits and . _ / @ : + -")

    def names(self, field: str, limit: int) -> tuple[str, ...]:
        """A list of names (absent is empty)."""
        return self.texts(field, lambda item: _NAME(item) is not None, limit)

    def glob(self, field: str) -> str:
        """A name in which `*` stands for any run of characters and `?` for one."""
        value = self._values.get(field)
        if isinstance(value, str) and _GLOB(value):
            return value
        raise self._wrong(field, "a name, or a glob of one with * and ?")

    def digest(self, field: str) -> str:
        value = self._values.get(field)
        if isinstance(value, str) and _DIGEST(value):
            return value
        raise self._wrong(field, "a SHA-256 in lower-case hex")

    def optional_commit(self, field: str) -> str:
        """A git commit (SHA-1 or SHA-256, hex), or "" where the field is absent."""
        value = self._values.get(field, "")
        if value == "" or (isinstance(value, str) and _COMMIT(value)):
            if value == "" and field in self._values:
                raise self._wrong(field, "a commit")
            return value
        raise self._wrong(field, "a full commit in lower-case hex")

    def commit(self, field: str) -> str:
        if field not in self._values:
            raise self._wrong(field, "a full commit in lower-case hex")
        return self.optional_commit(field)

    def commits(self, field: str, limit: int) -> tuple[str, ...]:
        """A list of git commits (absent is empty)."""
        return self.texts(field, lambda item: _COMMIT(item) is not None, limit)

    def optional_name(self, field: str) -> str:
        return self.name(field) if field in self._values else ""

    def optional_digest(self, field: str) -> str:
        return self.digest(field) if field in self._values else ""

    def flag(self, field: str) -> bool:
        value = self._values.get(field)
        if isinstance(value, bool):
            return value
        raise self._wrong(field, "true or false")

    def only_of(self, allowed: frozenset[str]) -> str:
        """The one field of this object that is among those allowed."""
        found = [name for name in self._values if name in allowed]
        if len(found) == 1:
            return found[0]
        raise MalformedError(f"{self._place} must have one of {', '.join(sorted(allowed))}", code="body")

    def one_of(self, field: str, allowed: frozenset[str]) -> str:
        value = self._values.get(field)
        if isinstance(value, str) and value in allowed:
            return value
        raise self._wrong(field, "one of " + ", ".join(sorted(allowed)))

    def count(self, field: str, low: int = 0) -> int:
        value = self._values.get(field)
        if type(value) is int and value >= low:
            return value
        raise self._wrong(field, f"a whole number from {low} up")

    def optional_instant(self, field: str) -> str:
        return self.instant(field) if field in self._values else ""

    def instant(self, field: str) -> str:
        value = self._values.get(field)
        if isinstance(value, str) and timestamps.is_instant(value):
            return value
        raise self._wrong(field, "an instant such as 2026-11-19T02:30:11.123Z")

    def record(self, field: str) -> Fields:
        """An object inside this one."""
        value = self._values.get(field)
        if isinstance(value, dict):
            return Fields(value, f"{self._place}.{field}")
        raise self._wrong(field, "an object")

    def optional_record(self, field: str) -> Fields | None:
        return self.record(field) if field in self._values else None

    def texts(
        self, field: str, read: Callable[[str], bool] | None = None, limit: int = 10_000
    ) -> tuple[str, ...]:
        """A list of texts (absent is empty), each accepted by `read`."""
        if field not in self._values:
            return ()
        value = self._values[field]
        if isinstance(value, list) and len(value) <= limit:
            found = [item for item in value if isinstance(item, str) and (read is None or read(item))]
            if len(found) == len(value):
                return tuple(found)
        raise self._wrong(field, "a list of texts")

    def digests(self, field: str) -> tuple[str, ...]:
        """A list of SHA-256 digests (absent is empty)."""
        return self.texts(field, lambda item: _DIGEST(item) is not None)

    def records(self, field: str, read: Callable[[Fields], T], limit: int = 10_000) -> tuple[T, ...]:
        """A list of objects (absent is empty), each read by `read`."""
        if field not in self._values:
            return ()
        value = self._values[field]
        if not isinstance(value, list) or len(value) > limit:
            raise self._wrong(field, "a list of objects")
        found = []
        for index, item in enumerate(value):
            if not isinstance(item, dict):
                raise self._wrong(f"{field}[{index}]", "an object")
            found.append(read(Fields(item, f"{self._place}.{field}[{index}]")))
        return tuple(found)

    def text_map(self, field: str) -> dict[str, str]:
        """An object of texts (absent is empty)."""
        if field not in self._values:
            return {}
        value = self._values[field]
        if isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
            return {key: str(item) for key, item in value.items()}
        raise self._wrong(field, "an object of texts")

    def number_map(self, field: str) -> dict[str, int]:
        """An object of whole numbers (absent is empty)."""
        if field not in self._values:
            return {}
        value = self._values[field]
        if isinstance(value, dict):
            found = {key: item for key, item in value.items() if type(item) is int}
            if len(found) == len(value):
                return found
        raise self._wrong(field, "an object of whole numbers")

    def _wrong(self, field: str, wanted: str) -> MalformedError:
        problem = "is missing: it must be" if field not in self._values else "must be"
        return MalformedError(f"{self._place}.{field} {problem} {wanted}", code="body")


def present(**values: Any) -> JsonObject:
    """An object of those fields that have a value: what is absent is left out, never empty."""
    return {key: value for key, value in values.items() if value not in ("", None, [], {})}
