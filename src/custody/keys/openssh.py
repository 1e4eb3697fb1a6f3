"""Unencrypted OpenSSH private keys (`PROTOCOL.key` of OpenSSH, "openssh-key-v1"), read strictly and written.

Only the outside of an encrypted one is read here: its type, and how costly its passphrase is to check.
"""

from __future__ import annotations

import os
from base64 import encodebytes
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.ed25519 import KEY_TYPE, PublicKey
from custody.keys.wire import Fields, string, wrong_type

_MAGIC = b"openssh-key-v1\0"
_MAX_ROUNDS = 4096  # ssh-keygen writes 16 or 24; more than this would be minutes of bcrypt


class OpenSSHKey(NamedTuple):
    """What an Ed25519 key file says. `seed` is None when it is encrypted."""

    public: bytes
    seed: bytes | None

    def __repr__(self) -> str:
        return "OpenSSHKey(…)"


def parse(data: bytes) -> OpenSSHKey:
    """The content of a `BEGIN OPENSSH PRIVATE KEY` block. Raises SigningKeyError."""
    if not data.startswith(_MAGIC):
        raise _malformed()
    outer = Fields(data[len(_MAGIC) :])
    cipher, kdf, options = outer.string(), outer.string(), outer.string()
    if outer.integer() != 1:
        raise _malformed()
    blob, private = Fields(outer.string()), outer.string()
    kind = blob.string()
    if kind != KEY_TYPE:
        raise wrong_type(kind)
    public = blob.string(32)
    blob.end()
    if cipher != b"none":
        # What follows the private part is the tag of an authenticated cipher.
        _check_cost(kdf, options)
        return OpenSSHKey(public, None)
    outer.end()
    if kdf != b"none" or options:
        raise _malformed()
    return OpenSSHKey(public, _seed(private, public))


def write(seed: bytes, public: bytes, comment: str) -> bytes:
    """The whole text of an unencrypted key file."""
    check = os.urandom(4)
    inner = check + check + b"".join(map(string, (KEY_TYPE, public, seed + public, comment.encode())))
    inner += bytes(range(1, -len(inner) % 8 + 1))
    parts = (b"none", b"none", b"")
    outer = _MAGIC + b"".join(map(string, parts)) + (1).to_bytes(4, "big")
    return armour("OPENSSH PRIVATE KEY", outer + string(PublicKey(public).wire) + string(inner))


def armour(label: str, data: bytes) -> bytes:
    """The textual encoding of RFC 7468."""
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), encodebytes(data), label.encode())


def _seed(data: bytes, public: bytes) -> bytes:
    fields = Fields(data)
    if len(data) % 8 or fields.take(4) != fields.take(4):
        raise _malformed()
    if fields.string() != KEY_TYPE or fields.string(32) != public:
        raise _malformed()
    secret = fields.string(64)
    fields.string()  # the comment
    padding = fields.rest()
    if len(padding) >= 8 or padding != bytes(range(1, len(padding) + 1)) or secret[32:] != public:
        raise _malformed()
    return secret[:32]


def _check_cost(kdf: bytes, options: bytes) -> None:
    if kdf != b"bcrypt":
        raise SigningKeyError("the key is encrypted in a way that OpenSSH does not use", code="malformed-key")
    fields = Fields(options)
    fields.string()  # the salt
    rounds = fields.integer()
    fields.end()
    if not 1 <= rounds <= _MAX_ROUNDS:
        raise SigningKeyError(
            f"the key's passphrase takes {rounds} rounds to check, more than the {_MAX_ROUNDS} allowed",
            code="malformed-key",
        )


def _malformed() -> SigningKeyError:
    return Fields(b"").malformed()
