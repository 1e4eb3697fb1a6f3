"""What is exported verifies with the tools of others, and with the few lines that the specifications ask for."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path

import nacl.bindings
import pytest
from cli_desk import ORIGIN, Desk
from harness import world


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    desk = Desk.set_up(tmp_path_factory.mktemp("exports"))
    desk.walk()
    desk.env["CUSTODY_LEDGER"] = "main.ledger"
    return desk


def test_every_exported_entry_verifies_with_securesystemslib(walked: Desk) -> None:
    from securesystemslib.dsse import Envelope
    from securesystemslib.exceptions import VerificationError
    from securesystemslib.signer import SSlibKey

    for entry in walked.entries("main.ledger", exit=0):
        public = walked("show", entry["id"], "--json").json["answer"]["key"]
        said = walked("export", "entry", entry["id"])
        envelope = Envelope.from_dict(json.loads(said.out))
        keyid = json.loads(said.out)["signatures"][0]["keyid"]
        key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public})
        assert list(envelope.verify([key], 1)) == [keyid]
        assert hashlib.sha256(envelope.payload).hexdigest() == entry["id"]
        other = SSlibKey(keyid, "ed25519", "ed25519", {"public": world.signer("stranger").public.hex})
        with pytest.raises(VerificationError):
            envelope.verify([other], 1)
        assert walked("export", "entry", entry["id"], "--json").json == json.loads(said.out)


# --- RFC 6962 section 2.1.1 and C2SP signed-note, tlog-checkpoint and tlog-proof, written anew


def root_from_proof(index: int, size: int, leaf: bytes, proof: list[bytes]) -> bytes:
    """The root that an audit path leads to (RFC 9162, section 2.1.3.2)."""
    assert index < size
    number, last, node = index, size - 1, leaf
    for sibling in proof:
        assert last > 0, "a path that is too long"
        if number % 2 == 1 or number == last:
            node = hashlib.sha256(b"\x01" + sibling + node).digest()
            while number % 2 == 0 and number:
                number, last = number // 2, last // 2
        else:
            node = hashlib.sha256(b"\x01" + node + sibling).digest()
        number, last = number // 2, last // 2
    assert last == 0, "a path that is too short"
    return node


def verify_proof(text: str, leaf: bytes, key: bytes) -> tuple[str, int, int]:
    """Origin, index and size of a tlog-proof that holds; AssertionError or a library's error for any other."""
    first, index_line, *rest = text.split("\n")
    assert first == "c2sp.org/tlog-proof@v1" and index_line.startswith("index ")
    end = rest.index("")
    proof = [base64.b64decode(line, validate=True) for line in rest[:end]]
    body, signatures = "\n".join(rest[end + 1 :]).split("\n\n")
    origin, size, root = body.split("\n")
    name, signature = signatures.removeprefix("— ").rstrip("\n").split(" ")
    assert name == origin
    data = base64.b64decode(signature, validate=True)
    assert data[:4] == hashlib.sha256(origin.encode() + b"\n\x01" + key).digest()[:4]
    nacl.bindings.crypto_sign_open(data[4:] + (body + "\n").encode(), key)
    index = int(index_line.removeprefix("index "))
    assert root_from_proof(index, int(size), leaf, proof) == base64.b64decode(root)
    return origin, index, int(size)


def leaf_of(envelope: dict[str, object]) -> bytes:
    """Of an exported entry: SHA-256(0x00, header, signature)."""
    (signature,) = envelope["signatures"]  # type: ignore[misc]
    raw = base64.b64decode(str(envelope["payload"])) + base64.b64decode(signature["sig"])
    return hashlib.sha256(b"\x00" + raw).digest()


def test_every_exported_proof_verifies_with_an_implementation_of_its_own(walked: Desk) -> None:
    entries = walked.entries("main.ledger", exit=0)
    key = world.signer("keeper").public.raw
    for entry in entries:
        leaf = leaf_of(walked("export", "entry", entry["id"], "--json").json)
        text = walked("export", "proof", str(entry["position"])).out
        assert verify_proof(text, leaf, key) == (ORIGIN, entry["position"], len(entries))
        assert walked("export", "proof", entry["id"], "--json").json == {"proof": text}
        with pytest.raises(AssertionError):
            verify_proof(text, hashlib.sha256(leaf).digest(), key)
        with pytest.raises(AssertionError):
            verify_proof(
                text.replace(f"index {entry['position']}", f"index {entry['position'] ^ 1}"), leaf, key
            )
    assert len(entries) > 8


def test_what_no_checkpoint_covers_has_no_proof(walked: Desk, tmp_path: Path) -> None:
    desk = walked.copy(tmp_path)
    desk.env = dict(walked.env)
    size = len(desk.entries("main.ledger", exit=0))
    desk("append", "note", "later", "--key", "ci.key")
    said = desk("export", "proof", str(size), exit=2)
    assert said.reason == "uncovered" and said.out == ""
    assert desk("export", "proof", "0", exit=4).out.startswith("c2sp.org/tlog-proof@v1")


def test_an_export_to_a_file_overwrites_nothing(walked: Desk) -> None:
    walked("export", "entry", "2", "-o", "entry.json")
    exported = walked.path("entry.json").read_bytes()
    assert exported == walked("export", "entry", "2").out.encode()
    assert walked("export", "entry", "3", "-o", "entry.json", exit=2).reason == "exists"
    walked.path("link").symlink_to(walked.path("elsewhere"))
    assert walked("export", "proof", "3", "-o", "link", exit=2).reason == "exists"
    assert walked("export", "proof", "3", "-o", "no/where", exit=2).reason == "unwritable"
    assert walked.path("entry.json").read_bytes() == exported
    assert not walked.path("elsewhere").exists()
