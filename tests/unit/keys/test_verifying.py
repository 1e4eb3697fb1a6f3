"""Foreign public keys: every form that is read, whose signatures hold, and what is no key at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import CustodyError, SigningKeyError
from custody.keys.ed25519 import PublicKey
from custody.keys.verifying import VerifyingKey, parse_verifying_key, read_verifying_key

MESSAGE = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
SHA256, SHA384 = hashes.SHA256(), hashes.SHA384()
PSS = padding.PSS(padding.MGF1(SHA256), 32)

ED = ed25519.Ed25519PrivateKey.generate()
P256 = ec.generate_private_key(ec.SECP256R1())
P384 = ec.generate_private_key(ec.SECP384R1())
RSA = rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> bytes:
    public: bytes = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return public


def as_json(kind: str, scheme: str, public: str, **more: Any) -> bytes:
    return json.dumps({"keytype": kind, "scheme": scheme, "keyval": {"public": public}, **more}).encode()


def raw() -> str:
    return ED.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw).hex()


SIGNERS: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "ed25519": (pem(ED), ED.sign),
    "ed25519-openssh": (ED.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH), ED.sign),
    "ed25519-json": (as_json("ed25519", "ed25519", raw()), ED.sign),
    "p256": (pem(P256), lambda data: P256.sign(data, ec.ECDSA(SHA256))),
    "p384": (pem(P384), lambda data: P384.sign(data, ec.ECDSA(SHA384))),
    "p384-sha256": (pem(P384), lambda data: P384.sign(data, ec.ECDSA(SHA256))),
    "p256-json": (
        as_json("ecdsa", "ecdsa-sha2-nistp256", pem(P256).decode()),
        lambda data: P256.sign(data, ec.ECDSA(SHA256)),
    ),
    "rsa-pss": (pem(RSA), lambda data: RSA.sign(data, PSS, SHA256)),
    "rsa-pkcs1v15": (pem(RSA), lambda data: RSA.sign(data, padding.PKCS1v15(), SHA256)),
    "rsa-json": (
        as_json("rsa", "rsassa-pss-sha256", pem(RSA).decode()),
        lambda data: RSA.sign(data, PSS, SHA256),
    ),
}


@pytest.mark.parametrize("name", SIGNERS)
def test_a_signature_holds_for_its_key_and_message_alone(name: str) -> None:
    data, sign = SIGNERS[name]
    key = parse_verifying_key(data)
    signature = sign(MESSAGE)
    assert key.verify(MESSAGE, signature)
    assert not key.verify(MESSAGE + b" ", signature)
    assert not key.verify(MESSAGE, signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not key.verify(MESSAGE, b"")
    assert not key.verify(MESSAGE, signature + b"\0")
    for other, (other_data, _) in SIGNERS.items():
        if other.partition("-")[0] != name.partition("-")[0]:
            assert not parse_verifying_key(other_data).verify(MESSAGE, signature), other


@pytest.mark.parametrize(("name", "other"), [("rsa-json", "rsa-pkcs1v15")])
def test_the_json_of_a_key_names_the_one_way_it_signs(name: str, other: str) -> None:
    key = parse_verifying_key(SIGNERS[name][0])
    assert not key.verify(MESSAGE, SIGNERS[other][1](MESSAGE))


def test_keys_are_named_as_everybody_names_them() -> None:
    line = SIGNERS["ed25519-openssh"][0].decode()
    assert parse_verifying_key(pem(ED)).name == PublicKey.from_text(line).fingerprint
    spki = P256.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert parse_verifying_key(pem(P256)).name == f"spki-sha256:{hashlib.sha256(spki).hexdigest()}"
    assert [parse_verifying_key(pem(key)).kind for key in (ED, P256, P384, RSA)] == [
        "Ed25519",
        "ECDSA P-256",
        "ECDSA P-384",
        "RSA 2048",
    ]


PRIVATE = P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "malformed-key"),
    "not ascii": (b"\xff", "malformed-key"),
    "private": (PRIVATE, "malformed-key"),
    "private json": (
        json.dumps(
            {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": raw(), "private": "aa"}}
        ).encode(),
        "malformed-key",
    ),
    "certificate": (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "key-type"),
    "two blocks": (pem(P256) + pem(RSA), "malformed-key"),
    "other end": (pem(P256).replace(b"END PUBLIC", b"END XUBLIC"), "malformed-key"),
    "cut": (pem(P256)[:-40] + b"-----END PUBLIC KEY-----", "malformed-key"),
    "rsa 1024": (pem(rsa.generate_private_key(65537, 1024)), "weak-key"),
    "p521": (pem(ec.generate_private_key(ec.SECP521R1())), "key-type"),
    "ed25519 of small order": (as_json("ed25519", "ed25519", "01" + "00" * 31), "weak-key"),
    "dsa": (
        dsa.generate_parameters(1024)
        .generate_private_key()
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "key-type",
    ),
    "scheme of another type": (as_json("ed25519", "rsassa-pss-sha256", raw()), "key-type"),
    "rsa under an ecdsa name": (as_json("ecdsa", "ecdsa-sha2-nistp256", pem(RSA).decode()), "key-type"),
    "another curve": (as_json("ecdsa", "ecdsa-sha2-nistp256", pem(P384).decode()), "key-type"),
    "ed25519 under an rsa name": (as_json("rsa", "rsassa-pss-sha256", pem(ED).decode()), "key-type"),
    "a key twice": (b'{"keytype":"rsa","keytype":"ed25519","scheme":"ed25519","keyval":{}}', "malformed-key"),
    "no keyval": (b'{"keytype":"rsa"}', "malformed-key"),
    "deep": (b'{"a":' * 100_000, "malformed-key"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_public_key_to_rely_on_is_refused(name: str) -> None:
    data, code = REFUSED[name]
    with pytest.raises(SigningKeyError) as caught:
        parse_verifying_key(data)
    assert caught.value.code == code
    assert "\n" not in str(caught.value)


def test_a_file_is_named_and_never_quoted(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(PRIVATE)
    with pytest.raises(SigningKeyError, match=r"key\.pem: this is a private key") as caught:
        read_verifying_key(path)
    assert PRIVATE.split(b"\n")[1].decode() not in str(caught.value)
    path.write_bytes(b"A" * 100_000)
    with pytest.raises(SigningKeyError, match="more than 65536 allowed"):
        read_verifying_key(path)
    with pytest.raises(SigningKeyError, match="there is no such file"):
        read_verifying_key(tmp_path / "none")
    path.write_bytes(b"\xef\xbb\xbf" + pem(P256))
    with pytest.raises(SigningKeyError):
        read_verifying_key(path)


@given(st.sampled_from([data for data, _ in SIGNERS.values()]), st.data())
def test_a_damaged_key_is_another_key_or_none(good: bytes, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(good) - 1))
    damaged = good[:at] + data.draw(st.binary(max_size=3)) + good[at + 1 :]
    try:
        found = parse_verifying_key(damaged)
    except CustodyError:
        return
    assert isinstance(found, VerifyingKey)
    assert not found.verify(MESSAGE, data.draw(st.binary(max_size=300)))
