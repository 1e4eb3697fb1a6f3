"""Public keys of other people's tools, and whether a signature of theirs is over some bytes.

For what was signed elsewhere and is kept as evidence, never for a ledger's own entries: those are libsodium's alone
(`ed25519`). An Ed25519 key goes there from here too; ECDSA and RSA are checked by `cryptography`, which is loaded
only for them. A certificate is no key here: whoever signed it was not asked.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from custody import system
from custody.errors import RefusedError, SigningKeyError
from custody.keys.ed25519 import KEY_TYPE, PublicKey, strict_base64

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

MAX_SIZE = 64 * 1024
"""Bytes of a key file."""
RSA_BITS = (2048, 8192)
"""Below it is too weak to prove anything, above it too slow to be a key that anyone uses."""

_BLOCK = re.compile(r"\s*-----BEGIN ([A-Z0-9 ]{1,40})-----(.*?)-----END ([A-Z0-9 ]{1,40})-----\s*", re.DOTALL)
# RFC 8410, section 4: what stands in front of the 32 bytes of an Ed25519 key.
_ED25519_SPKI = bytes.fromhex("302a300506032b6570032100")
_ECDSA, _PSS, _PKCS1 = "ecdsa", "pss", "pkcs1v15"
# The (keytype, scheme) of in-toto's own key JSON -> how such a key signs; "" is Ed25519.
_SCHEMES = {
    ("ed25519", "ed25519"): "",
    ("ecdsa", "ecdsa-sha2-nistp256"): _ECDSA,
    ("ecdsa", "ecdsa-sha2-nistp384"): _ECDSA,
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"): _ECDSA,
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"): _ECDSA,
    ("rsa", "rsassa-pss-sha256"): _PSS,
    ("rsa", "rsa-pkcs1v15-sha256"): _PKCS1,
}


class VerifyingKey(NamedTuple):
    """A public key. `name` is the OpenSSH fingerprint of an Ed25519 key (`SHA256:…`), and of any other
    `spki-sha256:` with the SHA-256, in hex, of its SubjectPublicKeyInfo (RFC 5280)."""

    name: str
    kind: str
    check: Callable[[bytes, bytes], bool]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's over `message`. Never raises."""
        return self.check(message, signature)


def read_verifying_key(path: Path) -> VerifyingKey:
    """The public key in a file. Raises SigningKeyError naming the file, and never quoting it."""
    try:
        return parse_verifying_key(system.read_regular(path, MAX_SIZE))
    except RefusedError as error:
        raise SigningKeyError(str(error), code=error.code) from None
    except SigningKeyError as error:
        raise SigningKeyError(f"{path}: {error}", code=error.code) from None


def parse_verifying_key(data: bytes) -> VerifyingKey:
    """A PEM block `PUBLIC KEY` (Ed25519, ECDSA on P-256 or P-384, RSA), an OpenSSH line of an Ed25519 key, or the
    JSON of a public key as in-toto writes it. Raises SigningKeyError."""
    try:
        text = data.decode("ascii").strip()
    except UnicodeDecodeError:
        raise _malformed() from None
    if text.startswith("{"):
        return _from_json(text)
    if "-----BEGIN " in text:
        return _from_pem(text, None)
    if text.startswith(KEY_TYPE.decode()):
        return _ed25519(PublicKey.from_text(text))
    raise _malformed()


def _from_json(text: str) -> VerifyingKey:
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _malformed() from None
    values = value.get("keyval")
    kind, scheme = value.get("keytype"), value.get("scheme")
    public = values.get("public") if isinstance(values, dict) else None
    if not (isinstance(kind, str) and isinstance(scheme, str) and isinstance(public, str)):
        raise SigningKeyError(
            "not a key's JSON: it needs keytype, scheme and keyval.public", code="malformed-key"
        )
    if values.get("private"):
        raise _private()
    if (kind, scheme) not in _SCHEMES:
        raise SigningKeyError(
            f"a key whose type and scheme custody does not check; {_TAKES}", code="key-type"
        )
    way = _SCHEMES[kind, scheme]
    if way:
        key = _from_pem(public, way)
        if way == _ECDSA and not key.kind.endswith(scheme[-3:]):
            raise SigningKeyError("the key is not on the curve that its scheme names", code="key-type")
        return key
    return _ed25519(PublicKey.from_hex(public))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key that is there twice")
    return members


def _from_pem(text: str, way: str | None) -> VerifyingKey:
    block = _BLOCK.fullmatch(text)
    label = block[1] if block else ""
    if label.endswith("PRIVATE KEY"):
        raise _private()
    if label.endswith("CERTIFICATE"):
        message = (
            "a certificate is not a key, and custody trusts none: `openssl x509 -pubkey -noout` takes it out"
        )
        raise SigningKeyError(message, code="key-type")
    content = strict_base64("".join(block[2].split())) if block and block[3] == label else None
    if not content or label != "PUBLIC KEY":
        raise _malformed()
    if content.startswith(_ED25519_SPKI) and way is None:
        return _ed25519(PublicKey(content[len(_ED25519_SPKI) :]))
    return _load(content, way)


def _ed25519(key: PublicKey) -> VerifyingKey:
    return VerifyingKey(key.fingerprint, "Ed25519", key.verify)


def _load(content: bytes, way: str | None) -> VerifyingKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        key = load_der_public_key(content)
        spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise _malformed() from None
    name = f"spki-sha256:{hashlib.sha256(spki).hexdigest()}"
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1 | SECP384R1):
        if way in (None, _ECDSA):
            return VerifyingKey(name, f"ECDSA P-{key.curve.key_size}", _ecdsa(key))
    elif isinstance(key, RSAPublicKey):
        least, most = RSA_BITS
        if not least <= key.key_size <= most:
            message = f"an RSA key of {key.key_size} bits; custody relies on {least} to {most}"
            raise SigningKeyError(message, code="weak-key")
        if way in (None, _PSS, _PKCS1):
            return VerifyingKey(name, f"RSA {key.key_size}", _rsa(key, way))
    raise SigningKeyError(f"a public key of a type that custody does not check; {_TAKES}", code="key-type")


def _ecdsa(key: EllipticCurvePublicKey) -> Callable[[bytes, bytes], bool]:
    """Signatures in DER. With P-384 goes SHA-384; sigstore's tools have long taken SHA-256 with every curve."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384

    ways = [ECDSA(SHA256())] + ([ECDSA(SHA384())] if key.curve.key_size == 384 else [])

    def check(message: bytes, signature: bytes) -> bool:
        return any(_holds(partial(key.verify, signature, message, way)) for way in ways)

    return check


def _rsa(key: RSAPublicKey, way: str | None) -> Callable[[bytes, bytes], bool]:
    """With SHA-256: RSASSA-PSS, or PKCS #1 v1.5, which cosign makes; where the key's JSON names one, that alone."""
    from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    ways: list[PSS | PKCS1v15] = []
    if way != _PKCS1:
        ways.append(PSS(MGF1(SHA256()), PSS.AUTO))
    if way != _PSS:
        ways.append(PKCS1v15())

    def check(message: bytes, signature: bytes) -> bool:
        return any(_holds(partial(key.verify, signature, message, way, SHA256())) for way in ways)

    return check


def _holds(verify: Callable[[], None]) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        verify()
    except (InvalidSignature, ValueError):
        return False
    return True


_TAKES = "it takes Ed25519, ECDSA on P-256 or P-384, and RSA"


def _malformed() -> SigningKeyError:
    message = "not a public key: give a PEM block PUBLIC KEY, a line `ssh-ed25519 AAAA…`, or in-toto's JSON of a key"
    return SigningKeyError(message, code="malformed-key")


def _private() -> SigningKeyError:
    return SigningKeyError(
        "this is a private key; checking a signature needs the public one", code="malformed-key"
    )
