"""A body by itself: the bytes its header commits to, a strict JSON object, with a salt."""

from __future__ import annotations

import re
from hashlib import sha256

from custody.ledger import canonical
from custody.ledger.canonical import MalformedError
from custody.ledger.entry import MAX_BODY

_SALT = re.compile(r"[0-9a-f]{32}").fullmatch
_SALT_AT_END = re.compile(rb'"salt":"[0-9a-f]{32}"\}')
_SALT_AT_END_SIZE = 42
_FRONTS_KEPT = 256


def front(body: bytes) -> bytes | None:
    """What stands before a well-formed salt at a body's end; None where no such salt ends it.

    Bodies with one front differ in 32 hex digits of one string and in nothing else. So what holds of the form and
    of the meaning of one holds of all of them.
    """
    if _SALT_AT_END.fullmatch(body, max(0, len(body) - _SALT_AT_END_SIZE)) is None:
        return None
    return body[:-_SALT_AT_END_SIZE]


class BodyChecker:
    """Checks bodies, and remembers the fronts of the last sound ones: an environment's reports repeat all day."""

    def __init__(self) -> None:
        self._fronts: set[bytes] = set()

    def check(self, body: bytes, digest: bytes) -> tuple[str, str] | None:
        """What is wrong with the body stored under a raw digest: a finding's code and message."""
        if sha256(body).digest() != digest:
            return "body-differs", "the stored body is not the bytes that the header commits to"
        before_salt = front(body)
        if before_salt in self._fronts and len(body) <= MAX_BODY:
            return None
        try:
            value = canonical.decode_object(body, MAX_BODY)
        except MalformedError as error:
            return "body-malformed", f"the body is {error}"
        salt = value.get("salt")
        if not isinstance(salt, str) or not _SALT(salt):
            return "body-malformed", "the body has no salt of 16 bytes"
        if before_salt is not None:
            if len(self._fronts) >= _FRONTS_KEPT:
                self._fronts.clear()
            self._fronts.add(before_salt)
        return None
