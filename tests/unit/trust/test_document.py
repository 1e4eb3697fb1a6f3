"""trust.toml: what it says, and each way in which it is none."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledgers import document, signer

from custody.ledger.canonical import MalformedError
from custody.trust.document import parse_trust

KEY = signer("builder").public
ROOT = signer("root").public
TEXT = f"""
origin = "acme.example/payments"
version = 2
previous = "{"ab" * 32}"
roots = ["{ROOT.openssh("root@example")}"]

[identities.ci-builder]
keys = ["{KEY.hex}"]
roles = ["builder", "deployer"]
elsewhere = ["github:acme-ci", "ci@acme.example"]

[identities."team/a@b:c+d"]
keys = ["{signer("deployer").public.openssh()}"]

[[revoked]]
key = "{signer("gone").public.fingerprint}"
reason = "lost"
chains = ["{"cd" * 32}"]

[[revoked]]
key = "{signer("gone-too").public.openssh()}"
reason = "lost as well"

[[disowned]]
entries = ["{"ef" * 32}"]
reason = "by mistake"
"""


def test_a_document_is_read() -> None:
    found = parse_trust(TEXT)
    assert (found.origin, found.version, found.previous) == ("acme.example/payments", 2, "ab" * 32)
    assert found.roots == (ROOT,)
    assert [identity.name for identity in found.identities] == ["ci-builder", "team/a@b:c+d"]
    builder = found.identities[0]
    assert (builder.keys, builder.roles) == ((KEY,), {"builder", "deployer"})
    assert builder.elsewhere == ("github:acme-ci", "ci@acme.example")
    assert found.by_key[KEY.hex] is builder
    assert found.has_root(ROOT.hex)
    assert not found.has_root(KEY.hex)
    fingerprints = [signer(name).public.fingerprint for name in ("gone", "gone-too")]
    assert [one.fingerprint for one in found.revoked] == fingerprints
    assert found.revoked[0].chains == {"cd" * 32}
    assert found.disowned[0].entries == {"ef" * 32}
    assert found.sha256 == hashlib.sha256(TEXT.encode()).hexdigest()


def test_the_smallest_document() -> None:
    found = parse_trust(document(identities={}))
    assert (found.version, found.previous, found.identities) == (1, "", ())


BAD = {
    "not TOML": ("origin =", "origin"),
    "a key twice": ("version = 2", "version = 2\nversion = 2"),
    "an unknown key": ("version = 2", "version = 2\nthreshold = 1"),
    "an unknown key of an identity": ("elsewhere =", "email ="),
    "an unknown key of a revocation": ("chains =", "since ="),
    "no origin": ('origin = "acme.example/payments"', ""),
    "an origin with a plus": ("acme.example/payments", "acme+example"),
    "an origin with a space": ("acme.example/payments", "acme example"),
    "an origin that is a number": ('"acme.example/payments"', "7"),
    "no version": ("version = 2", ""),
    "version 0": ("version = 2", "version = 0"),
    "version true": ("version = 2", "version = true"),
    "version 2.0": ("version = 2", "version = 2.0"),
    "version 2^53": ("version = 2", f"version = {2**53}"),
    "5,000 digits": ("version = 2", "version = " + "1" * 5000),
    "version 1 with a previous": ("version = 2", "version = 1"),
    "no previous": (f'previous = "{"ab" * 32}"', ""),
    "a previous in upper case": ("ab" * 32, "AB" * 32),
    "no roots": (f'roots = ["{ROOT.openssh("root@example")}"]', ""),
    "an empty list of roots": (f'["{ROOT.openssh("root@example")}"]', "[]"),
    "a root that is no list": (f'["{ROOT.openssh("root@example")}"]', f'"{ROOT.hex}"'),
    "a root twice": (f'["{ROOT.openssh("root@example")}"]', f'["{ROOT.hex}", "{ROOT.openssh()}"]'),
    "a key that is none": (KEY.hex, "not a key"),
    "a key of small order": (KEY.hex, "01" + "00" * 31),
    "a key off the curve": (KEY.hex, "02" + "00" * 31),
    "a key that is not canonical": (KEY.hex, "f0" + "ff" * 30 + "7f"),
    "an RSA key": (KEY.hex, "ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB"),
    "one key of two identities": (signer("deployer").public.openssh(), KEY.openssh()),
    "an identity without keys": (f'keys = ["{KEY.hex}"]', ""),
    "an identity that is a text": ("[identities.ci-builder]", "identities = 1\n[x]"),
    "an identity of an odd name": ("[identities.ci-builder]", '[identities."ci builder"]'),
    "a role of an odd name": ('"builder", "deployer"', '"build er"'),
    "roles that are a text": ('["builder", "deployer"]', '"builder"'),
    "a role that is empty": ('"builder", "deployer"', '""'),
    "a revocation that is no table": ("[[revoked]]\nkey", "[revoked]\nkey"),
    "a revocation without a key": (f'key = "{signer("gone").public.fingerprint}"', ""),
    "a fingerprint that is short": (signer("gone").public.fingerprint, "SHA256:abc"),
    "no reason": ('reason = "lost"', ""),
    "an empty reason": ('"lost"', '""'),
    "a reason of 2,001": ('"lost"', '"' + "x" * 2001 + '"'),
    "a chain that is no id": ("cd" * 32, "cd" * 31),
    "an entry that is no id": ("ef" * 32, "EF" * 32),
}


@pytest.mark.parametrize(("old", "new"), BAD.values(), ids=BAD)
def test_cases_30_and_35_what_is_no_document_is_refused_with_the_place(old: str, new: str) -> None:
    assert old in TEXT
    with pytest.raises(MalformedError, match=r"^trust\.toml: ") as caught:
        parse_trust(TEXT.replace(old, new, 1))
    assert "\n" not in str(caught.value)


HOSTILE = {
    "brackets": "x = " + "[" * 250_000,
    "nested as far as Python goes": "x = " + "[" * 5_000 + "]" * 5_000,
    "tables": "[[a]]\n" * 101_000,
    "a dotted key": "a." * 20_000 + "a = 1",
    "dotted keys": ("a." * 900 + "a = 1\n") * 200,
    "a long name of a table with many keys": "["
    + "a." * 900
    + "a]\n"
    + "".join(f"k{n} = 1\n" for n in range(9_000)),
    "dotted tables": "[" + "a." * 5_000 + "a]",
    "too long": "#" * (512 * 1024 + 1),
    "too long in UTF-8": "#" + "ä" * (256 * 1024),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_case_88_a_document_that_would_cost_too_much_is_refused(text: str) -> None:
    with pytest.raises(
        MalformedError, match=r"^trust\.toml: (too many|more than|.*nested too deep|.*recursion)"
    ):
        parse_trust(text)


def test_a_large_honest_document_is_read() -> None:
    identities = {f"person-{index}": ("approver",) for index in range(1000)}
    assert len(parse_trust(document(identities=identities)).identities) == 1000


@given(st.text(max_size=200) | st.text("[]{}=\"'.#\nab1", max_size=100))
def test_no_text_at_all_does_more_than_be_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        parse_trust(text)
