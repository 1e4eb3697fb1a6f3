"""Keys as values, their texts, and the verifier that never raises."""

from __future__ import annotations

import base64
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custody.errors import SigningKeyError
from custody.keys import PublicKey, SeedSigner, verify_signature

SEED = bytes(range(32))
SIGNER = SeedSigner(SEED)
PUBLIC = SIGNER.public
MESSAGE = b"message"
SIGNATURE = SIGNER.sign(MESSAGE)

seeds = st.binary(min_size=32, max_size=32)
anything = st.one_of(
    st.none(), st.integers(), st.text(), st.binary(max_size=130), st.binary(min_size=64, max_size=64), seeds
)


def test_the_first_vector_of_rfc_8032() -> None:
    signer = SeedSigner(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert signer.public.hex == "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert signer.sign(b"").hex() == (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b"
    )


@given(seeds, st.binary(max_size=300))
def test_what_is_signed_verifies_and_nothing_else(seed: bytes, message: bytes) -> None:
    signer = SeedSigner(seed)
    signature = signer.sign(message)
    assert len(signature) == 64 and signer.public.verify(message, signature)
    assert not signer.public.verify(message + b"\0", signature)
    assert not PUBLIC.verify(message, signature) or seed == SEED


@pytest.mark.parametrize("bit", range(0, 512, 7))
def test_a_flipped_bit_is_no_signature(bit: int) -> None:
    broken = bytearray(SIGNATURE)
    broken[bit // 8] ^= 1 << bit % 8
    assert not PUBLIC.verify(MESSAGE, bytes(broken))


@given(anything, anything, anything)
def test_the_verifier_never_raises(public: Any, message: Any, signature: Any) -> None:
    assert verify_signature(public, message, signature) is False


@pytest.mark.parametrize(
    "odd", [None, b"", "", 0, SIGNATURE[:63], SIGNATURE + b"\0", SIGNATURE.hex(), [SIGNATURE]]
)
def test_an_odd_signature_is_false(odd: Any) -> None:
    assert verify_signature(PUBLIC.raw, MESSAGE, odd) is False


@pytest.mark.parametrize("odd", [None, b"", PUBLIC.raw[:31], PUBLIC.raw + b"\0", PUBLIC.hex, PUBLIC])
def test_an_odd_key_is_false(odd: Any) -> None:
    assert verify_signature(odd, MESSAGE, SIGNATURE) is False


def test_the_signature_may_not_hide_in_the_message() -> None:
    assert verify_signature(PUBLIC.raw, SIGNATURE + MESSAGE, b"") is False
    assert verify_signature(PUBLIC.raw, SIGNATURE + MESSAGE, None) is False  # type: ignore[arg-type]
    assert verify_signature(PUBLIC.raw, MESSAGE, bytearray(SIGNATURE)) is False  # type: ignore[arg-type]


@given(seeds, st.sampled_from(["", "dev-1", "two words", "ä ✓"]))
def test_every_text_of_a_key_leads_back_to_it(seed: bytes, comment: str) -> None:
    key = SeedSigner(seed).public
    padded = base64.b64encode(key.raw).decode()
    for text in (
        key.openssh(comment),
        key.hex,
        key.hex.upper(),
        padded,
        padded.rstrip("="),
        f" {key.hex}\r\n",
    ):
        assert PublicKey.from_text(text) == key
    assert PublicKey.from_hex(key.hex) == PublicKey.from_raw(key.raw) == key
    assert len({key, PublicKey(key.raw)}) == 1


def wire(*fields: bytes) -> str:
    return base64.b64encode(b"".join(len(field).to_bytes(4, "big") + field for field in fields)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        PUBLIC.hex[:-1],
        PUBLIC.hex + "0",
        "g" * 64,
        base64.b64encode(PUBLIC.raw[:31]).decode(),
        base64.b64encode(PUBLIC.raw + b"\0").decode(),
        base64.b64encode(PUBLIC.raw).decode()[:-2] + "B=",  # trailing bits
        base64.b64encode(PUBLIC.raw).decode() + "=",
        base64.b64encode(PUBLIC.raw).decode().replace("A", "A\n", 1) + "*",
        "ssh-ed25519",
        "ssh-ed25519 ",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 " + wire(b"ssh-ed25519", PUBLIC.raw[:31]),
        "ssh-ed25519 " + wire(b"ssh-ed25519", PUBLIC.raw, b""),
        "ssh-ed25519 " + wire(b"ssh-ed25518", PUBLIC.raw),
        PUBLIC.openssh() + "\n" + PUBLIC.openssh(),
        "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ",
        "ecdsa-sha2-nistp256 AAAA",
        "ssh-ed25519-cert-v01@openssh.com AAAA",
        "٣" * 64,
    ],
)
def test_a_text_that_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey.from_text(text)
    assert caught.value.code in {"malformed-key", "key-type"} and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text", [PUBLIC.hex.upper(), PUBLIC.hex + "\n", "", PUBLIC.openssh(), None, PUBLIC.raw]
)
def test_hex_in_a_ledger_has_one_form(text: Any) -> None:
    with pytest.raises(SigningKeyError):
        PublicKey.from_hex(text)


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), "x" * 32, bytearray(PUBLIC.raw), None])
def test_a_key_has_32_bytes(raw: Any) -> None:
    with pytest.raises(SigningKeyError) as caught:
        PublicKey(raw)
    assert caught.value.code == "malformed-key"


@pytest.mark.parametrize("seed", [b"", bytes(31), bytes(33), "x" * 32, bytearray(32), None])
def test_a_seed_has_32_bytes(seed: Any) -> None:
    with pytest.raises(SigningKeyError):
        SeedSigner(seed)


def test_a_signer_shows_only_its_fingerprint_and_stays_here() -> None:
    assert repr(SIGNER) == f"SeedSigner({PUBLIC.fingerprint})"
    with pytest.raises(SigningKeyError):
        pickle.dumps(SIGNER)
