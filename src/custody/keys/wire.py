"""The wire types of SSH (RFC 4251, section 5), which key files and the ssh-agent share."""

from __future__ import annotations

from custody.errors import SigningKeyError


def string(data: bytes) -> bytes:
    """Its length in four bytes, and itself."""
    return len(data).to_bytes(4, "big") + data


class Fields:
    """Reads one field after the other; the SigningKeyError at the first odd one names `what` is read."""

    def __init__(self, data: bytes, what: str = "OpenSSH private key", code: str = "malformed-key") -> None:
        self._data, self._at, self._what, self._code = data, 0, what, code

    def string(self, size: int | None = None) -> bytes:
        """A string, which must have `size` bytes if that is given."""
        length = self.integer()
        if size is not None and length != size:
            raise self.malformed()
        return self.take(length)

    def integer(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def take(self, size: int) -> bytes:
        part = self._data[self._at : self._at + size]
        if len(part) != size:
            raise self.malformed()
        self._at += size
        return part

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def end(self) -> None:
        if self._at != len(self._data):
            raise self.malformed()

    def malformed(self) -> SigningKeyError:
        return SigningKeyError(f"the {self._what} is damaged: its parts do not add up", code=self._code)


def wrong_type(kind: bytes) -> SigningKeyError:
    """The refusal of a key that is no Ed25519 key, by its name if it is one that could be a name."""
    printable = kind.isascii() and kind.decode("ascii").isprintable() and len(kind) <= 64
    name = kind.decode("ascii") if printable else "unknown"
    return SigningKeyError(
        f"a key of type {name} cannot sign here: custody signs with Ed25519 (`custody key new` makes one)",
        code="key-type",
    )
