"""DSSE v1: what is signed, and an entry as an envelope that other tools verify.

Source: the DSSE protocol and envelope (secure-systems-lab/dsse v1.0.2). Lengths are in bytes.
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from custody.ledger import canonical
from custody.ledger.canonical import MalformedError

PAYLOAD_TYPE = "application/vnd.in-toto+json"
SIGNATURE_SIZE = 64
_PREFIX = f"DSSEv1 {len(PAYLOAD_TYPE)} {PAYLOAD_TYPE} ".encode("ascii")


class Envelope(NamedTuple):
    """One payload under one signature; `keyid` is only ever a hint."""

    payload: bytes
    signature: bytes
    keyid: str


def pae(header: bytes) -> bytes:
    """The pre-authentication encoding of a header under custody's one payload type."""
    return _PREFIX + b"%d %b" % (len(header), header)


def encode_envelope(envelope: Envelope) -> bytes:
    """The envelope as canonical JSON."""
    return canonical.encode(
        {
            "payload": base64.b64encode(envelope.payload).decode("ascii"),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": envelope.keyid, "sig": base64.b64encode(envelope.signature).decode("ascii")}
            ],
        }
    )


def decode_base64(text: str) -> bytes:
    """Standard base64 of which there is one spelling only (RFC 4648 §3.5). Raises MalformedError."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (ValueError, binascii.Error):
        raise MalformedError("not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise MalformedError("base64 that is not in its one canonical spelling")
    return data
