"""`trust.toml`: the root keys of an origin, the identities that write to it, and what was taken back.

origin = "acme.example/payments"
version = 2
previous = "…"                      # SHA-256 of the document before; absent in version 1
roots = ["ssh-ed25519 AAAA…"]

[identities.ci-builder]
keys = ["ssh-ed25519 AAAA…"]
roles = ["builder"]
elsewhere = ["github:acme-ci"]

[[revoked]]
key = "SHA256:…"
reason = "laptop stolen"
chains = ["…"]                      # chains of that key which count all the same

[[disowned]]
entries = ["…"]
chains = ["…"]
reason = "written by mistake"
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

from custody.errors import SigningKeyError
from custody.keys.ed25519 import PublicKey
from custody.ledger.canonical import MAX_INTEGER, MalformedError
from custody.ledger.entry import NAME, ORIGIN
from custody.trust import toml

_NAME = re.compile(NAME).fullmatch
_ORIGIN = re.compile(ORIGIN).fullmatch
_DIGEST = re.compile(r"[0-9a-f]{64}").fullmatch
_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}").fullmatch


@dataclass(frozen=True, slots=True)
class Identity:
    """One person or machine: its keys, its names elsewhere, its roles."""

    name: str
    keys: tuple[PublicKey, ...]
    roles: frozenset[str]
    elsewhere: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Revoked:
    """A key taken back. `chains` are those of its chains that count all the same."""

    fingerprint: str
    reason: str
    chains: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Disowned:
    """Entries and chains that a root took its name off."""

    entries: frozenset[str]
    chains: frozenset[str]
    reason: str


@dataclass(frozen=True, slots=True)
class TrustDocument:
    """A trust document, read. `sha256` is of its text, which is what the next version's `previous` names."""

    origin: str
    version: int
    previous: str
    roots: tuple[PublicKey, ...]
    identities: tuple[Identity, ...]
    revoked: tuple[Revoked, ...]
    disowned: tuple[Disowned, ...]
    text: str
    sha256: str
    by_key: dict[str, Identity] = field(repr=False)  # by key, hex

    def has_root(self, key: str) -> bool:
        """Whether a key (hex) is one of the roots."""
        return any(root.hex == key for root in self.roots)

    def name_of(self, key: str) -> str:
        """The identity that a key (hex) belongs to; "root" for a root key of none, "" for a stranger's."""
        identity = self.by_key.get(key)
        return identity.name if identity is not None else "root" if self.has_root(key) else ""


def parse_trust(text: str) -> TrustDocument:
    """Read a document. Raises MalformedError that names the table and key at fault."""
    try:
        table = toml.load(text)
    except MalformedError as error:
        raise MalformedError(f"trust.toml: {error}") from None
    _only(
        table, "the document", {"origin", "version", "previous", "roots", "identities", "revoked", "disowned"}
    )
    origin = table.get("origin")
    if not isinstance(origin, str) or not _ORIGIN(origin):
        raise MalformedError("trust.toml: origin must be a name such as acme.example/payments")
    version = table.get("version")
    if type(version) is not int or not 1 <= version <= MAX_INTEGER:
        raise MalformedError("trust.toml: version must be a whole number from 1 up")
    previous = table.get("previous", "")
    if version == 1 and previous != "":
        raise MalformedError("trust.toml: version 1 has no previous")
    if version > 1 and not (isinstance(previous, str) and _DIGEST(previous)):
        raise MalformedError("trust.toml: previous must be the SHA-256 of the document before")
    roots = _keys(table.get("roots"), "roots")
    identities = _identities(table.get("identities", {}))
    by_key: dict[str, Identity] = {}
    for identity in identities:
        for key in identity.keys:
            if key.hex in by_key:
                other = by_key[key.hex].name
                raise MalformedError(
                    f"trust.toml: {identity.name} and {other} have the same key {key.fingerprint}"
                )
            by_key[key.hex] = identity
    return TrustDocument(
        origin,
        version,
        previous,
        roots,
        identities,
        tuple(_revoked(one, index) for index, one in enumerate(_tables(table, "revoked"))),
        tuple(_disowned(one, index) for index, one in enumerate(_tables(table, "disowned"))),
        text,
        hashlib.sha256(text.encode("utf-8")).hexdigest(),
        by_key,
    )


def _identities(value: Any) -> tuple[Identity, ...]:
    if not isinstance(value, dict):
        raise MalformedError("trust.toml: identities must be tables such as [identities.ci-builder]")
    found = []
    for name, table in value.items():
        place = f"identities.{name}"
        if not _NAME(name) or not isinstance(table, dict):
            raise MalformedError(f"trust.toml: {place} must be a table under a plain name")
        _only(table, place, {"keys", "roles", "elsewhere"})
        roles = _texts(table.get("roles", []), f"{place}.roles")
        if not all(_NAME(role) for role in roles):
            raise MalformedError(f"trust.toml: {place}.roles must be plain names")
        elsewhere = _texts(table.get("elsewhere", []), f"{place}.elsewhere")
        found.append(Identity(name, _keys(table.get("keys"), f"{place}.keys"), frozenset(roles), elsewhere))
    return tuple(found)


def _revoked(table: dict[str, Any], index: int) -> Revoked:
    place = f"revoked[{index}]"
    _only(table, place, {"key", "reason", "chains"})
    key = table.get("key")
    if not isinstance(key, str):
        raise MalformedError(f"trust.toml: {place}.key must be a public key or its SHA256: fingerprint")
    fingerprint = key if _FINGERPRINT(key) else _key(key, f"{place}.key").fingerprint
    return Revoked(fingerprint, _reason(table, place), _ids(table, place, "chains"))


def _disowned(table: dict[str, Any], index: int) -> Disowned:
    place = f"disowned[{index}]"
    _only(table, place, {"entries", "chains", "reason"})
    return Disowned(_ids(table, place, "entries"), _ids(table, place, "chains"), _reason(table, place))


def _reason(table: dict[str, Any], place: str) -> str:
    reason = table.get("reason")
    if not isinstance(reason, str) or not 0 < len(reason) <= 2000:
        raise MalformedError(f"trust.toml: {place}.reason must say why")
    return reason


def _ids(table: dict[str, Any], place: str, key: str) -> frozenset[str]:
    ids = _texts(table.get(key, []), f"{place}.{key}")
    if not all(_DIGEST(item) for item in ids):
        raise MalformedError(f"trust.toml: {place}.{key} must be ids of 64 hex digits")
    return frozenset(ids)


def _keys(value: Any, place: str) -> tuple[PublicKey, ...]:
    texts = _texts(value, place)
    if not texts:
        raise MalformedError(f"trust.toml: {place} must list at least one public key")
    keys = tuple(_key(text, place) for text in texts)
    if len(set(keys)) != len(keys):
        raise MalformedError(f"trust.toml: {place} lists one key twice")
    return keys


def _key(text: str, place: str) -> PublicKey:
    try:
        return PublicKey.from_text(text)
    except SigningKeyError as error:
        raise MalformedError(f"trust.toml: {place}: {error}") from None


def _texts(value: Any, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise MalformedError(f"trust.toml: {place} must be a list of texts")
    return tuple(value)


def _tables(table: dict[str, Any], key: str) -> list[dict[str, Any]]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise MalformedError(f"trust.toml: {key} must be tables such as [[{key}]]")
    return value


def _only(table: dict[str, Any], place: str, known: set[str]) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise MalformedError(f"trust.toml: {place} has an unknown key {unknown[0]!r}")
