"""Unencrypted Ed25519 keys in PKCS#8 (RFC 5958, RFC 8410), read strictly, as DER and nothing wider.

    OneAsymmetricKey ::= SEQUENCE { version, algorithm, privateKey, [0] attributes, [1] publicKey }

Both of the last are optional.
"""

from __future__ import annotations

from custody.errors import SigningKeyError
from custody.keys.wire import wrong_type

_INTEGER, _BITS, _OCTETS, _OID, _SEQUENCE, _ATTRIBUTES, _PUBLIC = 0x02, 0x03, 0x04, 0x06, 0x30, 0xA0, 0x81
_ED25519 = bytes.fromhex("2b6570")
_NAMES = {
    bytes.fromhex("2a864886f70d010101"): b"RSA",
    bytes.fromhex("2a864886f70d01010a"): b"RSA-PSS",
    bytes.fromhex("2a8648ce3d0201"): b"EC (ecdsa)",
    bytes.fromhex("2a8648ce380401"): b"DSA",
    bytes.fromhex("2b656e"): b"X25519",
    bytes.fromhex("2b656f"): b"X448",
    bytes.fromhex("2b6571"): b"Ed448",
}


def parse(der: bytes) -> tuple[bytes, bytes | None]:
    """The seed, and the public key if there is one, of a `PRIVATE KEY` block. Raises SigningKeyError."""
    body, rest = _element(der, _SEQUENCE)
    version, body = _element(body, _INTEGER)
    algorithm, body = _element(body, _SEQUENCE)
    oid, parameters = _element(algorithm, _OID)
    if oid != _ED25519:
        raise wrong_type(_NAMES.get(oid, b"unknown"))
    wrapped, body = _element(body, _OCTETS)
    seed, inside = _element(wrapped, _OCTETS)
    if rest or parameters or inside or len(seed) != 32 or version not in (b"\0", b"\1"):
        raise _malformed()
    if body[:1] == bytes([_ATTRIBUTES]):
        _, body = _element(body, _ATTRIBUTES)
    public = None
    if body:
        bits, body = _element(body, _PUBLIC)
        public = bits[1:]
        if body or len(bits) != 33 or bits[0] != 0 or version != b"\1":
            raise _malformed()
    return seed, public


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the element of that tag at the front, and what follows it. Lengths as DER wants them."""
    if len(data) < 2 or data[0] != tag:
        raise _malformed()
    size, start = data[1], 2
    if size >= 0x80:
        count = size - 0x80
        start += count
        size = int.from_bytes(data[2:start], "big")
        if count not in (1, 2) or size < (0x80 if count == 1 else 0x100):
            raise _malformed()
    end = start + size
    if end > len(data):
        raise _malformed()
    return data[start:end], data[end:]


def _malformed() -> SigningKeyError:
    return SigningKeyError("the PKCS#8 private key is damaged: its parts do not add up", code="malformed-key")
