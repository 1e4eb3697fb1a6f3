"""An entry as a DSSE envelope, verified by a library that is not ours."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from ledgers import VECTORS, World, signer
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from custody.keys.ed25519 import PublicKey
from custody.ledger import dsse
from custody.ledger.entry import parse_header
from custody.ledger.reader import open_ledger

ENTRY: dict[str, Any] = json.loads((VECTORS / "envelope.json").read_text("ascii"))


def key_of(public: PublicKey, keyid: str | None = None) -> SSlibKey:
    value = {"public": public.hex}
    return SSlibKey(keyid or public.fingerprint, "ed25519", "ed25519", value)


def exported(header: bytes, signature: bytes, keyid: str) -> Envelope:
    return Envelope.from_dict(json.loads(dsse.encode_envelope(dsse.Envelope(header, signature, keyid))))


def test_the_vector_is_what_is_made() -> None:
    header, signature = ENTRY["header"].encode(), bytes.fromhex(ENTRY["signature"])
    assert hashlib.sha256(header).hexdigest() == ENTRY["id"]
    assert hashlib.sha256(ENTRY["body"].encode()).hexdigest() == parse_header(header).body
    assert base64.b64encode(dsse.pae(header)).decode() == ENTRY["pae"]
    public = PublicKey.from_hex(ENTRY["key"])
    assert public.fingerprint == ENTRY["keyid"]
    assert public.verify(dsse.pae(header), signature)
    assert (
        dsse.encode_envelope(dsse.Envelope(header, signature, ENTRY["keyid"])).decode() == ENTRY["envelope"]
    )


def test_securesystemslib_verifies_the_vector() -> None:
    envelope = Envelope.from_dict(json.loads(ENTRY["envelope"]))
    key = key_of(PublicKey.from_hex(ENTRY["key"]))
    assert set(envelope.verify([key], 1)) == {ENTRY["keyid"]}
    assert envelope.payload == ENTRY["header"].encode()
    assert envelope.pae() == base64.b64decode(ENTRY["pae"])


def test_securesystemslib_verifies_every_entry_of_the_valid_ledger() -> None:
    keys: dict[str, PublicKey] = {}
    count = 0
    with open_ledger(VECTORS / "valid.ledger") as snapshot:
        for rows in snapshot.rows():
            for _, identifier, data, signature, _, _ in rows:
                header = parse_header(data)
                if header.kind == "genesis":
                    keys[identifier.hex()] = PublicKey.from_hex(header.key)
                public = keys[header.chain or identifier.hex()]
                envelope = exported(data, signature, public.fingerprint)
                assert envelope.verify([key_of(public)], 1)
                count += 1
    assert count > 20


def test_case_32_another_payload_or_another_type_does_not_verify() -> None:
    entry = World("dsse").note()[1]
    public = signer("builder").public
    for changed in (entry.data + b" ", entry.data[:-1], b""):
        with pytest.raises(VerificationError):
            exported(changed, entry.signature, public.fingerprint).verify([key_of(public)], 1)
    envelope = exported(entry.data, entry.signature, public.fingerprint)
    envelope.payload_type = "application/json"
    with pytest.raises(VerificationError):
        envelope.verify([key_of(public)], 1)


def test_case_32_lengths_in_what_is_signed_are_bytes() -> None:
    header = "ä".encode()
    assert dsse.pae(header) == b"DSSEv1 28 application/vnd.in-toto+json 2 " + header


def test_case_33_keyid_is_a_hint_and_proves_nothing() -> None:
    """The envelope says that `builder` signed; it was `deployer`, and only that key verifies it."""
    entry = World("dsse").note(who="deployer")[1]
    builder, deployer = signer("builder").public, signer("deployer").public
    envelope = exported(entry.data, entry.signature, builder.fingerprint)
    with pytest.raises(VerificationError):
        envelope.verify([key_of(builder)], 1)
    assert envelope.verify([key_of(deployer, builder.fingerprint)], 1)


def test_case_34_one_signature_meets_a_threshold_of_one() -> None:
    entry = World("dsse").note()[1]
    public = signer("builder").public
    envelope = exported(entry.data, entry.signature, public.fingerprint)
    with pytest.raises(VerificationError):
        envelope.verify([key_of(public), key_of(signer("deployer").public)], 2)


def test_case_48_an_entry_is_its_header_however_its_envelope_is_spelled(tmp_path: Path) -> None:
    """Two envelopes of one entry, with other white space and another hint, hold one header and so one id."""
    spelled = json.loads(ENTRY["envelope"])
    spelled["signatures"][0]["keyid"] = "another hint"
    for text in (ENTRY["envelope"], json.dumps(spelled, indent=4)):
        payload = base64.b64decode(json.loads(text)["payload"])
        assert hashlib.sha256(payload).hexdigest() == ENTRY["id"]


@pytest.mark.parametrize(
    "text",
    ["QQ", "QQ=", "QQ==\n", "Q Q==", "QR==", "QQ===", "Q!Q==", "QQ==QQ==", "-_8=", "QUI", "ä"],
    ids=[
        "no padding",
        "half of it",
        "newline",
        "space",
        "trailing bits",
        "too much",
        "junk",
        "two",
        "url",
        "short",
        "text",
    ],
)
def test_case_27_base64_has_one_spelling(text: str) -> None:
    assert dsse.decode_base64("QQ==") == b"A"
    with pytest.raises(dsse.MalformedError):
        dsse.decode_base64(text)
