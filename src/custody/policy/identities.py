"""Who somebody is: one identity of the trust document under each of their keys and their names elsewhere.

A name of `elsewhere` is `PROVIDER:LOGIN` ("github:dev-1", by the names of `record.ci`), `mailto:ADDRESS` or an e-mail
address by itself, or a login by itself, which counts on every platform. ASCII letters compare in any case. A name that
two identities claim is nobody's, and neither is the account that stands for everybody who is gone.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Self

from custody.record.four_eyes import NOBODY
from custody.trust.document import TrustDocument
from custody.trust.roles import APPROVER, BUILT_IN, may_write

_MAIL = "mailto"
_MOST_REMEMBERED = 10_000  # names that were asked for
_NONE: frozenset[str] = frozenset()

Name = tuple[str, str]  # the platform ("" for any, "mailto" for an address), the login or address


class Identities:
    """The people and machines of a trust document: by name their roles, by key (hex) and by `Name` who they are."""

    __slots__ = ("_claims", "_found", "_keys", "_roles")

    def __init__(
        self, roles: Mapping[str, frozenset[str]], keys: Mapping[str, str], claims: Mapping[Name, Set[str]]
    ) -> None:
        self._roles, self._keys = roles, keys
        self._claims: dict[str, dict[str, Set[str]]] = {}  # login -> platform -> who claim it
        for (provider, name), who in claims.items():
            self._claims.setdefault(name, {})[provider] = who
        self._found = lru_cache(_MOST_REMEMBERED)(self._find)

    @classmethod
    def from_trust(cls, document: TrustDocument | None) -> Self:
        """Those of a trust document; nobody where there is none. A key that is revoked tells of nobody."""
        if document is None:
            return cls({}, {}, {})
        claims: dict[Name, set[str]] = {}
        for identity in document.identities:
            for text in identity.elsewhere:
                claims.setdefault(_parse(text), set()).add(identity.name)
        revoked = {one.fingerprint for one in document.revoked}
        return cls(
            {identity.name: identity.roles for identity in document.identities},
            {
                key.hex: identity.name
                for identity in document.identities
                for key in identity.keys
                if key.fingerprint not in revoked
            },
            claims,
        )

    def roles(self, identity: str) -> frozenset[str]:
        """The roles of an identity by its name; none where there is no such."""
        return self._roles.get(identity, _NONE)

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, by name."""
        return tuple(sorted(self._roles))

    def may_write(self, kind: str, identity: str) -> bool:
        """Whether an identity's roles let it record this kind."""
        return identity in self._roles and may_write(kind, self._roles[identity], False)

    def may_approve(self, identity: str) -> bool:
        """Whether an identity's own word on an artifact counts: as an approver, or by a role of the firm's own."""
        roles = self.roles(identity)
        return APPROVER in roles or bool(roles - BUILT_IN)

    def of(self, name: str, provider: str = "") -> str | None:
        """Whose this login or e-mail address is, as a platform gave it; None where that is nobody, or not just one.

        Where the platform is not known, a login that is claimed for one alone could be a stranger's on another.
        """
        return self._found(name, provider)

    def _find(self, name: str, provider: str) -> str | None:
        folded = _fold(name)
        by_provider = self._claims.get(folded)
        if not by_provider or folded == NOBODY:
            return None
        found = set(by_provider.get("", _NONE))
        if provider:
            found |= by_provider.get(_fold(provider), _NONE)
        elif any(not who <= found for where, who in by_provider.items() if where != _MAIL):
            return None
        if "@" in folded:
            found |= by_provider.get(_MAIL, _NONE)
        return next(iter(found)) if len(found) == 1 else None

    def of_claim(self, text: str) -> str | None:
        """Whose a name is that is written like one of `elsewhere`, such as "github:dev-1"."""
        provider, name = _parse(text)
        return self.of(name, "" if provider == _MAIL else provider)

    def of_key(self, key: str) -> str | None:
        """Whose a key (hex) is."""
        return self._keys.get(key)


def login_of(text: str) -> str:
    """The login or the address in a name that is written like one of `elsewhere`."""
    return _parse(text)[1]


def _parse(text: str) -> Name:
    provider, colon, name = text.partition(":")
    if not colon:
        provider, name = "", text
    provider, name = _fold(provider), _fold(name)
    return (_MAIL, name) if provider == "" and "@" in name else (provider, name)


def _fold(name: str) -> str:
    """In lower case, as far as platforms do not tell letters apart: other scripts have letters that fold into ASCII,
    and an address with the sign of the Kelvin in it is somebody else's."""
    return name.lower() if name.isascii() else name
