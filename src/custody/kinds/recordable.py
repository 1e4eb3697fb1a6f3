"""What is about to be recorded, held to the form that a reader will hold it to."""

from __future__ import annotations

from custody.errors import InputError
from custody.kinds import read_body
from custody.ledger.canonical import JsonObject, MalformedError, decode_object, encode
from custody.ledger.entry import MAX_BODY


def check_recordable(kind: str, body: JsonObject) -> None:
    """Raises InputError for a body that a reader would call malformed."""
    try:
        read_body(kind, decode_object(encode(body), MAX_BODY))
    except MalformedError as error:
        raise InputError(f"cannot be recorded: {error}", code="body") from None
