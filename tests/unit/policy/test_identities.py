"""Who is one person: keys, logins, addresses; and who is nobody."""

from __future__ import annotations

import pytest
from ledgers import signer
from verdicts import IDENTITIES, trust

from custody.policy.identities import Identities


def identities(**elsewhere: list[str]) -> Identities:
    return Identities.from_trust(trust({name: (["approver"], names) for name, names in elsewhere.items()}))


def test_without_a_trust_document_there_is_nobody() -> None:
    nobody = Identities.from_trust(None)
    assert nobody.of("dev-1", "github") is None
    assert nobody.of_key(signer("dev-1").public.hex) is None
    assert nobody.roles("dev-1") == frozenset()
    assert not nobody.may_write("seal", "dev-1")


def test_roles_are_those_of_the_document() -> None:
    assert IDENTITIES.roles("dev-1") == {"approver", "builder"}
    assert IDENTITIES.roles("nobody") == IDENTITIES.roles("") == frozenset()
    assert IDENTITIES.may_write("artifact", "ci") and not IDENTITIES.may_write("artifact", "dev-2")
    assert IDENTITIES.may_write("seal", "renovate") and not IDENTITIES.may_write("seal", "")


@pytest.mark.parametrize(
    ("name", "provider", "who"),
    [
        ("dev-1", "github", "dev-1"),
        ("DEV-1", "GitHub", "dev-1"),
        ("dev-1", "gitlab", "dev-1"),
        ("dev-1", "bitbucket", None),
        ("dev-1", "", None),
        ("dev-3-too", "github", "dev-3"),
        ("dev-1@acme.example", "", "dev-1"),
        ("Dev-1@ACME.example", "github", "dev-1"),
        ("dev-2@acme.example", "gitlab", "dev-2"),
        ("renovate[bot]", "github", "renovate"),
        ("mailto:dev-2@acme.example", "", None),
        ("github:dev-1", "", None),
        ("", "github", None),
        ("", "", None),
        ("dev-1 ", "github", None),
        ("risk-officer", "", None),
    ],
)
def test_a_name_as_a_platform_gives_it(name: str, provider: str, who: str | None) -> None:
    assert IDENTITIES.of(name, provider) == who


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("github:dev-1", "dev-1"),
        ("GITHUB:Dev-1", "dev-1"),
        ("mailto:dev-1@acme.example", "dev-1"),
        ("dev-2@acme.example", "dev-2"),
        ("slack:dev-3", "dev-3"),
        ("slack:dev-1", None),
        ("dev-1", None),
        ("", None),
        (":", None),
        ("github:", None),
        (":dev-1", None),
    ],
)
def test_a_name_as_a_relay_writes_it(text: str, who: str | None) -> None:
    assert IDENTITIES.of_claim(text) == who


def test_a_bare_login_counts_everywhere() -> None:
    it = identities(a=["shared"])
    assert (
        it.of("shared", "github")
        == it.of("shared", "gitlab")
        == it.of("Shared")
        == it.of_claim("shared")
        == "a"
    )


def test_a_name_that_two_claim_is_nobodys() -> None:
    it = identities(a=["github:x", "x@acme.example"], b=["github:X", "mailto:X@acme.example"])
    assert it.of("x", "github") is None
    assert it.of("x@acme.example") is None


def test_a_bare_login_and_anothers_of_one_platform() -> None:
    it = identities(a=["x"], b=["github:x"])
    assert it.of("x", "github") is None
    assert it.of("x", "gitlab") == "a"
    assert it.of("x") is None, "it might be GitHub's"


def test_one_may_claim_a_name_twice() -> None:
    assert identities(a=["x", "github:x", "github:X"]).of("x", "github") == "a"
    assert identities(a=["x", "github:x"]).of("x") == "a"


def test_an_address_of_one_platform_is_not_an_address() -> None:
    it = identities(a=["azure:x@acme.example"])
    assert it.of("x@acme.example", "azure") == "a"
    assert it.of("x@acme.example") is None
    assert it.of("x@acme.example", "github") is None


def test_letters_of_other_scripts_are_not_folded_into_ascii() -> None:
    it = identities(a=["mark@acme.example"])
    assert it.of("MARK@acme.example") == "a"
    assert it.of("mar\u212a@acme.example") is None


@pytest.mark.parametrize("name", ["ghost", "Ghost"])
def test_the_account_of_everybody_who_is_gone_is_nobodys(name: str) -> None:
    assert identities(a=["github:ghost", "ghost"]).of(name, "github") is None


def test_keys() -> None:
    assert IDENTITIES.of_key(signer("dev-3").public.hex) == "dev-3"
    assert IDENTITIES.of_key(signer("stranger").public.hex) is None
    assert IDENTITIES.of_key("") is None


def test_a_revoked_key_tells_of_nobody() -> None:
    key = signer("dev-3").public
    taken_back = f'[[revoked]]\nkey = "{key.fingerprint}"\nreason = "lost"\n'
    assert Identities.from_trust(trust(more=taken_back)).of_key(key.hex) is None
