"""A key in an environment variable, which is how CI systems hand out secrets: and how they mangle them."""

from __future__ import annotations

from custody.errors import SigningKeyError
from custody.keys.ed25519 import Signer, strict_base64
from custody.keys.files import MAX_SIZE, Ask, parse_private


def parse_key_text(text: str, ask: Ask | None = None) -> Signer:
    """The key in a text: every form of `parse_private`, also quoted, with newlines as spaces or written as
    `\\n`, or a whole key file in base64. Raises SigningKeyError, which never repeats the text.
    """
    if not text.isascii() or len(text) > MAX_SIZE:
        # Tested, not decoded: the error of a decoder carries what it could not decode.
        raise SigningKeyError(
            "not a private key: it is too long, or not plain ASCII text", code="malformed-key"
        )
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1]
    for written in ("\\r\\n", "\\n", "\\r"):
        text = text.replace(written, "\n")
    text = text.strip()
    whole_file = strict_base64("".join(text.split()))
    if whole_file is not None and whole_file.startswith(b"-----BEGIN "):
        return parse_private(whole_file, ask)
    return parse_private(text.encode("ascii"), ask)
