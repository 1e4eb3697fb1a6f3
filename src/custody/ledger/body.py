"""A body by itself: the bytes its header commits to, a strict JSON object, with a salt."""

from __future__ import annotations

import re
from hashlib import sha256

from custody.ledger import canonical
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_BODY

_SALT = re.compile(r"[0-9a-f]{32}").fullmatch
_SALTED = re.compile(rb'"salt":"[0-9a-f]{32}"').search
_SALT_AT_END = re.compile(rb'"salt":"[0-9a-f]{32}"\}')
_SALT_AT_END_SIZE = 42
# What closes a key, and a value behind it: a string that needs no escape, or a number that is not negative.
_VALUE = re.compile(rb'":(?:"[^"\\\x00-\x1f\x80-\xff]*"|(?:0|[1-9][0-9]{0,14})(?=[,}]))')
_KEPT = 256  # fronts, and as many shapes
_MAX_KEPT = 64 * 1024  # bytes of a body, so that what is kept stays small whatever the bodies are


def front(body: bytes) -> bytes | None:
    """What stands before a well-formed salt at a body's end; None where no such salt ends it.

    Bodies with one front differ in 32 hex digits of one string and in nothing else. So what holds of the form and
    of the meaning of one holds of all of them.
    """
    if _SALT_AT_END.fullmatch(body, max(0, len(body) - _SALT_AT_END_SIZE)) is None:
        return None
    return body[:-_SALT_AT_END_SIZE]


def shape(body: bytes) -> bytes | None:
    """A body with its plain values taken out; None where none can be told, or where it has no well-formed salt.

    Let one body be sound, and its shape one that `is_sure`. Whatever else has that shape differs from it in values
    of keys and in nothing else, and each of those values is the canonical form of itself: so it is sound as well.
    """
    if len(body) > _MAX_KEPT or b"\0" in body or _SALTED(body) is None:
        return None
    return _VALUE.sub(b"\0", body)


def is_sure(shape: bytes) -> bool:
    """Of a sound body's shape: whether what was taken out began at the end of a key each time, never inside a string.

    Without a backslash, quotes open and close in turns: so an odd number of them stands before each end of a key.
    With only one salt in it, the salt that `shape` saw is the body's own, and not that of an object inside it.
    """
    *before_values, _ = shape.split(b"\0")
    return (
        b"\\" not in shape
        and shape.count(b'"salt') == 1
        and all(piece.count(b'"') % 2 == 1 for piece in before_values)
    )


class Forms:
    """Remembers the forms of the last sound bodies: an environment's reports repeat all day, and one tool's results
    differ in their values alone.
    """

    def __init__(self) -> None:
        self._fronts: set[bytes] = set()
        self._shapes: set[bytes] = set()

    def has(self, body: bytes) -> bool:
        """Whether a body must be sound because another was."""
        before_salt = front(body)
        if before_salt in self._fronts:
            return True
        if shape(body) not in self._shapes:
            return False
        if before_salt is not None:  # the next of this front is known by it, which is quicker
            _keep(self._fronts, before_salt)
        return True

    def add(self, body: bytes) -> None:
        """Remember a body that is sound."""
        if len(body) > _MAX_KEPT:
            return
        before_salt, values_out = front(body), shape(body)
        if before_salt is not None:
            _keep(self._fronts, before_salt)
        if values_out is not None and is_sure(values_out):
            _keep(self._shapes, values_out)


class BodyChecker:
    """Checks bodies, each of them by its digest, and by its form where that is not known to be sound."""

    def __init__(self) -> None:
        self._forms = Forms()

    def check(self, body: bytes, digest: bytes) -> tuple[str, str] | None:
        """What is wrong with the body stored under a raw digest: a finding's code and message."""
        if sha256(body).digest() != digest:
            return "body-differs", "the stored body is not the bytes that the header commits to"
        if self._forms.has(body):
            return None
        try:
            value = canonical.decode_object(body, MAX_BODY)
        except MalformedError as error:
            return "body-malformed", f"the body is {error}"
        salt = value.get("salt")
        if not isinstance(salt, str) or not _SALT(salt):
            return "body-malformed", "the body has no salt of 16 bytes"
        self._forms.add(body)
        return None


def _keep(known: set[bytes], one: bytes) -> None:
    if len(known) >= _KEPT:
        known.clear()
    known.add(one)
