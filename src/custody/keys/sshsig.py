"""SSH signatures over data, as `ssh-keygen -Y sign` and Git make them (OpenSSH, PROTOCOL.sshsig). Ed25519 only."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

from custody.errors import SigningKeyError
from custody.keys.ed25519 import KEY_TYPE, PublicKey, strict_base64, verify_signature
from custody.keys.wire import Fields, string, wrong_type

MAX_SIGNATURE = 16 * 1024
"""Bytes of an armoured signature."""
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}
_ARMOUR = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,100}\n)+)-----END SSH SIGNATURE-----\n?"
)


class SSHSignature(NamedTuple):
    """Who signed, for what use, over which hash of the data; nothing of it is checked until `holds` says so."""

    key: PublicKey
    namespace: bytes
    algorithm: bytes
    reserved: bytes
    signature: bytes  # 64 bytes

    def holds(self, data: bytes, namespace: str) -> bool:
        """Whether it is the key's signature over `data` for just this use."""
        if self.namespace != namespace.encode("ascii"):
            return False
        digest = _HASHES[self.algorithm](data).digest()
        parts = (self.namespace, self.reserved, self.algorithm, digest)
        return verify_signature(self.key.raw, _MAGIC + b"".join(map(string, parts)), self.signature)


def parse_signature(armoured: bytes) -> SSHSignature:
    """An armoured signature. Raises SigningKeyError for anything else, and for one by a key that is not Ed25519."""
    found = _ARMOUR.fullmatch(armoured) if len(armoured) <= MAX_SIGNATURE else None
    blob = strict_base64(found[1].replace(b"\n", b"").decode("ascii")) if found else None
    if blob is None:
        raise SigningKeyError("not an armoured SSH signature", code="malformed-signature")
    fields = Fields(blob, "SSH signature", "malformed-signature")
    if fields.take(len(_MAGIC)) != _MAGIC or fields.integer() != _VERSION:
        raise fields.malformed()
    public, namespace, reserved, algorithm, signature = (fields.string() for _ in range(5))
    fields.end()
    if algorithm not in _HASHES:
        raise fields.malformed()
    return SSHSignature(
        PublicKey.from_raw(_ed25519(public, 32)), namespace, algorithm, reserved, _ed25519(signature, 64)
    )


def _ed25519(data: bytes, size: int) -> bytes:
    """The raw value of a key or signature in SSH's encoding (RFC 8709)."""
    fields = Fields(data, "SSH signature", "malformed-signature")
    kind = fields.string()
    if kind != KEY_TYPE:
        raise wrong_type(kind)
    raw = fields.string(size)
    fields.end()
    return raw
