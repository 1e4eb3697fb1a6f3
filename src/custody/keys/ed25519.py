"""Ed25519 (RFC 8032) as custody uses it: libsodium's answer and no other.

This is the only importer of `nacl`. Libraries disagree about signatures and keys at the edges of the
standard, so a second verifier would be a second opinion about what a ledger says; the tests pin libsodium's.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import NoReturn, Protocol

from nacl.bindings import (
    crypto_core_ed25519_is_valid_point,
    crypto_sign,
    crypto_sign_open,
    crypto_sign_seed_keypair,
)
from nacl.exceptions import BadSignatureError

from custody.errors import SigningKeyError

KEY_TYPE = b"ssh-ed25519"
_WIRE_PREFIX = len(KEY_TYPE).to_bytes(4, "big") + KEY_TYPE + (32).to_bytes(4, "big")
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


def verify_signature(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is `public`'s (32 bytes) over `message`.

    Never raises: anything of another type, length or value is simply not a signature. Releases the
    interpreter lock while libsodium works.
    """
    # libsodium reads 32 and 64 bytes whatever Python holds, so type and length come before everything.
    if (
        type(public) is not bytes
        or type(message) is not bytes
        or type(signature) is not bytes
        or len(public) != 32
        or len(signature) != 64
    ):
        return False
    try:
        crypto_sign_open(signature + message, public)
    except BadSignatureError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key that is sound: on the curve, in canonical form, in the prime-order group.

    A key of small order verifies signatures over anything, and one of mixed order leaves room for libraries
    to disagree; neither comes from an honest generator. Making one raises SigningKeyError with code
    "malformed-key" or "weak-key".
    """

    raw: bytes
    """32 bytes, as RFC 8032 encodes a point."""

    def __post_init__(self) -> None:
        if type(self.raw) is not bytes or len(self.raw) != 32:
            raise _malformed("an Ed25519 public key has 32 bytes")
        if crypto_core_ed25519_is_valid_point(self.raw):
            return
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)
        if y >= _P:
            raise _malformed("the public key is not in canonical form (its y is not below 2^255 - 19)")
        if not _on_curve(y):
            raise _malformed("the public key is not a point of the curve")
        raise SigningKeyError(
            "the public key is weak (of small or mixed order): no honest tool made it; make another",
            code="weak-key",
        )

    @classmethod
    def from_raw(cls, raw: bytes) -> PublicKey:
        """From the 32 bytes of the point."""
        return cls(raw)

    @classmethod
    def from_hex(cls, text: str) -> PublicKey:
        """From 64 lower-case hex characters, the form in a ledger."""
        if not isinstance(text, str) or re.fullmatch("[0-9a-f]{64}", text) is None:
            raise _malformed("a public key in hex has 64 characters of 0-9 and a-f")
        return cls(bytes.fromhex(text))

    @classmethod
    def from_text(cls, text: str) -> PublicKey:
        """From what a person has: an OpenSSH line `ssh-ed25519 AAAA… comment`, 64 hex characters, base64."""
        text = text.strip()
        if re.fullmatch("[0-9A-Fa-f]{64}", text):
            return cls(bytes.fromhex(text))
        kind, *rest = text.split(maxsplit=2) or [""]
        if kind == KEY_TYPE.decode():
            wire = strict_base64(rest[0]) if rest and len(text.splitlines()) == 1 else None
            if wire is None or len(wire) != 51 or not wire.startswith(_WIRE_PREFIX):
                raise _malformed("not one OpenSSH line of an Ed25519 public key")
            return cls(wire[len(_WIRE_PREFIX) :])
        if kind.startswith(("ssh-", "ecdsa-", "sk-")) and rest:
            raise SigningKeyError(
                "a public key of another type; custody uses ssh-ed25519 keys", code="key-type"
            )
        raw = strict_base64(text)
        if raw is None or len(raw) != 32:
            raise _malformed(
                "not a public key: give a line `ssh-ed25519 AAAA…`, 64 hex characters, or base64"
            )
        return cls(raw)

    @property
    def hex(self) -> str:
        """64 lower-case hex characters."""
        return self.raw.hex()

    @property
    def wire(self) -> bytes:
        """The key in the wire form of RFC 8709, section 4: 51 bytes."""
        return _WIRE_PREFIX + self.raw

    @property
    def fingerprint(self) -> str:
        """`SHA256:` and the unpadded base64 of the digest of the wire form, as `ssh-keygen -l` prints it."""
        return "SHA256:" + b64encode(hashlib.sha256(self.wire).digest()).decode().rstrip("=")

    def openssh(self, comment: str = "") -> str:
        """One line for a `.pub` file, without a newline at its end."""
        line = f"{KEY_TYPE.decode()} {b64encode(self.wire).decode()}"
        return f"{line} {comment}" if comment else line

    def verify(self, message: bytes, signature: bytes) -> bool:
        """As `verify_signature`, with this key."""
        return verify_signature(self.raw, message, signature)

    def __repr__(self) -> str:
        return f"PublicKey({self.fingerprint})"


class Signer(Protocol):
    """Whoever holds a private key: this process, or an ssh-agent."""

    @property
    def public(self) -> PublicKey: ...

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of a pure Ed25519 signature over `message`. Raises SigningKeyError."""


class SeedSigner:
    """A private key in this process. It shows nothing of itself but its fingerprint."""

    __slots__ = ("_secret", "public")

    public: PublicKey

    def __init__(self, seed: bytes) -> None:
        if type(seed) is not bytes or len(seed) != 32:
            raise SigningKeyError("an Ed25519 private key (its seed) has 32 bytes", code="malformed-key")
        raw, self._secret = crypto_sign_seed_keypair(seed)
        self.public = PublicKey(raw)

    def sign(self, message: bytes) -> bytes:
        return crypto_sign(message, self._secret)[:64]

    def __repr__(self) -> str:
        return f"SeedSigner({self.public.fingerprint})"

    def __reduce__(self) -> NoReturn:
        raise SigningKeyError("a signing key is not copied to another process or file")


def strict_base64(text: str) -> bytes | None:
    """The bytes, or None unless `text` is the one base64 text of them; only the padding may be left out."""
    if not text.isascii():
        return None
    try:
        data = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (Base64Error, ValueError):
        return None
    exact = b64encode(data).decode()
    return data if text in (exact, exact.rstrip("=")) else None


def _on_curve(y: int) -> bool:
    """Whether some x satisfies -x² + y² = 1 + d·x²·y² (RFC 8032, section 5.1): Euler's criterion on x²."""
    x_squared = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return pow(x_squared, (_P - 1) // 2, _P) in (0, 1)


def _malformed(message: str) -> SigningKeyError:
    return SigningKeyError(message, code="malformed-key")
